// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include "delta_origin.h"

#define UUID_TEXT_MAX (2 * OTA_TLV_UUID_SIZE + 1)

static enum ota_err take(const struct ota_tlv *tlv, struct ota_span *place, size_t size,
			 struct ota_diag *diag)
{
	if (place->len > 0)
		return ota_fail(diag, OTA_E_MALFORMED, "a second %s TLV at 0x%zx",
				ota_tlv_name(tlv->type), tlv->at);
	if (tlv->value.len != size)
		return ota_fail(diag, OTA_E_MALFORMED, "%s TLV is %zu bytes, not %zu",
				ota_tlv_name(tlv->type), tlv->value.len, size);
	*place = tlv->value;
	return OTA_OK;
}

static enum ota_err take_tlv(const struct ota_tlv *tlv, struct ota_origin *origin,
			     struct ota_span *counter, struct ota_diag *diag)
{
	if (!tlv->is_protected)
		return OTA_OK;
	switch (tlv->type) {
	case OTA_TLV_UUID_VID:
		return take(tlv, &origin->vid, OTA_TLV_UUID_SIZE, diag);
	case OTA_TLV_UUID_CID:
		return take(tlv, &origin->cid, OTA_TLV_UUID_SIZE, diag);
	case OTA_TLV_SEC_CNT:
		return take(tlv, counter, OTA_TLV_SEC_CNT_SIZE, diag);
	default:
		return OTA_OK;
	}
}

enum ota_err ota_origin_read(const struct ota_image *image, struct ota_origin *origin,
			     struct ota_diag *diag)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct ota_span counter = {NULL, 0};
	struct ota_tlv tlv;
	struct ota_rd rd;
	enum ota_err err = OTA_OK;

	*origin = (struct ota_origin){.has_counter = false};
	while (err == OTA_OK && ota_tlv_next(&iter, &tlv) == OTA_OK)
		err = take_tlv(&tlv, origin, &counter, diag);
	rd = ota_rd_init(counter);
	rd.big = image->big_endian;
	origin->counter = ota_rd_u32(&rd);
	origin->has_counter = rd.err == OTA_OK;
	return err;
}

static const char *uuid_words(struct ota_span uuid, char *text)
{
	for (size_t i = 0; i < uuid.len; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", uuid.data[i]);
	return text;
}

/* An image without an id may be followed by one that has it: that is how ids come into use. */
static enum ota_err check_id(struct ota_span old_id, struct ota_span id, const char *name,
			     const char *what, struct ota_diag *diag)
{
	char text[UUID_TEXT_MAX];
	char old_text[UUID_TEXT_MAX];

	if (old_id.len == 0 || ota_span_equal(old_id, id))
		return OTA_OK;
	if (id.len == 0)
		return ota_fail(diag, OTA_E_REFUSED, "%s has no %s id, the old image has %s", what,
				name, uuid_words(old_id, old_text));
	return ota_fail(diag, OTA_E_REFUSED, "%s is for %s id %s, the old image has %s", what, name,
			uuid_words(id, text), uuid_words(old_id, old_text));
}

static enum ota_err check_counter(const struct ota_origin *old_origin,
				  const struct ota_origin *next, const uint32_t *floor,
				  const char *what, struct ota_diag *diag)
{
	if (!next->has_counter && old_origin->has_counter)
		return ota_fail(diag, OTA_E_REFUSED,
				"%s has no security counter, the old image has %" PRIu32, what,
				old_origin->counter);
	if (!next->has_counter && floor)
		return ota_fail(diag, OTA_E_REFUSED,
				"%s has no security counter, at least %" PRIu32 " is asked for",
				what, *floor);
	if (old_origin->has_counter && next->counter < old_origin->counter)
		return ota_fail(diag, OTA_E_REFUSED,
				"%s has security counter %" PRIu32 ", the old image has %" PRIu32,
				what, next->counter, old_origin->counter);
	if (floor && next->counter < *floor)
		return ota_fail(diag, OTA_E_REFUSED,
				"%s has security counter %" PRIu32 ", at least %" PRIu32
				" is asked for",
				what, next->counter, *floor);
	return OTA_OK;
}

enum ota_err ota_origin_may_follow(const struct ota_origin *old_origin,
				   const struct ota_origin *next, const uint32_t *floor,
				   const char *what, struct ota_diag *diag)
{
	enum ota_err err = check_id(old_origin->vid, next->vid, "vendor", what, diag);

	if (err == OTA_OK)
		err = check_id(old_origin->cid, next->cid, "class", what, diag);
	if (err == OTA_OK)
		err = check_counter(old_origin, next, floor, what, diag);
	return err;
}

enum ota_err ota_delta_update_may_follow(const struct ota_image *old_image,
					 const struct ota_image *new_image, struct ota_diag *diag)
{
	struct ota_origin old_origin;
	struct ota_origin next;
	enum ota_err err = ota_origin_read(old_image, &old_origin, diag);

	if (err == OTA_OK)
		err = ota_origin_read(new_image, &next, diag);
	if (err == OTA_OK)
		err = ota_origin_may_follow(&old_origin, &next, NULL, "the new image", diag);
	return err;
}

const char *ota_version_words(const struct ota_version *version, char *text)
{
	int len = snprintf(text, ORIGIN_VERSION_MAX, "%u.%u.%u", version->major, version->minor,
			   version->revision);

	if (version->build != 0)
		(void)snprintf(text + len, ORIGIN_VERSION_MAX - (size_t)len, "+%" PRIu32,
			       version->build);
	return text;
}

bool ota_version_equal(const struct ota_version *a, const struct ota_version *b)
{
	return a->major == b->major && a->minor == b->minor && a->revision == b->revision &&
	       a->build == b->build;
}

enum ota_err ota_delta_digest(struct ota_span bytes, uint8_t *digest, struct ota_diag *diag)
{
	struct ota_digest whole;
	enum ota_err err = ota_digest_of(OTA_HASH_SHA256, bytes, &whole, diag);

	if (err == OTA_OK)
		memcpy(digest, whole.data, OTA_DELTA_DIGEST_SIZE);
	return err;
}
