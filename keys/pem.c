// SPDX-License-Identifier: Apache-2.0
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "key_ops.h"

/* One decoded PEM block; owned. */
struct pem_block {
	char *label;
	char *header;
	unsigned char *der;
	long len;
};

static void block_free(struct pem_block *block)
{
	OPENSSL_free(block->label);
	OPENSSL_free(block->header);
	if (block->der)
		OPENSSL_clear_free(block->der, (size_t)block->len);
	*block = (struct pem_block){.label = NULL};
}

static bool labelled(const struct pem_block *block, const char *label)
{
	return block->label && strcmp(block->label, label) == 0;
}

static enum ota_err no_block(struct ota_span pem, struct ota_diag *diag)
{
	ERR_clear_error();
	if (pem.len == 0)
		return ota_fail(diag, OTA_E_TRUNCATED, "key file is empty");
	if (pem.data[0] == 0x30) {
		(void)ota_fail(diag, OTA_E_UNSUPPORTED, "key looks like DER, not PEM");
		ota_hint(diag, "convert it: openssl pkey -inform der -in KEY -out KEY.pem");
		return OTA_E_UNSUPPORTED;
	}
	return ota_fail(diag, OTA_E_MALFORMED, "no PEM key in it, or a damaged one");
}

/* The first block that is not curve parameters, which may stand before a SEC1 key. */
static enum ota_err first_block(struct ota_span pem, struct pem_block *block, struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;
	BIO *bio = NULL;

	if (pem.len > 0)
		bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	if (!bio)
		return pem.len > 0 ? ota_fail(diag, OTA_E_MEMORY, "out of memory reading a key")
				   : no_block(pem, diag);
	do {
		block_free(block);
		if (PEM_read_bio(bio, &block->label, &block->header, &block->der, &block->len) != 1)
			err = no_block(pem, diag);
	} while (err == OTA_OK && labelled(block, "EC PARAMETERS"));
	BIO_free(bio);
	return err;
}

static EVP_PKEY *decode_pkcs8(const unsigned char **at, long len)
{
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, at, len);
	EVP_PKEY *pkey = info ? EVP_PKCS82PKEY(info) : NULL;

	PKCS8_PRIV_KEY_INFO_free(info);
	return pkey;
}

/* Decodes by the block's exact label; OTA_E_UNSUPPORTED names what it does not take. */
static enum ota_err decode(const struct pem_block *block, EVP_PKEY **pkey, bool *is_private,
			   struct ota_diag *diag)
{
	const unsigned char *at = block->der;

	*is_private = !labelled(block, "PUBLIC KEY");
	if (labelled(block, "ENCRYPTED PRIVATE KEY") ||
	    (block->header && block->header[0] != '\0')) {
		(void)ota_fail(diag, OTA_E_UNSUPPORTED,
			       "key is encrypted, and this version reads plain keys only");
		ota_hint(diag,
			 "decrypt it where that is safe: openssl pkey -in KEY -out PLAIN.pem");
		return OTA_E_UNSUPPORTED;
	}
	if (labelled(block, "PRIVATE KEY"))
		*pkey = decode_pkcs8(&at, block->len);
	else if (labelled(block, "EC PRIVATE KEY"))
		*pkey = d2i_PrivateKey(EVP_PKEY_EC, NULL, &at, block->len);
	else if (labelled(block, "PUBLIC KEY"))
		*pkey = d2i_PUBKEY(NULL, &at, block->len);
	else
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"PEM block is \"%.40s\", this version reads PRIVATE KEY, "
				"EC PRIVATE KEY and PUBLIC KEY",
				block->label);
	ERR_clear_error();
	if (!*pkey)
		return ota_fail(diag, OTA_E_MALFORMED, "%s block cannot be decoded", block->label);
	if (at != block->der + block->len)
		return ota_fail(diag, OTA_E_MALFORMED, "%ld bytes follow the key in its %s block",
				(long)(block->der + block->len - at), block->label);
	return OTA_OK;
}

enum ota_err ota_pem_read(struct ota_span pem, EVP_PKEY **pkey, bool *is_private,
			  struct ota_diag *diag)
{
	struct pem_block block = {.label = NULL};
	enum ota_err err;

	*pkey = NULL;
	if (pem.len > OTA_KEY_FILE_MAX)
		return ota_fail(diag, OTA_E_MALFORMED, "key file is %zu bytes, at most %u are read",
				pem.len, OTA_KEY_FILE_MAX);
	err = first_block(pem, &block, diag);
	if (err == OTA_OK)
		err = decode(&block, pkey, is_private, diag);
	block_free(&block);
	if (err != OTA_OK) {
		EVP_PKEY_free(*pkey);
		*pkey = NULL;
	}
	return err;
}

/* Moves what a memory BIO holds to `out`. */
static enum ota_err take_bio(BIO *bio, struct ota_buf *out, struct ota_diag *diag)
{
	char *data = NULL;
	long len = BIO_get_mem_data(bio, &data);

	return ota_buf_append(out, ota_span_of(data, (size_t)len), diag);
}

enum ota_err ota_pem_write_private(EVP_PKEY *pkey, struct ota_buf *out, struct ota_diag *diag)
{
	/* Secure memory: wiped when freed. */
	BIO *bio = BIO_new(BIO_s_secmem());
	enum ota_err err;

	if (bio && PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1)
		err = take_bio(bio, out, diag);
	else
		err = ota_fail_openssl(diag, "writing a private key");
	BIO_free(bio);
	return err;
}

enum ota_err ota_pem_write_public(struct ota_span der, struct ota_buf *out, struct ota_diag *diag)
{
	BIO *bio = BIO_new(BIO_s_mem());
	enum ota_err err;

	if (bio && PEM_write_bio(bio, "PUBLIC KEY", "", der.data, (long)der.len) > 0)
		err = take_bio(bio, out, diag);
	else
		err = ota_fail_openssl(diag, "writing a public key");
	BIO_free(bio);
	return err;
}
