// SPDX-License-Identifier: Apache-2.0
/*
 * dumpinfo's YAML, to the byte as PyYAML writes it. libyaml's emitter is the model of PyYAML's;
 * what it lacks is the knowledge which plain words are read back as something else than text.
 */
#include <inttypes.h>
#include <regex.h>

#include <ota/base64.h>
#include <yaml.h>

#include "imgtool_dumpinfo.h"

#define BINARY_TAG  "tag:yaml.org,2002:binary"
#define BASE64_LINE 57 /* bytes: 76 characters */

/* What PyYAML reads as no string (resolver.py), as extended expressions. */
static const char *const not_text[] = {
	"^(yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$",
	"^([-+]?([0-9][0-9_]*)\\.[0-9_]*([eE][-+][0-9]+)?|\\.[0-9][0-9_]*([eE][-+][0-9]+)?|"
	"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\\.[0-9_]*|[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN))$",
	"^([-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|"
	"[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+)$",
	"^(<<|=|~|null|Null|NULL|)$",
	"^([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt]|[ \t]+)[0-9]{1,2}:"
	"[0-9]{2}:[0-9]{2}(\\.[0-9]*)?([ \t]*(Z|[-+][0-9]{1,2}(:[0-9]{2})?))?)$",
	"^[&!*]$", /* PyYAML's indicators alone */
};

/* One document being written; after a failure nothing more is. */
struct writer {
	yaml_emitter_t emitter;
	bool failed;
};

static int write_out(void *data, unsigned char *buffer, size_t size)
{
	return fwrite(buffer, 1, size, (FILE *)data) == size;
}

/* Emits an event that was made, or marks the failure to make it. */
static void emit(struct writer *writer, yaml_event_t *event, int made)
{
	if (made && writer->failed)
		yaml_event_delete(event);
	else if (!made || !yaml_emitter_emit(&writer->emitter, event))
		writer->failed = true;
}

/* libyaml reads its strings only, and wants them writable. */
static yaml_char_t *yaml_text(const char *text)
{
	union {
		const char *in;
		yaml_char_t *out;
	} text_of = {.in = text};

	return text_of.out;
}

static bool is_text(const char *value)
{
	bool text = true;

	for (size_t i = 0; i < sizeof(not_text) / sizeof(not_text[0]) && text; i++) {
		regex_t expression;

		if (regcomp(&expression, not_text[i], REG_EXTENDED | REG_NOSUB) != 0)
			return false; /* quoted: never wrong, if not always the same */
		text = regexec(&expression, value, 0, NULL, 0) != 0;
		regfree(&expression);
	}
	return text;
}

static void put_scalar(struct writer *writer, const char *value, bool plain)
{
	yaml_event_t event;

	emit(writer, &event,
	     yaml_scalar_event_initialize(&event, NULL, NULL, yaml_text(value), (int)strlen(value),
					  plain, 1, YAML_ANY_SCALAR_STYLE));
}

static void put_uint(struct writer *writer, const char *name, uint32_t value)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%" PRIu32, value);
	put_scalar(writer, name, true);
	put_scalar(writer, text, true);
}

static void put_text(struct writer *writer, const char *name, const char *value)
{
	put_scalar(writer, name, true);
	put_scalar(writer, value, is_text(value));
}

/* Base64 in lines of 76 characters, as MIME has it. */
static enum ota_err append_base64(struct ota_span bytes, struct ota_buf *text)
{
	struct ota_diag diag = {.err = OTA_OK};
	enum ota_err err = OTA_OK;

	for (size_t at = 0; at < bytes.len && err == OTA_OK; at += BASE64_LINE) {
		err = ota_base64_encode(ota_span_sub(bytes, at, BASE64_LINE), text, &diag);
		if (err == OTA_OK)
			err = ota_buf_append(text, ota_span_of("\n", 1), &diag);
	}
	return err;
}

static void put_binary(struct writer *writer, const char *name, struct ota_span bytes)
{
	struct ota_buf text = ota_buf_init(2 * (size_t)UINT16_MAX);
	yaml_event_t event;

	put_scalar(writer, name, true);
	if (append_base64(bytes, &text) != OTA_OK)
		writer->failed = true;
	emit(writer, &event,
	     yaml_scalar_event_initialize(&event, NULL, yaml_text(BINARY_TAG),
					  text.len > 0 ? text.data : yaml_text(""), (int)text.len,
					  0, 0, YAML_LITERAL_SCALAR_STYLE));
	ota_buf_free(&text);
}

static void begin_mapping(struct writer *writer, const char *name)
{
	yaml_event_t event;

	if (name)
		put_scalar(writer, name, true);
	emit(writer, &event,
	     yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
}

static void end_mapping(struct writer *writer)
{
	yaml_event_t event;

	emit(writer, &event, yaml_mapping_end_event_initialize(&event));
}

static void put_header(struct writer *writer, const struct dump *dump)
{
	const struct ota_image_header *header = &dump->header;
	char version[32];

	(void)snprintf(version, sizeof(version), "%u.%u.%u+%" PRIu32, header->version.major,
		       header->version.minor, header->version.revision, header->version.build);
	begin_mapping(writer, "header");
	put_uint(writer, "magic", dump->magic);
	put_uint(writer, "load_addr", header->load_addr);
	put_uint(writer, "hdr_size", header->hdr_size);
	put_uint(writer, "protected_tlv_size", header->protect_tlv_size);
	put_uint(writer, "img_size", header->img_size);
	put_uint(writer, "flags", header->flags);
	put_text(writer, "version", version);
	end_mapping(writer);
}

/* An area's info header and its records; without `shown` both are empty. */
static void put_area(struct writer *writer, const char *info_name, const char *tlvs_name,
		     const struct dump_area *area, bool shown)
{
	yaml_event_t event;

	begin_mapping(writer, info_name);
	if (shown) {
		put_uint(writer, "magic", area->magic);
		put_uint(writer, "tlv_tot", area->total);
	}
	end_mapping(writer);
	put_scalar(writer, tlvs_name, true);
	emit(writer, &event,
	     yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
						  YAML_BLOCK_SEQUENCE_STYLE));
	for (size_t i = 0; i < area->n_tlvs; i++) {
		begin_mapping(writer, NULL);
		put_uint(writer, "type", area->tlvs[i].type);
		put_text(writer, "type_name", area->tlvs[i].name);
		put_uint(writer, "len", area->tlvs[i].len);
		put_binary(writer, "data", area->tlvs[i].data);
		end_mapping(writer);
	}
	emit(writer, &event, yaml_sequence_end_event_initialize(&event));
}

static void put_trailer(struct writer *writer, const struct dump_trailer *trailer)
{
	begin_mapping(writer, "trailer");
	if (trailer->magic.len > 0)
		put_binary(writer, "magic", trailer->magic);
	if (trailer->has_fields) {
		put_uint(writer, "image_ok", trailer->image_ok);
		put_uint(writer, "copy_done", trailer->copy_done);
		put_uint(writer, "swap_info", trailer->swap_info);
		put_uint(writer, "swap_size", trailer->swap_size);
	}
	if (trailer->key_field_len)
		put_uint(writer, "key_field_len", trailer->key_field_len);
	end_mapping(writer);
}

static void put_document(struct writer *writer, const struct dump *dump)
{
	begin_mapping(writer, NULL);
	put_text(writer, "filename", dump->filename);
	put_header(writer, dump);
	begin_mapping(writer, "tlv_area");
	put_area(writer, "tlv_hdr_prot", "tlvs_prot", &dump->prot,
		 dump->header.protect_tlv_size != 0);
	put_area(writer, "tlv_hdr", "tlvs", &dump->unprot, true);
	end_mapping(writer);
	put_trailer(writer, &dump->trailer);
	end_mapping(writer);
}

enum ota_err dump_print_yaml(const struct dump *dump, FILE *out, struct ota_diag *diag)
{
	struct writer writer = {.failed = false};
	yaml_event_t event;

	if (!yaml_emitter_initialize(&writer.emitter))
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for the report");
	yaml_emitter_set_output(&writer.emitter, write_out, out);
	emit(&writer, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	emit(&writer, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
	put_document(&writer, dump);
	emit(&writer, &event, yaml_document_end_event_initialize(&event, 1));
	emit(&writer, &event, yaml_stream_end_event_initialize(&event));
	yaml_emitter_delete(&writer.emitter);
	if (writer.failed)
		return ota_fail(
			diag, OTA_E_MALFORMED,
			"cannot be written as YAML: the file's name is not UTF-8, or out of "
			"memory");
	return OTA_OK;
}
