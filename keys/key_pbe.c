// SPDX-License-Identifier: Apache-2.0
/*
 * Encrypted PKCS#8: PBES2 (RFC 8018) with PBKDF2 or scrypt. A file says how hard its passphrase is
 * to try, so a hostile one could ask for days of work or all memory there is; hence the limits.
 */
#include <inttypes.h>

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "key_form.h"

#define PBKDF2_ROUNDS_MAX 10000000U
#define SCRYPT_MEMORY_MAX 0x2000000U /* bytes; OpenSSL's own limit, 32 MiB */
#define SCRYPT_WORK_MAX   0x400000U  /* N * r * p; `openssl pkcs8 -scrypt` asks for 2^17 */
#define SCRYPT_PART_MAX   0x100000U  /* keeps the products below in 64 bits */

enum ota_err ota_passphrase_check(struct ota_span passphrase, struct ota_diag *diag)
{
	if (passphrase.len == 0)
		return ota_fail(diag, OTA_E_USAGE, "key is encrypted and no passphrase was given");
	if (passphrase.len > OTA_PASSPHRASE_MAX)
		return ota_fail(diag, OTA_E_USAGE, "passphrase is %zu bytes, at most %u are taken",
				passphrase.len, OTA_PASSPHRASE_MAX);
	if (memchr(passphrase.data, 0, passphrase.len))
		return ota_fail(diag, OTA_E_USAGE, "passphrase holds a zero byte");
	return OTA_OK;
}

enum ota_err ota_fail_passphrase(struct ota_diag *diag)
{
	ERR_clear_error();
	return ota_fail(diag, OTA_E_REFUSED, "wrong passphrase, or a damaged key");
}

static enum ota_err fail_scheme(struct ota_diag *diag, const ASN1_OBJECT *oid, const char *wanted)
{
	char name[80] = "";

	(void)OBJ_obj2txt(name, sizeof(name), oid, 0);
	(void)ota_fail(diag, OTA_E_UNSUPPORTED, "key is encrypted by %s, only %s is taken", name,
		       wanted);
	ota_hint(diag,
		 "encrypt it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc -in KEY -out NEW.pem");
	return OTA_E_UNSUPPORTED;
}

/* A count of a key derivation; 0 and what is above `max` are no good. */
static enum ota_err read_count(const ASN1_INTEGER *integer, uint64_t max, const char *what,
			       uint64_t *count, struct ota_diag *diag)
{
	uint64_t value = 0;

	if (ASN1_STRING_type(integer) == V_ASN1_NEG_INTEGER)
		return ota_fail(diag, OTA_E_MALFORMED, "key asks for fewer than 0 %s", what);
	if (ASN1_INTEGER_get_uint64(&value, integer) != 1)
		return ota_fail(diag, OTA_E_UNSUPPORTED, "key asks for more than 2^64 %s", what);
	if (value == 0)
		return ota_fail(diag, OTA_E_MALFORMED, "key asks for 0 %s", what);
	if (value > max)
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"key asks for %" PRIu64 " %s, at most %" PRIu64 " are taken", value,
				what, max);
	*count = value;
	return OTA_OK;
}

static enum ota_err fail_parameters(struct ota_diag *diag)
{
	return ota_fail(diag, OTA_E_MALFORMED, "key's encryption parameters are damaged");
}

static enum ota_err check_pbkdf2(const ASN1_TYPE *parameters, struct ota_diag *diag)
{
	PBKDF2PARAM *param = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), parameters);
	uint64_t rounds = 0;
	enum ota_err err;

	if (!param)
		return fail_parameters(diag);
	err = read_count(param->iter, PBKDF2_ROUNDS_MAX, "PBKDF2 rounds", &rounds, diag);
	PBKDF2PARAM_free(param);
	return err;
}

static enum ota_err check_scrypt(const ASN1_TYPE *parameters, struct ota_diag *diag)
{
	SCRYPT_PARAMS *param = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), parameters);
	uint64_t n = 0;
	uint64_t r = 0;
	uint64_t p = 0;
	uint64_t memory;
	enum ota_err err;

	if (!param)
		return fail_parameters(diag);
	err = read_count(param->costParameter, SCRYPT_PART_MAX, "scrypt N", &n, diag);
	if (err == OTA_OK)
		err = read_count(param->blockSize, SCRYPT_PART_MAX, "scrypt r", &r, diag);
	if (err == OTA_OK)
		err = read_count(param->parallelizationParameter, SCRYPT_PART_MAX, "scrypt p", &p,
				 diag);
	SCRYPT_PARAMS_free(param);
	if (err != OTA_OK)
		return err;
	memory = 128 * r * (n + p + 2); /* as OpenSSL counts */
	if (memory > SCRYPT_MEMORY_MAX)
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"key asks for %" PRIu64 " bytes of scrypt memory, at most %u are "
				"taken",
				memory, SCRYPT_MEMORY_MAX);
	if (n * r * p > SCRYPT_WORK_MAX)
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"key asks for %" PRIu64 " blocks of scrypt, at most %u are taken",
				n * r * p, SCRYPT_WORK_MAX);
	return OTA_OK;
}

/* A block cipher in CBC mode that OpenSSL has without its legacy provider. */
static enum ota_err check_cipher(const ASN1_OBJECT *oid, struct ota_diag *diag)
{
	char name[80] = "";
	EVP_CIPHER *cipher;
	bool good;

	(void)OBJ_obj2txt(name, sizeof(name), oid, 1);
	cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	good = cipher && EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CBC_MODE;
	EVP_CIPHER_free(cipher);
	ERR_clear_error();
	return good ? OTA_OK : fail_scheme(diag, oid, "AES or triple DES in CBC mode");
}

static enum ota_err check_pbes2(const ASN1_TYPE *parameters, struct ota_diag *diag)
{
	PBE2PARAM *param = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), parameters);
	enum ota_err err;

	if (!param)
		return fail_parameters(diag);
	err = check_cipher(param->encryption->algorithm, diag);
	if (err == OTA_OK) {
		const X509_ALGOR *kdf = param->keyfunc;

		if (OBJ_obj2nid(kdf->algorithm) == NID_id_pbkdf2)
			err = check_pbkdf2(kdf->parameter, diag);
		else if (OBJ_obj2nid(kdf->algorithm) == NID_id_scrypt)
			err = check_scrypt(kdf->parameter, diag);
		else
			err = fail_scheme(diag, kdf->algorithm, "PBKDF2 or scrypt");
	}
	PBE2PARAM_free(param);
	return err;
}

static enum ota_err check_algorithm(const X509_ALGOR *algor, struct ota_diag *diag)
{
	/* Its predecessors derive keys with MD5 and SHA-1 for DES and RC2. */
	if (OBJ_obj2nid(algor->algorithm) != NID_pbes2)
		return fail_scheme(diag, algor->algorithm, "PBES2");
	return check_pbes2(algor->parameter, diag);
}

static enum ota_err decrypt(const X509_ALGOR *algor, const ASN1_OCTET_STRING *secret,
			    struct ota_span passphrase, uint8_t **plain, size_t *len,
			    struct ota_diag *diag)
{
	int plain_len = 0;

	*plain = PKCS12_pbe_crypt(algor, (const char *)passphrase.data, (int)passphrase.len,
				  secret->data, secret->length, NULL, &plain_len, 0);
	if (*plain) {
		*len = (size_t)plain_len;
		return OTA_OK;
	}
	/* The padding is wrong, or no whole number of blocks: the parameters have done their part.
	 */
	if (ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_PKCS12 &&
	    ERR_GET_REASON(ERR_peek_last_error()) == PKCS12_R_PKCS12_CIPHERFINAL_ERROR)
		return ota_fail_passphrase(diag);
	ERR_clear_error();
	return ota_fail(diag, OTA_E_UNSUPPORTED, "key is encrypted in a way OpenSSL does not take");
}

enum ota_err ota_key_decrypt(struct ota_span der, struct ota_span passphrase, uint8_t **plain,
			     size_t *len, struct ota_diag *diag)
{
	const unsigned char *at = der.data;
	const ASN1_OCTET_STRING *secret = NULL;
	const X509_ALGOR *algor = NULL;
	enum ota_err err;
	X509_SIG *sig;

	*plain = NULL;
	*len = 0;
	if (!ota_der_is_strict(der))
		return ota_fail(diag, OTA_E_MALFORMED,
				"encrypted key is damaged: it is not strict DER");
	sig = d2i_X509_SIG(NULL, &at, (long)der.len);
	if (!sig) {
		ERR_clear_error();
		return ota_fail(diag, OTA_E_MALFORMED, "encrypted key is damaged");
	}
	X509_SIG_get0(sig, &algor, &secret);
	err = check_algorithm(algor, diag);
	if (err == OTA_OK)
		err = ota_passphrase_check(passphrase, diag);
	if (err == OTA_OK)
		err = decrypt(algor, secret, passphrase, plain, len, diag);
	X509_SIG_free(sig);
	ERR_clear_error();
	return err;
}
