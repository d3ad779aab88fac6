// SPDX-License-Identifier: Apache-2.0
/*
 * The bootloader's checks in its order: header (bootutil_loader.c, boot_check_header_valid), then
 * the walk over the TLVs (image_validate.c, bootutil_img_validate), MCUboot 2d4bacc3c15e. Where it
 * is laxer than it should be, rules of ours refuse.
 */
#include <stdarg.h>
#include <stdio.h>

#include "image_open.h"
#include "image_sign.h"

#define ED25519_SIG_SIZE 64U
#define ECDSA_SIG_MAX    128U /* bootutil's buffer; real ones are 72 or 104 at most */
#define PAD_SIG_P256     72U  /* imgtool --pad-sig: keys/ecdsa.py */
#define PAD_SIG_P384     103U
#define KEY_BUF_EXTRA    24U /* KEY_BUF_SIZE is the signature buffer's and this */
#define LEAST_TRAILER    40U /* magic, image_ok, copy_done, swap_info at alignment 8 */

#define ENCRYPTED ((uint32_t)(OTA_IMAGE_F_ENCRYPTED_AES128 | OTA_IMAGE_F_ENCRYPTED_AES256))
#define COMPRESSED                                                                                 \
	((uint32_t)(OTA_IMAGE_F_COMPRESSED_LZMA1 | OTA_IMAGE_F_COMPRESSED_LZMA2 |                  \
		    OTA_IMAGE_F_COMPRESSED_ARM_THUMB))
#define KNOWN_FLAGS                                                                                \
	(ENCRYPTED | COMPRESSED |                                                                  \
	 (uint32_t)(OTA_IMAGE_F_PIC | OTA_IMAGE_F_NON_BOOTABLE | OTA_IMAGE_F_RAM_LOAD |            \
		    OTA_IMAGE_F_ROM_FIXED))

/* One judgement and its walk's state. */
struct judge {
	const struct ota_image *image;
	const struct ota_key *key; /* keys[0], NULL: none; all are of its kind */
	const struct ota_boot *boot;
	struct ota_image_verdict *verdict;
	struct ota_diag *diag;
	const struct ota_key *keys[OTA_BOOT_KEYS_MAX];
	struct ota_digest key_hash[OTA_BOOT_KEYS_MAX]; /* of each by the build's hash */
	size_t n_keys;
	struct ota_span hashed;         /* what the digest covers, in plaintext */
	struct ota_digest digest[3];    /* of `hashed` by each hash; empty: not computed yet */
	struct ota_image_wrap wrap;     /* of the image key in use; type 0: not decrypted */
	enum ota_hash hash;             /* the build's */
	bool pure;                      /* the build's signatures are over the image */
	const struct ota_key *selected; /* named by the last key TLV, for the next signature */
	size_t selected_at;             /* in `keys` */
	bool sig_seen;                  /* a signature by one of our keys was checked */
	enum ota_err sig_err;           /* of the last one: it decides */
	size_t sig_at;
	bool counter_seen;
	bool whole_key_seen;
};

static void note(struct judge *judge, enum ota_rule rule, size_t at, const char *text)
{
	struct ota_image_verdict *verdict = judge->verdict;
	struct ota_finding *finding;

	for (unsigned i = 0; i < verdict->n_warnings; i++) {
		if (verdict->warning[i].rule == rule)
			return;
	}
	finding = &verdict->warning[verdict->n_warnings++];
	*finding = (struct ota_finding){.rule = rule, .at = at};
	(void)snprintf(finding->text, sizeof(finding->text), "%s", text);
}

static void warn(struct judge *judge, enum ota_rule rule, size_t at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void warn(struct judge *judge, enum ota_rule rule, size_t at, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	note(judge, rule, at, text);
}

/* Refuses by a rule, or warns and returns OTA_OK when the rule is one of ours and waived. */
static enum ota_err refuse(struct judge *judge, enum ota_rule rule, enum ota_err err, size_t at,
			   const char *format, ...) __attribute__((format(printf, 5, 6)));

static enum ota_err refuse(struct judge *judge, enum ota_rule rule, enum ota_err err, size_t at,
			   const char *format, ...)
{
	struct ota_finding *broken = &judge->verdict->broken;
	char text[200];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (ota_rule_kind(rule) == OTA_RULE_OURS && judge->boot->file_only &&
	    rule != OTA_RULE_OTHER_HASH)
		return OTA_OK;
	if (ota_rule_kind(rule) == OTA_RULE_OURS && judge->boot->lax[rule]) {
		note(judge, rule, at, text);
		return OTA_OK;
	}
	*broken = (struct ota_finding){.rule = rule, .at = at};
	memcpy(broken->text, text, sizeof(text));
	return ota_fail(judge->diag, err, "%s", text);
}

/* -- the header -------------------------------------------------------------------------------- */

static enum ota_err check_sizes(struct judge *judge)
{
	const struct ota_image_header *header = &judge->image->header;
	const struct ota_boot *boot = judge->boot;
	uint64_t size = (uint64_t)header->hdr_size + header->img_size + header->protect_tlv_size;
	uint64_t slot = boot->slot_size;
	uint64_t most = boot->max_image;

	if (size > UINT32_MAX)
		return refuse(
			judge, OTA_RULE_SIZE_OVERFLOW, OTA_E_MALFORMED, 8,
			"header, payload and protected TLVs are %llu bytes, more than 32 bits "
			"count",
			(unsigned long long)size);
	if (boot->layout_problem[0] != '\0')
		return refuse(judge, OTA_RULE_LAYOUT, OTA_E_NO_FIT, 0, "%s", boot->layout_problem);
	if (slot == 0)
		return OTA_OK;
	if (size >= slot)
		return refuse(
			judge, OTA_RULE_SLOT_SIZE, OTA_E_NO_FIT, 8,
			"header, payload and protected TLVs are %llu bytes, the slot has %llu",
			(unsigned long long)size, (unsigned long long)slot);
	if (most == 0)
		most = slot > LEAST_TRAILER ? slot - LEAST_TRAILER : 0;
	if (judge->image->bytes.len > most)
		return refuse(judge, OTA_RULE_IMAGE_SIZE, OTA_E_NO_FIT, (size_t)most,
			      "image is %zu bytes, at most %llu leave room for the slot's trailer",
			      judge->image->bytes.len, (unsigned long long)most);
	return OTA_OK;
}

static enum ota_err check_payload_flags(struct judge *judge)
{
	uint32_t flags = judge->image->header.flags;

	if ((flags & ENCRYPTED) == ENCRYPTED)
		return refuse(judge, OTA_RULE_ENCRYPTED, OTA_E_REFUSED, 16,
			      "both encryption flags are set");
	if ((flags & ENCRYPTED) && !judge->boot->encryption_key && !judge->boot->in_clear) {
		enum ota_err err = refuse(judge, OTA_RULE_ENCRYPTED, OTA_E_UNSUPPORTED, 16,
					  judge->boot->encrypts
						  ? "image is encrypted, and its key is not given"
						  : "image is encrypted, and this bootloader is "
						    "built without encryption");

		ota_hint(judge->diag, "a bootloader that has the private key decrypts it");
		return err;
	}
	if ((flags & COMPRESSED) && !judge->boot->file_only)
		return refuse(judge, OTA_RULE_COMPRESSED, OTA_E_UNSUPPORTED, 16,
			      "image is compressed, and no stock bootloader decompresses");
	return OTA_OK;
}

/* loader.c, boot_rom_address_check and boot_get_slot_usage; ram_load.c. */
static enum ota_err check_addresses(struct judge *judge)
{
	const struct ota_image_header *header = &judge->image->header;
	const struct ota_boot *boot = judge->boot;
	bool direct = ota_mode_is_direct_xip(boot->mode);

	if (direct && (header->flags & OTA_IMAGE_F_ROM_FIXED) &&
	    header->load_addr != boot->primary_at && header->load_addr != boot->secondary_at)
		return refuse(judge, OTA_RULE_ROM_FIXED, OTA_E_REFUSED, 4,
			      "image is for flash address 0x%x, the slots are at 0x%x and 0x%x",
			      header->load_addr, boot->primary_at, boot->secondary_at);
	if (boot->mode == OTA_MODE_RAM_LOAD && !(header->flags & OTA_IMAGE_F_RAM_LOAD))
		return refuse(judge, OTA_RULE_RAM_LOAD, OTA_E_REFUSED, 16,
			      "image has no load address, and this bootloader runs images from "
			      "RAM");
	return OTA_OK;
}

/* To a processor of the other byte order the magic is another number. */
static enum ota_err check_order(struct judge *judge)
{
	bool big = judge->image->big_endian;
	enum ota_boot_order order = big ? OTA_BOOT_BIG_ENDIAN : OTA_BOOT_LITTLE_ENDIAN;
	enum ota_err err;

	if (judge->boot->order == OTA_BOOT_EITHER_ENDIAN || judge->boot->order == order)
		return OTA_OK;
	err = refuse(judge, OTA_RULE_MAGIC, OTA_E_MALFORMED, 0,
		     "image is %s-endian, and this bootloader's processor is not",
		     big ? "big" : "little");
	ota_hint(judge->diag, "only a %s-endian processor's bootloader finds the magic in it",
		 big ? "big" : "little");
	return err;
}

static enum ota_err check_header(struct judge *judge)
{
	const struct ota_image_header *header = &judge->image->header;
	enum ota_err err = check_order(judge);

	if (err == OTA_OK)
		err = check_sizes(judge);
	if (err == OTA_OK)
		err = check_payload_flags(judge);
	if (err != OTA_OK)
		return err;
	if ((header->flags & OTA_IMAGE_F_NON_BOOTABLE) && !judge->verdict->delta_update &&
	    !judge->boot->file_only)
		return refuse(judge, OTA_RULE_NON_BOOTABLE, OTA_E_REFUSED, 16,
			      "image is marked non-bootable, and is no delta update");
	err = check_addresses(judge);
	if (err == OTA_OK && header->hdr_size < OTA_IMAGE_HEADER_SIZE)
		err = refuse(judge, OTA_RULE_HEADER_SIZE, OTA_E_REFUSED, 8,
			     "header size is %u, at least %u are needed", header->hdr_size,
			     OTA_IMAGE_HEADER_SIZE);
	if (header->flags & ~KNOWN_FLAGS)
		warn(judge, OTA_RULE_UNKNOWN_FLAGS, 16, "flags 0x%x have no meaning",
		     header->flags & ~KNOWN_FLAGS);
	return err;
}

/* -- records ----------------------------------------------------------------------------------- */

static struct ota_tlv_iter records(const struct judge *judge)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&judge->image->areas);

	iter.as_bootloader = true;
	return iter;
}

/* The first record of that type in file order. */
static bool find(const struct judge *judge, uint16_t type, struct ota_tlv *tlv)
{
	struct ota_tlv_iter iter = records(judge);

	while (ota_tlv_next(&iter, tlv) == OTA_OK) {
		if (tlv->type == type)
			return true;
	}
	return false;
}

/*
 * image_validate.c, allowed_unprot_tlvs. The two X25519 types exclude each other: an encrypting
 * build has the one that its image brings, all others are built with HMAC-SHA-256.
 */
static bool may_be_unprotected(const struct judge *judge, uint16_t type)
{
	if (type == OTA_TLV_SIG_PURE)
		return judge->pure;
	if (type == OTA_TLV_ENC_X25519 || type == OTA_TLV_ENC_X25519_SHA512)
		return (judge->wrap.type == OTA_TLV_ENC_X25519_SHA512) ==
		       (type == OTA_TLV_ENC_X25519_SHA512);
	return type == OTA_TLV_KEYHASH || type == OTA_TLV_PUBKEY ||
	       ota_image_is_wrapped_key(type) || ota_image_hash_of_tlv(type) != 0 ||
	       ota_image_is_signature(type);
}

static bool allows_all(const struct judge *judge)
{
	return judge->boot->no_allow_list || judge->boot->file_only;
}

/* The last protected record, whose value does not begin in the protected area. */
static enum ota_err fail_empty(struct judge *judge, const struct ota_tlv *tlv)
{
	static const char text[] = "the last protected TLV, 0x%02x, has no value in its area";

	if (!allows_all(judge))
		return refuse(judge, OTA_RULE_EMPTY_PROTECTED_TLV, OTA_E_REFUSED, tlv->at, text,
			      tlv->type);
	warn(judge, OTA_RULE_EMPTY_PROTECTED_TLV, tlv->at, text, tlv->type);
	return OTA_OK;
}

/*
 * bootutil goes by where a record's value begins (tlv.c, bootutil_tlv_iter_is_prot): an empty one
 * at the end of the protected area counts as unprotected.
 */
static enum ota_err check_area(struct judge *judge, const struct ota_tlv *tlv)
{
	size_t border = judge->image->areas.unprot_at;
	size_t value_at = tlv->at + OTA_TLV_HEADER_SIZE;
	enum ota_err err = OTA_OK;

	if (tlv->is_protected && value_at + tlv->value.len > border)
		err = refuse(judge, OTA_RULE_TLV_OVERLAP, OTA_E_REFUSED, tlv->at,
			     "protected TLV 0x%02x ends in the unprotected area", tlv->type);
	if (err == OTA_OK && tlv->is_protected && value_at >= border &&
	    !may_be_unprotected(judge, tlv->type))
		return fail_empty(judge, tlv);
	if (err != OTA_OK)
		return err;
	if (!tlv->is_protected && !allows_all(judge) && !may_be_unprotected(judge, tlv->type))
		return refuse(judge, OTA_RULE_ALLOW_LIST, OTA_E_REFUSED, tlv->at,
			      "TLV 0x%02x is not allowed in the unprotected area", tlv->type);
	return OTA_OK;
}

/* The digest by `hash`, computed once. */
static enum ota_err digest_by(struct judge *judge, enum ota_hash hash, struct ota_digest *digest)
{
	struct ota_digest *kept = &judge->digest[hash - OTA_HASH_SHA256];
	enum ota_err err = OTA_OK;

	if (kept->len == 0)
		err = ota_digest_of(hash, judge->hashed, kept, judge->diag);
	*digest = *kept;
	return err;
}

static enum ota_err check_digest(struct judge *judge, const struct ota_tlv *tlv, enum ota_hash hash)
{
	bool is_builds = hash == judge->hash && !judge->pure;
	struct ota_digest digest;
	enum ota_err err;

	if (tlv->value.len != ota_hash_size(hash))
		return refuse(judge, is_builds ? OTA_RULE_HASH_SIZE : OTA_RULE_OTHER_HASH,
			      OTA_E_REFUSED, tlv->at, "%s TLV is %zu bytes, not %zu",
			      ota_tlv_name(tlv->type), tlv->value.len, ota_hash_size(hash));
	err = digest_by(judge, hash, &digest);
	if (err != OTA_OK || ota_span_equal(tlv->value, ota_digest_span(&digest)))
		return err;
	return refuse(judge, is_builds ? OTA_RULE_HASH : OTA_RULE_OTHER_HASH, OTA_E_DIGEST, tlv->at,
		      "image does not have the %s digest that the TLV at 0x%zx names",
		      ota_hash_name(hash), tlv->at);
}

/*
 * What the image has, whatever rule it breaks: reports say it of refused images too. The digest
 * shown is the build's, or the first there is.
 */
static enum ota_err survey(struct judge *judge)
{
	struct ota_image_verdict *verdict = judge->verdict;
	struct ota_tlv_iter iter = records(judge);
	struct ota_digest digest;
	struct ota_tlv tlv;
	enum ota_err err = OTA_OK;

	verdict->digest_good = true;
	while (err == OTA_OK && ota_tlv_next(&iter, &tlv) == OTA_OK) {
		enum ota_hash hash = ota_image_hash_of_tlv(tlv.type);

		if (hash == 0)
			continue;
		err = digest_by(judge, hash, &digest);
		verdict->digest_good &= ota_span_equal(tlv.value, ota_digest_span(&digest));
		if (verdict->hash == 0 || hash == judge->boot->hash) {
			verdict->hash = hash;
			verdict->digest = digest;
		}
	}
	verdict->digest_good &= verdict->hash != 0;
	return err;
}

/* The value of the key TLV that selected our key, or else the first one. */
static void show_key_hash(struct judge *judge, struct ota_span hash)
{
	struct ota_digest *shown = &judge->verdict->key_hash;

	if ((!judge->selected && shown->len > 0) || hash.len > sizeof(shown->data))
		return;
	shown->len = hash.len;
	if (hash.len > 0)
		memcpy(shown->data, hash.data, hash.len);
}

/*
 * Of several keys the first that fits (find_key.c). bootutil compares a short key hash over its own
 * length only, so that an empty one matches any key; it must be whole here.
 */
static enum ota_err check_key_hash(struct judge *judge, const struct ota_tlv *tlv)
{
	size_t want = ota_hash_size(judge->hash);
	size_t len = tlv->value.len;
	enum ota_err err = OTA_OK;

	if (judge->boot->hw_key)
		return OTA_OK;
	if (len > want)
		return refuse(judge, OTA_RULE_KEY_HASH_SIZE, OTA_E_REFUSED, tlv->at,
			      "key hash is %zu bytes, %s has %zu", len, ota_hash_name(judge->hash),
			      want);
	if (len < want)
		err = refuse(judge, OTA_RULE_SHORT_KEY_HASH, OTA_E_REFUSED, tlv->at,
			     "key hash is %zu bytes, not %zu", len, want);
	if (err != OTA_OK)
		return err;
	judge->selected = NULL;
	for (size_t i = 0; i < judge->n_keys && !judge->selected; i++) {
		if (!ota_span_equal(tlv->value, ota_span_of(judge->key_hash[i].data, len)))
			continue;
		judge->selected = judge->keys[i];
		judge->selected_at = i;
	}
	show_key_hash(judge, tlv->value);
	return OTA_OK;
}

/* Bytes of a build's buffer for signatures (image_validate.c, SIG_BUF_SIZE). */
static size_t signature_buffer(uint16_t sig_tlv)
{
	switch (sig_tlv) {
	case OTA_TLV_ED25519:
		return ED25519_SIG_SIZE;
	case OTA_TLV_RSA2048_PSS:
		return 256;
	case OTA_TLV_RSA3072_PSS:
		return 384;
	default:
		return ECDSA_SIG_MAX;
	}
}

/* The device stores the hash of one key; comparing the keys compares the hashes. */
static enum ota_err check_hw_key(struct judge *judge, const struct ota_tlv *tlv)
{
	size_t most = KEY_BUF_EXTRA;

	if (!judge->key)
		return OTA_OK;
	most += signature_buffer(ota_key_sig_tlv(judge->key));
	if (tlv->value.len > most)
		return refuse(judge, OTA_RULE_PUBLIC_KEY_SIZE, OTA_E_REFUSED, tlv->at,
			      "the public key is %zu bytes, the bootloader has room for %zu",
			      tlv->value.len, most);
	judge->selected = NULL;
	if (!ota_span_equal(tlv->value, ota_key_public(judge->key)))
		return OTA_OK;
	judge->selected = judge->key;
	judge->selected_at = 0;
	show_key_hash(judge, ota_digest_span(&judge->key_hash[0]));
	return OTA_OK;
}

static enum ota_err check_whole_key(struct judge *judge, const struct ota_tlv *tlv)
{
	judge->whole_key_seen = true;
	if (judge->boot->hw_key)
		return check_hw_key(judge, tlv);
	for (size_t i = 0; i < judge->n_keys; i++) {
		if (ota_span_equal(tlv->value, ota_key_public(judge->keys[i])))
			return OTA_OK;
	}
	if (!judge->key)
		return OTA_OK;
	return refuse(judge, OTA_RULE_PUBLIC_KEY, OTA_E_REFUSED, tlv->at,
		      "the public key in the image is not %s",
		      judge->n_keys > 1 ? "one of the given ones" : "the given one");
}

/* Two counters are ambiguous: one is compared when booting, the other stored when confirmed. */
static enum ota_err check_counter(struct judge *judge, const struct ota_tlv *tlv)
{
	const struct ota_boot *boot = judge->boot;
	struct ota_rd rd = ota_rd_init(tlv->value);
	uint32_t counter;
	enum ota_err err = OTA_OK;

	if (tlv->value.len != OTA_TLV_SEC_CNT_SIZE)
		return refuse(judge, boot->rollback ? OTA_RULE_COUNTER_SIZE : OTA_RULE_TLV_SIZE,
			      OTA_E_REFUSED, tlv->at, "security counter is %zu bytes, not %u",
			      tlv->value.len, OTA_TLV_SEC_CNT_SIZE);
	rd.big = judge->image->big_endian;
	counter = ota_rd_u32(&rd);
	if (boot->rollback && counter < boot->counter)
		return refuse(judge, OTA_RULE_COUNTER_LOW, OTA_E_REFUSED, tlv->at,
			      "security counter is %u, the device has %u stored", counter,
			      boot->counter);
	if (judge->counter_seen)
		err = refuse(judge, OTA_RULE_COUNTER_TWICE, OTA_E_REFUSED, tlv->at,
			     "a second security counter");
	if (err == OTA_OK && !tlv->is_protected)
		err = refuse(judge, OTA_RULE_COUNTER_UNPROTECTED, OTA_E_REFUSED, tlv->at,
			     "the security counter is not protected");
	judge->counter_seen = true;
	return err;
}

/* Bytes that other TLVs must have; 0 when that is not fixed. */
static size_t fixed_size(uint16_t type)
{
	switch (type) {
	case OTA_TLV_DEPENDENCY:
		return OTA_TLV_DEPENDENCY_SIZE;
	case OTA_TLV_UUID_VID:
	case OTA_TLV_UUID_CID:
		return OTA_TLV_UUID_SIZE;
	default:
		return 0;
	}
}

static enum ota_err check_other(struct judge *judge, const struct ota_tlv *tlv)
{
	size_t want = fixed_size(tlv->type);

	if (want != 0 && tlv->value.len != want)
		return refuse(judge, OTA_RULE_TLV_SIZE, OTA_E_REFUSED, tlv->at,
			      "%s TLV is %zu bytes, not %zu", ota_tlv_name(tlv->type),
			      tlv->value.len, want);
	if (ota_image_is_wrapped_key(tlv->type) &&
	    (judge->wrap.type == 0 || tlv->at != judge->wrap.at))
		return refuse(judge, OTA_RULE_STRAY_IMAGE_KEY, OTA_E_REFUSED, tlv->at,
			      judge->wrap.type == 0
				      ? "an image key in an image that is not flagged as encrypted"
				      : "an image key beside the one that is used");
	return OTA_OK;
}

/* -- signatures -------------------------------------------------------------------------------- */

/* imgtool --pad-sig: zeros up to the longest signature, or nearly so. */
static struct ota_span unpadded(struct ota_span sig, bool is_p384)
{
	size_t der = sig.len >= 2 ? sig.data[1] + (size_t)2 : 0;

	if (sig.len != (is_p384 ? PAD_SIG_P384 : PAD_SIG_P256) || der >= sig.len ||
	    !ota_span_all(ota_span_tail(sig, der), 0))
		return sig;
	return ota_span_head(sig, der);
}

/* What the bootloader's own reader makes of a signature that is no strict DER. */
static enum ota_err verify_as_bootloader(const struct judge *judge, struct ota_span message,
					 struct ota_span sig, bool is_p384)
{
	size_t n = is_p384 ? 48 : 32;
	uint8_t raw[2 * 48];
	enum ota_err err = judge->boot->crypto == OTA_BOOT_MBEDTLS
				   ? ota_ecdsa_read_mbedtls(sig, n, raw)
				   : ota_ecdsa_read_tinycrypt(sig, n, raw);

	if (err != OTA_OK)
		return OTA_E_SIGNATURE;
	return ota_key_verify_raw(judge->selected, message, ota_span_of(raw, 2 * n), NULL);
}

static enum ota_err verify_odd_ecdsa(struct judge *judge, struct ota_span message,
				     const struct ota_tlv *tlv, enum ota_err *good)
{
	bool is_p384 = ota_key_hash(judge->key) == OTA_HASH_SHA384;
	struct ota_span sig = unpadded(tlv->value, is_p384);

	*good = OTA_E_SIGNATURE;
	if (sig.len < tlv->value.len && judge->boot->crypto == OTA_BOOT_TINYCRYPT)
		*good = ota_key_verify(judge->selected, message, sig, NULL);
	if (*good == OTA_OK) {
		warn(judge, OTA_RULE_PADDED_SIGNATURE, tlv->at,
		     "the signature is padded with %zu zeros (--pad-sig)",
		     tlv->value.len - sig.len);
		return OTA_OK;
	}
	*good = verify_as_bootloader(judge, message, tlv->value, is_p384);
	if (*good != OTA_OK)
		return OTA_OK;
	return refuse(judge, OTA_RULE_SIGNATURE_DER, OTA_E_SIGNATURE, tlv->at,
		      "the signature is good, but no strict DER of %zu bytes", tlv->value.len);
}

static enum ota_err check_signature_size(struct judge *judge, const struct ota_tlv *tlv)
{
	size_t len = tlv->value.len;
	size_t want = signature_buffer(tlv->type);
	bool exact = tlv->type != OTA_TLV_ECDSA_SIG && tlv->type != OTA_TLV_ECDSA224;

	if (exact ? len == want : len <= want)
		return OTA_OK;
	return refuse(judge, OTA_RULE_SIGNATURE_SIZE, OTA_E_REFUSED, tlv->at,
		      "%s signature is %zu bytes, %s %zu", ota_tlv_name(tlv->type), len,
		      exact ? "not" : "more than", want);
}

/*
 * Of several signatures by known keys the last one decides; one of an impossible length refuses the
 * image (image_validate.c:400-406). Signatures by other keys do not matter.
 */
static enum ota_err check_signature(struct judge *judge, const struct ota_tlv *tlv)
{
	struct ota_digest digest;
	struct ota_span message = judge->hashed;
	enum ota_err good;
	enum ota_err err;

	/* Which type a bootloader looks at is the key's matter; without one none may be wrong. */
	if (judge->boot->signature.len > 0 ||
	    (judge->key && (!judge->selected || tlv->type != ota_key_sig_tlv(judge->key))))
		return OTA_OK;
	err = check_signature_size(judge, tlv);
	if (err == OTA_OK)
		err = digest_by(judge, judge->hash, &digest);
	if (err != OTA_OK || !judge->key)
		return err;
	if (!judge->pure)
		message = ota_digest_span(&digest);
	good = ota_key_verify(judge->selected, message, tlv->value, NULL);
	if (good == OTA_E_SIGNATURE && tlv->type == OTA_TLV_ECDSA_SIG)
		err = verify_odd_ecdsa(judge, message, tlv, &good);
	if (err == OTA_OK && good != OTA_OK && good != OTA_E_SIGNATURE)
		err = ota_fail(judge->diag, good, "the signature cannot be checked");
	if (err == OTA_OK && good == OTA_OK && judge->sig_seen && judge->sig_err != OTA_OK)
		warn(judge, OTA_RULE_EARLIER_SIGNATURE, judge->sig_at,
		     "an earlier signature by %s does not verify",
		     judge->n_keys > 1 ? "a key of this bootloader" : "this key");
	judge->selected = NULL;
	judge->verdict->key = judge->selected_at;
	judge->sig_seen = true;
	judge->sig_err = good;
	judge->sig_at = tlv->at;
	return err;
}

/* -- the walk ---------------------------------------------------------------------------------- */

static enum ota_err visit(struct judge *judge, const struct ota_tlv *tlv)
{
	enum ota_hash hash = ota_image_hash_of_tlv(tlv->type);
	enum ota_err err = check_area(judge, tlv);

	if (err != OTA_OK)
		return err;
	if (hash != 0)
		return check_digest(judge, tlv, hash);
	if (ota_image_is_signature(tlv->type))
		return check_signature(judge, tlv);
	if (tlv->type == OTA_TLV_KEYHASH)
		return check_key_hash(judge, tlv);
	if (tlv->type == OTA_TLV_PUBKEY)
		return check_whole_key(judge, tlv);
	if (tlv->type == OTA_TLV_SEC_CNT)
		return check_counter(judge, tlv);
	return check_other(judge, tlv);
}

static enum ota_err check_found(struct judge *judge)
{
	size_t end = judge->image->bytes.len;

	if (judge->boot->rollback && !judge->counter_seen)
		return refuse(judge, OTA_RULE_COUNTER_MISSING, OTA_E_REFUSED, end,
			      "image has no security counter, and the device stores one");
	/* A build for digests has checked its own; a pure one none. */
	if (!judge->pure ||
	    (judge->key ? judge->verdict->digest.len > 0 : judge->verdict->digest_good))
		return OTA_OK;
	if (judge->key) {
		warn(judge, OTA_RULE_NO_DIGEST, end, "image has no digest, only a signature");
		return OTA_OK;
	}
	return refuse(
		judge, OTA_RULE_NO_DIGEST, OTA_E_UNSUPPORTED, end,
		"image has a pure signature and no good digest: without the key nothing of it can "
		"be checked");
}

/* A signature that is not in the image, over what one in it would be over. */
static enum ota_err judge_detached(struct judge *judge)
{
	struct ota_span message = judge->hashed;
	struct ota_digest digest;
	enum ota_err err = digest_by(judge, judge->hash, &digest);

	if (err != OTA_OK)
		return err;
	if (!judge->pure)
		message = ota_digest_span(&digest);
	for (size_t i = 0; i < judge->n_keys; i++) {
		err = ota_key_verify(judge->keys[i], message,
				     ota_signature_unpadded(ota_key_sig_tlv(judge->keys[i]),
							    judge->boot->signature),
				     NULL);
		if (err == OTA_OK) {
			judge->verdict->verified = true;
			judge->verdict->key = i;
			return OTA_OK;
		}
		if (err != OTA_E_SIGNATURE)
			return ota_fail(judge->diag, err, "the signature cannot be checked");
	}
	return refuse(judge, OTA_RULE_SIGNATURE, OTA_E_SIGNATURE, judge->image->bytes.len,
		      "the given signature of %zu bytes is not one by %s %s key%s over this "
		      "image%s",
		      judge->boot->signature.len, judge->n_keys > 1 ? "any of these" : "this",
		      ota_key_name(judge->key), judge->n_keys > 1 ? "s" : "",
		      judge->pure ? " itself, as SIG_PURE says" : "'s digest");
}

static enum ota_err fail_no_key(struct judge *judge)
{
	size_t end = judge->image->bytes.len;
	bool many = judge->n_keys > 1;

	if (judge->whole_key_seen && !judge->boot->hw_key)
		return refuse(
			judge, OTA_RULE_KEY_HASH, OTA_E_REFUSED, end,
			"image carries a whole public key, which only a bootloader built with "
			"MCUBOOT_HW_KEY takes; others want its hash");
	return refuse(judge, OTA_RULE_KEY_HASH, OTA_E_UNSIGNED, end,
		      "image is signed, but not by %s %s key%s (no %s before a signature)",
		      many ? "any of these" : "this", ota_key_name(judge->key), many ? "s" : "",
		      judge->boot->hw_key ? "whole key" : "key hash of it");
}

static enum ota_err judge_signature(struct judge *judge)
{
	size_t end = judge->image->bytes.len;

	if (!judge->key)
		return OTA_OK;
	if (judge->boot->signature.len > 0)
		return judge_detached(judge);
	if (!judge->verdict->has_signature)
		return refuse(judge, OTA_RULE_UNSIGNED, OTA_E_UNSIGNED, end, "image is not signed");
	if (!judge->sig_seen)
		return fail_no_key(judge);
	if (judge->sig_err != OTA_OK)
		return refuse(judge, OTA_RULE_SIGNATURE, OTA_E_SIGNATURE, judge->sig_at,
			      "the %s signature by this key does not verify%s",
			      ota_key_name(judge->key),
			      judge->pure ? " over the image, as SIG_PURE says" : "");
	judge->verdict->verified = true;
	return OTA_OK;
}

/* A trailer counts when it lies at the slot's end and for the device's alignment. */
static enum ota_err check_trailer(struct judge *judge)
{
	const struct ota_image *image = judge->image;
	const struct ota_boot *boot = judge->boot;
	uint64_t largest = boot->larger_slot ? boot->larger_slot : boot->slot_size;
	size_t len = image->bytes.len + image->rest.len;
	size_t at = len - OTA_TRAILER_MAGIC_SIZE;

	if (largest != 0 && len > largest)
		return refuse(judge, OTA_RULE_SLOT_SIZE, OTA_E_NO_FIT, (size_t)largest,
			      "image and padding are %zu bytes, the slot has %llu", len,
			      (unsigned long long)largest);
	if (boot->mode != 0 && len != boot->slot_size && len != largest)
		warn(judge, OTA_RULE_TRAILER, at, "the trailer ends at %zu, the slot at %llu", len,
		     (unsigned long long)boot->slot_size);
	else if (image->trailer.max_align != OTA_TRAILER_ALIGN_MIN &&
		 image->trailer.big != image->big_endian)
		warn(judge, OTA_RULE_TRAILER, at,
		     "the trailer's magic is not in the image's byte order");
	else if (boot->max_align != 0 && image->trailer.max_align != boot->max_align)
		warn(judge, OTA_RULE_TRAILER, at,
		     "the trailer is for alignment %u, the bootloader has %u",
		     image->trailer.max_align, boot->max_align);
	return OTA_OK;
}

/* What no one protects: bytes behind the last TLV. */
static enum ota_err check_rest(struct judge *judge)
{
	const struct ota_image *image = judge->image;
	const struct ota_boot *boot = judge->boot;
	enum ota_err err;

	if (image->rest.len == 0 || boot->file_only)
		return OTA_OK;
	if (image->rest_err != OTA_OK)
		err = refuse(judge, OTA_RULE_TRAILING_BYTES, OTA_E_REFUSED, image->rest_at,
			     "the byte at 0x%zx, after the image, is neither erased flash nor part "
			     "of a slot trailer",
			     image->rest_at);
	else if (boot->has_erased && image->erased != boot->erased)
		err = refuse(judge, OTA_RULE_TRAILING_BYTES, OTA_E_REFUSED, image->bytes.len,
			     "padding is 0x%02x, erased flash of this device is 0x%02x",
			     image->erased, boot->erased);
	else if (!image->has_trailer)
		err = refuse(judge, OTA_RULE_TRAILING_BYTES, OTA_E_REFUSED, image->bytes.len,
			     "%zu erased bytes follow the image, and no slot trailer ends them",
			     image->rest.len);
	else
		return check_trailer(judge);
	if (err != OTA_OK)
		ota_hint(judge->diag, "nothing protects bytes after the last TLV");
	return err;
}

/* The build's hash; when it is left open, that of the image's first digest. */
static enum ota_err choose_hash(struct judge *judge)
{
	const struct ota_key *key = judge->key;

	judge->hash = judge->boot->hash;
	if (judge->hash == 0)
		judge->hash = judge->verdict->hash;
	if (judge->hash == 0)
		judge->hash = ota_boot_default_hash(key);
	if (!key || ota_key_takes_hash(key, judge->hash))
		return OTA_OK;
	if (judge->boot->hash != 0)
		return ota_fail(judge->diag, OTA_E_USAGE, "no bootloader takes %s keys with %s",
				ota_key_name(key), ota_hash_name(judge->hash));
	return refuse(judge, OTA_RULE_HASH_MISSING, OTA_E_REFUSED, judge->image->bytes.len,
		      "image has a %s digest, %s keys go with %s", ota_hash_name(judge->hash),
		      ota_key_name(key), ota_hash_name(ota_key_hash(key)));
}

static enum ota_err check_digests_there(struct judge *judge)
{
	enum ota_hash other = judge->verdict->hash; /* the build's, if the image has it */

	if (judge->pure || other == judge->hash)
		return OTA_OK;
	return refuse(judge, OTA_RULE_HASH_MISSING, OTA_E_REFUSED, judge->image->bytes.len,
		      "image has no %s digest%s%s", ota_hash_name(judge->hash),
		      other != 0 ? ", it has " : "", other != 0 ? ota_hash_name(other) : "");
}

static enum ota_err walk(struct judge *judge)
{
	struct ota_tlv_iter iter = records(judge);
	struct ota_tlv tlv;
	enum ota_err err = choose_hash(judge);
	enum ota_err end = OTA_OK;

	judge->verdict->pure = judge->pure;
	if (err == OTA_OK)
		err = check_digests_there(judge);
	for (size_t i = 0; err == OTA_OK && i < judge->n_keys; i++)
		err = ota_key_id(judge->keys[i], judge->hash, &judge->key_hash[i], judge->diag);
	while (err == OTA_OK && (end = ota_tlv_next(&iter, &tlv)) == OTA_OK)
		err = visit(judge, &tlv);
	if (err == OTA_OK && end != OTA_E_ABSENT)
		err = refuse(judge, OTA_RULE_TLV_RECORD, OTA_E_MALFORMED, tlv.at,
			     "TLV at 0x%zx does not end inside its area", tlv.at);
	/* A pure build verifies flash as it is, where an update lies encrypted. */
	if (err == OTA_OK && judge->pure && judge->verdict->decrypted)
		err = refuse(judge, OTA_RULE_PURE, OTA_E_REFUSED, 16,
			     "image is encrypted and has a pure signature, which no bootloader "
			     "takes together");
	if (err == OTA_OK)
		err = check_found(judge);
	if (err == OTA_OK)
		err = judge_signature(judge);
	return err == OTA_OK ? check_rest(judge) : err;
}

/* -- the whole --------------------------------------------------------------------------------- */

/* The payload in plaintext. The bootloader decrypts by the size of the image key, not by flag. */
static enum ota_err decrypt(struct judge *judge, struct ota_buf *plain)
{
	uint32_t flags = judge->image->header.flags;
	struct ota_diag why = {.err = OTA_OK};
	enum ota_err err = ota_image_decrypt(judge->image, judge->boot->encryption_key, plain,
					     &judge->wrap, &why);

	if (err == OTA_E_ABSENT || err == OTA_E_REFUSED)
		return refuse(judge, OTA_RULE_IMAGE_KEY, OTA_E_REFUSED, judge->image->bytes.len,
			      "%s", why.text);
	if (err != OTA_OK)
		return ota_fail(judge->diag, err, "%s", why.text);
	judge->verdict->decrypted = true;
	judge->hashed = ota_buf_span(plain);
	if ((judge->wrap.key_len == 32) == !!(flags & OTA_IMAGE_F_ENCRYPTED_AES256))
		return OTA_OK;
	return refuse(judge, OTA_RULE_IMAGE_KEY_SIZE, OTA_E_REFUSED, 16,
		      "the image key is for AES-%zu, the flag says otherwise",
		      judge->wrap.key_len * 8);
}

/* What an image says of its signature by its first SIG_PURE TLV: loader and walk agree on it. */
enum claim {
	CLAIMS_DIGEST,
	CLAIMS_PURE,
	CLAIMS_EITHER, /* a build for digests takes no notice of that TLV */
};

static enum claim claim_of(const struct judge *judge)
{
	struct ota_tlv tlv;
	bool is_ed25519 = judge->key ? ota_key_sig_tlv(judge->key) == OTA_TLV_ED25519
				     : find(judge, OTA_TLV_ED25519, &tlv);

	if (!is_ed25519 || !find(judge, OTA_TLV_SIG_PURE, &tlv) || tlv.value.len != 1 ||
	    tlv.value.data[0] != 1)
		return CLAIMS_DIGEST;
	return tlv.is_protected || allows_all(judge) ? CLAIMS_EITHER : CLAIMS_PURE;
}

static enum ota_err judge_as(const struct judge *start, bool pure,
			     struct ota_image_verdict *verdict, struct ota_diag *diag)
{
	struct judge judge = *start;
	struct ota_image_verdict kept = *start->verdict;
	enum ota_err err;

	judge.verdict = &kept;
	judge.diag = diag;
	judge.pure = pure;
	err = walk(&judge);
	*verdict = kept;
	return err;
}

/*
 * An image that could be for either build is taken when one takes it. When none does, the answer is
 * that of the build for digests if only a rule of ours is in its way.
 */
static enum ota_err judge_records(const struct judge *start)
{
	enum claim claim = claim_of(start);
	struct ota_image_verdict verdict;
	struct ota_image_verdict pure;
	struct ota_diag why = {.err = OTA_OK};
	struct ota_diag pure_why = {.err = OTA_OK};
	enum ota_err err = judge_as(start, claim == CLAIMS_PURE, &verdict, &why);

	if (verdict.broken.rule != OTA_RULE_NONE && claim == CLAIMS_EITHER) {
		enum ota_err pure_err = judge_as(start, true, &pure, &pure_why);

		if (pure_err == OTA_OK || ota_rule_kind(verdict.broken.rule) != OTA_RULE_OURS) {
			err = pure_err;
			verdict = pure;
			why = pure_why;
		}
	}
	*start->verdict = verdict;
	if (start->diag && start->diag->err == OTA_OK)
		*start->diag = why;
	return err;
}

static bool has_signature(const struct judge *judge)
{
	struct ota_tlv_iter iter = records(judge);
	struct ota_tlv tlv;

	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		if (ota_image_is_signature(tlv.type))
			return true;
	}
	return false;
}

/* A build takes one kind of key: it has the code for one kind of signature. */
static enum ota_err take_keys(struct judge *judge, const struct ota_key *key)
{
	const struct ota_boot *boot = judge->boot;

	if (!key)
		return OTA_OK;
	if (boot->n_more_keys >= OTA_BOOT_KEYS_MAX)
		return ota_fail(judge->diag, OTA_E_USAGE, "%zu keys, at most %u are taken",
				boot->n_more_keys + 1, OTA_BOOT_KEYS_MAX);
	if (boot->hw_key && boot->n_more_keys > 0)
		return ota_fail(judge->diag, OTA_E_USAGE,
				"%zu keys, a bootloader that takes the key from the image knows "
				"one",
				boot->n_more_keys + 1);
	judge->key = key;
	for (size_t i = 0; i <= boot->n_more_keys; i++) {
		const struct ota_key *next = i == 0 ? key : boot->more_keys[i - 1];

		if (!ota_key_signs(next))
			return ota_fail(judge->diag, OTA_E_USAGE, "%s keys sign nothing",
					ota_key_name(next));
		if (strcmp(ota_key_name(next), ota_key_name(key)) != 0)
			return ota_fail(judge->diag, OTA_E_USAGE,
					"keys are of types %s and %s, a bootloader takes one type",
					ota_key_name(key), ota_key_name(next));
		judge->keys[judge->n_keys++] = next;
	}
	return OTA_OK;
}

/* The key TLV of an image that is flagged as encrypted, whose payload is in plaintext already. */
static void find_unused_wrap(struct judge *judge)
{
	struct ota_tlv_iter iter = records(judge);
	struct ota_tlv tlv;

	while (judge->wrap.type == 0 && ota_tlv_next(&iter, &tlv) == OTA_OK) {
		if (ota_image_is_wrapped_key(tlv.type))
			judge->wrap = (struct ota_image_wrap){.type = tlv.type, .at = tlv.at};
	}
}

static enum ota_err verify_once(const struct ota_image *image, const struct ota_key *key,
				const struct ota_boot *boot, struct ota_image_verdict *verdict,
				struct ota_diag *diag)
{
	struct judge judge = {.image = image,
			      .boot = boot,
			      .verdict = verdict,
			      .diag = diag,
			      .hashed = image->hashed};
	struct ota_buf plain = ota_buf_init(image->hashed.len);
	bool encrypted = ota_image_is_encrypted(image) && !boot->in_clear;
	enum ota_err err = take_keys(&judge, key);

	*verdict = (struct ota_image_verdict){.verified = false};
	if (err != OTA_OK)
		return err;
	if (ota_image_is_encrypted(image) && boot->in_clear)
		find_unused_wrap(&judge);
	verdict->has_signature = has_signature(&judge);
	verdict->delta_update = ota_image_is_delta_update(image);
	verdict->pure = claim_of(&judge) == CLAIMS_PURE;
	if (!encrypted)
		err = survey(&judge);
	if (err == OTA_OK)
		err = check_header(&judge);
	if (err == OTA_OK && encrypted)
		err = decrypt(&judge, &plain);
	if (err == OTA_OK && encrypted)
		err = survey(&judge);
	if (err == OTA_OK)
		err = judge_records(&judge);
	ota_buf_free(&plain);
	return err;
}

enum ota_err ota_image_verify(const struct ota_image *image, const struct ota_key *key,
			      const struct ota_boot *boot, struct ota_image_verdict *verdict,
			      struct ota_diag *diag)
{
	static const enum ota_hash hashes[] = {OTA_HASH_SHA512, OTA_HASH_SHA384, OTA_HASH_SHA256};
	struct ota_boot other = *boot;
	struct ota_image_verdict unused;
	enum ota_err err = verify_once(image, key, boot, verdict, diag);

	if (err == OTA_OK || boot->hash == 0)
		return err;
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		other.hash = hashes[i];
		if (other.hash == boot->hash || (key && !ota_key_takes_hash(key, other.hash)) ||
		    verify_once(image, key, &other, &unused, NULL) != OTA_OK)
			continue;
		verdict->other_hash = other.hash;
		break;
	}
	return err;
}

enum ota_err ota_file_verify(struct ota_span file, const struct ota_key *key,
			     const struct ota_boot *boot, struct ota_image *image,
			     struct ota_image_verdict *verdict, struct ota_diag *diag)
{
	struct ota_finding why = {.rule = OTA_RULE_NONE};
	struct ota_diag opening = {.err = OTA_OK};
	struct judge judge = {.image = image, .boot = boot, .verdict = verdict, .diag = diag};
	enum ota_err err = ota_image_open_why(file, true, image, &why, &opening);

	if (err == OTA_OK)
		return ota_image_verify(image, key, boot, verdict, diag);
	*verdict = (struct ota_image_verdict){.verified = false};
	/* Of an image whose sizes are impossible that is said, not where the file ends. */
	if (why.rule != OTA_RULE_MAGIC && file.len >= OTA_IMAGE_HEADER_SIZE) {
		enum ota_err header = check_order(&judge);

		if (header == OTA_OK)
			header = check_sizes(&judge);
		if (header != OTA_OK)
			return header;
	}
	err = refuse(&judge, why.rule, err, why.at, "%s", opening.text);
	if (opening.hint[0])
		ota_hint(diag, "%s", opening.hint);
	return err;
}
