// SPDX-License-Identifier: Apache-2.0
/* Image keys: made, wrapped and unwrapped by whichever kind of key can do it. */
#include <sodium.h>

#include <ota/mcuboot.h>

#include "key_ops.h"

#define AES128_SIZE 16U

void ota_image_key_wipe(struct ota_image_key *image_key)
{
	sodium_memzero(image_key, sizeof(*image_key));
}

static bool is_image_key_size(size_t len)
{
	return len == AES128_SIZE || len == OTA_IMAGE_KEY_MAX;
}

static enum ota_err check_size(size_t len, struct ota_diag *diag)
{
	if (is_image_key_size(len))
		return OTA_OK;
	return ota_fail(diag, OTA_E_USAGE, "image key is %zu bytes, not %u or %u", len, AES128_SIZE,
			OTA_IMAGE_KEY_MAX);
}

enum ota_err ota_image_key_generate(size_t len, struct ota_image_key *image_key,
				    struct ota_diag *diag)
{
	enum ota_err err = check_size(len, diag);

	*image_key = (struct ota_image_key){.len = 0};
	if (err != OTA_OK)
		return err;
	randombytes_buf(image_key->data, len);
	image_key->len = len;
	return OTA_OK;
}

uint16_t ota_key_enc_tlv(const struct ota_key *key)
{
	return key->ops->enc_tlv;
}

bool ota_key_is_kek(const struct ota_key *key)
{
	return key->ops->enc_tlv == OTA_TLV_ENC_KW;
}

static enum ota_err check_unwraps(const struct ota_key *key, struct ota_diag *diag)
{
	if (!key->ops->unwrap)
		return ota_fail(diag, OTA_E_USAGE, "a key of %s does not decrypt images",
				key->ops->name);
	if (!key->is_private)
		return ota_fail(diag, OTA_E_USAGE,
				"a public key cannot decrypt, the private one must");
	if (key->signer)
		return ota_fail(diag, OTA_E_USAGE, "a key in a token cannot decrypt images");
	return OTA_OK;
}

enum ota_err ota_key_unwrap(const struct ota_key *key, uint16_t tlv, struct ota_span value,
			    struct ota_image_key *image_key, struct ota_diag *diag)
{
	enum ota_err err = check_unwraps(key, diag);

	*image_key = (struct ota_image_key){.len = 0};
	if (err == OTA_OK)
		err = key->ops->unwrap(key, tlv, value, image_key, diag);
	if (err != OTA_OK)
		ota_image_key_wipe(image_key);
	sodium_stackzero(STACK_TRACES);
	return err;
}

/* Only X25519's TLVs say which hash the key exchange has. */
static bool takes_exchange_hash(const struct ota_key *key, enum ota_hash hash)
{
	return hash == OTA_HASH_SHA256 || (hash == OTA_HASH_SHA512 && key->ops == &ota_key_x25519);
}

static enum ota_hash exchange_hash_or_default(enum ota_hash hash)
{
	return hash == 0 ? OTA_HASH_SHA256 : hash;
}

size_t ota_key_wrapped_size(const struct ota_key *key, size_t image_key_len,
			    enum ota_hash exchange_hash)
{
	enum ota_hash hash = exchange_hash_or_default(exchange_hash);

	if (!key->ops->wrap || !is_image_key_size(image_key_len) || !takes_exchange_hash(key, hash))
		return 0;
	return key->ops->wrapped_size(key, image_key_len, hash);
}

/* Why ota_key_wrapped_size is 0. */
static enum ota_err check_wraps(const struct ota_key *key, size_t image_key_len, enum ota_hash hash,
				struct ota_diag *diag)
{
	enum ota_err err = check_size(image_key_len, diag);

	if (err != OTA_OK)
		return err;
	if (!key->ops->wrap)
		return ota_fail(diag, OTA_E_USAGE,
				"a key of %s encrypts no image: no bootloader reads a TLV for it, "
				"only for rsa-2048, ecdsa-p256, x25519 and AES-KW keys",
				key->ops->name);
	if (!takes_exchange_hash(key, hash))
		return ota_fail(diag, OTA_E_USAGE,
				"a key of %s encrypts with SHA256, not %s; only x25519 has SHA512 "
				"too",
				key->ops->name, ota_hash_name(hash));
	if (key->ops->wrapped_size(key, image_key_len, hash) == 0)
		return ota_fail(diag, OTA_E_USAGE,
				"image key is %zu bytes, a key of %s wraps one of %d",
				image_key_len, key->ops->name, key->ops->bits / 8);
	return OTA_OK;
}

enum ota_err ota_key_wrap(const struct ota_key *key, const struct ota_image_key *image_key,
			  enum ota_hash exchange_hash, struct ota_wrapped_key *wrapped,
			  struct ota_diag *diag)
{
	enum ota_hash hash = exchange_hash_or_default(exchange_hash);
	enum ota_err err = check_wraps(key, image_key->len, hash, diag);

	*wrapped = (struct ota_wrapped_key){.len = 0};
	if (err == OTA_OK)
		err = key->ops->wrap(key, image_key, hash, wrapped, diag);
	if (err == OTA_OK)
		wrapped->len = key->ops->wrapped_size(key, image_key->len, hash);
	else
		*wrapped = (struct ota_wrapped_key){.len = 0};
	sodium_stackzero(STACK_TRACES);
	return err;
}
