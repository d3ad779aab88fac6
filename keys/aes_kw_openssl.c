// SPDX-License-Identifier: Apache-2.0
/*
 * Key-encryption keys: image keys wrapped by AES-KW (RFC 3394), by OpenSSL. The secret, which
 * bootloader and signer share, lives in libsodium's guarded memory. Its file is base64 text, as
 * MCUboot ships one; bare bytes are not taken for a key, because any 16 bytes could be one.
 */
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <sodium.h>

#include <ota/mcuboot.h>

#include "key_ops.h"

#define PREFIX      "AES-KW:" /* the tfm branch of MCUboot has it */
#define AES128_SIZE 16U
#define AES256_SIZE 32U
#define CHECK_SIZE  8U /* what wrapping adds */
#define WRAPPED_MAX (AES256_SIZE + CHECK_SIZE)
#define DECODED_MAX 64U /* bytes: longer base64 is not about a key-encryption key */

static size_t kek_size(const struct ota_key *key)
{
	return (size_t)key->ops->bits / 8;
}

/* -- the file ---------------------------------------------------------------------------------- */

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct ota_span trim(struct ota_span text)
{
	while (text.len > 0 && is_space(text.data[0]))
		text = ota_span_tail(text, 1);
	while (text.len > 0 && is_space(text.data[text.len - 1]))
		text.len--;
	return text;
}

/* Takes the prefix off; false: there is none. */
static bool strip_prefix(struct ota_span *text)
{
	static const struct ota_span prefix = {(const uint8_t *)PREFIX, sizeof(PREFIX) - 1};

	*text = trim(ota_key_file_without_mark(*text));
	if (!ota_span_equal(ota_span_head(*text, prefix.len), prefix))
		return false;
	*text = trim(ota_span_tail(*text, prefix.len));
	return true;
}

/* Strict base64, padded, in constant time; false: it is none, or too long. The caller wipes. */
static bool decode(struct ota_span text, uint8_t bytes[DECODED_MAX], size_t *len)
{
	*len = 0;
	return sodium_base642bin(bytes, DECODED_MAX, (const char *)text.data, text.len, NULL, len,
				 NULL, sodium_base64_VARIANT_ORIGINAL) == 0;
}

static bool is_kek_size(size_t len)
{
	return len == AES128_SIZE || len == AES256_SIZE;
}

/* No key in DER is text of base64's letters only, so the order of asking does not matter. */
enum kek_text ota_kek_text(struct ota_span file)
{
	uint8_t bytes[DECODED_MAX];
	size_t len = 0;
	bool has_prefix;
	bool is_base64;

	if (file.len > OTA_KEY_FILE_MAX)
		return KEK_TEXT_NONE;
	has_prefix = strip_prefix(&file);
	is_base64 = decode(file, bytes, &len);
	sodium_memzero(bytes, sizeof(bytes));
	if (has_prefix || (is_base64 && is_kek_size(len)))
		return KEK_TEXT_SURE;
	return is_base64 && len > 0 ? KEK_TEXT_LIKELY : KEK_TEXT_NONE;
}

static enum ota_err keep(struct ota_span secret, struct ota_key **out, struct ota_diag *diag)
{
	struct ota_key *key = calloc(1, sizeof(*key));

	if (key)
		key->secret = sodium_malloc(secret.len);
	if (!key || !key->secret) {
		free(key);
		return ota_fail(diag, OTA_E_MEMORY, "out of memory reading a key");
	}
	key->ops = secret.len == AES128_SIZE ? &ota_key_aes_kw_128 : &ota_key_aes_kw_256;
	key->is_private = true;
	memcpy(key->secret, secret.data, secret.len);
	*out = key;
	return OTA_OK;
}

enum ota_err ota_kek_read(struct ota_span file, struct ota_key **key, struct ota_diag *diag)
{
	uint8_t bytes[DECODED_MAX];
	size_t len = 0;
	bool has_prefix = strip_prefix(&file);
	enum ota_err err;

	*key = NULL;
	if (!decode(file, bytes, &len))
		err = ota_fail(diag, OTA_E_MALFORMED,
			       "key-encryption key is not strict base64 of %u or %u bytes",
			       AES128_SIZE, AES256_SIZE);
	else if (is_kek_size(len))
		err = keep(ota_span_of(bytes, len), key, diag);
	else if (has_prefix)
		err = ota_fail(diag, OTA_E_MALFORMED,
			       "key-encryption key is %zu bytes, not %u or %u", len, AES128_SIZE,
			       AES256_SIZE);
	else
		err = ota_fail(diag, OTA_E_MALFORMED,
			       "no key in it, neither PEM nor DER; it is base64 of %zu bytes, a "
			       "key-encryption key has %u or %u",
			       len, AES128_SIZE, AES256_SIZE);
	sodium_memzero(bytes, sizeof(bytes));
	return err;
}

static void release(struct ota_key *key)
{
	sodium_free(key->secret);
}

/* -- the wrap ---------------------------------------------------------------------------------- */

static const EVP_CIPHER *wrap_cipher(const struct ota_key *key)
{
	return kek_size(key) == AES256_SIZE ? EVP_aes_256_wrap() : EVP_aes_128_wrap();
}

/* RFC 3394 with its default initial value. `out` has WRAPPED_MAX bytes; false: it was not done. */
static bool run_cipher(const struct ota_key *key, bool wrap, struct ota_span in, uint8_t *out,
		       size_t out_len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int put = 0;
	bool done;

	if (ctx)
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	done = ctx &&
	       EVP_CipherInit_ex2(ctx, wrap_cipher(key), key->secret, NULL, wrap, NULL) == 1 &&
	       EVP_CipherUpdate(ctx, out, &put, in.data, (int)in.len) == 1 && put >= 0 &&
	       (size_t)put == out_len;
	EVP_CIPHER_CTX_free(ctx);
	return done;
}

static enum ota_err unwrap(const struct ota_key *key, uint16_t tlv, struct ota_span value,
			   struct ota_image_key *image_key, struct ota_diag *diag)
{
	size_t len = kek_size(key);
	uint8_t plain[WRAPPED_MAX] = {0};
	enum ota_err err = OTA_OK;

	if (tlv != OTA_TLV_ENC_KW)
		return ota_fail(diag, OTA_E_USAGE,
				"image key is wrapped by TLV 0x%02x, a key of %s unwraps 0x%02x",
				(unsigned)tlv, key->ops->name, (unsigned)OTA_TLV_ENC_KW);
	if (value.len != len + CHECK_SIZE)
		return ota_fail(diag, OTA_E_REFUSED, "wrapped image key is %zu bytes, not %zu",
				value.len, len + CHECK_SIZE);
	if (!run_cipher(key, false, value, plain, len))
		err = ota_fail(diag, OTA_E_REFUSED,
			       "image key does not unwrap: encrypted for another key, or damaged");
	if (err == OTA_OK) {
		memcpy(image_key->data, plain, len);
		image_key->len = len;
	}
	ERR_clear_error();
	sodium_memzero(plain, sizeof(plain));
	return err;
}

/* The bootloader has one length for both keys. */
static size_t wrapped_size(const struct ota_key *key, size_t image_key_len, enum ota_hash hash)
{
	(void)hash;
	return image_key_len == kek_size(key) ? image_key_len + CHECK_SIZE : 0;
}

static enum ota_err wrap(const struct ota_key *key, const struct ota_image_key *image_key,
			 enum ota_hash hash, struct ota_wrapped_key *wrapped, struct ota_diag *diag)
{
	(void)hash;
	wrapped->tlv = OTA_TLV_ENC_KW;
	if (!run_cipher(key, true, ota_span_of(image_key->data, image_key->len), wrapped->data,
			image_key->len + CHECK_SIZE))
		return ota_fail_openssl(diag, "AES-KW");
	return OTA_OK;
}

const struct key_ops ota_key_aes_kw_128 = {
	.name = "aes-kw-128",
	.c_stem = "aes_kw",
	.evp_type = EVP_PKEY_NONE,
	.bits = 128,
	.hash = OTA_HASH_SHA256,
	.enc_tlv = OTA_TLV_ENC_KW,
	.unwrap = unwrap,
	.wrapped_size = wrapped_size,
	.wrap = wrap,
	.free = release,
};

const struct key_ops ota_key_aes_kw_256 = {
	.name = "aes-kw-256",
	.c_stem = "aes_kw",
	.evp_type = EVP_PKEY_NONE,
	.bits = 256,
	.hash = OTA_HASH_SHA256,
	.enc_tlv = OTA_TLV_ENC_KW,
	.unwrap = unwrap,
	.wrapped_size = wrapped_size,
	.wrap = wrap,
	.free = release,
};
