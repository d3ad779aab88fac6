// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdlib.h>

#include "sign_values.h"

static enum cli_exit out_of_memory(void)
{
	return cli_error(CLI_ENVIRONMENT, NULL, "out of memory");
}

static enum cli_exit fail_version(const char *option, const char *text, size_t len,
				  enum ota_err err)
{
	if (err == OTA_E_ROOM)
		return cli_error(CLI_USAGE, option,
				 "version \"%.*s\" is beyond 255.255.65535+4294967295", (int)len,
				 text);
	(void)cli_error(CLI_USAGE, option, "\"%.*s\" is not a version", (int)len, text);
	cli_hint("versions are written 1.2.3+4, later parts may be left out");
	return CLI_USAGE;
}

enum cli_exit sign_version(const char *text, struct ota_version *version)
{
	size_t len = strlen(text);
	enum ota_err err;

	if (len > 0 && text[len - 1] == '\n')
		len--;
	err = ota_version_parse(ota_span_of(text, len), version);
	return err == OTA_OK ? CLI_DONE : fail_version("--version", text, len, err);
}

uint32_t sign_auto_counter(const struct ota_version *version)
{
	return (uint32_t)version->major << 24 | (uint32_t)version->minor << 16 | version->revision;
}

static const char *skip(const char *text, const char *set)
{
	return text + strspn(text, set);
}

/* One "(ID, VERSION)"; moves `*text` behind it. */
static enum cli_exit read_dependency(const char **text, struct ota_dependency *dep)
{
	const char *at = *text + 1;
	size_t id_len = strspn(at, "0123456789");
	uint64_t id = 0;
	const char *version;
	size_t len;
	enum ota_err err;

	for (size_t i = 0; i < id_len && id <= UINT8_MAX; i++)
		id = id * 10 + (uint64_t)(at[i] - '0');
	version = skip(at + id_len, " ");
	if (id_len == 0 || *version != ',')
		return cli_error(CLI_USAGE, "--dependencies", "expected (ID, VERSION) at \"%s\"",
				 *text);
	if (id > UINT8_MAX)
		return cli_error(CLI_USAGE, "--dependencies", "image id %.*s is more than 255",
				 (int)id_len, at);
	version = skip(version + 1, " ");
	len = strcspn(version, ")");
	err = ota_version_parse(ota_span_of(version, len), &dep->version);
	if (err != OTA_OK)
		return fail_version("--dependencies", version, len, err);
	if (version[len] != ')')
		return cli_error(CLI_USAGE, "--dependencies", "no \")\" behind \"%s\"", *text);
	dep->image_id = (uint8_t)id;
	*text = version + len + 1;
	return CLI_DONE;
}

enum cli_exit sign_dependencies(const char *text, struct sign_values *values,
				struct ota_image_plan *plan)
{
	enum cli_exit status = CLI_DONE;
	size_t most = 1;

	for (const char *c = text; *c; c++)
		most += *c == '(';
	free(values->dependencies);
	values->dependencies = calloc(most, sizeof(*values->dependencies));
	if (!values->dependencies)
		return out_of_memory();
	plan->dependencies = values->dependencies;
	plan->n_dependencies = 0;
	for (text = skip(text, " "); *text == '(' && status == CLI_DONE; text = skip(text, " ,"))
		status = read_dependency(&text, &values->dependencies[plan->n_dependencies++]);
	if (status == CLI_DONE && (*text || plan->n_dependencies == 0))
		return cli_error(CLI_USAGE, "--dependencies", "expected (ID, VERSION) at \"%s\"",
				 text);
	return status;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes `hex` to the end of `bytes`, which has room: the value's place does not move again. */
static enum cli_exit decode_hex(const char *hex, struct ota_buf *bytes, struct ota_span *value)
{
	size_t len = strlen(hex);
	size_t start = bytes->len;

	if (len % 2 != 0)
		return cli_error(CLI_USAGE, "--custom-tlv", "0x%s has an odd number of digits",
				 hex);
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_digit(hex[i]);
		int low = hex_digit(hex[i + 1]);
		uint8_t byte;

		if (high < 0 || low < 0)
			return cli_error(CLI_USAGE, "--custom-tlv", "0x%s is not hex", hex);
		byte = (uint8_t)(high << 4 | low);
		if (ota_buf_append(bytes, ota_span_of(&byte, 1), NULL) != OTA_OK)
			return out_of_memory();
	}
	*value = ota_span_tail(ota_buf_span(bytes), start);
	return CLI_DONE;
}

static enum cli_exit read_custom_tlv(const struct cli_given *given, struct ota_buf *bytes,
				     struct ota_custom_tlv *tlv)
{
	const char *value = given->value[1];
	uint64_t type = 0;
	enum cli_exit status = cli_parse_number("--custom-tlv", given->value[0], UINT16_MAX, &type);

	if (status != CLI_DONE)
		return status;
	tlv->type = (uint16_t)type;
	if (strncmp(value, "0x", 2) == 0)
		return decode_hex(value + 2, bytes, &tlv->value);
	tlv->value = ota_span_of(value, strlen(value));
	return CLI_DONE;
}

enum cli_exit sign_custom_tlvs(const struct cli_args *args, unsigned option,
			       struct sign_values *values, struct ota_image_plan *plan)
{
	size_t hex_most = 0;
	enum cli_exit status = CLI_DONE;
	unsigned n = cli_count(args, option);

	if (n == 0)
		return CLI_DONE;
	for (unsigned i = 0; i < args->n_given; i++) {
		if (args->given[i].option == option)
			hex_most += strlen(args->given[i].value[1]);
	}
	values->custom_tlvs = calloc(n, sizeof(*values->custom_tlvs));
	values->bytes = ota_buf_init(hex_most);
	if (!values->custom_tlvs || ota_buf_reserve(&values->bytes, hex_most, NULL) != OTA_OK)
		return out_of_memory();
	plan->custom_tlvs = values->custom_tlvs;
	for (unsigned i = 0; i < args->n_given && status == CLI_DONE; i++) {
		if (args->given[i].option == option)
			status = read_custom_tlv(&args->given[i], &values->bytes,
						 &values->custom_tlvs[plan->n_custom_tlvs++]);
	}
	return status;
}

void sign_values_free(struct sign_values *values)
{
	free(values->dependencies);
	free(values->custom_tlvs);
	ota_buf_free(&values->bytes);
}
