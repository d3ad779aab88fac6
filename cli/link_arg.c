// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "link_arg.h"

/* "--link", for messages. */
static const char *option_word(const struct cli_args *args, unsigned option, char word[72])
{
	(void)snprintf(word, 72, "--%s", args->row->command->options[option].name);
	return word;
}

/* Reports are told apart by their names. */
static enum cli_exit check_name(const char *word, const struct ota_link *links, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (strcmp(links[i].name, links[n].name) != 0)
			continue;
		(void)cli_error(CLI_USAGE, word, "two links are called %s", links[n].name);
		cli_hint("give one of them a name: %s,name=NAME,...",
			 ota_link_kind_name(links[n].kind));
		return CLI_USAGE;
	}
	return CLI_DONE;
}

enum cli_exit cli_read_links(const struct cli_args *args, unsigned option,
			     struct ota_link links[OTA_LINKS_MAX], unsigned *n)
{
	enum cli_exit status = CLI_DONE;
	char word[72];

	*n = 0;
	(void)option_word(args, option, word);
	if (cli_count(args, option) > OTA_LINKS_MAX)
		return cli_error(CLI_USAGE, word, "is given %u times, at most %d",
				 cli_count(args, option), OTA_LINKS_MAX);
	for (unsigned i = 0; i < args->n_given && status == CLI_DONE; i++) {
		struct ota_diag diag = {.err = OTA_OK};

		if (args->given[i].option != option)
			continue;
		if (ota_link_parse(args->given[i].value[0], &links[*n], &diag) != OTA_OK)
			return cli_fail(word, &diag);
		status = check_name(word, links, *n);
		++*n;
	}
	return status;
}

enum cli_exit cli_duration(const struct cli_args *args, unsigned option, uint64_t *us)
{
	const char *text = cli_value(args, option);
	char word[72];

	if (!text || ota_duration_parse(ota_span_of(text, strlen(text)), us) == OTA_OK)
		return CLI_DONE;
	(void)cli_error(CLI_USAGE, option_word(args, option, word), "\"%s\" is not a time", text);
	cli_hint("times are written 250ms, 90s, 15m, 1.5h, 2d or 1h30m");
	return CLI_USAGE;
}
