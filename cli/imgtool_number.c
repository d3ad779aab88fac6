// SPDX-License-Identifier: Apache-2.0
/* Numbers as imgtool takes them: Python's int(text, 0), and int(text) for --max-sectors. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include <ota/number.h>

#include "imgtool.h"

/* Python takes white space around a number. */
static struct ota_span trim(const char *text)
{
	size_t len = strlen(text);

	while (len > 0 && isspace((unsigned char)*text)) {
		text++;
		len--;
	}
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		len--;
	return ota_span_of(text, len);
}

/* A decimal number may start with zeros, and has no other base. */
static bool skip_zeros(struct ota_span *digits)
{
	if (digits->len > 1 && digits->data[0] == '0' && isalpha(digits->data[1]))
		return false;
	while (digits->len > 1 && digits->data[0] == '0')
		*digits = ota_span_tail(*digits, 1);
	return true;
}

enum cli_exit imgtool_number(const char *option, const char *text, uint64_t max, uint64_t *value)
{
	bool decimal = strcmp(option, "max-sectors") == 0;
	struct ota_span digits = trim(text);
	bool minus = digits.len > 0 && digits.data[0] == '-';
	uint64_t number = 0;
	char word[72];
	enum ota_err err = OTA_E_MALFORMED;

	(void)snprintf(word, sizeof(word), "--%s", option);
	if (minus || (digits.len > 0 && digits.data[0] == '+'))
		digits = ota_span_tail(digits, 1);
	if (!decimal || skip_zeros(&digits))
		err = ota_number_parse(digits, UINT64_MAX, &number);
	if (err == OTA_E_MALFORMED)
		return cli_error(CLI_USAGE, word, "\"%s\" is not %s number", text,
				 decimal ? "a decimal" : "a");
	if (minus && strcmp(option, "slot-size") == 0)
		number = 0; /* imgtool: no check of the size */
	else if (minus && number > 0)
		return cli_error(CLI_USAGE, word, "%s is negative", text);
	if (err != OTA_OK || number > max)
		return cli_error(CLI_USAGE, word, "%s is more than %" PRIu64, text, max);
	*value = number;
	return CLI_DONE;
}
