// SPDX-License-Identifier: Apache-2.0
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

#include "io.h"
#include "sign_values.h"

#define TLV_VALUE_MAX UINT16_MAX

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

static enum cli_exit read_strictly(const char *text, struct ota_image_plan *plan,
				   struct ota_dependency *list)
{
	enum cli_exit status = CLI_DONE;

	for (text = skip(text, " "); *text == '(' && status == CLI_DONE; text = skip(text, " ,"))
		status = read_dependency(&text, &list[plan->n_dependencies++]);
	if (status == CLI_DONE && (*text || plan->n_dependencies == 0))
		return cli_error(CLI_USAGE, "--dependencies", "expected (ID, VERSION) at \"%s\"",
				 text);
	return status;
}

/* The next "(" with digits behind it; NULL: there is none. */
static const char *next_id(const char *text)
{
	do {
		text = strchr(text, '(');
	} while (text && !isdigit((unsigned char)*++text));
	return text;
}

/* The next "," with a version and ")" behind it, whose start and length are given. */
static const char *next_version(const char *text, size_t *len)
{
	while ((text = strchr(text, ',')) != NULL) {
		text = skip(text + 1, " \t\n\v\f\r");
		*len = strspn(text, "0123456789.+");
		if (*len > 0 && text[*len] == ')')
			return text;
	}
	return NULL;
}

/* imgtool looks for ids and for versions, each on its own, and pairs them. */
static enum cli_exit read_as_imgtool(const char *text, struct ota_image_plan *plan,
				     struct ota_dependency *list)
{
	const char *version = text;
	const char *id = text;
	size_t len = 0;

	while ((id = next_id(id)) != NULL) {
		struct ota_dependency *dep = &list[plan->n_dependencies++];
		size_t digits = strspn(id, "0123456789");
		uint64_t number = 0;
		enum ota_err err;

		for (size_t i = 0; i < digits && number <= UINT8_MAX; i++)
			number = number * 10 + (uint64_t)(id[i] - '0');
		version = next_version(version, &len);
		if (!version)
			break;
		if (number > UINT8_MAX)
			return cli_error(CLI_USAGE, "--dependencies",
					 "image id %.*s is more than 255", (int)digits, id);
		err = ota_version_parse(ota_span_of(version, len), &dep->version);
		if (err != OTA_OK)
			return fail_version("--dependencies", version, len, err);
		dep->image_id = (uint8_t)number;
	}
	if (plan->n_dependencies == 0 || id || next_version(version, &len))
		return cli_error(CLI_USAGE, "--dependencies",
				 "\"%s\" does not have one version for each (ID", text);
	return CLI_DONE;
}

/* True when it is written as it should be. */
static bool is_well_formed(const char *text)
{
	const char *at = skip(text, " ");

	while (*at == '(') {
		at = skip(at + 1, "0123456789");
		at = skip(at, " ");
		if (*at != ',')
			return false;
		at = skip(skip(at + 1, " "), "0123456789.+");
		if (*at != ')')
			return false;
		at = skip(at + 1, " ,");
	}
	return *at == '\0';
}

enum cli_exit sign_dependencies(const char *text, bool lenient, struct sign_values *values,
				struct ota_image_plan *plan)
{
	enum cli_exit status;
	size_t most = 1;

	for (const char *c = text; *c; c++)
		most += *c == '(';
	free(values->dependencies);
	values->dependencies = calloc(most, sizeof(*values->dependencies));
	if (!values->dependencies)
		return out_of_memory();
	plan->dependencies = values->dependencies;
	plan->n_dependencies = 0;
	if (!lenient)
		return read_strictly(text, plan, values->dependencies);
	status = read_as_imgtool(text, plan, values->dependencies);
	if (status == CLI_DONE && !is_well_formed(text))
		cli_warning("--dependencies", "\"%s\" is read as imgtool does, which skips a part",
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

/* Takes white space between bytes, as Python does. */
static enum cli_exit decode_hex(const char *hex, struct ota_buf *bytes)
{
	size_t len = strlen(hex);

	*bytes = ota_buf_init(len / 2);
	if (len % 2 != 0)
		return cli_error(CLI_USAGE, "--custom-tlv", "0x%s has an odd number of digits",
				 hex);
	for (const char *at = hex; *at; at++) {
		int high = hex_digit(at[0]);
		int low = hex_digit(at[1]);
		uint8_t byte;

		if (isspace((unsigned char)*at))
			continue;
		if (high < 0 || low < 0)
			return cli_error(CLI_USAGE, "--custom-tlv", "0x%s is not hex", hex);
		byte = (uint8_t)(high << 4 | low);
		at++;
		if (ota_buf_append(bytes, ota_span_of(&byte, 1), NULL) != OTA_OK)
			return out_of_memory();
	}
	return CLI_DONE;
}

/* One more TLV of the plan: tag and value of `given`, which is a file's name when `is_file`. */
static enum cli_exit read_custom_tlv(const struct cli_given *given, bool is_file,
				     struct sign_values *values, struct ota_image_plan *plan)
{
	const char *name = is_file ? "--custom-tlv-file" : "--custom-tlv";
	struct ota_custom_tlv *tlv = &values->custom_tlvs[plan->n_custom_tlvs++];
	struct ota_buf *bytes = &values->bytes[values->n_bytes++];
	const char *value = given->value[1];
	uint64_t type = 0;
	enum cli_exit status = cli_parse_number(name, given->value[0], UINT16_MAX, &type);

	tlv->type = (uint16_t)type;
	if (status == CLI_DONE && is_file)
		status = cli_read_max(value, TLV_VALUE_MAX, bytes);
	else if (status == CLI_DONE && strncmp(value, "0x", 2) == 0)
		status = decode_hex(value + 2, bytes);
	else if (status == CLI_DONE) {
		tlv->value = ota_span_of(value, strlen(value));
		return CLI_DONE;
	}
	tlv->value = ota_buf_span(bytes);
	return status;
}

static enum cli_exit read_custom_tlvs(const struct cli_args *args, unsigned option, bool is_file,
				      struct sign_values *values, struct ota_image_plan *plan)
{
	enum cli_exit status = CLI_DONE;

	for (unsigned i = 0; i < args->n_given && status == CLI_DONE; i++) {
		if (args->given[i].option == option)
			status = read_custom_tlv(&args->given[i], is_file, values, plan);
	}
	return status;
}

enum cli_exit sign_custom_tlvs(const struct cli_args *args, unsigned value_option,
			       unsigned file_option, struct sign_values *values,
			       struct ota_image_plan *plan)
{
	unsigned n = cli_count(args, value_option) + cli_count(args, file_option);
	enum cli_exit status;

	if (n == 0)
		return CLI_DONE;
	values->custom_tlvs = calloc(n, sizeof(*values->custom_tlvs));
	values->bytes = calloc(n, sizeof(*values->bytes));
	if (!values->custom_tlvs || !values->bytes)
		return out_of_memory();
	plan->custom_tlvs = values->custom_tlvs;
	status = read_custom_tlvs(args, value_option, false, values, plan);
	if (status == CLI_DONE)
		status = read_custom_tlvs(args, file_option, true, values, plan);
	return status;
}

static enum cli_exit read_uuid(const char *option, const char *text, const uint8_t *space,
			       uint8_t uuid[OTA_UUID_SIZE])
{
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_uuid_read(text, space, uuid, &diag) == OTA_OK)
		return CLI_DONE;
	if (diag.err == OTA_E_USAGE)
		ota_hint(&diag, "--vid names the vendor");
	else if (diag.err == OTA_E_MALFORMED)
		diag.err = OTA_E_USAGE;
	return cli_fail(option, &diag);
}

enum cli_exit sign_uuids(const char *vid, const char *cid, struct sign_values *values,
			 struct ota_image_plan *plan)
{
	enum cli_exit status = CLI_DONE;

	if (vid)
		status = read_uuid("--vid", vid, ota_uuid_dns(), values->vid);
	if (status == CLI_DONE && cid)
		status = read_uuid("--cid", cid, vid ? values->vid : NULL, values->cid);
	plan->vid = vid ? values->vid : NULL;
	plan->cid = cid ? values->cid : NULL;
	return status;
}

void sign_values_free(struct sign_values *values)
{
	for (size_t i = 0; i < values->n_bytes; i++)
		ota_buf_free(&values->bytes[i]);
	free(values->bytes);
	free(values->dependencies);
	free(values->custom_tlvs);
}
