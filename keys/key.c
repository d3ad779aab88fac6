// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "key_ops.h"

/* THE TABLE: one row per kind of key. */
static const struct key_ops *const kinds[] = {
	&ota_key_p256,
	&ota_key_ed25519,
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

enum ota_err ota_keys_init(struct ota_diag *diag)
{
	ota_wiping_heap_install();
	/* No openssl.cnf: a machine's configuration must not decide what is signed, or how. */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
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
	return index < 2;
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

/* The row for an OpenSSL key: by type and, for curves, by the curve's name. */
static const struct key_ops *find_ops(EVP_PKEY *pkey, char *group, size_t group_cap)
{
	size_t len = 0;

	if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, group_cap,
					   &len) != 1)
		group[0] = '\0';
	ERR_clear_error();
	for (size_t i = 0; i < N_KINDS; i++) {
		if (EVP_PKEY_get_base_id(pkey) == kinds[i]->evp_type &&
		    (!kinds[i]->group || strcmp(kinds[i]->group, group) == 0))
			return kinds[i];
	}
	return NULL;
}

static enum ota_err fail_kind(EVP_PKEY *pkey, const char *group, struct ota_diag *diag)
{
	const char *type = EVP_PKEY_get0_type_name(pkey);
	char known[128] = "";

	for (size_t i = 0; i < N_KINDS; i++)
		ota_list_add(known, sizeof(known), kinds[i]->name);
	return ota_fail(diag, OTA_E_UNSUPPORTED, "key is %s%s%s, this version takes %s",
			type ? type : "of an unknown kind", group[0] ? " " : "", group, known);
}

enum ota_err ota_key_keep_public(struct ota_key *key, EVP_PKEY *pkey, struct ota_diag *diag)
{
	int len = i2d_PUBKEY(pkey, NULL);
	uint8_t *at = key->public_der;

	if (len <= 0 || len > PUBLIC_DER_MAX)
		return ota_fail_openssl(diag, "public key");
	key->public_len = (size_t)i2d_PUBKEY(pkey, &at);
	return OTA_OK;
}

enum ota_err ota_key_read_pem(struct ota_span pem, struct ota_key **out, struct ota_diag *diag)
{
	struct ota_key *key = NULL;
	EVP_PKEY *pkey = NULL;
	bool is_private = false;
	char group[64] = "";
	enum ota_err err;

	*out = NULL;
	err = ota_pem_read(pem, &pkey, &is_private, diag);
	if (err != OTA_OK)
		return err;
	key = calloc(1, sizeof(*key));
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

enum ota_err ota_key_generate(const char *kind, struct ota_buf *pem, struct ota_diag *diag)
{
	EVP_PKEY *pkey = NULL;
	enum ota_err err = OTA_E_ABSENT;

	for (size_t i = 0; i < N_KINDS && err == OTA_E_ABSENT; i++) {
		if (strcmp(kinds[i]->name, kind) == 0)
			err = kinds[i]->generate(&pkey, diag);
	}
	if (err == OTA_E_ABSENT)
		return ota_fail(diag, err, "no key type %s", kind);
	if (err == OTA_OK)
		err = ota_pem_write_private(pkey, pem, diag);
	EVP_PKEY_free(pkey);
	return err;
}

void ota_key_free(struct ota_key *key)
{
	if (!key)
		return;
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

enum ota_hash ota_key_hash(const struct ota_key *key)
{
	return key->ops->hash;
}

uint16_t ota_key_sig_tlv(const struct ota_key *key)
{
	return key->ops->sig_tlv;
}

struct ota_span ota_key_public(const struct ota_key *key)
{
	return ota_span_of(key->public_der, key->public_len);
}

enum ota_err ota_key_public_pem(const struct ota_key *key, struct ota_buf *out,
				struct ota_diag *diag)
{
	return ota_pem_write_public(ota_key_public(key), out, diag);
}

enum ota_err ota_key_id(const struct ota_key *key, enum ota_hash hash, struct ota_digest *id,
			struct ota_diag *diag)
{
	return ota_digest_of(hash, ota_key_public(key), id, diag);
}

enum ota_err ota_key_sign(const struct ota_key *key, const struct ota_digest *digest,
			  struct ota_sig *sig, struct ota_diag *diag)
{
	enum ota_err err;

	if (!key->is_private)
		return ota_fail(diag, OTA_E_USAGE,
				"a public key cannot sign, the private one must");
	err = key->ops->sign(key, ota_digest_span(digest), sig, diag);
	if (err != OTA_OK)
		return err;
	/* A fault while signing can give a wrong signature, or one that betrays the key. */
	err = key->ops->verify(key, ota_digest_span(digest), ota_span_of(sig->data, sig->len),
			       diag);
	if (err != OTA_OK)
		sig->len = 0;
	return err;
}

enum ota_err ota_key_verify(const struct ota_key *key, const struct ota_digest *digest,
			    struct ota_span sig, struct ota_diag *diag)
{
	return key->ops->verify(key, ota_digest_span(digest), sig, diag);
}
