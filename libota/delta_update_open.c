// SPDX-License-Identifier: Apache-2.0
/* What a file is to delta updates: an image to make one of, or one itself. */
#include <inttypes.h>

#include "delta_origin.h"
#include "patch_formats.h"

#define TLV_FLAGS_AT 6U /* in the DELTA TLV's value */

/* -- images to make updates of ----------------------------------------------------------------- */

static bool has_wrapped_key(const struct ota_image *image)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct ota_tlv tlv;

	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		if (ota_image_is_wrapped_key(tlv.type))
			return true;
	}
	return false;
}

enum ota_err ota_delta_update_image(struct ota_span file, struct ota_span *bytes,
				    struct ota_diag *diag)
{
	struct ota_image image;
	enum ota_err err = ota_image_open(file, &image, diag);

	*bytes = ota_span_of(NULL, 0);
	if (err != OTA_OK)
		return err;
	/* An encrypted image whose payload lies in plaintext is one too: the device holds it so. */
	if (ota_image_is_encrypted(&image) || has_wrapped_key(&image))
		return ota_fail(diag, OTA_E_REFUSED,
				"is encrypted: a patch would carry its firmware in clear");
	if (ota_image_is_delta_update(&image))
		return ota_fail(diag, OTA_E_REFUSED, "is a delta update, not an image to boot");
	if (image.rest_err != OTA_OK)
		return ota_fail(diag, OTA_E_MALFORMED,
				"the byte at 0x%zx, after the image, is neither padding nor part "
				"of a slot trailer",
				image.rest_at);
	err = ota_image_check_digests(&image, image.hashed, diag);
	if (err == OTA_OK)
		*bytes = image.bytes;
	return err;
}

/* -- delta updates ----------------------------------------------------------------------------- */

static bool has_delta_tlv(const struct ota_image *image)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct ota_tlv tlv;

	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		if (tlv.type == OTA_TLV_DELTA &&
		    ota_span_equal(
			    ota_span_head(tlv.value, sizeof(OTA_TLV_DELTA_MAGIC) - 1),
			    ota_span_of(OTA_TLV_DELTA_MAGIC, sizeof(OTA_TLV_DELTA_MAGIC) - 1)))
			return true;
	}
	return false;
}

bool ota_delta_update_probe(struct ota_span file)
{
	struct ota_image image;
	enum ota_err err;

	if (!ota_image_probe(file))
		return false;
	err = ota_image_open(file, &image, NULL);
	if (err == OTA_OK && has_delta_tlv(&image))
		return true;
	/* One that is cut off, or whose TLVs are damaged, is known by its payload. */
	return (image.header.flags & OTA_IMAGE_F_NON_BOOTABLE) &&
	       ota_patch_format_of(ota_span_tail(file, image.header.hdr_size)) != NULL;
}

/* Fills `value`. A second one, or one that no signature need cover, makes it ambiguous. */
static enum ota_err find_tlv(const struct ota_image *image, struct ota_span *value,
			     struct ota_diag *diag)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct ota_tlv tlv;
	bool seen = false;

	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		if (tlv.type != OTA_TLV_DELTA)
			continue;
		if (!tlv.is_protected)
			return ota_fail(diag, OTA_E_MALFORMED,
					"the DELTA TLV at 0x%zx is not in the protected area",
					tlv.at);
		if (seen)
			return ota_fail(diag, OTA_E_MALFORMED, "a second DELTA TLV at 0x%zx",
					tlv.at);
		seen = true;
		*value = tlv.value;
	}
	if (!seen)
		return ota_fail(diag, OTA_E_ABSENT, "is an MCUboot image, not a delta update");
	return OTA_OK;
}

/* Another flag changes what the payload is: encrypted, compressed, or something yet to come. */
static enum ota_err check_flags(uint32_t flags, struct ota_diag *diag)
{
	if (!(flags & OTA_IMAGE_F_NON_BOOTABLE))
		return ota_fail(diag, OTA_E_MALFORMED,
				"has a DELTA TLV, but is not marked non-bootable");
	if (flags != OTA_IMAGE_F_NON_BOOTABLE)
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"header flags are 0x%" PRIx32 ", delta updates have 0x%x", flags,
				(unsigned)OTA_IMAGE_F_NON_BOOTABLE);
	return OTA_OK;
}

static enum ota_err read_tlv(struct ota_span value, struct ota_delta_tlv *tlv,
			     struct ota_diag *diag)
{
	enum ota_err err = ota_delta_tlv_read(value, tlv);
	struct ota_rd flags = ota_rd_init(ota_span_tail(value, TLV_FLAGS_AT));

	if (err == OTA_OK)
		return OTA_OK;
	if (err == OTA_E_UNSUPPORTED)
		return ota_fail(diag, err,
				"the DELTA TLV has flags 0x%04x, which this version does not know",
				ota_rd_u16(&flags));
	if (value.len != OTA_TLV_DELTA_SIZE)
		return ota_fail(diag, err, "the DELTA TLV is %zu bytes, not %u", value.len,
				OTA_TLV_DELTA_SIZE);
	return ota_fail(diag, err, "the DELTA TLV does not start with " OTA_TLV_DELTA_MAGIC);
}

static const struct ota_patch_format *format_numbered(uint8_t id)
{
	const struct ota_patch_format *format;

	for (size_t i = 0; (format = ota_patch_format_at(i)) != NULL; i++) {
		if (format->id == id)
			return format;
	}
	return NULL;
}

static enum ota_err check_format(struct ota_delta_update *update, struct ota_diag *diag)
{
	const struct ota_delta_tlv *tlv = &update->tlv;
	const struct ota_patch_format *format = format_numbered(tlv->format);

	if (!format)
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"patch format %u is not one this version reads", tlv->format);
	if (tlv->format_version != format->version)
		return ota_fail(diag, OTA_E_UNSUPPORTED, "%s patch is of version %u, %u is read",
				format->name, tlv->format_version, format->version);
	if (!format->probe(update->patch))
		return ota_fail(diag, OTA_E_MALFORMED, "the payload is no %s patch as it claims",
				format->name);
	update->format = format->name;
	return OTA_OK;
}

static enum ota_err check_rest(const struct ota_image *image, struct ota_diag *diag)
{
	if (image->rest_err == OTA_OK)
		return OTA_OK;
	return ota_fail(diag, OTA_E_MALFORMED, "the byte at 0x%zx, after the update, is no padding",
			image->rest_at);
}

enum ota_err ota_delta_update_open(struct ota_span file, struct ota_delta_update *update,
				   struct ota_diag *diag)
{
	struct ota_image *image = &update->image;
	struct ota_span value = {NULL, 0};
	struct ota_origin origin = {.has_counter = false};
	enum ota_err err;

	memset(update, 0, sizeof(*update));
	err = ota_image_open(file, image, diag);
	if (err == OTA_OK)
		err = find_tlv(image, &value, diag);
	if (err == OTA_OK)
		err = check_flags(image->header.flags, diag);
	if (err == OTA_OK)
		err = read_tlv(value, &update->tlv, diag);
	if (err != OTA_OK)
		return err;
	update->patch = ota_span_sub(file, image->header.hdr_size, image->header.img_size);
	err = check_format(update, diag);
	if (err == OTA_OK)
		err = ota_origin_read(image, &origin, diag);
	if (err == OTA_OK)
		err = check_rest(image, diag);
	update->has_security_counter = origin.has_counter;
	update->security_counter = origin.counter;
	return err;
}
