// SPDX-License-Identifier: Apache-2.0
/* Compressed images: scripts/imgtool/main.py, sign. */
#include "image_draft.h"
#include "image_sign.h"
#include "stream_xz.h"

/* The stream's header: the dictionary's size as LZMA2 codes it, and lc, lp, pb in one byte. */
#define DICTIONARY_CODE    10U /* 2^(10 / 2 + 11) * 2 = 131072 */
#define STREAM_HEADER_SIZE 2U
#define PROPERTIES         ((OTA_XZ_PB * 5U + OTA_XZ_LP) * 9U + OTA_XZ_LC)

/* Digest and signature of the image as it will be when it is decompressed. */
static enum ota_err describe_origin(struct image_draft *draft, bool with_signature,
				    struct ota_diag *diag)
{
	const struct ota_image_plan *plan = draft->plan;
	struct image_origin *origin = &draft->origin;
	struct ota_buf hashed = ota_buf_init(SIZE_MAX);
	struct ota_to_sign to_sign;
	enum ota_err err = ota_draft_hashed(draft, &hashed, diag);

	if (err == OTA_OK)
		err = ota_draft_to_sign(draft, ota_buf_span(&hashed), &origin->digest, &to_sign,
					diag);
	if (err == OTA_OK && with_signature && plan->n_signers > 0)
		err = ota_signature_make(&plan->signers[0], plan->pad_sig, &to_sign, &origin->sig,
					 diag);
	origin->size = (uint32_t)draft->payload.len;
	ota_buf_free(&hashed);
	return err;
}

static enum ota_err compress(struct image_draft *draft, struct ota_diag *diag)
{
	static const uint8_t header[STREAM_HEADER_SIZE] = {DICTIONARY_CODE, PROPERTIES};
	bool arm_thumb = draft->plan->compression == OTA_COMPRESSION_LZMA2_ARM_THUMB;
	enum ota_err err =
		ota_buf_append(&draft->stream, ota_span_of(header, sizeof(header)), diag);

	if (err == OTA_OK)
		err = ota_xz_compress(draft->payload, arm_thumb, &draft->stream, diag);
	return err;
}

/* imgtool's rule: what is added must be less than what is saved. */
static bool pays(const struct image_draft *draft, size_t stream_len)
{
	const struct image_origin *origin = &draft->origin;

	return stream_len + sizeof(origin->size) + origin->digest.len + origin->sig.len <
	       draft->payload.len;
}

/* Makes the draft the image that holds the stream. */
static void take_stream(struct image_draft *draft)
{
	draft->header.flags |= OTA_IMAGE_F_COMPRESSED_LZMA2;
	if (draft->plan->compression == OTA_COMPRESSION_LZMA2_ARM_THUMB)
		draft->header.flags |= OTA_IMAGE_F_COMPRESSED_ARM_THUMB;
	draft->payload = ota_buf_span(&draft->stream);
	if (draft->plan->encryption_key)
		draft->origin.stream_size = (uint32_t)draft->stream.len;
	draft->compressed = true;
}

enum ota_err ota_draft_compress(struct image_draft *draft, bool with_signature,
				struct ota_image_made *made, struct ota_diag *diag)
{
	enum ota_err err;

	if (draft->plan->compression == OTA_COMPRESSION_NONE)
		return OTA_OK;
	err = describe_origin(draft, with_signature, diag);
	if (err == OTA_OK)
		err = compress(draft, diag);
	if (err != OTA_OK)
		return err;
	made->body_len = draft->payload.len;
	made->stream_len = draft->stream.len - STREAM_HEADER_SIZE;
	made->compressed = pays(draft, made->stream_len);
	if (made->compressed)
		take_stream(draft);
	return OTA_OK;
}
