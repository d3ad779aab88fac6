// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>

#include "delta_origin.h"
#include "image_sign.h"
#include "patch_formats.h"

/* An update on its way. */
struct maker {
	const struct ota_delta_update_plan *plan;
	struct ota_image old_image;
	struct ota_image new_image;
	struct ota_origin origin; /* of the new image */
	struct ota_span patch;
	struct ota_delta_tlv tlv;
};

static enum ota_err fail_image(struct ota_diag *diag, const char *which, enum ota_err err,
			       const struct ota_diag *why)
{
	return ota_fail(diag, err, "%s image: %s", which, why->text);
}

static enum ota_err open_image(struct ota_span file, const char *which, struct ota_image *image,
			       struct ota_origin *origin, struct ota_diag *diag)
{
	struct ota_diag why = {.err = OTA_OK};
	struct ota_span bytes;
	enum ota_err err = ota_delta_update_image(file, &bytes, &why);

	if (err == OTA_OK)
		err = ota_image_open(bytes, image, &why);
	if (err == OTA_OK)
		err = ota_origin_read(image, origin, &why);
	return err == OTA_OK ? OTA_OK : fail_image(diag, which, err, &why);
}

static enum ota_err open_images(struct maker *maker, const struct ota_index *index,
				struct ota_span new_file, struct ota_diag *diag)
{
	struct ota_span old_file = ota_index_old(index);
	struct ota_origin old_origin;
	enum ota_err err = open_image(old_file, "old", &maker->old_image, &old_origin, diag);

	/* The index finds offsets in the very bytes that the digest binds. */
	if (err == OTA_OK && maker->old_image.bytes.len != old_file.len)
		err = ota_fail(diag, OTA_E_USAGE,
			       "the index is of %zu bytes, the old image in them has %zu",
			       old_file.len, maker->old_image.bytes.len);
	if (err == OTA_OK)
		err = open_image(new_file, "new", &maker->new_image, &maker->origin, diag);
	if (err == OTA_OK)
		err = ota_origin_may_follow(&old_origin, &maker->origin, NULL, "new image", diag);
	return err;
}

/* -- the patch and what is said of it ---------------------------------------------------------- */

static enum ota_err fill_tlv(struct maker *maker, struct ota_diag *diag)
{
	struct ota_delta_tlv *tlv = &maker->tlv;
	struct ota_delta_info info;
	enum ota_err err = ota_delta_describe(maker->patch, &info, diag);

	if (err != OTA_OK)
		return err;
	if (info.decoder_ram > UINT32_MAX)
		return ota_fail(diag, OTA_E_NO_FIT,
				"the patch's decoder needs %" PRIu64
				" bytes of RAM, an update tells of %" PRIu32 " at most",
				info.decoder_ram, UINT32_MAX);
	tlv->format = ota_patch_format_named(info.format)->id;
	tlv->format_version = ota_patch_format_named(info.format)->version;
	tlv->old_size = (uint32_t)maker->old_image.bytes.len; /* at most OTA_DELTA_MAX */
	tlv->new_size = (uint32_t)maker->new_image.bytes.len;
	tlv->decoder_ram = (uint32_t)info.decoder_ram;
	tlv->old_version = maker->old_image.header.version;
	err = ota_delta_digest(maker->old_image.bytes, tlv->old_digest, diag);
	if (err == OTA_OK)
		err = ota_delta_digest(maker->new_image.bytes, tlv->new_digest, diag);
	return err;
}

static enum ota_err wrap(struct maker *maker, struct ota_buf *out,
			 struct ota_delta_update_made *made, struct ota_diag *diag)
{
	uint8_t value[OTA_TLV_DELTA_SIZE];
	struct ota_wr wr = ota_wr_init(value, sizeof(value));
	struct ota_custom_tlv delta = {.type = OTA_TLV_DELTA,
				       .value = ota_span_of(value, sizeof(value))};
	struct ota_image_plan plan = {
		.version = maker->new_image.header.version,
		.pad_header = true,
		.big_endian = maker->new_image.big_endian,
		.non_bootable = true,
		.has_security_counter = maker->origin.has_counter,
		.security_counter = maker->origin.counter,
		.vid = maker->origin.vid.data,
		.cid = maker->origin.cid.data,
		.custom_tlvs = &delta,
		.n_custom_tlvs = 1,
		.signers = maker->plan->signers,
		.n_signers = maker->plan->n_signers,
		.full_public_key = maker->plan->full_public_key,
		.pad_sig = maker->plan->pad_sig,
	};
	struct ota_image_made image_made;
	enum ota_err err;

	ota_delta_tlv_write(&wr, &maker->tlv);
	err = ota_image_build(&plan, maker->patch, out, &image_made, diag);
	made->sig = image_made.sig;
	return err;
}

/*
 * The patch has been proven when it was made. Here: that the wrapper holds that very patch, and
 * that a device with this old image and key would take it.
 */
static enum ota_err prove(const struct maker *maker, struct ota_span file, struct ota_diag *diag)
{
	struct ota_delta_update_rules rules = {.key = maker->plan->signers[0].key};
	struct ota_diag why = {.err = OTA_OK};
	struct ota_delta_update_verdict verdict;
	struct ota_delta_update update;
	enum ota_err err = ota_delta_update_open(file, &update, &why);

	if (err == OTA_OK)
		err = ota_delta_update_check(&update, maker->old_image.bytes, &rules, &verdict,
					     &why);
	if (err == OTA_E_MEMORY || err == OTA_E_CRYPTO)
		return ota_fail(diag, err, "%s", why.text);
	if (err != OTA_OK)
		return ota_fail(diag, OTA_E_REFUSED, "the update made does not hold: %s", why.text);
	if (!ota_span_equal(update.patch, maker->patch) ||
	    memcmp(&update.tlv.new_digest, maker->tlv.new_digest, OTA_DELTA_DIGEST_SIZE) != 0)
		return ota_fail(diag, OTA_E_REFUSED, "the update made holds another patch");
	return OTA_OK;
}

/* The patch, unless the plan brings one that has been made, and proven, already. */
static enum ota_err make_patch(struct maker *maker, const struct ota_index *index,
			       struct ota_buf *patch, struct ota_diag *diag)
{
	const struct ota_delta_update_plan *plan = maker->plan;
	enum ota_err err;

	maker->patch = plan->patch;
	if (plan->patch.len > 0)
		return OTA_OK;
	err = ota_delta_make(&plan->delta, index, maker->new_image.bytes, patch, diag);
	maker->patch = ota_buf_span(patch);
	return err;
}

enum ota_err ota_delta_update_make(const struct ota_delta_update_plan *plan,
				   const struct ota_index *index, struct ota_span new_file,
				   struct ota_buf *out, struct ota_delta_update_made *made,
				   struct ota_diag *diag)
{
	struct maker maker = {.plan = plan};
	struct ota_buf patch = ota_buf_init(out->ceiling);
	enum ota_err err;

	memset(made, 0, sizeof(*made));
	if (out->len > 0)
		return ota_fail(diag, OTA_E_USAGE, "the buffer for the update is not empty");
	if (plan->n_signers == 0)
		return ota_fail(diag, OTA_E_USAGE, "a delta update needs a signer");
	err = open_images(&maker, index, new_file, diag);
	if (err == OTA_OK)
		err = make_patch(&maker, index, &patch, diag);
	if (err == OTA_OK)
		err = fill_tlv(&maker, diag);
	if (err == OTA_OK)
		err = wrap(&maker, out, made, diag);
	if (err == OTA_OK)
		err = prove(&maker, ota_buf_span(out), diag);
	made->patch_len = maker.patch.len;
	made->old_version = maker.old_image.header.version;
	made->new_version = maker.new_image.header.version;
	if (err != OTA_OK)
		out->len = 0;
	ota_buf_free(&patch);
	return err;
}

/* -- what is around a patch -------------------------------------------------------------------- */

enum ota_err ota_delta_update_wrapper(const struct ota_delta_update_plan *plan,
				      const struct ota_index *index, struct ota_span new_file,
				      size_t *most, struct ota_diag *diag)
{
	const struct signature_rules rules = {.hash = ota_key_hash(plan->signers[0].key),
					      .full_public_key = plan->full_public_key,
					      .pad_sig = plan->pad_sig};
	struct maker maker = {.plan = plan};
	const struct ota_origin *origin = &maker.origin;
	enum ota_err err = open_images(&maker, index, new_file, diag);
	size_t len = OTA_IMAGE_HEADER_SIZE + 2 * OTA_TLV_INFO_SIZE;

	for (size_t i = 0; err == OTA_OK && i < plan->n_signers; i++)
		err = ota_signer_check(&plan->signers[i], rules.hash, false, diag);
	if (err != OTA_OK)
		return err;
	len += ota_tlv_size(OTA_TLV_DELTA_SIZE) + ota_tlv_size(ota_hash_size(rules.hash));
	len += origin->has_counter ? ota_tlv_size(sizeof(origin->counter)) : 0;
	len += origin->vid.len > 0 ? ota_tlv_size(origin->vid.len) : 0;
	len += origin->cid.len > 0 ? ota_tlv_size(origin->cid.len) : 0;
	for (size_t i = 0; i < plan->n_signers; i++)
		len += ota_signature_group_most(&plan->signers[i], &rules);
	*most = len;
	return OTA_OK;
}
