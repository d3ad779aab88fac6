// SPDX-License-Identifier: Apache-2.0
/*
 * Signed delta updates: an MCUboot image whose payload is a patch and whose protected TLVs say of
 * what and for whom (formats/delta_tlv.md). Header and protected TLVs are read once, hashed from
 * RAM, and believed from there: who can change what a flash chip answers, from one read to the
 * next, changes nothing that has been verified. The other TLVs are walked in flash.
 */
#include <ota/delta_tlv.h>

#include "agent_own.h"

#define DIGEST_SIZE   32U
#define KEY_HASH_SIZE 32U
#define SIGNATURE_MAX 512U
#define HASH_CHUNK    256U
#define ENCRYPTED     (OTA_IMAGE_F_ENCRYPTED_AES128 | OTA_IMAGE_F_ENCRYPTED_AES256)
#define FORMAT_BSDIFF 1U

/* In the decoder's memory, behind what the signature and pieces for the hash take. */
#define KEPT_AT   SIGNATURE_MAX
#define KEPT_AREA (KEPT_AT + OTA_IMAGE_HEADER_SIZE) /* the protected area */
#define KEPT_MAX  480U                              /* bytes of it; otatool writes 116 */

_Static_assert(HASH_CHUNK <= SIGNATURE_MAX && KEPT_AREA + KEPT_MAX <= AGENT_DECODER_RAM,
	       "all at once in the decoder's memory");

/* An image in flash; offsets are from its start. */
struct image {
	const struct kit_flash *flash;
	uint32_t at;
	uint32_t size;       /* bytes there are */
	const uint8_t *kept; /* the protected area as it was hashed; NULL: it is read in flash */
	struct ota_image_header header;
	uint32_t prot_at; /* the protected area; without one: the other */
	uint32_t unprot_at;
	uint32_t end;
};

struct tlv {
	uint32_t next; /* where the next one is looked for */
	uint16_t type;
	uint16_t len;
	uint32_t value_at;
	bool is_protected;
};

static enum agent_err read_in(const struct image *image, uint32_t at, void *to, uint32_t len)
{
	if (at > image->size || len > image->size - at)
		return AGENT_E_MALFORMED;
	if (!image->kept || at < image->prot_at || at >= image->unprot_at)
		return agent_read(image->flash, image->at + at, to, len);
	if (len > image->unprot_at - at)
		return AGENT_E_MALFORMED;
	memcpy(to, image->kept + (at - image->prot_at), len);
	return AGENT_OK;
}

/* Two halfwords: the header of an area, or of a record. */
static enum agent_err read_pair(const struct image *image, uint32_t at, uint16_t pair[2])
{
	uint8_t raw[OTA_TLV_HEADER_SIZE] = {0};
	enum agent_err err = read_in(image, at, raw, sizeof(raw));

	pair[0] = (uint16_t)(raw[0] | raw[1] << 8);
	pair[1] = (uint16_t)(raw[2] | raw[3] << 8);
	return err;
}

/*
 * As ota_tlv_areas_find, in flash. Image sizes are under 2^31, and so are their sums. The header
 * stays in `raw`.
 */
static enum agent_err open_image(struct image *image, uint8_t *raw)
{
	uint16_t info[2];
	enum agent_err err = read_in(image, 0, raw, OTA_IMAGE_HEADER_SIZE);

	if (err != AGENT_OK)
		return err;
	if (ota_image_header_read(ota_span_of(raw, OTA_IMAGE_HEADER_SIZE), false, &image->header) !=
		    OTA_OK ||
	    image->header.hdr_size < OTA_IMAGE_HEADER_SIZE ||
	    image->header.hdr_size > image->size ||
	    image->header.img_size > image->size - image->header.hdr_size)
		return AGENT_E_MALFORMED;
	image->prot_at = image->header.hdr_size + image->header.img_size;
	image->unprot_at = image->prot_at;
	err = read_pair(image, image->prot_at, info);
	if (err == AGENT_OK && image->header.protect_tlv_size > 0) {
		if (info[0] != OTA_TLV_PROT_INFO_MAGIC ||
		    info[1] != image->header.protect_tlv_size || info[1] < OTA_TLV_INFO_SIZE)
			return AGENT_E_MALFORMED;
		image->unprot_at += info[1];
		err = read_pair(image, image->unprot_at, info);
	}
	if (err != AGENT_OK)
		return err;
	if (info[0] != OTA_TLV_INFO_MAGIC || info[1] < OTA_TLV_INFO_SIZE ||
	    info[1] > image->size - image->unprot_at)
		return AGENT_E_MALFORMED;
	image->end = image->unprot_at + info[1];
	return AGENT_OK;
}

static void first_tlv(const struct image *image, struct tlv *tlv)
{
	tlv->next = image->prot_at + OTA_TLV_INFO_SIZE;
}

/* *found is false after the last one. A protected record ends inside its own area. */
static enum agent_err next_tlv(const struct image *image, struct tlv *tlv, bool *found)
{
	uint32_t limit = image->end;
	uint16_t head[2];
	enum agent_err err;

	if (image->prot_at < image->unprot_at && tlv->next == image->unprot_at)
		tlv->next += OTA_TLV_INFO_SIZE;
	*found = tlv->next < image->end;
	if (!*found)
		return AGENT_OK;
	tlv->is_protected = tlv->next < image->unprot_at;
	if (tlv->is_protected)
		limit = image->unprot_at;
	err = read_pair(image, tlv->next, head);
	if (err == AGENT_OK && (limit - tlv->next < OTA_TLV_HEADER_SIZE ||
				head[1] > limit - tlv->next - OTA_TLV_HEADER_SIZE))
		err = AGENT_E_MALFORMED;
	tlv->type = head[0];
	tlv->len = head[1];
	tlv->value_at = tlv->next + OTA_TLV_HEADER_SIZE;
	tlv->next = tlv->value_at + tlv->len;
	return err;
}

/* -- what the protected TLVs say --------------------------------------------------------------- */

/* Offsets of values; 0: not there. */
struct origin {
	uint32_t vid;
	uint32_t cid;
	uint32_t counter;
	uint32_t delta;
};

static enum agent_err take(const struct tlv *tlv, uint32_t *place, uint32_t len)
{
	if (*place != 0 || tlv->len != len)
		return AGENT_E_MALFORMED;
	*place = tlv->value_at;
	return AGENT_OK;
}

static enum agent_err read_origin(const struct image *image, struct origin *origin)
{
	struct tlv tlv;
	bool found = true;
	enum agent_err err = AGENT_OK;

	memset(origin, 0, sizeof(*origin));
	first_tlv(image, &tlv);
	while (err == AGENT_OK && found) {
		err = next_tlv(image, &tlv, &found);
		if (err != AGENT_OK || !found || !tlv.is_protected)
			continue;
		if (tlv.type == OTA_TLV_UUID_VID)
			err = take(&tlv, &origin->vid, OTA_TLV_UUID_SIZE);
		else if (tlv.type == OTA_TLV_UUID_CID)
			err = take(&tlv, &origin->cid, OTA_TLV_UUID_SIZE);
		else if (tlv.type == OTA_TLV_SEC_CNT)
			err = take(&tlv, &origin->counter, OTA_TLV_SEC_CNT_SIZE);
		else if (tlv.type == OTA_TLV_DELTA)
			err = take(&tlv, &origin->delta, OTA_TLV_DELTA_SIZE);
	}
	return err;
}

static enum agent_err read_delta(const struct image *image, const struct origin *origin,
				 struct ota_delta_tlv *delta)
{
	uint8_t raw[OTA_TLV_DELTA_SIZE];
	enum agent_err err = AGENT_E_MALFORMED;

	if (origin->delta != 0)
		err = read_in(image, origin->delta, raw, sizeof(raw));
	if (err == AGENT_OK && ota_delta_tlv_read(ota_span_of(raw, sizeof(raw)), delta) != OTA_OK)
		err = AGENT_E_MALFORMED;
	return err;
}

static void update_of(const struct agent *agent, struct image *update)
{
	memset(update, 0, sizeof(*update));
	update->flash = &agent->patch_flash;
	update->at = agent->job->patch_at;
	update->size = agent->job->patch_size;
}

/* From here on the protected area is what is in RAM. */
static enum agent_err keep(struct agent *agent, struct image *update)
{
	uint8_t *area = agent_decoder(agent) + KEPT_AREA;
	uint32_t len = update->unprot_at - update->prot_at;
	enum agent_err err = AGENT_E_MALFORMED;

	if (len <= KEPT_MAX)
		err = read_in(update, update->prot_at, area, len);
	update->kept = area;
	return err;
}

/* The update once more, of what agent_signed_open has verified and kept. */
static void kept_update(struct agent *agent, struct image *update)
{
	const uint8_t *area = agent_decoder(agent) + KEPT_AREA;

	update_of(agent, update);
	update->kept = area;
	update->prot_at = agent->patch_at - agent->job->patch_at + agent->patch_size;
	update->unprot_at = update->prot_at + (area[2] | (uint32_t)area[3] << 8);
	update->end = update->unprot_at;
}

/* -- digests ----------------------------------------------------------------------------------- */

/* Through the decoder's memory, which is not in use. */
static enum agent_err feed(struct agent *agent, const struct kit_flash *flash, uint32_t at,
			   uint32_t len)
{
	uint8_t *chunk = agent_decoder(agent);
	enum agent_err err = AGENT_OK;

	while (err == AGENT_OK && len > 0) {
		uint32_t n = agent_smaller(len, HASH_CHUNK);

		err = agent_read(flash, at, chunk, n);
		if (err == AGENT_OK)
			kit_sha256_update(chunk, n);
		at += n;
		len -= n;
	}
	return err;
}

static enum agent_err hash(struct agent *agent, const struct kit_flash *flash, uint32_t at,
			   uint32_t len, uint8_t *digest)
{
	enum agent_err err;

	kit_sha256_begin();
	err = feed(agent, flash, at, len);
	kit_sha256_finish(digest);
	return err;
}

/* What is signed: header, payload, protected area. */
static enum agent_err hash_update(struct agent *agent, const struct image *update, uint8_t *digest)
{
	enum agent_err err;

	kit_sha256_begin();
	kit_sha256_update(agent_decoder(agent) + KEPT_AT, OTA_IMAGE_HEADER_SIZE);
	err = feed(agent, update->flash, update->at + OTA_IMAGE_HEADER_SIZE,
		   update->prot_at - OTA_IMAGE_HEADER_SIZE);
	kit_sha256_update(update->kept, update->unprot_at - update->prot_at);
	kit_sha256_finish(digest);
	return err;
}

/* -- by whom ----------------------------------------------------------------------------------- */

/* What is known while the unprotected TLVs are walked. */
struct proof {
	struct agent *agent;
	const struct image *update;
	uint8_t digest[DIGEST_SIZE];
	uint8_t key_hash[KEY_HASH_SIZE];
	bool has_key;
	bool has_digest;
	bool is_good;
};

static enum agent_err see_digest(struct proof *proof, const struct tlv *tlv)
{
	uint8_t claimed[DIGEST_SIZE];
	enum agent_err err = AGENT_E_MALFORMED;

	if (tlv->len == DIGEST_SIZE && !proof->has_digest)
		err = read_in(proof->update, tlv->value_at, claimed, DIGEST_SIZE);
	if (err == AGENT_OK && memcmp(claimed, proof->digest, DIGEST_SIZE) != 0)
		err = AGENT_E_DAMAGED;
	proof->has_digest = true;
	return err;
}

/* The key of the next signature: its hash, or itself. */
static enum agent_err see_key(struct proof *proof, const struct tlv *tlv)
{
	proof->has_key = true;
	if (tlv->type == OTA_TLV_PUBKEY)
		return hash(proof->agent, proof->update->flash, proof->update->at + tlv->value_at,
			    tlv->len, proof->key_hash);
	if (tlv->len != KEY_HASH_SIZE)
		return AGENT_E_MALFORMED;
	return read_in(proof->update, tlv->value_at, proof->key_hash, KEY_HASH_SIZE);
}

/* One good signature is enough, as for MCUboot. */
static enum agent_err see_signature(struct proof *proof, const struct tlv *tlv)
{
	uint8_t *bytes = agent_decoder(proof->agent);
	struct kit_signature signature = {
		.type = tlv->type,
		.len = tlv->len,
		.bytes = bytes,
		.digest = proof->digest,
		.key_hash = proof->key_hash,
	};
	enum agent_err err = AGENT_E_MALFORMED;

	if (tlv->len <= SIGNATURE_MAX && proof->has_key)
		err = read_in(proof->update, tlv->value_at, bytes, tlv->len);
	if (err == AGENT_OK && kit_signature_good(&signature))
		proof->is_good = true;
	proof->has_key = false;
	return err;
}

/*
 * What MCUboot takes in the unprotected area and an update has use for; nobody has signed it, so
 * there is no reason to be lenient.
 */
static enum agent_err see(struct proof *proof, const struct tlv *tlv)
{
	if (tlv->is_protected)
		return AGENT_OK;
	switch (tlv->type) {
	case OTA_TLV_SHA256:
		return see_digest(proof, tlv);
	case OTA_TLV_KEYHASH:
	case OTA_TLV_PUBKEY:
		return see_key(proof, tlv);
	case OTA_TLV_RSA2048_PSS:
	case OTA_TLV_RSA3072_PSS:
	case OTA_TLV_ECDSA_SIG:
	case OTA_TLV_ED25519:
		return see_signature(proof, tlv);
	default:
		return AGENT_E_MALFORMED;
	}
}

static enum agent_err check_signature(struct agent *agent, const struct image *update)
{
	struct proof proof = {.agent = agent, .update = update};
	struct tlv tlv;
	bool found = true;
	enum agent_err err = hash_update(agent, update, proof.digest);

	first_tlv(update, &tlv);
	while (err == AGENT_OK && found) {
		err = next_tlv(update, &tlv, &found);
		if (err == AGENT_OK && found)
			err = see(&proof, &tlv);
	}
	if (err != AGENT_OK)
		return err;
	agent->id = agent_word(proof.digest);
	return proof.has_digest && proof.is_good ? AGENT_OK : AGENT_E_SIGNATURE;
}

enum agent_err agent_signed_open(struct agent *agent)
{
	struct ota_delta_tlv delta;
	struct origin origin;
	struct image update;
	enum agent_err err;

	update_of(agent, &update);
	err = open_image(&update, agent_decoder(agent) + KEPT_AT);
	if (err == AGENT_OK && (update.header.flags & ENCRYPTED) != 0)
		err = AGENT_E_NOT_BUILT;
	if (err == AGENT_OK)
		err = keep(agent, &update);
	if (err == AGENT_OK)
		err = check_signature(agent, &update);
	if (err == AGENT_OK)
		err = read_origin(&update, &origin);
	/* An image as a whole is no update. */
	if (err == AGENT_OK &&
	    (origin.delta == 0 || (update.header.flags & OTA_IMAGE_F_NON_BOOTABLE) == 0))
		err = AGENT_E_UNKNOWN;
	if (err == AGENT_OK)
		err = read_delta(&update, &origin, &delta);
	if (err != AGENT_OK)
		return err;
	if (update.end != update.size)
		return AGENT_E_MALFORMED;
	if (delta.format == FORMAT_BSDIFF)
		return AGENT_E_BSDIFF;
	if (delta.format_version != (delta.format == AGENT_OTD ? OTA_OTD_VERSION : 0))
		return AGENT_E_NOT_BUILT;
	agent->format = delta.format;
	agent->old_size = delta.old_size;
	agent->new_size = delta.new_size;
	memcpy(agent->new_digest, delta.new_digest, sizeof(agent->new_digest));
	agent->patch_at += update.header.hdr_size;
	agent->patch_size = update.header.img_size;
	return AGENT_OK;
}

/* -- for whom ---------------------------------------------------------------------------------- */

/* An image without an id may be followed by one that has it: that is how ids come into use. */
static enum agent_err check_id(const struct image *old, uint32_t old_at, const struct image *update,
			       uint32_t at)
{
	uint8_t old_id[OTA_TLV_UUID_SIZE];
	uint8_t id[OTA_TLV_UUID_SIZE];
	enum agent_err err;

	if (old_at == 0)
		return AGENT_OK;
	if (at == 0)
		return AGENT_E_DEVICE;
	err = read_in(old, old_at, old_id, sizeof(old_id));
	if (err == AGENT_OK)
		err = read_in(update, at, id, sizeof(id));
	if (err == AGENT_OK && memcmp(old_id, id, sizeof(id)) != 0)
		err = AGENT_E_DEVICE;
	return err;
}

static enum agent_err read_counter(const struct image *image, uint32_t at, uint32_t *counter)
{
	uint8_t raw[OTA_TLV_SEC_CNT_SIZE];
	enum agent_err err = AGENT_OK;

	*counter = 0;
	if (at != 0) {
		err = read_in(image, at, raw, sizeof(raw));
		if (err == AGENT_OK)
			*counter = agent_word(raw);
	}
	return err;
}

static enum agent_err check_counter(const struct agent *agent, const struct image *old,
				    uint32_t old_at, const struct image *update, uint32_t at)
{
	uint32_t old_counter;
	uint32_t counter;
	enum agent_err err = read_counter(old, old_at, &old_counter);

	if (err == AGENT_OK)
		err = read_counter(update, at, &counter);
	if (err != AGENT_OK)
		return err;
	if (at == 0)
		return old_at != 0 || agent->job->counter_floor > 0 ? AGENT_E_COUNTER : AGENT_OK;
	return counter < old_counter || counter < agent->job->counter_floor ? AGENT_E_COUNTER
									    : AGENT_OK;
}

static enum agent_err check_origin(const struct agent *agent, const struct image *old,
				   const struct image *update, struct ota_delta_tlv *delta)
{
	struct origin old_origin;
	struct origin origin;
	enum agent_err err = read_origin(old, &old_origin);

	if (err != AGENT_OK)
		return AGENT_E_WRONG_BASE;
	err = read_origin(update, &origin);
	if (err == AGENT_OK)
		err = read_delta(update, &origin, delta);
	if (err == AGENT_OK)
		err = check_id(old, old_origin.vid, update, origin.vid);
	if (err == AGENT_OK)
		err = check_id(old, old_origin.cid, update, origin.cid);
	if (err == AGENT_OK)
		err = check_counter(agent, old, old_origin.counter, update, origin.counter);
	return err;
}

enum agent_err agent_signed_check_old(struct agent *agent)
{
	uint8_t digest[DIGEST_SIZE];
	struct ota_delta_tlv delta;
	struct image update;
	struct image old = {.flash = &agent->old_flash, .size = agent->old_flash.size};
	enum agent_err err;

	if (open_image(&old, agent_decoder(agent)) != AGENT_OK)
		return AGENT_E_WRONG_BASE;
	kept_update(agent, &update);
	err = check_origin(agent, &old, &update, &delta);
	if (err == AGENT_OK && old.end != agent->old_size)
		err = AGENT_E_WRONG_BASE;
	if (err == AGENT_OK)
		err = hash(agent, old.flash, 0, agent->old_size, digest);
	if (err == AGENT_OK && memcmp(digest, delta.old_digest, OTA_DELTA_DIGEST_SIZE) != 0)
		err = AGENT_E_WRONG_BASE;
	return err;
}

enum agent_err agent_signed_check_new(struct agent *agent)
{
	uint32_t at = agent->block > 0 ? 0 : agent->job->new_at;
	uint8_t digest[DIGEST_SIZE];
	enum agent_err err = hash(agent, &agent->new_flash, at, agent->new_size, digest);

	if (err == AGENT_OK && memcmp(digest, agent->new_digest, OTA_DELTA_DIGEST_SIZE) != 0)
		err = AGENT_E_RESULT;
	return err;
}
