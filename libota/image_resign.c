// SPDX-License-Identifier: Apache-2.0
/* The order of TLVs is imgtool's (scripts/imgtool/image.py, Image.create). */
#include <ota/resign.h>

#include "image_sign.h"

/* What is known of the image before its new TLV area is written. */
struct job {
	const struct ota_resign_plan *plan;
	struct ota_image image;
	struct ota_buf plain; /* the hashed part in plaintext, when it had to be decrypted */
	bool in_clear;        /* flagged as encrypted, but the payload is in plaintext */
	struct ota_digest digest;
	struct ota_to_sign to_sign;
	size_t groups_at; /* bytes from the image's start to where new signatures go */
};

static bool is_of_group(uint16_t type)
{
	return type == OTA_TLV_KEYHASH || type == OTA_TLV_PUBKEY || ota_image_is_signature(type);
}

/* -- what there is ----------------------------------------------------------------------------- */

enum ota_err ota_image_signature(const struct ota_image *image, size_t index,
				 struct ota_signature *signature)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct ota_tlv tlv;

	*signature = (struct ota_signature){.tlv = 0};
	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		if (tlv.type == OTA_TLV_KEYHASH)
			signature->key_hash = tlv.value;
		if (tlv.type == OTA_TLV_PUBKEY)
			signature->public_key = tlv.value;
		if (!ota_image_is_signature(tlv.type))
			continue;
		if (index-- == 0) {
			signature->at = tlv.at;
			signature->tlv = tlv.type;
			signature->value = ota_signature_unpadded(tlv.type, tlv.value);
			return OTA_OK;
		}
		*signature = (struct ota_signature){.tlv = 0};
	}
	return OTA_E_ABSENT;
}

bool ota_signature_names_key(const struct ota_signature *signature, const struct ota_key *key)
{
	static const enum ota_hash hashes[] = {OTA_HASH_SHA256, OTA_HASH_SHA384, OTA_HASH_SHA512};
	struct ota_digest id;

	if (signature->public_key.len > 0)
		return ota_span_equal(signature->public_key, ota_key_public(key));
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (signature->key_hash.len == ota_hash_size(hashes[i]) &&
		    ota_key_id(key, hashes[i], &id, NULL) == OTA_OK)
			return ota_span_equal(signature->key_hash, ota_digest_span(&id));
	}
	return false;
}

/* Nothing is signed whose digest was not right before. */
static enum ota_err check_whole(struct job *job, struct ota_diag *diag)
{
	const struct ota_image *image = &job->image;
	const struct ota_key *key = job->plan->encryption_key;
	struct ota_diag why = {.err = OTA_OK};
	enum ota_err err = ota_image_check_digests(image, image->hashed, &why);

	job->to_sign.hashed = image->hashed;
	job->in_clear = err == OTA_OK && ota_image_is_encrypted(image);
	if (err == OTA_E_DIGEST && ota_image_is_encrypted(image)) {
		if (!key)
			return ota_fail(diag, OTA_E_USAGE,
					"image is encrypted: its digest cannot be checked without "
					"the private key that opens it");
		job->plain = ota_buf_init(image->hashed.len);
		err = ota_image_open_payload(image, key, &job->plain, &why);
		job->to_sign.hashed = ota_buf_span(&job->plain);
		/* No TLV for this kind of key: the wrong key. */
		if (err == OTA_E_ABSENT)
			err = OTA_E_REFUSED;
	} else if (err == OTA_E_ABSENT) {
		err = OTA_E_DIGEST;
	}
	if (err == OTA_OK)
		return OTA_OK;
	(void)ota_fail(diag, err, "%s", why.text);
	if (why.hint[0])
		ota_hint(diag, "%s", why.hint);
	return err;
}

static enum ota_err check_rest(const struct job *job, struct ota_diag *diag)
{
	if (job->image.rest_err == OTA_OK)
		return OTA_OK;
	return ota_fail(diag, OTA_E_REFUSED,
			"the byte at 0x%zx, after the image, is neither erased flash nor part of a "
			"slot trailer",
			job->image.rest_at);
}

/* -- what is to be signed ---------------------------------------------------------------------- */

static bool all_take(const struct ota_resign_plan *plan, enum ota_hash hash)
{
	for (size_t i = 0; i < plan->n_signers; i++) {
		if (!ota_key_takes_hash(plan->signers[i].key, hash))
			return false;
	}
	return true;
}

/* The first of the image's digests whose hash goes with all keys; else the first. */
static enum ota_hash choose_hash(const struct job *job)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&job->image.areas);
	enum ota_hash first = (enum ota_hash)0;
	struct ota_tlv tlv;

	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		enum ota_hash hash = ota_image_hash_of_tlv(tlv.type);

		if (hash != 0 && all_take(job->plan, hash))
			return hash;
		if (first == 0)
			first = hash;
	}
	return first;
}

/* By its first SIG_PURE TLV, as a build for pure signatures goes by it. */
static bool is_pure(const struct ota_image *image)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct ota_tlv tlv;

	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		if (tlv.type == OTA_TLV_SIG_PURE)
			return tlv.value.len == 1 && tlv.value.data[0] == 1;
	}
	return false;
}

static enum ota_err check_signers(const struct job *job, struct ota_diag *diag)
{
	const struct ota_resign_plan *plan = job->plan;

	if (plan->mode == OTA_RESIGN_STRIP && plan->n_signers > 0)
		return ota_fail(diag, OTA_E_USAGE, "signatures are taken away, and keys to sign");
	if (plan->mode != OTA_RESIGN_STRIP && plan->n_signers == 0)
		return ota_fail(diag, OTA_E_USAGE, "no key to sign with");
	for (size_t i = 0; i < plan->n_signers; i++) {
		const struct ota_key *key = plan->signers[i].key;

		if (key && ota_key_signs(key) && !ota_key_takes_hash(key, job->to_sign.hash))
			return ota_fail(diag, OTA_E_USAGE,
					"image has a %s digest, and %s keys go with %s",
					ota_hash_name(job->to_sign.hash), ota_key_name(key),
					ota_hash_name(ota_key_hash(key)));
	}
	return OTA_OK;
}

static enum ota_err prepare(struct job *job, struct ota_diag *diag)
{
	struct ota_to_sign *to_sign = &job->to_sign;
	enum ota_err err;

	for (size_t i = 0; i < job->plan->n_signers; i++) {
		if (!job->plan->signers[i].key)
			return ota_fail(diag, OTA_E_USAGE,
					"a signer needs a key, if only a public one");
	}
	to_sign->hash = choose_hash(job);
	to_sign->pure = is_pure(&job->image);
	err = check_signers(job, diag);
	if (err == OTA_OK)
		err = ota_digest_of(to_sign->hash, to_sign->hashed, &job->digest, diag);
	to_sign->message = to_sign->pure ? to_sign->hashed : ota_digest_span(&job->digest);
	return err;
}

/* -- the new TLV area -------------------------------------------------------------------------- */

/*
 * Where `sign` puts them: before the encryption TLV. An image that has signatures keeps their
 * place.
 */
static enum ota_err find_place(struct job *job, struct ota_diag *diag)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&job->image.areas);
	size_t end = job->image.bytes.len;
	size_t first = end; /* record of a signature */
	size_t last = 0;    /* end of the last one */
	size_t encryption = end;
	struct ota_tlv tlv;

	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		if (tlv.is_protected)
			continue;
		if (is_of_group(tlv.type)) {
			first = first < tlv.at ? first : tlv.at;
			last = tlv.at + ota_tlv_size(tlv.value.len);
		}
		if (ota_image_is_wrapped_key(tlv.type) && encryption == end)
			encryption = tlv.at;
	}
	if (last == 0 && job->plan->mode == OTA_RESIGN_STRIP)
		return ota_fail(diag, OTA_E_UNSIGNED, "image is not signed: nothing to take away");
	if (last == 0)
		job->groups_at = encryption;
	else
		job->groups_at = job->plan->mode == OTA_RESIGN_ADD ? last : first;
	return OTA_OK;
}

static enum ota_err write_groups(const struct job *job, struct ota_wr *wr, struct ota_sig *sig,
				 struct ota_diag *diag)
{
	const struct ota_resign_plan *plan = job->plan;
	struct signature_rules rules = {.hash = job->to_sign.hash,
					.full_public_key = plan->full_public_key,
					.pad_sig = plan->pad_sig};
	enum ota_err err = OTA_OK;

	for (size_t i = 0; i < plan->n_signers && err == OTA_OK; i++) {
		struct ota_sig made;

		err = ota_signature_group_write(wr, &plan->signers[i], &rules, &job->to_sign, &made,
						diag);
		if (err == OTA_OK && i == 0)
			*sig = made;
	}
	return err;
}

/* The unprotected records: old ones as they are, the new signatures among them. */
static enum ota_err write_records(const struct job *job, struct ota_wr *wr, struct ota_sig *sig,
				  struct ota_diag *diag)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&job->image.areas);
	bool keep = job->plan->mode == OTA_RESIGN_ADD;
	bool placed = false;
	struct ota_tlv tlv;
	enum ota_err err = OTA_OK;

	while (err == OTA_OK && ota_tlv_next(&iter, &tlv) == OTA_OK) {
		if (tlv.is_protected)
			continue;
		if (!placed && tlv.at >= job->groups_at) {
			err = write_groups(job, wr, sig, diag);
			placed = true;
		}
		if (keep || !is_of_group(tlv.type))
			ota_wr_bytes(wr, ota_span_sub(job->image.bytes, tlv.at,
						      ota_tlv_size(tlv.value.len)));
	}
	return placed || err != OTA_OK ? err : write_groups(job, wr, sig, diag);
}

/* Room for the records; their area counts its bytes in 16 bits. */
static enum ota_err records_room(const struct job *job, size_t *room, struct ota_diag *diag)
{
	const struct ota_resign_plan *plan = job->plan;
	struct signature_rules rules = {.hash = job->to_sign.hash,
					.full_public_key = plan->full_public_key,
					.pad_sig = plan->pad_sig};

	*room = job->image.areas.unprot.len;
	for (size_t i = 0; i < plan->n_signers; i++) {
		*room += ota_signature_group_max(&plan->signers[i], &rules);
		if (*room > UINT16_MAX - OTA_TLV_INFO_SIZE)
			return ota_fail(diag, OTA_E_NO_FIT,
					"%zu more signatures do not fit: a TLV area holds %u bytes",
					plan->n_signers, UINT16_MAX);
	}
	return OTA_OK;
}

/* -- the new file ------------------------------------------------------------------------------ */

/* The file keeps its size: what the signatures take, padding gives. */
static enum ota_err write_rest(const struct job *job, struct ota_wr *wr, size_t file_len,
			       struct ota_diag *diag)
{
	const struct ota_image *image = &job->image;
	const struct ota_trailer *trailer = &image->trailer;
	size_t size = image->has_trailer ? trailer->size : 0;
	size_t least = 0;

	if (image->rest.len == 0)
		return OTA_OK;
	/* image_ok, copy_done and swap_info are in every mode's trailer, written yet or not. */
	if (image->has_trailer && wr->at > image->bytes.len)
		least = ota_trailer_magic_field(trailer->max_align) + 3 * trailer->max_align;
	least = least > size ? least : size;
	if (wr->at > file_len || file_len - wr->at < least)
		return ota_fail(diag, OTA_E_NO_FIT,
				"image grows to %zu bytes, and its trailer needs %zu of the slot's "
				"%zu",
				wr->at, least, file_len);
	ota_wr_fill(wr, image->erased, file_len - wr->at - size);
	ota_wr_bytes(wr, ota_span_tail(image->rest, image->rest.len - size));
	return wr->err;
}

static enum ota_err write_file(const struct job *job, size_t file_len, size_t room,
			       struct ota_buf *out, struct ota_sig *sig, struct ota_diag *diag)
{
	const struct ota_image *image = &job->image;
	size_t info_at = image->hashed.len;
	size_t most = info_at + OTA_TLV_INFO_SIZE + room;
	struct ota_wr wr;
	struct ota_wr info;
	enum ota_err err;

	most = most > file_len ? most : file_len;
	err = ota_buf_reserve(out, most, diag);
	if (err != OTA_OK)
		return err;
	wr = ota_wr_init(out->data + out->len, most);
	wr.big = image->big_endian;
	ota_wr_bytes(&wr, image->hashed);
	ota_wr_fill(&wr, 0, OTA_TLV_INFO_SIZE);
	err = write_records(job, &wr, sig, diag);
	if (err != OTA_OK)
		return err;
	info = ota_wr_init(out->data + out->len + info_at, OTA_TLV_INFO_SIZE);
	info.big = image->big_endian;
	ota_tlv_info_write(&info, OTA_TLV_INFO_MAGIC, (uint16_t)(wr.at - info_at));
	err = write_rest(job, &wr, file_len, diag);
	if (err == OTA_OK)
		out->len += wr.at;
	return err;
}

/* Read again as a bootloader reads it, for every key. */
static enum ota_err check_made(const struct job *job, struct ota_span made, struct ota_diag *diag)
{
	const struct ota_resign_plan *plan = job->plan;
	struct ota_boot boot = ota_boot_any();
	size_t n = plan->n_signers > 0 ? plan->n_signers : 1;
	enum ota_err err = OTA_OK;

	boot.hash = job->to_sign.hash;
	boot.encryption_key = plan->encryption_key;
	boot.in_clear = job->in_clear;
	boot.hw_key = plan->full_public_key;
	for (size_t i = 0; i < n && err == OTA_OK; i++) {
		const struct ota_key *key = plan->n_signers > 0 ? plan->signers[i].key : NULL;
		struct ota_image_verdict verdict;
		struct ota_diag why = {.err = OTA_OK};
		struct ota_image image;

		err = ota_file_verify(made, key, &boot, &image, &verdict, &why);
		if (err != OTA_OK)
			(void)ota_fail(diag, err, "the image with new signatures is not good: %s",
				       why.text);
	}
	return err;
}

/*
 * A compressed image has the signature of the plain one among what is signed, by the key of the
 * image's first signature; that one cannot be another's.
 */
static enum ota_err check_origin(const struct job *job, struct ota_diag *diag)
{
	const struct ota_resign_plan *plan = job->plan;
	struct ota_tlv_iter iter = ota_tlv_iter_init(&job->image.areas);
	struct ota_span digest = {NULL, 0};
	struct ota_tlv tlv;

	if (plan->mode != OTA_RESIGN_REPLACE || plan->n_signers == 0)
		return OTA_OK;
	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		const struct ota_key *key = plan->signers[0].key;

		if (tlv.is_protected && tlv.type == OTA_TLV_DECOMP_SHA)
			digest = tlv.value;
		if (tlv.is_protected && tlv.type == OTA_TLV_DECOMP_SIGNATURE &&
		    ota_key_verify(key, digest,
				   ota_signature_unpadded(ota_key_sig_tlv(key), tlv.value),
				   NULL) != OTA_OK)
			return ota_fail(diag, OTA_E_UNSUPPORTED,
					"image is compressed and holds another key's signature of "
					"the plain image: it must be made anew");
	}
	return OTA_OK;
}

enum ota_err ota_image_resign(const struct ota_resign_plan *plan, struct ota_span file,
			      struct ota_buf *out, struct ota_sig *sig, struct ota_diag *diag)
{
	struct job job = {.plan = plan};
	size_t start = out->len;
	size_t room = 0;
	enum ota_err err = ota_image_open(file, &job.image, diag);

	*sig = (struct ota_sig){.len = 0};
	if (err == OTA_OK)
		err = check_whole(&job, diag);
	if (err == OTA_OK)
		err = check_origin(&job, diag);
	if (err == OTA_OK)
		err = check_rest(&job, diag);
	if (err == OTA_OK)
		err = prepare(&job, diag);
	if (err == OTA_OK)
		err = find_place(&job, diag);
	if (err == OTA_OK)
		err = records_room(&job, &room, diag);
	if (err == OTA_OK)
		err = write_file(&job, file.len, room, out, sig, diag);
	if (err == OTA_OK)
		err = check_made(&job, ota_span_tail(ota_buf_span(out), start), diag);
	if (err != OTA_OK)
		out->len = start;
	ota_buf_wipe(&job.plain);
	return err;
}
