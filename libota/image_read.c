// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>

#include "image_open.h"

static bool starts_with_magic(struct ota_span file, bool big)
{
	struct ota_rd rd = ota_rd_init(file);

	rd.big = big;
	return ota_rd_u32(&rd) == OTA_IMAGE_MAGIC;
}

bool ota_image_probe(struct ota_span file)
{
	return starts_with_magic(file, false) || starts_with_magic(file, true);
}

enum ota_hash ota_image_hash_of_tlv(uint16_t type)
{
	switch (type) {
	case OTA_TLV_SHA256:
		return OTA_HASH_SHA256;
	case OTA_TLV_SHA384:
		return OTA_HASH_SHA384;
	case OTA_TLV_SHA512:
		return OTA_HASH_SHA512;
	default:
		return (enum ota_hash)0;
	}
}

uint16_t ota_image_tlv_of_hash(enum ota_hash hash)
{
	switch (hash) {
	case OTA_HASH_SHA256:
		return OTA_TLV_SHA256;
	case OTA_HASH_SHA384:
		return OTA_TLV_SHA384;
	case OTA_HASH_SHA512:
		return OTA_TLV_SHA512;
	}
	return 0;
}

bool ota_image_is_signature(uint16_t type)
{
	return type == OTA_TLV_RSA2048_PSS || type == OTA_TLV_ECDSA224 ||
	       type == OTA_TLV_ECDSA_SIG || type == OTA_TLV_RSA3072_PSS || type == OTA_TLV_ED25519;
}

bool ota_image_is_wrapped_key(uint16_t type)
{
	return type >= OTA_TLV_ENC_RSA2048 && type <= OTA_TLV_ENC_X25519_SHA512;
}

static enum ota_err read_header(struct ota_span file, struct ota_image *image,
				struct ota_finding *why, struct ota_diag *diag)
{
	struct ota_rd rd = ota_rd_init(file);
	enum ota_err err;

	image->big_endian = starts_with_magic(file, true);
	err = ota_image_header_read(file, image->big_endian, &image->header);
	why->rule = err == OTA_E_MALFORMED ? OTA_RULE_MAGIC : OTA_RULE_TRUNCATED;
	if (err == OTA_E_TRUNCATED) {
		why->at = file.len;
		return ota_fail(diag, err, "%zu bytes are less than an image header of %u",
				file.len, OTA_IMAGE_HEADER_SIZE);
	}
	if (err != OTA_E_MALFORMED)
		return err;
	(void)ota_fail(diag, err, "not an MCUboot image: magic is 0x%08" PRIx32 ", not 0x%08x",
		       ota_rd_u32(&rd), OTA_IMAGE_MAGIC);
	if (file.data[0] == ':')
		ota_hint(diag, "it looks like Intel HEX, which is read when its name ends in .hex");
	return err;
}

static enum ota_err find_areas(struct ota_span file, struct ota_image *image,
			       struct ota_finding *why, struct ota_diag *diag)
{
	const struct ota_image_header *header = &image->header;
	enum ota_err err =
		ota_tlv_areas_find(file, header, image->big_endian, &image->areas, &why->at);
	uint64_t body_end = (uint64_t)header->hdr_size + header->img_size;

	if (err == OTA_OK)
		return OTA_OK;
	why->rule = err == OTA_E_TRUNCATED ? OTA_RULE_TRUNCATED : OTA_RULE_TLV_AREA;
	if (body_end > file.len)
		return ota_fail(diag, err,
				"image is cut off: header and payload take %" PRIu64
				" bytes, the file has %zu",
				body_end, file.len);
	if (err == OTA_E_TRUNCATED)
		return ota_fail(diag, err,
				"image is cut off in the TLV area at 0x%zx: the file has %zu bytes",
				why->at, file.len);
	return ota_fail(diag, err, "no well-formed TLV area at 0x%zx (protected size is %u)",
			why->at, header->protect_tlv_size);
}

static enum ota_err check_records(struct ota_image *image, bool as_bootloader,
				  struct ota_finding *why, struct ota_diag *diag)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct ota_tlv tlv;
	enum ota_err err;

	iter.as_bootloader = as_bootloader;
	do {
		err = ota_tlv_next(&iter, &tlv);
	} while (err == OTA_OK);
	if (err == OTA_E_ABSENT)
		return OTA_OK;
	why->rule = OTA_RULE_TLV_RECORD;
	why->at = tlv.at;
	return ota_fail(diag, err, "TLV at 0x%zx does not end inside its area", tlv.at);
}

bool ota_image_find_tlv(const struct ota_image *image, uint16_t type, struct ota_tlv *tlv)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);

	while (ota_tlv_next(&iter, tlv) == OTA_OK) {
		if (tlv->type == type)
			return true;
	}
	return false;
}

bool ota_image_is_delta_update(const struct ota_image *image)
{
	static const char magic[] = OTA_TLV_DELTA_MAGIC;
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct ota_tlv tlv;

	iter.as_bootloader = true;
	if (!(image->header.flags & OTA_IMAGE_F_NON_BOOTABLE))
		return false;
	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		if (tlv.is_protected && tlv.type == OTA_TLV_DELTA &&
		    tlv.value.len == OTA_TLV_DELTA_SIZE &&
		    memcmp(tlv.value.data, magic, sizeof(magic) - 1) == 0)
			return true;
	}
	return false;
}

/* What follows the image: nothing, erased flash, or erased flash and a trailer. */
static void read_rest(struct ota_span file, struct ota_image *image)
{
	image->rest = ota_span_tail(file, image->areas.end);
	image->erased = image->rest.len > 0 && image->rest.data[0] == 0x00 ? 0x00 : 0xff;
	image->rest_err =
		ota_trailer_read(image->rest, image->erased, &image->trailer, &image->rest_at);
	image->has_trailer = image->rest_err == OTA_OK;
	if (image->rest_err == OTA_E_ABSENT)
		image->rest_err = OTA_OK;
	image->rest_at += image->areas.end;
}

enum ota_err ota_image_open_why(struct ota_span file, bool as_bootloader, struct ota_image *image,
				struct ota_finding *why, struct ota_diag *diag)
{
	enum ota_err err;

	*image = (struct ota_image){.rest_at = 0};
	*why = (struct ota_finding){.rule = OTA_RULE_TRUNCATED};
	if (file.len == 0)
		return ota_fail(diag, OTA_E_TRUNCATED, "file is empty");
	err = read_header(file, image, why, diag);
	if (err == OTA_OK)
		err = find_areas(file, image, why, diag);
	if (err == OTA_OK)
		err = check_records(image, as_bootloader, why, diag);
	if (err != OTA_OK)
		return err;
	image->bytes = image->areas.image;
	image->hashed = ota_span_head(file, image->areas.unprot_at);
	read_rest(file, image);
	return OTA_OK;
}

enum ota_err ota_image_open(struct ota_span file, struct ota_image *image, struct ota_diag *diag)
{
	struct ota_finding why;

	return ota_image_open_why(file, false, image, &why, diag);
}
