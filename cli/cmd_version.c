// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include <ota/ota.h>

#include "cli.h"
#include "emit.h"
#include "imgtool.h"

enum { JSON };

static const struct cli_option options[] = {
	[JSON] = {.name = "json", .help = "print a JSON object"},
};

static const struct cli_example examples[] = {
	{"otatool version", "version, libraries and patch formats"},
	{NULL, NULL},
};

static enum cli_exit run_json(void)
{
	json_t *object = cli_json("version");
	json_t *libraries = json_array();
	json_t *formats = json_array();
	json_t *keys = json_array();
	char text[64];

	cli_json_text(object, "version", OTATOOL_VERSION);
	for (size_t i = 0; ota_library_version(i, text, sizeof(text)); i++)
		(void)json_array_append_new(libraries, json_string(text));
	for (size_t i = 0; ota_delta_format_name(i); i++)
		(void)json_array_append_new(formats, json_string(ota_delta_format_name(i)));
	for (size_t i = 0; ota_key_kind_name(i); i++)
		(void)json_array_append_new(keys, json_string(ota_key_kind_name(i)));
	cli_json_add(object, "libraries", libraries);
	cli_json_add(object, "patch_formats", formats);
	cli_json_add(object, "keys", keys);
	cli_json_text(object, "imgtool", IMGTOOL_VERSION);
	return cli_json_print(object);
}

static enum cli_exit run(const struct cli_args *args)
{
	char text[64];

	if (cli_has(args, JSON))
		return run_json();
	printf("otatool " OTATOOL_VERSION "\n");
	for (size_t i = 0; ota_library_version(i, text, sizeof(text)); i++)
		printf("%s%s", i ? ", " : "libraries: ", text);
	printf("\npatch formats:");
	for (size_t i = 0; ota_delta_format_name(i); i++)
		printf(" %s", ota_delta_format_name(i));
	printf("\nkeys:");
	for (size_t i = 0; ota_key_kind_name(i); i++)
		printf(" %s", ota_key_kind_name(i));
	printf("\nas imgtool: " IMGTOOL_VERSION "\n");
	return CLI_DONE;
}

const struct cli_command cli_cmd_version = {
	.usage = "version [--json]",
	.examples = examples,
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.run = run,
};
