// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <sodium.h>

#include "key_ops.h"
#include "pkcs11.h"

/* THE TABLE: one row per kind of key. */
static const struct key_ops *const kinds[] = {
	&ota_key_p256,    &ota_key_ed25519, &ota_key_p384,
	&ota_key_rsa2048, &ota_key_rsa3072, &ota_key_x25519,
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

enum ota_err ota_keys_init(struct ota_diag *diag)
{
	ota_wiping_heap_install();
	/* No openssl.cnf: a machine's configuration must not decide what is signed, or how. */
	/* Out of memory for its default context, OpenSSL 3.0 would use it all the same. */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1 ||
	    !OSSL_LIB_CTX_get0_global_default())
		return ota_fail(diag, OTA_E_CRYPTO, "OpenSSL cannot be initialised");
	if (sodium_init() < 0)
		return ota_fail(diag, OTA_E_CRYPTO, "libsodium cannot be initialised");
	return OTA_OK;
}

bool ota_keys_library_version(size_t index, char *text, size_t cap)
{
	if (index == 0)
		(void)snprintf(text, cap, "OpenSSL %s", OpenSSL_version(OPENSSL_VERSION_STRING));
	else if (index == 1)
		(void)snprintf(text, cap, "libsodium %s", sodium_version_string());
	else
		return index == 2 && ota_token_library_version(text, cap);
	return true;
}

enum ota_err ota_fail_openssl(struct ota_diag *diag, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	(void)ota_fail(diag, OTA_E_CRYPTO, "%s: OpenSSL says %s", what,
		       reason ? reason : "nothing");
	ERR_clear_error();
	return OTA_E_CRYPTO;
}

const char *ota_key_kind_name(size_t index)
{
	return index < N_KINDS ? kinds[index]->name : NULL;
}

static bool fits(const struct key_ops *ops, const EVP_PKEY *pkey, const char *group)
{
	return EVP_PKEY_get_base_id(pkey) == ops->evp_type &&
	       (!ops->group || strcmp(ops->group, group) == 0) &&
	       (ops->bits == 0 || EVP_PKEY_get_bits(pkey) == ops->bits);
}

/* The row for an OpenSSL key: by type, by the curve's name, and by RSA's size. */
static const struct key_ops *find_ops(const EVP_PKEY *pkey, char *group, size_t group_cap)
{
	size_t len = 0;

	if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, group_cap,
					   &len) != 1)
		group[0] = '\0';
	ERR_clear_error();
	for (size_t i = 0; i < N_KINDS; i++) {
		if (fits(kinds[i], pkey, group))
			return kinds[i];
	}
	return NULL;
}

static enum ota_err fail_kind(const EVP_PKEY *pkey, const char *group, struct ota_diag *diag)
{
	const char *type = EVP_PKEY_get0_type_name(pkey);
	char known[128] = "";
	char size[32] = "";

	for (size_t i = 0; i < N_KINDS; i++)
		ota_list_add(known, sizeof(known), kinds[i]->name);
	if (!group[0])
		(void)snprintf(size, sizeof(size), "of %d bits", EVP_PKEY_get_bits(pkey));
	return ota_fail(diag, OTA_E_UNSUPPORTED, "key is %s %s, this version takes %s",
			type ? type : "of an unknown kind", group[0] ? group : size, known);
}

enum ota_err ota_key_adopt(EVP_PKEY *pkey, bool is_private, struct ota_key **out,
			   struct ota_diag *diag)
{
	struct ota_key *key = calloc(1, sizeof(*key));
	char group[64] = "";
	enum ota_err err;

	*out = NULL;
	if (!key) {
		err = ota_fail(diag, OTA_E_MEMORY, "out of memory reading a key");
		goto out;
	}
	key->is_private = is_private;
	key->ops = find_ops(pkey, group, sizeof(group));
	if (!key->ops) {
		err = fail_kind(pkey, group, diag);
		goto out;
	}
	err = key->ops->adopt(key, pkey, diag);
	if (err != OTA_OK)
		goto out;
	pkey = NULL;
	*out = key;
	key = NULL;
out:
	free(key);
	EVP_PKEY_free(pkey);
	return err;
}

enum ota_err ota_key_read(struct ota_span file, struct ota_span passphrase, struct ota_key **key,
			  struct ota_diag *diag)
{
	bool is_private = false;
	EVP_PKEY *pkey = NULL;
	enum ota_err err;

	*key = NULL;
	if (ota_kek_text(file) != KEK_TEXT_NONE) {
		err = ota_kek_read(file, key, diag);
	} else {
		err = ota_key_file_read(file, passphrase, &pkey, &is_private, diag);
		if (err == OTA_OK)
			err = ota_key_adopt(pkey, is_private, key, diag);
	}
	sodium_stackzero(STACK_TRACES);
	return err;
}

static const struct key_ops *find_kind(const char *name)
{
	for (size_t i = 0; i < N_KINDS; i++) {
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	}
	return NULL;
}

enum ota_err ota_key_generate(const char *kind, struct ota_span passphrase, struct ota_buf *pem,
			      struct ota_diag *diag)
{
	const struct key_ops *ops = find_kind(kind);
	EVP_PKEY *pkey = NULL;
	enum ota_err err;

	if (!ops)
		return ota_fail(diag, OTA_E_ABSENT, "no key type %s", kind);
	err = ops->generate(ops, &pkey, diag);
	if (err == OTA_OK)
		err = ota_key_file_write(pkey, passphrase, pem, diag);
	EVP_PKEY_free(pkey);
	sodium_stackzero(STACK_TRACES);
	return err;
}

void ota_key_free(struct ota_key *key)
{
	if (!key)
		return;
	if (key->signer)
		key->signer->free(key);
	key->ops->free(key);
	free(key);
}

const char *ota_key_name(const struct ota_key *key)
{
	return key->ops->name;
}

const char *ota_key_c_stem(const struct ota_key *key)
{
	return key->ops->c_stem;
}

bool ota_key_is_private(const struct ota_key *key)
{
	return key->is_private;
}

bool ota_key_signs(const struct ota_key *key)
{
	return key->ops->sign != NULL;
}

enum ota_hash ota_key_hash(const struct ota_key *key)
{
	return key->ops->hash;
}

bool ota_key_takes_hash(const struct ota_key *key, enum ota_hash hash)
{
	/* Ed25519 signs the digest as a message, so the bootloader's build may choose. */
	bool also_sha512 = key->ops == &ota_key_ed25519;

	return ota_key_signs(key) &&
	       (hash == key->ops->hash || (also_sha512 && hash == OTA_HASH_SHA512));
}

uint16_t ota_key_sig_tlv(const struct ota_key *key)
{
	return key->ops->sig_tlv;
}

struct ota_span ota_key_public(const struct ota_key *key)
{
	return ota_span_tail(ota_span_of(key->spki, key->spki_len), key->boot_at);
}

static enum ota_err check_has_public(const struct ota_key *key, struct ota_diag *diag)
{
	if (!ota_key_is_kek(key))
		return OTA_OK;
	return ota_fail(diag, OTA_E_USAGE,
			"a key of kind %s has no public part, and so no key id either",
			key->ops->name);
}

enum ota_err ota_key_public_pem(const struct ota_key *key, struct ota_buf *out,
				struct ota_diag *diag)
{
	enum ota_err err = check_has_public(key, diag);

	if (err == OTA_OK)
		err = ota_key_file_write_public(ota_span_of(key->spki, key->spki_len), out, diag);
	return err;
}

enum ota_err ota_key_id(const struct ota_key *key, enum ota_hash hash, struct ota_digest *id,
			struct ota_diag *diag)
{
	enum ota_err err = check_has_public(key, diag);

	*id = (struct ota_digest){.len = 0};
	if (err == OTA_OK)
		err = ota_digest_of(hash, ota_key_public(key), id, diag);
	return err;
}

void ota_key_use_random_nonce(struct ota_key *key)
{
	key->random_nonce = true;
}

void ota_key_use_low_s(struct ota_key *key)
{
	key->low_s = true;
}

/* ECDSA and RSA sign a digest, Ed25519 whatever it is given. */
static bool is_length_signed(const struct ota_key *key, size_t len)
{
	return key->ops == &ota_key_ed25519 || len == ota_hash_size(key->ops->hash);
}

static enum ota_err check_signs(const struct ota_key *key, struct ota_diag *diag)
{
	if (ota_key_signs(key))
		return OTA_OK;
	return ota_fail(diag, OTA_E_USAGE, "a key of kind %s does not sign", key->ops->name);
}

static enum ota_err make_signature(const struct ota_key *key, struct ota_span message,
				   struct ota_sig *sig, struct ota_diag *diag)
{
	enum ota_err err;

	if (key->signer)
		err = key->signer->sign(key, message, sig, diag);
	else
		err = key->ops->sign(key, message, sig, diag);
	if (err == OTA_OK && key->low_s && key->ops->evp_type == EVP_PKEY_EC)
		err = ota_ecdsa_use_low_s(key, sig, diag);
	/* A fault while signing can give a wrong signature, or one that betrays the key. */
	if (err == OTA_OK &&
	    key->ops->verify(key, message, ota_span_of(sig->data, sig->len), NULL) != OTA_OK)
		err = ota_fail(diag, OTA_E_CRYPTO,
			       "the signature that was made does not verify, it is thrown away");
	return err;
}

enum ota_err ota_key_sign(const struct ota_key *key, struct ota_span message, struct ota_sig *sig,
			  struct ota_diag *diag)
{
	enum ota_err err = check_signs(key, diag);

	sig->len = 0;
	if (err != OTA_OK)
		return err;
	if (!key->is_private)
		return ota_fail(diag, OTA_E_USAGE,
				"a public key cannot sign, the private one must");
	if (!is_length_signed(key, message.len))
		return ota_fail(diag, OTA_E_USAGE, "digest is %zu bytes, a key of %s signs %zu",
				message.len, key->ops->name, ota_hash_size(key->ops->hash));
	err = make_signature(key, message, sig, diag);
	if (err != OTA_OK)
		*sig = (struct ota_sig){.len = 0};
	sodium_stackzero(STACK_TRACES);
	return err;
}

enum ota_err ota_key_verify(const struct ota_key *key, struct ota_span message, struct ota_span sig,
			    struct ota_diag *diag)
{
	enum ota_err err = check_signs(key, diag);

	if (err != OTA_OK)
		return err;
	if (!is_length_signed(key, message.len))
		return ota_fail(diag, OTA_E_SIGNATURE, "digest is %zu bytes, a key of %s signs %zu",
				message.len, key->ops->name, ota_hash_size(key->ops->hash));
	return key->ops->verify(key, message, sig, diag);
}

/* Bytes of a raw ECDSA signature; 0 for a kind that has none. */
static size_t raw_size(const struct ota_key *key)
{
	if (key->ops->evp_type != EVP_PKEY_EC)
		return 0;
	return 2 * ((size_t)EVP_PKEY_get_bits(key->pkey) / 8);
}

/* Fills `sig`. OTA_E_USAGE; `wrong_length`: another length. */
static enum ota_err from_raw(const struct ota_key *key, struct ota_span raw, struct ota_sig *sig,
			     enum ota_err wrong_length, struct ota_diag *diag)
{
	sig->len = 0;
	if (raw_size(key) == 0)
		return ota_fail(diag, OTA_E_USAGE, "a key of %s has no raw signatures",
				key->ops->name);
	if (raw.len != raw_size(key))
		return ota_fail(diag, wrong_length, "raw %s signature is %zu bytes, not %zu",
				key->ops->name, raw.len, raw_size(key));
	return ota_ecdsa_to_der(raw, sig, diag);
}

enum ota_err ota_key_verify_raw(const struct ota_key *key, struct ota_span message,
				struct ota_span sig, struct ota_diag *diag)
{
	struct ota_sig der;
	enum ota_err err = from_raw(key, sig, &der, OTA_E_SIGNATURE, diag);

	if (err == OTA_OK)
		err = ota_key_verify(key, message, ota_span_of(der.data, der.len), diag);
	return err;
}

enum ota_err ota_key_sig_from_raw(const struct ota_key *key, struct ota_span raw,
				  struct ota_sig *sig, struct ota_diag *diag)
{
	return from_raw(key, raw, sig, OTA_E_MALFORMED, diag);
}
