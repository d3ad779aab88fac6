// SPDX-License-Identifier: Apache-2.0
/* Key files: every form of every kind, damage of every sort, and what is no key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "key_ops.h"
#include "vectors.h"

#define PASSPHRASE "open sesame"

static const struct ota_span no_passphrase = {NULL, 0};

static struct ota_span text(const char *words)
{
	return ota_span_of(words, strlen(words));
}

/* -- writers: one a form ----------------------------------------------------------------------- */

static int pkcs8_pem(BIO *bio, EVP_PKEY *pkey)
{
	return PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
}

static int pkcs8_der(BIO *bio, EVP_PKEY *pkey)
{
	return i2d_PKCS8PrivateKey_bio(bio, pkey, NULL, NULL, 0, NULL, NULL);
}

static int encrypted_pem(BIO *bio, EVP_PKEY *pkey)
{
	return PEM_write_bio_PKCS8PrivateKey(bio, pkey, EVP_aes_128_cbc(), PASSPHRASE,
					     (int)strlen(PASSPHRASE), NULL, NULL);
}

static int encrypted_der(BIO *bio, EVP_PKEY *pkey)
{
	return i2d_PKCS8PrivateKey_bio(bio, pkey, EVP_des_ede3_cbc(), PASSPHRASE,
				       (int)strlen(PASSPHRASE), NULL, NULL);
}

/* With the algorithm given; takes it. */
static int encrypted_by(BIO *bio, EVP_PKEY *pkey, X509_ALGOR *pbe)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
	X509_SIG *sig = PKCS8_set0_pbe(PASSPHRASE, (int)strlen(PASSPHRASE), info, pbe);
	int done = sig ? PEM_write_bio_PKCS8(bio, sig) : 0;

	X509_SIG_free(sig);
	PKCS8_PRIV_KEY_INFO_free(info);
	return done;
}

static int scrypt_pem(BIO *bio, EVP_PKEY *pkey)
{
	return encrypted_by(bio, pkey,
			    PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, 16384, 8, 1));
}

static int sha512_pem(BIO *bio, EVP_PKEY *pkey)
{
	return encrypted_by(
		bio, pkey,
		PKCS5_pbe2_set_iv(EVP_aes_192_cbc(), 1, NULL, 0, NULL, NID_hmacWithSHA512));
}

static int old_pem(BIO *bio, EVP_PKEY *pkey)
{
	return PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL, NULL);
}

static int old_der(BIO *bio, EVP_PKEY *pkey)
{
	return i2d_PrivateKey_bio(bio, pkey);
}

static int old_encrypted_aes(BIO *bio, EVP_PKEY *pkey)
{
	return PEM_write_bio_PrivateKey_traditional(bio, pkey, EVP_aes_256_cbc(),
						    (const unsigned char *)PASSPHRASE,
						    (int)strlen(PASSPHRASE), NULL, NULL);
}

static int old_encrypted_des3(BIO *bio, EVP_PKEY *pkey)
{
	return PEM_write_bio_PrivateKey_traditional(bio, pkey, EVP_des_ede3_cbc(),
						    (const unsigned char *)PASSPHRASE,
						    (int)strlen(PASSPHRASE), NULL, NULL);
}

static int after_parameters(BIO *bio, EVP_PKEY *pkey)
{
	static const char parameters[] = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
					 "-----END EC PARAMETERS-----\n";

	return BIO_puts(bio, parameters) > 0 ? old_pem(bio, pkey) : 0;
}

static int spki_pem(BIO *bio, EVP_PKEY *pkey)
{
	return PEM_write_bio_PUBKEY(bio, pkey);
}

static int spki_der(BIO *bio, EVP_PKEY *pkey)
{
	return i2d_PUBKEY_bio(bio, pkey);
}

static int pkcs1_public_der(BIO *bio, EVP_PKEY *pkey)
{
	uint8_t *der = NULL;
	int len = i2d_PublicKey(pkey, &der);
	int done = BIO_write(bio, der, len);

	OPENSSL_free(der);
	return done;
}

static int pkcs1_public_pem(BIO *bio, EVP_PKEY *pkey)
{
	uint8_t *der = NULL;
	int len = i2d_PublicKey(pkey, &der);
	int done = PEM_write_bio(bio, "RSA PUBLIC KEY", "", der, len);

	OPENSSL_free(der);
	return done;
}

static void set_compressed(EVP_PKEY *pkey, const char *form)
{
	assert_int_equal(EVP_PKEY_set_utf8_string_param(
				 pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form),
			 1);
}

static int compressed(BIO *bio, EVP_PKEY *pkey, int (*write)(BIO *, EVP_PKEY *))
{
	int done;

	set_compressed(pkey, "compressed");
	done = write(bio, pkey);
	set_compressed(pkey, "uncompressed");
	return done;
}

static int compressed_spki(BIO *bio, EVP_PKEY *pkey)
{
	return compressed(bio, pkey, spki_pem);
}

static int compressed_pkcs8(BIO *bio, EVP_PKEY *pkey)
{
	return compressed(bio, pkey, pkcs8_der);
}

/* Without the public part, as `imgtool getpriv --minimal` writes it. */
static int minimal(BIO *bio, EVP_PKEY *pkey, int (*write)(BIO *, EVP_PKEY *))
{
	int done;

	assert_int_equal(EVP_PKEY_set_int_param(pkey, OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC, 0), 1);
	done = write(bio, pkey);
	assert_int_equal(EVP_PKEY_set_int_param(pkey, OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC, 1), 1);
	return done;
}

static int minimal_pkcs8(BIO *bio, EVP_PKEY *pkey)
{
	return minimal(bio, pkey, pkcs8_der);
}

static int minimal_sec1(BIO *bio, EVP_PKEY *pkey)
{
	return minimal(bio, pkey, old_der);
}

enum kinds { ALL, EC, P256, RSA_ONLY, EC_AND_RSA };

struct form {
	const char *name;
	int (*write)(BIO *bio, EVP_PKEY *pkey);
	enum kinds kinds;
	bool is_public;
	bool encrypted;
};

static const struct form forms[] = {
	{"PKCS#8 PEM", pkcs8_pem, ALL, false, false},
	{"PKCS#8 DER", pkcs8_der, ALL, false, false},
	{"encrypted PEM", encrypted_pem, ALL, false, true},
	{"encrypted DER", encrypted_der, ALL, false, true},
	{"scrypt PEM", scrypt_pem, ALL, false, true},
	{"HMAC-SHA-512 PEM", sha512_pem, ALL, false, true},
	{"SEC1 or PKCS#1 PEM", old_pem, EC_AND_RSA, false, false},
	{"SEC1 or PKCS#1 DER", old_der, EC_AND_RSA, false, false},
	{"old encryption, AES", old_encrypted_aes, EC_AND_RSA, false, true},
	{"old encryption, 3DES", old_encrypted_des3, EC_AND_RSA, false, true},
	{"SEC1 behind parameters", after_parameters, P256, false, false},
	{"PKCS#8 without the public part", minimal_pkcs8, EC, false, false},
	{"SEC1 without the public part", minimal_sec1, EC, false, false},
	{"PKCS#8 with a compressed point", compressed_pkcs8, EC, false, false},
	{"SubjectPublicKeyInfo PEM", spki_pem, ALL, true, false},
	{"SubjectPublicKeyInfo DER", spki_der, ALL, true, false},
	{"SubjectPublicKeyInfo, compressed", compressed_spki, EC, true, false},
	{"RSAPublicKey PEM", pkcs1_public_pem, RSA_ONLY, true, false},
	{"RSAPublicKey DER", pkcs1_public_der, RSA_ONLY, true, false},
};

#define N_FORMS (sizeof(forms) / sizeof(forms[0]))

static bool has_form(const char *kind, enum kinds kinds)
{
	bool is_ec = strncmp(kind, "ecdsa", 5) == 0;
	bool is_rsa = strncmp(kind, "rsa", 3) == 0;

	switch (kinds) {
	case ALL:
		return true;
	case EC:
		return is_ec;
	case P256:
		return strcmp(kind, "ecdsa-p256") == 0;
	case RSA_ONLY:
		return is_rsa;
	case EC_AND_RSA:
		return is_ec || is_rsa;
	}
	return false;
}

static struct ota_buf write_form(EVP_PKEY *pkey, int (*write)(BIO *bio, EVP_PKEY *pkey))
{
	struct ota_buf file = ota_buf_init(OTA_KEY_FILE_MAX + 1000);
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	long len;

	assert_true(write(bio, pkey) > 0);
	len = BIO_get_mem_data(bio, &data);
	assert_int_equal(ota_buf_append(&file, ota_span_of(data, (size_t)len), NULL), OTA_OK);
	BIO_free(bio);
	return file;
}

/* A key of ours as OpenSSL has it. */
static EVP_PKEY *new_pkey(const char *kind)
{
	struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);
	EVP_PKEY *pkey = NULL;
	BIO *bio;

	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	assert_int_equal(ota_key_generate(kind, no_passphrase, &pem, NULL), OTA_OK);
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	assert_non_null(pkey);
	BIO_free(bio);
	ota_buf_wipe(&pem);
	return pkey;
}

static struct ota_key *must_read(const char *name, struct ota_span file, struct ota_span passphrase)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_key *key = NULL;

	if (ota_key_read(file, passphrase, &key, &diag) != OTA_OK)
		fail_msg("%s: %s", name, diag.text);
	return key;
}

/* Reading gives `err` and a sentence, and no key; `words` must stand in it. */
static void must_refuse(const char *name, struct ota_span file, struct ota_span passphrase,
			enum ota_err err, const char *words)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_key *key = NULL;
	enum ota_err got = ota_key_read(file, passphrase, &key, &diag);

	assert_null(key);
	if (got != err || !strstr(diag.text, words))
		fail_msg("%s: %s, \"%s\"", name, ota_err_name(got), diag.text);
}

/* -- what is read ------------------------------------------------------------------------------ */

static void check_form(EVP_PKEY *pkey, const char *kind, const struct form *form)
{
	struct ota_buf file = write_form(pkey, form->write);
	struct ota_span span = ota_buf_span(&file);
	struct ota_buf public_file = write_form(pkey, spki_der);
	struct ota_key *key =
		must_read(form->name, span, form->encrypted ? text(PASSPHRASE) : no_passphrase);
	struct ota_key *public_key = must_read("public", ota_buf_span(&public_file), no_passphrase);

	assert_string_equal(ota_key_name(key), kind);
	assert_int_equal(ota_key_is_private(key), !form->is_public);
	assert_int_equal(ota_key_is_encrypted(span), form->encrypted);
	assert_true(ota_span_equal(ota_key_public(key), ota_key_public(public_key)));
	/* What OpenSSL writes; for RSA the part that stands last in it. */
	assert_true(
		ota_span_equal(ota_span_of(key->spki, key->spki_len), ota_buf_span(&public_file)));
	assert_true(ota_key_public(key).len == key->spki_len || strncmp(kind, "rsa", 3) == 0);
	if (form->encrypted) {
		must_refuse(form->name, span, text("wrong"), OTA_E_REFUSED,
			    "wrong passphrase, or a damaged key");
		must_refuse(form->name, span, no_passphrase, OTA_E_USAGE,
			    "key is encrypted and no passphrase was given");
	}
	ota_key_free(key);
	ota_key_free(public_key);
	ota_buf_wipe(&file);
	ota_buf_free(&public_file);
}

static void every_kind_is_read_from_every_form(void **state)
{
	(void)state;
	for (size_t i = 0; ota_key_kind_name(i); i++) {
		EVP_PKEY *pkey = new_pkey(ota_key_kind_name(i));

		for (size_t j = 0; j < N_FORMS; j++) {
			if (has_form(ota_key_kind_name(i), forms[j].kinds))
				check_form(pkey, ota_key_kind_name(i), &forms[j]);
		}
		EVP_PKEY_free(pkey);
	}
}

static void sec1_and_pkcs8_files_of_one_key_are_one_key(void **state)
{
	struct ota_key *pkcs8 = vector_key("imgtool/keys/p256.pem");
	struct ota_key *sec1 = vector_key("imgtool/keys/p256-sec1.pem");
	struct ota_key *params = vector_key("imgtool/keys/p256-params.pem");

	(void)state;
	assert_true(ota_span_equal(ota_key_public(pkcs8), ota_key_public(sec1)));
	assert_true(ota_span_equal(ota_key_public(pkcs8), ota_key_public(params)));
	ota_key_free(pkcs8);
	ota_key_free(sec1);
	ota_key_free(params);
}

static void written_keys_are_read_by_openssl_with_their_passphrase(void **state)
{
	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	for (size_t i = 0; ota_key_kind_name(i); i++) {
		struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);
		char right[] = PASSPHRASE;
		EVP_PKEY *pkey;
		BIO *bio;

		assert_int_equal(
			ota_key_generate(ota_key_kind_name(i), text(PASSPHRASE), &pem, NULL),
			OTA_OK);
		assert_memory_equal(pem.data, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n", 38);
		bio = BIO_new_mem_buf(pem.data, (int)pem.len);
		pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, right);
		assert_non_null(pkey);
		ota_key_free(must_read("generated", ota_buf_span(&pem), text(PASSPHRASE)));
		EVP_PKEY_free(pkey);
		BIO_free(bio);
		ota_buf_wipe(&pem);
	}
}

/* PBES2, PBKDF2, 600,000 rounds, HMAC-SHA-256, AES-256-CBC, 16 bytes of salt. */
static void written_keys_are_encrypted_as_promised(void **state)
{
	struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);
	const X509_ALGOR *algor = NULL;
	const ASN1_OCTET_STRING *secret = NULL;
	PBE2PARAM *pbe;
	PBKDF2PARAM *kdf;
	X509_SIG *sig;
	BIO *bio;

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	assert_int_equal(ota_key_generate("ed25519", text(PASSPHRASE), &pem, NULL), OTA_OK);
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	sig = PEM_read_bio_PKCS8(bio, NULL, NULL, NULL);
	X509_SIG_get0(sig, &algor, &secret);
	pbe = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), algor->parameter);
	kdf = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), pbe->keyfunc->parameter);
	assert_int_equal(OBJ_obj2nid(pbe->encryption->algorithm), NID_aes_256_cbc);
	assert_int_equal(ASN1_INTEGER_get(kdf->iter), 600000);
	assert_int_equal(kdf->salt->value.octet_string->length, 16);
	assert_int_equal(OBJ_obj2nid(kdf->prf->algorithm), NID_hmacWithSHA256);
	PBKDF2PARAM_free(kdf);
	PBE2PARAM_free(pbe);
	X509_SIG_free(sig);
	BIO_free(bio);
	ota_buf_wipe(&pem);
}

static void text_before_the_key_and_blank_space_after_it_are_passed_over(void **state)
{
	static const char *const before[] = {"", "\n", "A key for tests.\r\n\r\n",
					     "Bag Attributes\n    friendlyName: k\xc3\xa9y\n"};
	static const char *const after[] = {"", "\n", " \t\r\n\r\n"};
	struct ota_buf pem = vector_read("imgtool/keys/p256.pem");

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		for (size_t j = 0; j < sizeof(after) / sizeof(after[0]); j++) {
			struct ota_buf file = ota_buf_init(OTA_KEY_FILE_MAX);

			assert_int_equal(ota_buf_append(&file, text(before[i]), NULL), OTA_OK);
			assert_int_equal(ota_buf_append(&file, ota_buf_span(&pem), NULL), OTA_OK);
			assert_int_equal(ota_buf_append(&file, text(after[j]), NULL), OTA_OK);
			ota_key_free(must_read(before[i], ota_buf_span(&file), no_passphrase));
			ota_buf_wipe(&file);
		}
	}
	ota_buf_wipe(&pem);
}

static void lines_may_end_as_windows_ends_them(void **state)
{
	struct ota_buf pem = vector_read("imgtool/keys/p256-params.pem");
	struct ota_buf file = ota_buf_init(OTA_KEY_FILE_MAX);

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	for (size_t i = 0; i < pem.len; i++) {
		if (pem.data[i] == '\n')
			assert_int_equal(ota_buf_append(&file, text("\r"), NULL), OTA_OK);
		assert_int_equal(ota_buf_append(&file, ota_span_of(pem.data + i, 1), NULL), OTA_OK);
	}
	ota_key_free(must_read("CRLF", ota_buf_span(&file), no_passphrase));
	ota_buf_wipe(&file);
	ota_buf_wipe(&pem);
}

/* -- damage ------------------------------------------------------------------------------------ */

static void every_truncation_of_every_form_is_refused(void **state)
{
	static const char *const kinds[] = {"ecdsa-p256", "ed25519", "x25519"};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		EVP_PKEY *pkey = new_pkey(kinds[i]);

		for (size_t j = 0; j < N_FORMS; j++) {
			struct ota_buf file;
			size_t len = 0;

			if (!has_form(kinds[i], forms[j].kinds))
				continue;
			file = write_form(pkey, forms[j].write);
			/* PEM's last new line may be missing. */
			for (; len + (file.data[0] == '-') < file.len; len++) {
				struct ota_key *key = NULL;

				assert_int_not_equal(ota_key_read(ota_span_of(file.data, len),
								  text(PASSPHRASE), &key, NULL),
						     OTA_OK);
				assert_null(key);
			}
			ota_buf_wipe(&file);
		}
		EVP_PKEY_free(pkey);
	}
}

static void bytes_behind_a_der_key_are_refused(void **state)
{
	EVP_PKEY *pkey = new_pkey("ecdsa-p256");

	(void)state;
	for (size_t j = 0; j < N_FORMS; j++) {
		struct ota_buf file = {.data = NULL};

		if (!has_form("ecdsa-p256", forms[j].kinds))
			continue;
		file = write_form(pkey, forms[j].write);
		if (file.data[0] == 0x30) {
			assert_int_equal(ota_buf_append(&file, ota_span_of("\0", 1), NULL), OTA_OK);
			must_refuse(forms[j].name, ota_buf_span(&file), text(PASSPHRASE),
				    OTA_E_MALFORMED, "strict DER");
		}
		ota_buf_wipe(&file);
	}
	EVP_PKEY_free(pkey);
}

/* The bits that X25519 itself ignores in a private key, which ends the file (RFC 7748, 5). */
static bool is_ignored_by_x25519(const char *kind, const struct form *form, size_t bit, size_t len)
{
	size_t first = 8 * (len - 32);

	return strcmp(kind, "x25519") == 0 && !form->is_public &&
	       ((bit >= first && bit <= first + 2) || bit / 8 == len - 1);
}

static void flip_every_bit(EVP_PKEY *pkey, const char *kind, const struct form *form)
{
	struct ota_buf file = write_form(pkey, form->write);
	struct ota_key *good = must_read(form->name, ota_buf_span(&file), no_passphrase);

	for (size_t bit = 0; file.data[0] == 0x30 && bit < 8 * file.len; bit++) {
		struct ota_key *key = NULL;

		if (is_ignored_by_x25519(kind, form, bit, file.len))
			continue;
		file.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (ota_key_read(ota_buf_span(&file), no_passphrase, &key, NULL) == OTA_OK &&
		    ota_span_equal(ota_key_public(key), ota_key_public(good)))
			fail_msg("%s, %s: bit %zu does not matter", kind, form->name, bit);
		file.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		ota_key_free(key);
	}
	ota_key_free(good);
	ota_buf_wipe(&file);
}

static void every_bit_of_a_key_in_der_matters(void **state)
{
	static const char *const kinds[] = {"ecdsa-p256", "ed25519", "x25519"};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		EVP_PKEY *pkey = new_pkey(kinds[i]);

		for (size_t j = 0; j < N_FORMS; j++) {
			if (has_form(kinds[i], forms[j].kinds) && !forms[j].encrypted)
				flip_every_bit(pkey, kinds[i], &forms[j]);
		}
		EVP_PKEY_free(pkey);
	}
}

static void a_damaged_letter_of_a_pem_file_never_gives_another_key(void **state)
{
	struct ota_buf pem = vector_read("imgtool/keys/p256.pem");
	struct ota_key *good = vector_key("imgtool/keys/p256.pem");

	(void)state;
	for (size_t bit = 0; bit < 8 * pem.len; bit++) {
		struct ota_key *key = NULL;

		pem.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (ota_key_read(ota_buf_span(&pem), no_passphrase, &key, NULL) == OTA_OK)
			assert_true(ota_span_equal(ota_key_public(key), ota_key_public(good)));
		ota_key_free(key);
		pem.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	ota_buf_wipe(&pem);
	ota_key_free(good);
}

static void a_damaged_rsa_number_is_refused(void **state)
{
	EVP_PKEY *pkey = new_pkey("rsa-2048");
	struct ota_buf file = write_form(pkey, old_der);

	(void)state;
	/* In every number but e. */
	for (size_t at = 100; at < file.len; at += 50) {
		struct ota_key *key = NULL;
		enum ota_err err;

		file.data[at] ^= 1;
		err = ota_key_read(ota_buf_span(&file), no_passphrase, &key, NULL);
		assert_true(err == OTA_E_MALFORMED || err == OTA_E_UNSUPPORTED);
		assert_null(key);
		file.data[at] ^= 1;
	}
	ota_buf_wipe(&file);
	EVP_PKEY_free(pkey);
}

/* A P-256 key in SEC1 DER with the scalar `hex`, without the public part. */
static struct ota_span sec1_with(const char *hex, uint8_t *der)
{
	static const uint8_t head[] = {0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20};
	static const uint8_t tail[] = {0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86,
				       0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
	BIGNUM *d = NULL;

	assert_true(BN_hex2bn(&d, hex) > 0);
	memcpy(der, head, sizeof(head));
	assert_int_equal(BN_bn2binpad(d, der + sizeof(head), 32), 32);
	memcpy(der + sizeof(head) + 32, tail, sizeof(tail));
	BN_free(d);
	return ota_span_of(der, sizeof(head) + 32 + sizeof(tail));
}

static void the_scalar_is_above_0_and_below_the_order(void **state)
{
	static const struct {
		const char *hex;
		bool good;
	} scalars[] = {
		{"0", false},
		{"1", true},
		{"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550", true},
		{"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", false},
		{"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552", false},
		{"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false},
	};
	uint8_t der[64];

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++) {
		struct ota_span file = sec1_with(scalars[i].hex, der);

		if (scalars[i].good)
			ota_key_free(must_read(scalars[i].hex, file, no_passphrase));
		else
			must_refuse(scalars[i].hex, file, no_passphrase, OTA_E_MALFORMED, "");
	}
}

static void a_public_part_of_another_key_is_refused(void **state)
{
	EVP_PKEY *one = new_pkey("ecdsa-p256");
	EVP_PKEY *other = new_pkey("ecdsa-p256");
	struct ota_buf a = write_form(one, pkcs8_der);
	struct ota_buf b = write_form(other, pkcs8_der);

	(void)state;
	memcpy(a.data + a.len - 64, b.data + b.len - 64, 64);
	must_refuse("mixed", ota_buf_span(&a), no_passphrase, OTA_E_MALFORMED,
		    "public and private part do not belong together");
	ota_buf_wipe(&a);
	ota_buf_wipe(&b);
	EVP_PKEY_free(one);
	EVP_PKEY_free(other);
}

/* -- what PEM must not be ---------------------------------------------------------------------- */

/* The file with the first `from` replaced by `to`. */
static struct ota_buf replaced(const struct ota_buf *file, const char *from, const char *to)
{
	struct ota_buf out = ota_buf_init(OTA_KEY_FILE_MAX + 1000);
	size_t len = strlen(from);
	size_t at = 0;

	while (at + len <= file->len && memcmp(file->data + at, from, len) != 0)
		at++;
	assert_true(at + len <= file->len);
	assert_int_equal(ota_buf_append(&out, ota_span_of(file->data, at), NULL), OTA_OK);
	assert_int_equal(ota_buf_append(&out, text(to), NULL), OTA_OK);
	assert_int_equal(ota_buf_append(&out, ota_span_tail(ota_buf_span(file), at + len), NULL),
			 OTA_OK);
	return out;
}

static void malformed_pem_is_refused(void **state)
{
	static const struct {
		const char *name;
		const char *from;
		const char *to;
		const char *words;
	} bad[] = {
		{"label without an end", "BEGIN PRIVATE KEY-----", "BEGIN PRIVATE KEY----",
		 "begin"},
		{"another end", "END PRIVATE", "END PUBLIC", "begin or end"},
		{"no base64", "\nMIG", "\nM!IG", "base64"},
		{"padding inside", "\nMIG", "\nM=IG", "base64"},
		{"a letter too few", "\nMIG", "\nMG", "base64"},
		{"a header", "KEY-----\n", "KEY-----\nComment: hello\n\n", "has a header"},
		{"a header that does not end", "KEY-----\n", "KEY-----\nComment: hello\n", ""},
		{"a certificate behind it", "END PRIVATE KEY-----\n",
		 "END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END "
		 "CERTIFICATE-----\n",
		 "file holds more than a key"},
		{"half a block behind it", "END PRIVATE KEY-----\n",
		 "END PRIVATE KEY-----\n-----BEGIN X-----\n", "file holds more than a key"},
		{"no body", "\nMIG", "\n-----END PRIVATE KEY-----\nMIG", ""},
	};
	struct ota_buf pem = vector_read("imgtool/keys/p256.pem");

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ota_buf file = replaced(&pem, bad[i].from, bad[i].to);

		must_refuse(bad[i].name, ota_buf_span(&file), no_passphrase, OTA_E_MALFORMED,
			    bad[i].words);
		ota_buf_wipe(&file);
	}
	ota_buf_wipe(&pem);
}

/* What openssl pkey -text writes, comments, and the mark of an editor on Windows. */
static void text_around_a_key_is_passed_over(void **state)
{
	static const char *const around[][2] = {
		{"", "Private-Key: (256 bit)\npriv:\n    00\n"},
		{"Bag Attributes\n    friendlyName: x\n", "\n\n# a comment\n"},
		{"\xef\xbb\xbf", ""},
		{"", "\x1a"},
	};
	struct ota_buf pem = vector_read("imgtool/keys/p256.pem");

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
		struct ota_buf file = ota_buf_init(OTA_KEY_FILE_MAX);

		assert_int_equal(ota_buf_append(&file, text(around[i][0]), NULL), OTA_OK);
		assert_int_equal(ota_buf_append(&file, ota_buf_span(&pem), NULL), OTA_OK);
		assert_int_equal(ota_buf_append(&file, text(around[i][1]), NULL), OTA_OK);
		assert_true(ota_key_probe(ota_buf_span(&file)));
		ota_key_free(must_read(around[i][1], ota_buf_span(&file), no_passphrase));
		ota_buf_wipe(&file);
	}
	ota_buf_wipe(&pem);
	must_refuse("a mark alone", text("\xef\xbb\xbf"), no_passphrase, OTA_E_TRUNCATED, "empty");
	must_refuse("UTF-16", text("\xff\xfe-\x01"), no_passphrase, OTA_E_MALFORMED, "UTF-16");
	assert_false(ota_key_probe(text("\xef\xbb\xbf")));
	assert_false(ota_key_is_encrypted(text("\xef\xbb\xbf")));
}

static void a_zero_byte_in_pem_is_refused(void **state)
{
	struct ota_buf pem = vector_read("imgtool/keys/p256.pem");

	(void)state;
	for (size_t i = 0; i < pem.len; i++) {
		uint8_t was = pem.data[i];
		struct ota_key *key = NULL;

		pem.data[i] = 0;
		assert_int_equal(ota_key_read(ota_buf_span(&pem), no_passphrase, &key, NULL),
				 OTA_E_MALFORMED);
		pem.data[i] = was;
	}
	ota_buf_wipe(&pem);
}

static void unused_bits_of_base64_must_be_zero(void **state)
{
	/* An Ed25519 public key is 44 bytes: the last letter before the = has two bits over. */
	struct ota_buf pem = vector_read("imgtool/keys/ed25519.pub.pem");
	size_t at = pem.len;

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	while (pem.data[at - 1] != '=')
		at--;
	ota_key_free(must_read("as it was", ota_buf_span(&pem), no_passphrase));
	pem.data[at - 2]++;
	must_refuse("base64", ota_buf_span(&pem), no_passphrase, OTA_E_MALFORMED, "base64");
	ota_buf_free(&pem);
}

static void a_block_holds_what_its_label_says(void **state)
{
	static const char *const labels[] = {"PRIVATE KEY",    "ENCRYPTED PRIVATE KEY",
					     "EC PRIVATE KEY", "RSA PRIVATE KEY",
					     "PUBLIC KEY",     "RSA PUBLIC KEY"};
	static const struct {
		int (*write)(BIO *bio, EVP_PKEY *pkey);
		const char *kind;
	} bodies[] = {
		{pkcs8_der, "rsa-2048"}, {encrypted_der, "rsa-2048"},
		{old_der, "ecdsa-p256"}, {old_der, "rsa-2048"},
		{spki_der, "rsa-2048"},  {pkcs1_public_der, "rsa-2048"},
	};
	EVP_PKEY *ec = new_pkey("ecdsa-p256");
	EVP_PKEY *rsa = new_pkey("rsa-2048");

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		EVP_PKEY *pkey = bodies[i].kind[0] == 'e' ? ec : rsa;
		struct ota_buf der = write_form(pkey, bodies[i].write);

		for (size_t j = 0; j < 6; j++) {
			BIO *bio = BIO_new(BIO_s_mem());
			char *data = NULL;
			long len;
			struct ota_span file;

			PEM_write_bio(bio, labels[j], "", der.data, (long)der.len);
			len = BIO_get_mem_data(bio, &data);
			file = ota_span_of(data, (size_t)len);
			if (i == j)
				ota_key_free(must_read(labels[j], file, text(PASSPHRASE)));
			else
				must_refuse(labels[j], file, text(PASSPHRASE), OTA_E_MALFORMED,
					    "block does not hold one");
			BIO_free(bio);
		}
		ota_buf_wipe(&der);
	}
	EVP_PKEY_free(ec);
	EVP_PKEY_free(rsa);
}

static void a_file_holds_one_key(void **state)
{
	static const char *const files[] = {"imgtool/keys/p256.pem", "imgtool/keys/p256.pub.pem",
					    "imgtool/keys/p256-params.pem",
					    "imgtool/keys/ed25519.pub.pem"};

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	for (size_t i = 0; i < 4; i++) {
		for (size_t j = 0; j < 4; j++) {
			struct ota_buf one = vector_read(files[i]);
			struct ota_buf two = vector_read(files[j]);
			bool params = j == 2;

			assert_int_equal(ota_buf_append(&one, ota_buf_span(&two), NULL), OTA_OK);
			must_refuse(files[i], ota_buf_span(&one), no_passphrase, OTA_E_MALFORMED,
				    params ? "file holds more than a key" : "file holds two keys");
			ota_buf_wipe(&one);
			ota_buf_wipe(&two);
		}
	}
}

static void parameters_stand_before_an_ec_key_only(void **state)
{
	static const char parameters[] = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
					 "-----END EC PARAMETERS-----\n";
	struct ota_buf pem = vector_read("imgtool/keys/p256.pem");
	struct ota_buf file = ota_buf_init(OTA_KEY_FILE_MAX);

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	assert_int_equal(ota_buf_append(&file, text(parameters), NULL), OTA_OK);
	must_refuse("alone", ota_buf_span(&file), no_passphrase, OTA_E_MALFORMED, "");
	assert_int_equal(ota_buf_append(&file, ota_buf_span(&pem), NULL), OTA_OK);
	must_refuse("before PKCS#8", ota_buf_span(&file), no_passphrase, OTA_E_MALFORMED,
		    "no EC key behind");
	ota_buf_wipe(&file);
	ota_buf_wipe(&pem);
}

static void a_file_of_16_kib_is_read_and_a_larger_one_is_not(void **state)
{
	struct ota_buf pem = vector_read("imgtool/keys/p256.pem");
	struct ota_buf file = ota_buf_init(OTA_KEY_FILE_MAX + 1);

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	while (file.len < OTA_KEY_FILE_MAX - pem.len)
		assert_int_equal(ota_buf_append(&file, text("\n"), NULL), OTA_OK);
	assert_int_equal(ota_buf_append(&file, ota_buf_span(&pem), NULL), OTA_OK);
	assert_int_equal(file.len, 16384);
	ota_key_free(must_read("16 KiB", ota_buf_span(&file), no_passphrase));
	assert_int_equal(ota_buf_append(&file, text("\n"), NULL), OTA_OK);
	must_refuse("larger", ota_buf_span(&file), no_passphrase, OTA_E_MALFORMED,
		    "key file is 16385 bytes, at most 16384 are read");
	assert_false(ota_key_is_encrypted(ota_buf_span(&file)));
	ota_buf_wipe(&file);
	ota_buf_wipe(&pem);
}

/* -- what DER must not be ---------------------------------------------------------------------- */

static void der_is_strict_or_it_is_not(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		uint8_t bytes[16];
		bool strict;
	} values[] = {
		{"nothing", 0, {0}, false},
		{"an empty sequence", 2, {0x30, 0}, true},
		{"a byte behind it", 3, {0x30, 0, 0}, false},
		{"a byte missing", 3, {0x30, 2, 5}, false},
		{"an indefinite length", 4, {0x30, 0x80, 0, 0}, false},
		{"a long length for a short one", 5, {0x30, 0x81, 2, 5, 0}, false},
		{"two length bytes for one", 6, {0x30, 0x82, 0, 2, 5, 0}, false},
		{"a long tag for a short one", 3, {0x3f, 0x10, 0}, false},
		{"an integer", 3, {2, 1, 0}, true},
		{"an empty integer", 2, {2, 0}, false},
		{"a zero too many", 4, {2, 2, 0, 0x7f}, false},
		{"a zero that is needed", 4, {2, 2, 0, 0x80}, true},
		{"ones too many", 4, {2, 2, 0xff, 0x80}, false},
		{"ones that are needed", 4, {2, 2, 0xff, 0x7f}, true},
		{"NULL", 2, {5, 0}, true},
		{"NULL with something", 3, {5, 1, 0}, false},
		{"TRUE", 3, {1, 1, 0xff}, true},
		{"a BER TRUE", 3, {1, 1, 1}, false},
		{"a bit string", 4, {3, 2, 0, 1}, true},
		{"a bit string of no whole bytes", 4, {3, 2, 1, 2}, false},
		{"a bit string of nothing", 2, {3, 0}, false},
		{"a constructed octet string", 4, {0x24, 2, 4, 0}, false},
		{"a primitive sequence", 2, {0x10, 0}, false},
		{"end of contents", 2, {0, 0}, false},
		{"a bad integer inside", 6, {0x30, 4, 2, 2, 0, 1}, false},
		{"8 levels",
		 16,
		 {0x30, 14, 0x30, 12, 0x30, 10, 0x30, 8, 0x30, 6, 0x30, 4, 0x30, 2, 0x30, 0},
		 true},
	};
	static const uint8_t nine[] = {0x30, 16,   0x30, 14,   0x30, 12,   0x30, 10,   0x30,
				       8,    0x30, 6,    0x30, 4,    0x30, 2,    0x30, 0};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (ota_der_is_strict(ota_span_of(values[i].bytes, values[i].len)) !=
		    values[i].strict)
			fail_msg("%s", values[i].name);
	}
	assert_false(ota_der_is_strict(ota_span_of(nine, sizeof(nine))));
}

/* The file with the outer length in one byte more than it needs. */
static struct ota_buf with_ber_length(const struct ota_buf *file)
{
	struct ota_buf out = ota_buf_init(OTA_KEY_FILE_MAX);
	uint8_t head[8] = {0x30};
	size_t n = file->data[1] < 0x80 ? 0 : file->data[1] & 0x7fU;

	head[1] = (uint8_t)(0x80 + n + 1);
	if (n == 0)
		head[2] = file->data[1];
	else
		memcpy(head + 3, file->data + 2, n);
	assert_int_equal(ota_buf_append(&out, ota_span_of(head, 2 + n + 1), NULL), OTA_OK);
	assert_int_equal(ota_buf_append(&out, ota_span_tail(ota_buf_span(file), 2 + n), NULL),
			 OTA_OK);
	return out;
}

static void keys_in_ber_are_refused(void **state)
{
	EVP_PKEY *ec = new_pkey("ecdsa-p256");
	EVP_PKEY *rsa = new_pkey("rsa-2048");

	(void)state;
	for (size_t j = 0; j < N_FORMS; j++) {
		bool is_rsa = forms[j].kinds == RSA_ONLY;
		struct ota_buf file = write_form(is_rsa ? rsa : ec, forms[j].write);

		if (file.data[0] == 0x30) {
			struct ota_buf ber = with_ber_length(&file);

			must_refuse(forms[j].name, ota_buf_span(&ber), text(PASSPHRASE),
				    OTA_E_MALFORMED, "strict DER");
			ota_buf_wipe(&ber);
		}
		ota_buf_wipe(&file);
	}
	EVP_PKEY_free(ec);
	EVP_PKEY_free(rsa);
}

/* BER inside the string that holds the key itself, where a decoder of the outside sees no rule. */
static void ber_inside_a_pkcs8_key_is_refused(void **state)
{
	/* Ed25519: OCTET STRING of an OCTET STRING whose length is 81 20. */
	static const uint8_t head[] = {0x30, 0x2f, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03,
				       0x2b, 0x65, 0x70, 0x04, 0x23, 0x04, 0x81, 0x20};
	uint8_t der[sizeof(head) + 32] = {0};

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	memcpy(der, head, sizeof(head));
	must_refuse("BER inside", ota_span_of(der, sizeof(der)), no_passphrase, OTA_E_MALFORMED,
		    "not strict DER");
}

static void two_curves_in_one_key_are_refused(void **state)
{
	/* PKCS#8 says P-256, the SEC1 key in it secp256k1. */
	static const uint8_t head[] = {0x30, 0x4d, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07,
				       0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
				       0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04,
				       0x33, 0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20};
	uint8_t der[128] = {0};
	uint8_t sec1[64];
	struct ota_span inner = sec1_with("1", sec1);

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	memcpy(der, head, sizeof(head));
	memcpy(der + sizeof(head), inner.data + 7, inner.len - 7);
	ota_key_free(must_read("one curve", ota_span_of(der, 79), no_passphrase));
	der[78] = 0x08;
	must_refuse("two curves", ota_span_of(der, 79), no_passphrase, OTA_E_MALFORMED,
		    "names two curves");
}

/* -- encryption -------------------------------------------------------------------------------- */

/* An encrypted key that no one has the passphrase of, with the algorithm given; takes it. */
static struct ota_buf encrypted_nonsense(X509_ALGOR *pbe)
{
	static const uint8_t bytes[64] = {1};
	struct ota_buf out = ota_buf_init(OTA_KEY_FILE_MAX);
	ASN1_OCTET_STRING *secret = NULL;
	X509_SIG *sig = X509_SIG_new();
	X509_ALGOR *algor = NULL;
	uint8_t *der = NULL;
	int len;

	assert_non_null(pbe);
	X509_SIG_getm(sig, &algor, &secret);
	assert_int_equal(X509_ALGOR_copy(algor, pbe), 1);
	assert_int_equal(ASN1_OCTET_STRING_set(secret, bytes, sizeof(bytes)), 1);
	len = i2d_X509_SIG(sig, &der);
	assert_int_equal(ota_buf_append(&out, ota_span_of(der, (size_t)len), NULL), OTA_OK);
	OPENSSL_free(der);
	X509_SIG_free(sig);
	X509_ALGOR_free(pbe);
	return out;
}

static struct ota_buf pbkdf2_nonsense(int rounds)
{
	return encrypted_nonsense(
		PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), rounds, NULL, 0, NULL, NID_hmacWithSHA256));
}

static void replace_bytes(struct ota_buf *file, const char *from, const char *to, size_t len)
{
	size_t at = 0;

	while (at + len <= file->len && memcmp(file->data + at, from, len) != 0)
		at++;
	assert_true(at + len <= file->len);
	memcpy(file->data + at, to, len);
}

static void work_factors_beyond_the_limits_are_refused_at_once(void **state)
{
	struct ota_buf most = pbkdf2_nonsense(10000001);
	struct ota_buf none = pbkdf2_nonsense(1);
	struct ota_buf negative = pbkdf2_nonsense(1);
	struct ota_buf huge = pbkdf2_nonsense(0x7fffffff);
	struct ota_buf work = encrypted_nonsense(
		PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, 16384, 8, 33));
	struct ota_buf memory = encrypted_nonsense(
		PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, 16384, 8, 1));

	(void)state;
	must_refuse("PBKDF2", ota_buf_span(&most), text("x"), OTA_E_UNSUPPORTED,
		    "key asks for 10000001 PBKDF2 rounds, at most 10000000 are taken");
	must_refuse("PBKDF2", ota_buf_span(&huge), text("x"), OTA_E_UNSUPPORTED,
		    "key asks for 2147483647 PBKDF2 rounds");
	replace_bytes(&none, "\x02\x01\x01\x30\x0c", "\x02\x01\x00\x30\x0c", 5);
	must_refuse("no rounds", ota_buf_span(&none), text("x"), OTA_E_MALFORMED,
		    "key asks for 0 PBKDF2 rounds");
	replace_bytes(&negative, "\x02\x01\x01\x30\x0c", "\x02\x01\xff\x30\x0c", 5);
	must_refuse("negative rounds", ota_buf_span(&negative), text("x"), OTA_E_MALFORMED,
		    "fewer than 0");
	must_refuse("scrypt work", ota_buf_span(&work), text("x"), OTA_E_UNSUPPORTED,
		    "key asks for 4325376 blocks of scrypt, at most 4194304 are taken");
	replace_bytes(&memory, "\x02\x02\x40\x00", "\x02\x02\x7f\xff", 4);
	must_refuse("scrypt memory", ota_buf_span(&memory), text("x"), OTA_E_UNSUPPORTED,
		    "key asks for 33556480 bytes of scrypt memory, at most 33554432 are taken");
	replace_bytes(&memory, "\x02\x02\x7f\xff", "\x02\x02\x30\x00", 4);
	must_refuse("scrypt N that is no power of 2", ota_buf_span(&memory), text("x"),
		    OTA_E_UNSUPPORTED, "OpenSSL");
	ota_buf_free(&most);
	ota_buf_free(&none);
	ota_buf_free(&negative);
	ota_buf_free(&huge);
	ota_buf_free(&work);
	ota_buf_free(&memory);
}

static void weak_and_unknown_encryptions_are_named(void **state)
{
	struct ota_buf pbe1 = vector_read("keys/pbe-sha1-3des.pem");
	struct ota_buf ctr = encrypted_nonsense(
		PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), 1, NULL, 0, NULL, NID_hmacWithSHA256));
	struct ota_buf des = vector_read("imgtool/keys/p256-sec1.pem");
	struct ota_buf old = replaced(&des, "KEY-----\n",
				      "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-CBC,"
				      "0011223344556677\n\n");

	(void)state;
	must_refuse("PBES1", ota_buf_span(&pbe1), text("test"), OTA_E_UNSUPPORTED,
		    "key is encrypted by pbeWithSHA1And3-KeyTripleDES-CBC, only PBES2 is taken");
	/* 2.16.840.1.101.3.4.1.42 is AES-256-CBC, .44 is AES-256-CFB. */
	replace_bytes(&ctr, "\x60\x86\x48\x01\x65\x03\x04\x01\x2a",
		      "\x60\x86\x48\x01\x65\x03\x04\x01\x2c", 9);
	must_refuse("CFB", ota_buf_span(&ctr), text("x"), OTA_E_UNSUPPORTED,
		    "key is encrypted by aes-256-cfb, only AES or triple DES in CBC mode");
	assert_true(ota_key_is_encrypted(ota_buf_span(&old)));
	must_refuse("DES", ota_buf_span(&old), text("x"), OTA_E_UNSUPPORTED, "DES-CBC");
	ota_buf_free(&pbe1);
	ota_buf_free(&ctr);
	ota_buf_wipe(&des);
	ota_buf_wipe(&old);
}

static void passphrases_have_limits(void **state)
{
	static uint8_t longest[OTA_PASSPHRASE_MAX + 1];
	struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);
	struct ota_buf empty = ota_buf_init(OTA_KEY_FILE_MAX);
	struct ota_span most = ota_span_of(longest, OTA_PASSPHRASE_MAX);
	struct ota_span more = ota_span_of(longest, OTA_PASSPHRASE_MAX + 1);

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(ota_key_generate("ed25519", most, &pem, NULL), OTA_OK);
	ota_key_free(must_read("1,024 bytes", ota_buf_span(&pem), most));
	must_refuse("1,025 bytes", ota_buf_span(&pem), more, OTA_E_USAGE,
		    "passphrase is 1025 bytes, at most 1024 are taken");
	must_refuse("a zero byte", ota_buf_span(&pem), ota_span_of("a\0b", 3), OTA_E_USAGE,
		    "passphrase holds a zero byte");
	assert_int_equal(ota_key_generate("ed25519", more, &empty, NULL), OTA_E_USAGE);
	assert_int_equal(ota_key_generate("ed25519", ota_span_of("a\0b", 3), &empty, NULL),
			 OTA_E_USAGE);
	assert_int_equal(empty.len, 0);
	ota_buf_wipe(&pem);
}

static void a_passphrase_for_a_plain_key_is_not_looked_at(void **state)
{
	struct ota_buf pem = vector_read("imgtool/keys/p256.pem");

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	ota_key_free(must_read("plain", ota_buf_span(&pem), ota_span_of("a\0b", 3)));
	ota_buf_wipe(&pem);
}

/* -- what is no key of ours -------------------------------------------------------------------- */

static void files_that_are_no_key_of_ours_are_refused(void **state)
{
	static const struct {
		const char *name;
		enum ota_err err;
		const char *words;
		const char *hint;
	} bad[] = {
		{"imgtool/keys/bad-text.pem", OTA_E_MALFORMED, "", ""},
		{"imgtool/keys/bad-secp256k1.pem", OTA_E_UNSUPPORTED, "EC secp256k1", ""},
		{"imgtool/in/empty.bin", OTA_E_TRUNCATED, "key file is empty", ""},
		{"imgtool/in/rand-1021.bin", OTA_E_MALFORMED, "neither PEM nor DER", ""},
		{"keys/certificate.pem", OTA_E_UNSUPPORTED, "CERTIFICATE", "openssl x509 -pubkey"},
		{"keys/certificate.der", OTA_E_UNSUPPORTED, "certificate", "openssl x509 -pubkey"},
		{"keys/container.p12", OTA_E_UNSUPPORTED, "PKCS#12", "openssl pkcs12"},
		{"keys/openssh.pem", OTA_E_UNSUPPORTED, "OPENSSH PRIVATE KEY", "ssh-keygen -p"},
		{"keys/openssh.pub", OTA_E_UNSUPPORTED, "OpenSSH", "ssh-keygen -e -m pkcs8"},
		{"keys/explicit-p256.pem", OTA_E_UNSUPPORTED, "spells its curve out", ""},
		{"keys/explicit-p256-sec1.pem", OTA_E_UNSUPPORTED, "spells its curve out", ""},
		{"keys/explicit-p256.pub.pem", OTA_E_UNSUPPORTED, "spells its curve out", ""},
		{"keys/rsa-pss.pem", OTA_E_UNSUPPORTED, "key is for rsassaPss", ""},
		{"keys/dsa.pem", OTA_E_UNSUPPORTED, "key is for dsaEncryption", ""},
		{"keys/dsa-old.pem", OTA_E_UNSUPPORTED, "DSA PRIVATE KEY", ""},
		{"keys/dsa-old.der", OTA_E_UNSUPPORTED, "key is for DSA", ""},
		{"keys/ed448.pem", OTA_E_UNSUPPORTED, "key is for ED448", ""},
	};

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ota_buf file = vector_read(bad[i].name);
		struct ota_diag diag = {.err = OTA_OK};
		struct ota_key *key = NULL;

		must_refuse(bad[i].name, ota_buf_span(&file), no_passphrase, bad[i].err,
			    bad[i].words);
		assert_int_equal(ota_key_read(ota_buf_span(&file), no_passphrase, &key, &diag),
				 bad[i].err);
		if (!strstr(diag.hint, bad[i].hint))
			fail_msg("%s: hint \"%s\"", bad[i].name, diag.hint);
		assert_false(ota_key_is_encrypted(ota_buf_span(&file)));
		ota_buf_wipe(&file);
	}
}

static void keys_of_other_curves_and_sizes_are_named(void **state)
{
	static const struct {
		const char *curve; /* NULL: RSA */
		unsigned bits;
		const char *words;
	} others[] = {
		{"P-521", 0, "key is EC secp521r1, this version takes ecdsa-p256, ed25519"},
		{"secp256k1", 0, "key is EC secp256k1"},
		{"P-224", 0, "key is EC secp224r1"},
		{NULL, 1024, "key is RSA of 1024 bits"},
		{NULL, 4096, "key is RSA of 4096 bits"},
	};

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		EVP_PKEY *pkey =
			others[i].curve ? EVP_EC_gen(others[i].curve) : EVP_RSA_gen(others[i].bits);
		int (*const writes[])(BIO *, EVP_PKEY *) = {pkcs8_pem, old_der, spki_der};

		assert_non_null(pkey);
		for (size_t j = 0; j < 3; j++) {
			struct ota_buf file = write_form(pkey, writes[j]);

			must_refuse(others[i].words, ota_buf_span(&file), no_passphrase,
				    OTA_E_UNSUPPORTED, others[i].words);
			ota_buf_wipe(&file);
		}
		EVP_PKEY_free(pkey);
	}
}

/* A P-256 key in SEC1 whose [0] or [1] is not one value of the right type. */
static void explicit_tags_hold_one_value(void **state)
{
	static const struct {
		const char *name;
		size_t len;
		uint8_t tail[32];
	} bad[] = {
		{"two names", 22, {0xa0, 0x14, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
				   0x3d, 0x03, 0x01, 0x07, 0x06, 0x08, 0x2a, 0x86,
				   0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}},
		{"a name and NULL",
		 14,
		 {0xa0, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x05,
		  0x00}},
		{"no constructed tag",
		 12,
		 {0x80, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}},
		{"nothing", 2, {0xa0, 0x00}},
		{"an empty [1]",
		 14,
		 {0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0xa1,
		  0x00}},
	};

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t der[7 + 32 + 32] = {0x30, 0, 0x02, 0x01, 0x01, 0x04, 0x20};

		der[1] = (uint8_t)(5 + 32 + bad[i].len);
		der[38] = 1; /* the scalar */
		memcpy(der + 39, bad[i].tail, bad[i].len);
		must_refuse(bad[i].name, ota_span_of(der, 39 + bad[i].len), no_passphrase,
			    OTA_E_MALFORMED, "");
	}
}

/* n and e of an RSA public key in PKCS#1 DER; n is 2,048 bits. */
static void a_public_rsa_key_has_odd_numbers_and_no_small_factor(void **state)
{
	static const struct {
		const char *name;
		uint8_t last; /* byte of n */
		uint8_t e;
		bool negative;
	} bad[] = {
		{"n even", 0xfe, 3, false},       {"n divides by 3", 0xff, 3, false},
		{"e is 1", 0xe9, 1, false},       {"e is even", 0xe9, 4, false},
		{"n is negative", 0xe9, 3, true},
	};

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		/* 2^2048 - 1 divides by 3, and 2^2048 - 23 by nothing below 752. */
		uint8_t der[268] = {0x30, 0x82, 0x01, 0x08, 0x02, 0x82, 0x01, 0x01, 0x00};

		memset(der + 9, 0xff, 256);
		der[264] = bad[i].last;
		der[8] = bad[i].negative ? 0x80 : 0;
		memcpy(der + 265, (const uint8_t[]){0x02, 0x01, bad[i].e}, 3);
		must_refuse(bad[i].name, ota_span_of(der, sizeof(der)), no_passphrase,
			    OTA_E_MALFORMED, "");
	}
}

/* -- key-encryption keys ----------------------------------------------------------------------- */

#define KEK_128 "/IsjR8JkxqG9oDBFfaCbuw=="
#define KEK_256 "8pgiZvmqsXhXrhDbdpecR8F61Z+HEKU1AySNgbuVmgw="

static void key_encryption_keys_are_base64_of_16_or_32_bytes(void **state)
{
	static const struct {
		const char *file;
		const char *kind;
	} good[] = {
		{KEK_128, "aes-kw-128"},
		{KEK_128 "\n", "aes-kw-128"},
		{KEK_256 "\r\n\r\n", "aes-kw-256"},
		{" \t\n" KEK_256 " \n", "aes-kw-256"},
		{"AES-KW:" KEK_128 "\n", "aes-kw-128"},
		{"\nAES-KW: " KEK_256, "aes-kw-256"},
		{"\xef\xbb\xbf" KEK_128, "aes-kw-128"},
		/* It begins with the byte that keys in DER begin with. */
		{"0pgiZvmqsXhXrhDbdpecR8F61Z+HEKU1AySNgbuVmgw=", "aes-kw-256"},
	};

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct ota_key *key;

		assert_true(ota_key_probe(text(good[i].file)));
		assert_false(ota_key_is_encrypted(text(good[i].file)));
		key = must_read(good[i].file, text(good[i].file), no_passphrase);
		assert_string_equal(ota_key_name(key), good[i].kind);
		assert_true(ota_key_is_kek(key));
		ota_key_free(key);
	}
}

static void what_is_almost_a_key_encryption_key_is_refused(void **state)
{
	static const struct {
		const char *file;
		const char *words;
		bool probed;
	} bad[] = {
		{"/IsjR8JkxqG9oDBFfaCb", "base64 of 15 bytes", false},
		{"/IsjR8JkxqG9oDBFfaCbuwA=", "base64 of 17 bytes", false},
		{"/IsjR8JkxqG9oDBFfaCbu/IsjR8JkxqG", "base64 of 24 bytes", false},
		{"8pgiZvmqsXhXrhDbdpecR8F61Z+HEKU1AySNgbuVmgwA", "base64 of 33 bytes", false},
		{"AES-KW:/IsjR8JkxqG9oDBFfaCb", "15 bytes, not 16 or 32", true},
		{"AES-KW:", "0 bytes, not 16 or 32", true},
		{"AES-KW:" KEK_128 KEK_128, "strict base64", true},
		{"AES-KW:AES-KW:" KEK_128, "strict base64", true},
		{"aes-kw:" KEK_128, "no key in it", false},
		{"/IsjR8JkxqG9oDBFfaCbuw", "no key in it", false},     /* no padding */
		{"/IsjR8JkxqG9oDBFfaCbuw=", "no key in it", false},    /* half of it */
		{"/IsjR8JkxqG9oDBFfaCbux==", "no key in it", false},   /* unused bits */
		{"_IsjR8JkxqG9oDBFfaCbuw==", "no key in it", false},   /* base64url */
		{"/IsjR8JkxqG9\noDBFfaCbuw==", "no key in it", false}, /* two lines */
		{KEK_128 "\n" KEK_128, "no key in it", false},         /* two keys */
		{"/IsjR8JkxqG9oDBF!aCbuw==", "no key in it", false},
		{"fc8b2347c264c6a1bda030457da09bbb", "base64 of 24 bytes", false}, /* hex */
		{"hello", "no key in it", false},
	};

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		must_refuse(bad[i].file, text(bad[i].file), no_passphrase, OTA_E_MALFORMED,
			    bad[i].words);
		assert_int_equal(ota_key_probe(text(bad[i].file)), bad[i].probed);
	}
}

/* Any 16 bytes could be one: a mistaken file must not become a key. */
static void bare_bytes_are_no_key_encryption_key(void **state)
{
	uint8_t bytes[32];

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	fill_pattern(bytes, sizeof(bytes), 1);
	for (size_t len = 16; len <= 32; len += 16) {
		must_refuse("bytes", ota_span_of(bytes, len), no_passphrase, OTA_E_MALFORMED,
			    "no key in it");
		assert_false(ota_key_probe(ota_span_of(bytes, len)));
	}
}

static void zero_bytes_and_truncation_make_no_key_encryption_key(void **state)
{
	static const char zero_inside[] = "/IsjR8JkxqG9\0DBFfaCbuw==";
	static const char zero_behind[] = KEK_128 "\0";
	struct ota_key *key = NULL;

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	must_refuse("zero inside", ota_span_of(zero_inside, sizeof(zero_inside) - 1), no_passphrase,
		    OTA_E_MALFORMED, "no key in it");
	must_refuse("zero behind", ota_span_of(zero_behind, sizeof(zero_behind) - 1), no_passphrase,
		    OTA_E_MALFORMED, "no key in it");
	for (size_t len = 0; len < strlen(KEK_256); len++) {
		assert_int_not_equal(
			ota_key_read(ota_span_of(KEK_256, len), no_passphrase, &key, NULL), OTA_OK);
		assert_null(key);
	}
}

static void a_key_encryption_key_has_no_public_part_and_signs_nothing(void **state)
{
	static const uint8_t digest[32] = {0};
	struct ota_span message = ota_span_of(digest, sizeof(digest));
	struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_digest id = {.len = 1};
	struct ota_sig sig;
	struct ota_key *key;

	(void)state;
	assert_int_equal(ota_keys_init(NULL), OTA_OK);
	key = must_read("kek", text(KEK_128), no_passphrase);
	assert_true(ota_key_is_private(key));
	assert_false(ota_key_signs(key));
	assert_int_equal(ota_key_sig_tlv(key), 0);
	assert_int_equal(ota_key_enc_tlv(key), 0x31);
	assert_int_equal(ota_key_public(key).len, 0);
	assert_false(ota_key_takes_hash(key, OTA_HASH_SHA256));
	assert_int_equal(ota_key_public_pem(key, &pem, &diag), OTA_E_USAGE);
	assert_non_null(strstr(diag.text, "aes-kw-128 has no public part"));
	assert_int_equal(pem.len, 0);
	assert_int_equal(ota_key_id(key, OTA_HASH_SHA256, &id, NULL), OTA_E_USAGE);
	assert_int_equal(id.len, 0);
	assert_int_equal(ota_key_sign(key, message, &sig, NULL), OTA_E_USAGE);
	assert_int_equal(ota_key_verify(key, message, message, NULL), OTA_E_USAGE);
	assert_int_equal(ota_key_verify_raw(key, message, message, NULL), OTA_E_USAGE);
	assert_int_equal(ota_key_sig_from_raw(key, message, &sig, NULL), OTA_E_USAGE);
	ota_key_free(key);
	ota_buf_free(&pem);
}

static void keygen_makes_no_key_encryption_keys(void **state)
{
	struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);

	(void)state;
	for (size_t i = 0; ota_key_kind_name(i); i++)
		assert_null(strstr(ota_key_kind_name(i), "aes-kw"));
	assert_int_equal(ota_key_generate("aes-kw-128", no_passphrase, &pem, NULL), OTA_E_ABSENT);
	ota_buf_free(&pem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_read_from_every_form),
		cmocka_unit_test(sec1_and_pkcs8_files_of_one_key_are_one_key),
		cmocka_unit_test(written_keys_are_read_by_openssl_with_their_passphrase),
		cmocka_unit_test(written_keys_are_encrypted_as_promised),
		cmocka_unit_test(text_before_the_key_and_blank_space_after_it_are_passed_over),
		cmocka_unit_test(lines_may_end_as_windows_ends_them),
		cmocka_unit_test(every_truncation_of_every_form_is_refused),
		cmocka_unit_test(bytes_behind_a_der_key_are_refused),
		cmocka_unit_test(every_bit_of_a_key_in_der_matters),
		cmocka_unit_test(a_damaged_letter_of_a_pem_file_never_gives_another_key),
		cmocka_unit_test(a_damaged_rsa_number_is_refused),
		cmocka_unit_test(the_scalar_is_above_0_and_below_the_order),
		cmocka_unit_test(a_public_part_of_another_key_is_refused),
		cmocka_unit_test(malformed_pem_is_refused),
		cmocka_unit_test(text_around_a_key_is_passed_over),
		cmocka_unit_test(a_zero_byte_in_pem_is_refused),
		cmocka_unit_test(unused_bits_of_base64_must_be_zero),
		cmocka_unit_test(a_block_holds_what_its_label_says),
		cmocka_unit_test(a_file_holds_one_key),
		cmocka_unit_test(parameters_stand_before_an_ec_key_only),
		cmocka_unit_test(a_file_of_16_kib_is_read_and_a_larger_one_is_not),
		cmocka_unit_test(der_is_strict_or_it_is_not),
		cmocka_unit_test(keys_in_ber_are_refused),
		cmocka_unit_test(ber_inside_a_pkcs8_key_is_refused),
		cmocka_unit_test(two_curves_in_one_key_are_refused),
		cmocka_unit_test(work_factors_beyond_the_limits_are_refused_at_once),
		cmocka_unit_test(weak_and_unknown_encryptions_are_named),
		cmocka_unit_test(passphrases_have_limits),
		cmocka_unit_test(a_passphrase_for_a_plain_key_is_not_looked_at),
		cmocka_unit_test(files_that_are_no_key_of_ours_are_refused),
		cmocka_unit_test(keys_of_other_curves_and_sizes_are_named),
		cmocka_unit_test(explicit_tags_hold_one_value),
		cmocka_unit_test(a_public_rsa_key_has_odd_numbers_and_no_small_factor),
		cmocka_unit_test(key_encryption_keys_are_base64_of_16_or_32_bytes),
		cmocka_unit_test(what_is_almost_a_key_encryption_key_is_refused),
		cmocka_unit_test(bare_bytes_are_no_key_encryption_key),
		cmocka_unit_test(zero_bytes_and_truncation_make_no_key_encryption_key),
		cmocka_unit_test(a_key_encryption_key_has_no_public_part_and_signs_nothing),
		cmocka_unit_test(keygen_makes_no_key_encryption_keys),
	};

	return cmocka_run_group_tests_name("keys/key_file", tests, NULL, NULL);
}
