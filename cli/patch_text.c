// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include <ota/resign.h>

#include "image_text.h"
#include "patch_text.h"

/* -- patches ----------------------------------------------------------------------------------- */

/* "    inserted          1,234   5.1 %", and the line is still open. */
static void print_share(const char *what, uint64_t bytes, uint64_t whole)
{
	char text[32];

	printf("    %-12s %12s %5.1f %%", what, ota_number_grouped(bytes, text),
	       cli_percent(bytes, whole));
}

/* Where the new bytes come from. What there is none of is left out. */
static void print_origins(const struct ota_delta_info *info)
{
	const struct {
		const char *what;
		uint64_t bytes;
	} origins[] = {
		{"copied", info->copied_old},
		{"from new", info->copied_new},
		{"runs", info->repeated},
		{"inserted", info->inserted},
	};
	char text[32];

	if (info->blended > 0) {
		print_share("from old", info->blended, info->new_size);
		printf("  %s of them unchanged\n", ota_number_grouped(info->unchanged, text));
	}
	for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
		if (origins[i].bytes == 0)
			continue;
		print_share(origins[i].what, origins[i].bytes, info->new_size);
		printf("\n");
	}
}

static void print_part(const struct ota_delta_info *info, const struct ota_delta_part *part)
{
	char text[32];

	print_share(part->name, part->bytes, info->patch_size);
	if (part->coding)
		printf("  %s", part->coding);
	if (part->level)
		printf(" level %u", part->level);
	if (part->coding)
		printf(", %s unpacked", ota_number_grouped(part->plain_bytes, text));
	printf("\n");
}

static void print_windows(const struct ota_delta_info *info)
{
	char n[32];
	char a[32];
	char b[32];

	if (info->windows == 0)
		return;
	printf("  windows    %s, the longest makes %s bytes, the longest source is %s\n",
	       ota_number_grouped(info->windows, n), ota_number_grouped(info->window_max, a),
	       ota_number_grouped(info->source_max, b));
	printf("  checksum   %s\n", info->has_checksum ? "Adler-32 of each window"
						       : "none: a wrong old image is not noticed");
}

static uint32_t safe_distance(const struct ota_delta_info *info)
{
	const struct ota_delta_otd *otd = &info->otd;

	return ota_delta_safe_distance(otd->block, otd->old_size, (size_t)info->new_size,
				       otd->lead);
}

const char *in_place_text(const struct ota_delta_info *info, char text[IN_PLACE_TEXT_MAX])
{
	char number[3][32];

	(void)snprintf(text, IN_PLACE_TEXT_MAX,
		       "blocks of %s bytes, old moved up by %s (safe distance %s)",
		       ota_number_grouped(info->otd.block, number[0]),
		       ota_number_grouped(info->otd.lead, number[1]),
		       ota_number_grouped(safe_distance(info), number[2]));
	return text;
}

json_t *json_in_place(const struct ota_delta_info *info)
{
	json_t *place = json_object();

	cli_json_uint(place, "block_bytes", info->otd.block);
	cli_json_uint(place, "lead_bytes", info->otd.lead);
	cli_json_uint(place, "safe_distance_bytes", safe_distance(info));
	return place;
}

static void print_otd(const struct ota_delta_info *info)
{
	const struct ota_delta_otd *otd = &info->otd;
	char place[IN_PLACE_TEXT_MAX];
	char a[32];
	char b[32];

	if (!info->is_otd)
		return;
	printf("  makes      %s bytes, CRC-32 %08" PRIx32 "\n",
	       ota_number_grouped(info->new_size, a), otd->new_crc);
	printf("  from       %s bytes, CRC-32 %08" PRIx32 "%s\n",
	       ota_number_grouped(otd->old_size, b), otd->old_crc,
	       otd->reads_new ? ", and from new bytes before" : "");
	printf("  code       %s", otd->arch);
	if (otd->new_base.known)
		printf(" at 0x%08" PRIx32, otd->new_base.addr);
	if (otd->old_base.addr != otd->new_base.addr)
		printf(", was at 0x%08" PRIx32, otd->old_base.addr);
	if (otd->segments > 1)
		printf(", in %u segments", otd->segments);
	printf("\n  tier       %s\n", otd->tier);
	if (otd->in_place)
		printf("  in place   %s\n", in_place_text(info, place));
}

static void print_content(const struct ota_delta_info *info)
{
	char a[32];
	char b[32];
	char c[32];

	if (!info->has_content)
		return;
	printf("  makes      %s bytes, in %s %s; reads the old image up to byte %s\n",
	       ota_number_grouped(info->new_size, a), ota_number_grouped(info->records, b),
	       info->windows ? "instructions" : "records", ota_number_grouped(info->old_reach, c));
}

void print_patch(const struct ota_delta_info *info)
{
	char a[32];

	print_otd(info);
	print_content(info);
	print_windows(info);
	printf("  decoder    %s bytes of RAM besides the images",
	       ota_number_grouped(info->decoder_ram, a));
	if (info->decoder_stack > 0)
		printf(", %s of stack", ota_number_grouped(info->decoder_stack, a));
	printf("\n");
	if (info->has_content && info->new_size > 0)
		printf("  new bytes\n");
	print_origins(info);
	printf("  patch bytes\n");
	for (unsigned i = 0; i < info->n_parts; i++)
		print_part(info, &info->part[i]);
}

/* "control_bytes" and so on; the bzip2 levels in a list of their own. */
static void json_parts(json_t *object, const struct ota_delta_info *info)
{
	json_t *levels = json_array();
	unsigned n_levels = 0;

	for (unsigned i = 0; i < info->n_parts; i++) {
		const struct ota_delta_part *part = &info->part[i];
		char key[48];

		(void)snprintf(key, sizeof(key), "%s_bytes", part->name);
		cli_json_uint(object, key, part->bytes);
		(void)snprintf(key, sizeof(key), "%s_plain_bytes", part->name);
		if (part->coding)
			cli_json_uint(object, key, part->plain_bytes);
		if (part->level == 0)
			continue;
		(void)json_array_append_new(levels, json_integer((json_int_t)part->level));
		n_levels++;
	}
	if (n_levels > 0)
		cli_json_add(object, "bzip2_levels", levels);
	else
		json_decref(levels);
}

static void json_otd(json_t *object, const struct ota_delta_info *info)
{
	const struct ota_delta_otd *otd = &info->otd;

	if (!info->is_otd)
		return;
	cli_json_uint(object, "old_bytes", otd->old_size);
	cli_json_uint(object, "old_crc32", otd->old_crc);
	cli_json_uint(object, "new_crc32", otd->new_crc);
	cli_json_text(object, "tier", otd->tier);
	cli_json_text(object, "arch", otd->arch);
	cli_json_uint(object, "segments", otd->segments);
	if (otd->old_base.known)
		cli_json_uint(object, "old_base", otd->old_base.addr);
	if (otd->new_base.known)
		cli_json_uint(object, "base", otd->new_base.addr);
	cli_json_bool(object, "reads_new", otd->reads_new);
	if (otd->in_place)
		cli_json_add(object, "in_place", json_in_place(info));
}

static void json_content(json_t *object, const struct ota_delta_info *info)
{
	if (!info->has_content)
		return;
	cli_json_uint(object, "records", info->records);
	cli_json_uint(object, "blended_bytes", info->blended);
	cli_json_uint(object, "unchanged_bytes", info->unchanged);
	cli_json_uint(object, "copied_old_bytes", info->copied_old);
	cli_json_uint(object, "copied_new_bytes", info->copied_new);
	cli_json_uint(object, "repeated_bytes", info->repeated);
	cli_json_uint(object, "inserted_bytes", info->inserted);
	cli_json_uint(object, "old_reach_bytes", info->old_reach);
}

void json_patch(json_t *object, const struct ota_delta_info *info)
{
	cli_json_text(object, "format", info->format);
	cli_json_uint(object, "patch_bytes", info->patch_size);
	cli_json_uint(object, "new_bytes", info->new_size);
	json_parts(object, info);
	json_otd(object, info);
	json_content(object, info);
	if (info->windows > 0) {
		cli_json_uint(object, "windows", info->windows);
		cli_json_uint(object, "window_max_bytes", info->window_max);
		cli_json_uint(object, "source_max_bytes", info->source_max);
	}
	cli_json_bool(object, "checksum", info->has_checksum);
	cli_json_uint(object, "decoder_ram_bytes", info->decoder_ram);
	if (info->decoder_stack > 0)
		cli_json_uint(object, "decoder_stack_bytes", info->decoder_stack);
}

/* -- delta updates ----------------------------------------------------------------------------- */

static void print_side(const char *what, const struct ota_version *version, uint32_t size,
		       const uint8_t digest[OTA_DELTA_DIGEST_SIZE])
{
	char text[VERSION_TEXT_MAX];
	char bytes[32];

	printf("  %-10s %s, %s bytes, SHA-256 ", what, version_text(version, text),
	       ota_number_grouped(size, bytes));
	cli_print_hex(ota_span_of(digest, OTA_DELTA_DIGEST_SIZE));
	printf("...\n");
}

/* The value of the first protected TLV of that type, the only ones that count; empty: none. */
static struct ota_span protected_value(const struct ota_image *image, uint16_t type)
{
	struct ota_tlv tlv;

	if (!ota_image_find_tlv(image, type, &tlv) || !tlv.is_protected)
		return ota_span_of(NULL, 0);
	return tlv.value;
}

static void print_id(const char *what, struct ota_span id)
{
	if (id.len == 0)
		return;
	printf("  %-10s ", what);
	cli_print_hex(id);
	printf("\n");
}

static void print_keys(const struct ota_image *image)
{
	struct ota_signature signature;
	size_t n = 0;

	for (; ota_image_signature(image, n, &signature) == OTA_OK; n++) {
		const char *name = ota_tlv_name(signature.tlv);

		printf("  signature  %s, ", name ? name : "of an unknown kind");
		if (signature.key_hash.len > 0)
			printf("key id ");
		cli_print_hex(signature.key_hash);
		if (signature.key_hash.len == 0)
			printf("%s",
			       signature.public_key.len ? "the whole key with it" : "no key id");
		printf("\n");
	}
	if (n == 0)
		printf("  signature  none\n");
}

void print_update(const struct ota_delta_update *update)
{
	const struct ota_delta_tlv *tlv = &update->tlv;
	char text[32];

	print_side("old image", &tlv->old_version, tlv->old_size, tlv->old_digest);
	print_side("new image", &update->image.header.version, tlv->new_size, tlv->new_digest);
	if (update->has_security_counter)
		printf("  counter    %" PRIu32 "\n", update->security_counter);
	print_id("vendor id", protected_value(&update->image, OTA_TLV_UUID_VID));
	print_id("class id", protected_value(&update->image, OTA_TLV_UUID_CID));
	print_keys(&update->image);
	printf("  patch      %s, %s bytes; %zu around it\n", update->format,
	       ota_number_grouped(update->patch.len, text),
	       update->image.bytes.len - update->patch.len);
}

static json_t *json_keys(const struct ota_image *image)
{
	struct ota_signature signature;
	json_t *list = json_array();

	for (size_t n = 0; ota_image_signature(image, n, &signature) == OTA_OK; n++) {
		const char *name = ota_tlv_name(signature.tlv);
		json_t *item = json_object();

		cli_json_text(item, "kind", name ? name : "UNKNOWN");
		if (signature.key_hash.len > 0)
			cli_json_hex(item, "key_id", signature.key_hash);
		(void)json_array_append_new(list, item);
	}
	return list;
}

void json_update(json_t *object, const struct ota_delta_update *update)
{
	const struct ota_delta_tlv *tlv = &update->tlv;
	struct ota_span vendor = protected_value(&update->image, OTA_TLV_UUID_VID);
	struct ota_span class = protected_value(&update->image, OTA_TLV_UUID_CID);
	char version[VERSION_TEXT_MAX];

	cli_json_uint(object, "update_bytes", update->image.bytes.len);
	cli_json_text(object, "old_version", version_text(&tlv->old_version, version));
	cli_json_text(object, "new_version", version_text(&update->image.header.version, version));
	cli_json_uint(object, "old_bytes", tlv->old_size);
	cli_json_hex(object, "old_sha256_head",
		     ota_span_of(tlv->old_digest, OTA_DELTA_DIGEST_SIZE));
	cli_json_uint(object, "new_bytes", tlv->new_size);
	cli_json_hex(object, "new_sha256_head",
		     ota_span_of(tlv->new_digest, OTA_DELTA_DIGEST_SIZE));
	cli_json_text(object, "format", update->format);
	cli_json_uint(object, "format_version", tlv->format_version);
	if (update->has_security_counter)
		cli_json_uint(object, "security_counter", update->security_counter);
	if (vendor.len > 0)
		cli_json_hex(object, "vendor_id", vendor);
	if (class.len > 0)
		cli_json_hex(object, "class_id", class);
	cli_json_add(object, "signatures", json_keys(&update->image));
}
