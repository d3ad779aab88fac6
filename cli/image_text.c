// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include "image_text.h"

#define VALUE_BYTES_SHOWN 32

const char *version_text(const struct ota_version *version, char text[VERSION_TEXT_MAX])
{
	int n = snprintf(text, VERSION_TEXT_MAX, "%u.%u.%u", version->major, version->minor,
			 version->revision);

	if (version->build != 0)
		(void)snprintf(text + n, VERSION_TEXT_MAX - (size_t)n, "+%" PRIu32, version->build);
	return text;
}

const char *flags_text(uint32_t flags, char text[160])
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {
		{OTA_IMAGE_F_PIC, "PIC"},
		{OTA_IMAGE_F_ENCRYPTED_AES128, "ENCRYPTED_AES128"},
		{OTA_IMAGE_F_ENCRYPTED_AES256, "ENCRYPTED_AES256"},
		{OTA_IMAGE_F_NON_BOOTABLE, "NON_BOOTABLE"},
		{OTA_IMAGE_F_RAM_LOAD, "RAM_LOAD"},
		{OTA_IMAGE_F_ROM_FIXED, "ROM_FIXED"},
		{OTA_IMAGE_F_COMPRESSED_LZMA1, "COMPRESSED_LZMA1"},
		{OTA_IMAGE_F_COMPRESSED_LZMA2, "COMPRESSED_LZMA2"},
		{OTA_IMAGE_F_COMPRESSED_ARM_THUMB, "COMPRESSED_ARM_THUMB"},
	};
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (flags & names[i].flag)
			at += (size_t)snprintf(text + at, 160 - at, "%s%s", at ? "|" : "",
					       names[i].name);
		flags &= ~names[i].flag;
	}
	if (flags != 0 || at == 0)
		(void)snprintf(text + at, 160 - at, flags ? "%s0x%" PRIx32 : "none", at ? "|" : "",
			       flags);
	return text;
}

static const char *flag_word(enum ota_trailer_flag flag)
{
	switch (flag) {
	case OTA_TRAILER_UNSET:
		return "unset";
	case OTA_TRAILER_SET:
		return "set";
	case OTA_TRAILER_BAD:
		return "bad";
	}
	return "bad";
}

/* bootutil_public.h, BOOT_SWAP_TYPE_...: the low four bits of swap_info. */
static const char *swap_type(const struct ota_image *image)
{
	static const char *const types[] = {"invalid", "none", "test", "perm", "revert"};
	uint8_t type = image->trailer.swap_info & 0x0f;

	if (image->trailer.swap_info == image->erased)
		return "unset";
	return types[type < sizeof(types) / sizeof(types[0]) ? type : 0];
}

/* imgtool's name, and that of our own TLV. The type is a vendor's: the magic says whose. */
static const char *tlv_name(const struct ota_tlv *tlv)
{
	const struct ota_span magic = ota_span_of(OTA_TLV_DELTA_MAGIC, strlen(OTA_TLV_DELTA_MAGIC));
	const char *name = ota_tlv_name(tlv->type);

	if (tlv->type == OTA_TLV_DELTA &&
	    ota_span_equal(ota_span_head(tlv->value, magic.len), magic))
		return "DELTA";
	return name ? name : "UNKNOWN";
}

static void print_tlv(const struct ota_tlv *tlv)
{
	struct ota_span shown = ota_span_head(tlv->value, VALUE_BYTES_SHOWN);

	printf("  0x%06zx  %-11s 0x%04x %-16s %5zu  ", tlv->at,
	       tlv->is_protected ? "protected" : "unprotected", tlv->type, tlv_name(tlv),
	       tlv->value.len);
	cli_print_hex(shown);
	printf("%s\n", shown.len < tlv->value.len ? "..." : "");
}

static void print_rest(const struct ota_image *image)
{
	if (image->rest.len == 0)
		return;
	printf("  padding    %zu bytes of 0x%02x\n", image->rest.len - image->trailer.size,
	       image->erased);
	if (image->has_trailer)
		printf("  trailer    align %" PRIu32 ", image_ok %s, copy_done %s, swap %s\n",
		       image->trailer.max_align, flag_word(image->trailer.image_ok),
		       flag_word(image->trailer.copy_done), swap_type(image));
	else if (image->rest_err != OTA_OK)
		printf("  trailer    none: byte 0x%zx is neither erased nor a trailer's\n",
		       image->rest_at);
}

void print_image(const struct ota_image *image)
{
	const struct ota_image_header *header = &image->header;
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct ota_tlv tlv;
	char version[VERSION_TEXT_MAX];
	char flags[160];

	printf("  version    %s\n", version_text(&header->version, version));
	printf("  header     %u bytes, payload %" PRIu32 ", whole image %zu\n", header->hdr_size,
	       header->img_size, image->bytes.len);
	printf("  flags      0x%" PRIx32 " (%s)\n", header->flags,
	       flags_text(header->flags, flags));
	if (image->big_endian)
		printf("  byte order big-endian\n");
	if (header->load_addr != 0)
		printf("  load addr  0x%08" PRIx32 "\n", header->load_addr);
	printf("  TLVs\n");
	while (ota_tlv_next(&iter, &tlv) == OTA_OK)
		print_tlv(&tlv);
	print_rest(image);
}

static json_t *json_tlvs(const struct ota_image *image)
{
	json_t *list = json_array();
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct ota_tlv tlv;

	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		json_t *item = json_object();

		cli_json_uint(item, "type", tlv.type);
		cli_json_text(item, "name", tlv_name(&tlv));
		cli_json_bool(item, "protected", tlv.is_protected);
		cli_json_uint(item, "offset", tlv.at);
		cli_json_uint(item, "len", tlv.value.len);
		cli_json_hex(item, "value", tlv.value);
		(void)json_array_append_new(list, item);
	}
	return list;
}

static json_t *json_trailer(const struct ota_image *image)
{
	json_t *item = json_object();

	cli_json_uint(item, "max_align", image->trailer.max_align);
	cli_json_text(item, "image_ok", flag_word(image->trailer.image_ok));
	cli_json_text(item, "copy_done", flag_word(image->trailer.copy_done));
	cli_json_text(item, "swap_type", swap_type(image));
	return item;
}

void json_image(json_t *object, const struct ota_image *image)
{
	const struct ota_image_header *header = &image->header;
	char version[VERSION_TEXT_MAX];

	cli_json_text(object, "version", version_text(&header->version, version));
	cli_json_bool(object, "big_endian", image->big_endian);
	cli_json_uint(object, "header_bytes", header->hdr_size);
	cli_json_uint(object, "payload_bytes", header->img_size);
	cli_json_uint(object, "protected_tlv_bytes", header->protect_tlv_size);
	cli_json_uint(object, "image_bytes", image->bytes.len);
	cli_json_uint(object, "flags", header->flags);
	cli_json_uint(object, "load_addr", header->load_addr);
	cli_json_add(object, "tlvs", json_tlvs(image));
	cli_json_uint(object, "bytes_after_image", image->rest.len);
	cli_json_bool(object, "rest_is_padding", image->rest_err == OTA_OK);
	if (image->has_trailer)
		cli_json_add(object, "trailer", json_trailer(image));
}
