// SPDX-License-Identifier: Apache-2.0
/* dumpinfo's JSON, to the byte as Python's json.dump(indent=2) writes it. */
#include <inttypes.h>
#include <stdlib.h>

#include "emit.h"
#include "imgtool_dumpinfo.h"

static json_t *json_header(const struct dump *dump)
{
	const struct ota_image_header *header = &dump->header;
	json_t *object = json_object();
	char version[32];

	(void)snprintf(version, sizeof(version), "%u.%u.%u+%" PRIu32, header->version.major,
		       header->version.minor, header->version.revision, header->version.build);
	cli_json_uint(object, "magic", dump->magic);
	cli_json_uint(object, "load_addr", header->load_addr);
	cli_json_uint(object, "hdr_size", header->hdr_size);
	cli_json_uint(object, "protected_tlv_size", header->protect_tlv_size);
	cli_json_uint(object, "img_size", header->img_size);
	cli_json_uint(object, "flags", header->flags);
	cli_json_text(object, "version", version);
	return object;
}

/* Adds an area's info header and its records; without `shown` both are empty. */
static void add_area(json_t *areas, const char *info_name, const char *tlvs_name,
		     const struct dump_area *area, bool shown)
{
	json_t *info = json_object();
	json_t *tlvs = json_array();

	if (shown) {
		cli_json_uint(info, "magic", area->magic);
		cli_json_uint(info, "tlv_tot", area->total);
	}
	for (size_t i = 0; i < area->n_tlvs; i++) {
		json_t *tlv = json_object();

		cli_json_uint(tlv, "type", area->tlvs[i].type);
		cli_json_text(tlv, "type_name", area->tlvs[i].name);
		cli_json_uint(tlv, "len", area->tlvs[i].len);
		cli_json_hex(tlv, "data", area->tlvs[i].data);
		(void)json_array_append_new(tlvs, tlv);
	}
	cli_json_add(areas, info_name, info);
	cli_json_add(areas, tlvs_name, tlvs);
}

static json_t *json_trailer(const struct dump_trailer *trailer)
{
	json_t *object = json_object();

	if (trailer->magic.len > 0)
		cli_json_hex(object, "magic", trailer->magic);
	if (!trailer->has_fields)
		return object;
	cli_json_uint(object, "image_ok", trailer->image_ok);
	cli_json_uint(object, "copy_done", trailer->copy_done);
	cli_json_uint(object, "swap_info", trailer->swap_info);
	cli_json_uint(object, "swap_size", trailer->swap_size);
	if (trailer->key_field_len)
		cli_json_uint(object, "key_field_len", trailer->key_field_len);
	return object;
}

/* One UTF-8 character, which jansson has checked, and how many bytes it has. */
static uint32_t read_utf8(const unsigned char *text, size_t *len)
{
	uint32_t code;

	*len = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	code = *len == 1 ? text[0] : text[0] & (0x7fU >> *len);
	for (size_t i = 1; i < *len; i++)
		code = code << 6 | (text[i] & 0x3fU);
	return code;
}

#define SMALL 0x20 /* makes a letter small; digits have it */

/*
 * Python escapes all but printable ASCII, in small letters; jansson escapes less, and in capitals.
 * Outside of strings JSON text has neither.
 */
static void put_as_python(const char *json, FILE *out)
{
	const unsigned char *at = (const unsigned char *)json;

	while (*at) {
		size_t len;
		uint32_t code = read_utf8(at, &len);

		if (at[0] == '\\' && at[1] == 'u') {
			(void)fprintf(out, "\\u%c%c%c%c", at[2] | SMALL, at[3] | SMALL,
				      at[4] | SMALL, at[5] | SMALL);
			len = 6;
		} else if (at[0] == '\\') {
			(void)fwrite(at, 1, 2, out);
			len = 2;
		} else if (code < 0x7f) {
			(void)fputc((int)code, out);
		} else if (code < 0x10000) {
			(void)fprintf(out, "\\u%04" PRIx32, code);
		} else {
			(void)fprintf(out, "\\u%04" PRIx32 "\\u%04" PRIx32,
				      0xd800 + ((code - 0x10000) >> 10),
				      0xdc00 + ((code - 0x10000) & 0x3ff));
		}
		at += len;
	}
}

enum ota_err dump_print_json(const struct dump *dump, FILE *out, struct ota_diag *diag)
{
	json_t *object = json_object();
	json_t *areas = json_object();
	json_t *name = json_string(dump->filename);
	char *text = NULL;
	enum ota_err err = OTA_OK;

	if (!name)
		err = ota_fail(diag, OTA_E_MALFORMED, "the file's name is not UTF-8");
	cli_json_add(object, "filename", name);
	cli_json_add(object, "header", json_header(dump));
	add_area(areas, "tlv_hdr_prot", "tlvs_prot", &dump->prot,
		 dump->header.protect_tlv_size != 0);
	add_area(areas, "tlv_hdr", "tlvs", &dump->unprot, true);
	cli_json_add(object, "tlv_area", areas);
	cli_json_add(object, "trailer", json_trailer(&dump->trailer));
	/* An object that lost a member for want of memory has lost its first one too. */
	if (err == OTA_OK && json_object_get(object, "filename"))
		text = json_dumps(object, JSON_INDENT(2));
	if (text)
		put_as_python(text, out);
	else if (err == OTA_OK)
		err = ota_fail(diag, OTA_E_MEMORY, "out of memory for the report");
	free(text);
	json_decref(object);
	return err;
}
