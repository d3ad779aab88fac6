// SPDX-License-Identifier: Apache-2.0
/* From "may this device take it?" to the new image. Nothing is decoded before the answer is yes. */
#include <inttypes.h>

#include "delta_origin.h"
#include "patch_formats.h"

/* -- 1. by whom -------------------------------------------------------------------------------- */

/*
 * As strict as for an image that is to be booted. Of what follows the update only padding is left
 * by the reader, with or without a trailer.
 */
static enum ota_err check_signature(const struct ota_delta_update *update,
				    const struct ota_key *key,
				    struct ota_delta_update_verdict *verdict, struct ota_diag *diag)
{
	struct ota_boot boot = {.order = OTA_BOOT_EITHER_ENDIAN};
	struct ota_image_verdict found;
	struct ota_tlv whole_key;
	enum ota_err err;

	boot.lax[OTA_RULE_TRAILING_BYTES] = true;
	boot.hw_key = key && ota_image_find_tlv(&update->image, OTA_TLV_PUBKEY, &whole_key);
	err = ota_image_verify(&update->image, key, &boot, &found, diag);
	verdict->signature_good = err == OTA_OK && found.verified;
	return err;
}

/* -- 2. for whom ------------------------------------------------------------------------------- */

static enum ota_err fail_old(struct ota_diag *diag, enum ota_err err, const struct ota_diag *why)
{
	return ota_fail(diag, err, "old image: %s", why->text);
}

static enum ota_err check_origin(const struct ota_delta_update *update,
				 const struct ota_image *old_image,
				 const struct ota_delta_update_rules *rules, struct ota_diag *diag)
{
	const uint32_t *floor = rules->has_counter_floor ? &rules->counter_floor : NULL;
	struct ota_diag why = {.err = OTA_OK};
	struct ota_origin old_origin;
	struct ota_origin origin;
	enum ota_err err = ota_origin_read(old_image, &old_origin, &why);

	if (err != OTA_OK)
		return fail_old(diag, err, &why);
	err = ota_origin_read(&update->image, &origin, diag);
	return err == OTA_OK ? ota_origin_may_follow(&old_origin, &origin, floor, "update", diag)
			     : err;
}

/* -- 3. for which old image -------------------------------------------------------------------- */

static enum ota_err fail_base(const struct ota_delta_update *update,
			      const struct ota_image *old_image, struct ota_diag *diag)
{
	const struct ota_version *version = &update->tlv.old_version;
	const struct ota_version *old_version = &old_image->header.version;
	char text[ORIGIN_VERSION_MAX];
	char old_text[ORIGIN_VERSION_MAX];

	(void)ota_version_words(version, text);
	(void)ota_version_words(old_version, old_text);
	if (ota_image_is_delta_update(old_image))
		(void)ota_fail(diag, OTA_E_WRONG_BASE,
			       "update is for %s, this is a delta update itself", text);
	else if (ota_version_equal(version, old_version))
		(void)ota_fail(diag, OTA_E_WRONG_BASE, "update is for another build of %s", text);
	else
		(void)ota_fail(diag, OTA_E_WRONG_BASE, "update is for %s, this is %s", text,
			       old_text);
	if (ota_image_check_digests(old_image, old_image->hashed, NULL) == OTA_E_DIGEST)
		ota_hint(diag, "the old image is damaged or encrypted: it does not have its own "
			       "digest");
	return OTA_E_WRONG_BASE;
}

static enum ota_err check_base(const struct ota_delta_update *update,
			       const struct ota_image *old_image, struct ota_diag *diag)
{
	const struct ota_delta_tlv *tlv = &update->tlv;
	uint8_t digest[OTA_DELTA_DIGEST_SIZE];
	enum ota_err err;

	if (old_image->bytes.len != tlv->old_size)
		return fail_base(update, old_image, diag);
	err = ota_delta_digest(old_image->bytes, digest, diag);
	if (err == OTA_OK && memcmp(digest, tlv->old_digest, sizeof(digest)) != 0)
		err = fail_base(update, old_image, diag);
	return err;
}

/* All of that, in this order. Fills `old_bytes`: what the patch is to be applied to. */
static enum ota_err judge(const struct ota_delta_update *update, struct ota_span old_file,
			  const struct ota_delta_update_rules *rules, struct ota_span *old_bytes,
			  struct ota_delta_update_verdict *verdict, struct ota_diag *diag)
{
	struct ota_diag why = {.err = OTA_OK};
	struct ota_image old_image;
	enum ota_err err;

	*verdict = (struct ota_delta_update_verdict){.signature_good = false};
	err = check_signature(update, rules->key, verdict, diag);
	if (err != OTA_OK)
		return err;
	err = ota_image_open(old_file, &old_image, &why);
	if (err != OTA_OK)
		return fail_old(diag, err, &why);
	verdict->old_version = old_image.header.version;
	err = check_origin(update, &old_image, rules, diag);
	if (err == OTA_OK)
		err = check_base(update, &old_image, diag);
	verdict->base_good = err == OTA_OK;
	*old_bytes = old_image.bytes;
	return err;
}

enum ota_err ota_delta_update_check(const struct ota_delta_update *update, struct ota_span old_file,
				    const struct ota_delta_update_rules *rules,
				    struct ota_delta_update_verdict *verdict, struct ota_diag *diag)
{
	struct ota_span old_bytes = {NULL, 0};

	return judge(update, old_file, rules, &old_bytes, verdict, diag);
}

/* -- 4. the new image -------------------------------------------------------------------------- */

/* The patch's own headers may claim what they like: no more is made than the signature covers. */
static enum ota_err decode(const struct ota_delta_update *update, struct ota_span old_bytes,
			   struct ota_buf *out, struct ota_diag *diag)
{
	const struct ota_patch_format *format = ota_patch_format_named(update->format);
	uint32_t new_size = update->tlv.new_size;
	size_t start = out->len;
	size_t ceiling = out->ceiling;
	struct ota_diag why = {.err = OTA_OK};
	enum ota_err err;

	if (new_size > ceiling - start)
		return ota_fail(diag, OTA_E_NO_FIT,
				"new image is %" PRIu32 " bytes, at most %zu are taken", new_size,
				ceiling - start);
	out->ceiling = start + new_size;
	err = format->decode(old_bytes, update->patch, out, &why);
	out->ceiling = ceiling;
	if (err == OTA_E_NO_FIT || (err == OTA_OK && out->len - start != new_size))
		return ota_fail(diag, OTA_E_DIGEST,
				"the patch does not make the %" PRIu32
				" bytes that the update promises",
				new_size);
	/* OLD has been proven: to say that it is another one would send people the wrong way. */
	if (err == OTA_E_WRONG_BASE)
		return ota_fail(diag, OTA_E_DIGEST,
				"the patch is not for the old image that the update names: %s",
				why.text);
	if (err != OTA_OK) {
		(void)ota_fail(diag, err, "%s", why.text);
		if (why.hint[0] != '\0')
			ota_hint(diag, "%s", why.hint);
	}
	return err;
}

static enum ota_err check_result(const struct ota_delta_update *update, struct ota_span result,
				 struct ota_diag *diag)
{
	uint8_t digest[OTA_DELTA_DIGEST_SIZE];
	enum ota_err err = ota_delta_digest(result, digest, diag);

	if (err == OTA_OK && memcmp(digest, update->tlv.new_digest, sizeof(digest)) != 0)
		err = ota_fail(diag, OTA_E_DIGEST,
			       "the patch makes another image than the update promises");
	return err;
}

enum ota_err ota_delta_update_apply(const struct ota_delta_update *update, struct ota_span old_file,
				    const struct ota_delta_update_rules *rules, struct ota_buf *out,
				    struct ota_delta_update_verdict *verdict, struct ota_diag *diag)
{
	size_t start = out->len;
	struct ota_span old_bytes = {NULL, 0};
	enum ota_err err = judge(update, old_file, rules, &old_bytes, verdict, diag);

	if (err != OTA_OK)
		return err;
	err = decode(update, old_bytes, out, diag);
	if (err == OTA_OK)
		err = check_result(update, ota_span_tail(ota_buf_span(out), start), diag);
	if (err != OTA_OK)
		out->len = start;
	verdict->result_good = err == OTA_OK;
	return err;
}
