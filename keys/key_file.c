// SPDX-License-Identifier: Apache-2.0
/*
 * Key files: one key, PEM (RFC 7468) or DER. The frame of PEM is read here and strictly, because
 * OpenSSL's reader passes over what it does not know; base64 is libsodium's, in constant time.
 */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "key_form.h"

#define BEGIN "-----BEGIN "
#define END   "-----END "
#define DASH  "-----"

#define WRITE_ROUNDS    600000 /* OWASP's advice for PBKDF2-HMAC-SHA-256 */
#define WRITE_SALT_SIZE 16     /* bytes: RFC 8018 4.1 wants 8, NIST SP 800-132 16 */

/* One block; spans borrow from the file. */
struct pem_block {
	struct ota_span label;
	struct ota_span header; /* RFC 1421, empty but for the old encryption */
	struct ota_span body;
};

/* A block's label and the only form that may stand in it. */
struct label {
	const char *text;
	enum key_form form;
	bool old_encryption; /* Proc-Type may stand in it */
};

static const struct label labels[] = {
	{"PRIVATE KEY", KEY_FORM_PKCS8, false},
	{"ENCRYPTED PRIVATE KEY", KEY_FORM_ENCRYPTED, false},
	{"EC PRIVATE KEY", KEY_FORM_SEC1, true},
	{"RSA PRIVATE KEY", KEY_FORM_RSA_PRIVATE, true},
	{"PUBLIC KEY", KEY_FORM_SPKI, false},
	{"RSA PUBLIC KEY", KEY_FORM_RSA_PUBLIC, false},
};

static bool is_text(struct ota_span span, const char *text)
{
	return ota_span_equal(span, ota_span_of(text, strlen(text)));
}

static bool starts_with(struct ota_span span, const char *text)
{
	return is_text(ota_span_head(span, strlen(text)), text);
}

static bool ends_with(struct ota_span span, const char *text)
{
	size_t len = strlen(text);

	return span.len >= len && is_text(ota_span_tail(span, span.len - len), text);
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_blank(struct ota_span span)
{
	for (size_t i = 0; i < span.len; i++) {
		if (!is_space(span.data[i]))
			return false;
	}
	return true;
}

/* Takes the next line off `rest`; white space at its end is cut off. False: there is none. */
static bool next_line(struct ota_span *rest, struct ota_span *line)
{
	size_t len = 0;

	if (rest->len == 0)
		return false;
	while (len < rest->len && rest->data[len] != '\n')
		len++;
	*line = ota_span_head(*rest, len);
	*rest = ota_span_tail(*rest, len + 1);
	while (line->len > 0 && is_space(line->data[line->len - 1]))
		line->len--;
	return true;
}

/* The text in "-----BEGIN text-----"; empty when the line is another. */
static struct ota_span label_in(struct ota_span line, const char *begin)
{
	size_t edges = strlen(begin) + strlen(DASH);

	if (line.len <= edges || !starts_with(line, begin) || !ends_with(line, DASH))
		return ota_span_of(NULL, 0);
	return ota_span_sub(line, strlen(begin), line.len - edges);
}

/* The bytes from the start of `from` to the start of `to`, a later part of it. */
static struct ota_span between(struct ota_span from, const uint8_t *to)
{
	return ota_span_head(from, (size_t)(to - from.data));
}

/* A header is lines with a colon, up to an empty one. */
static void split_header(struct pem_block *block)
{
	struct ota_span rest = block->body;
	struct ota_span line = {NULL, 0};

	if (!next_line(&rest, &line) || !memchr(line.data, ':', line.len))
		return;
	while (line.len > 0 && next_line(&rest, &line))
		;
	block->header = ota_span_head(block->body, block->body.len - rest.len);
	block->body = rest;
}

/*
 * Takes the next block off `rest`, and what stands before it. OTA_E_ABSENT: there is none;
 * OTA_E_MALFORMED: it does not end.
 */
static enum ota_err next_block(struct ota_span *rest, struct ota_span *before,
			       struct pem_block *block)
{
	struct ota_span start = *rest;
	struct ota_span body;
	struct ota_span line;

	*block = (struct pem_block){.label = {NULL, 0}};
	while (block->label.len == 0) {
		if (!next_line(rest, &line)) {
			*before = start;
			return OTA_E_ABSENT;
		}
		block->label = label_in(line, BEGIN);
	}
	*before = between(start, line.data);
	body = *rest;
	do {
		if (!next_line(rest, &line))
			return OTA_E_MALFORMED;
	} while (!ota_span_equal(label_in(line, END), block->label));
	block->body = between(body, line.data);
	split_header(block);
	return OTA_OK;
}

struct ota_span ota_key_file_without_mark(struct ota_span file)
{
	static const char mark[] = "\xef\xbb\xbf";

	return starts_with(file, mark) ? ota_span_tail(file, sizeof(mark) - 1) : file;
}

static bool is_pem(struct ota_span file)
{
	struct ota_span line;

	while (next_line(&file, &line)) {
		if (starts_with(line, BEGIN))
			return true;
	}
	return false;
}

static const struct label *find_label(struct ota_span text)
{
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (is_text(text, labels[i].text))
			return &labels[i];
	}
	return NULL;
}

static enum ota_err fail_label(struct ota_span label, struct ota_diag *diag)
{
	char text[41] = "";

	/* It is the file's text, which goes to a terminal. */
	for (size_t i = 0; i < label.len && i + 1 < sizeof(text); i++)
		text[i] =
			(char)(label.data[i] >= ' ' && label.data[i] <= '~' ? label.data[i] : '?');
	(void)ota_fail(diag, OTA_E_UNSUPPORTED, "PEM block is \"%s\", not a key that is taken",
		       text);
	if (is_text(label, "OPENSSH PRIVATE KEY"))
		ota_hint(diag,
			 "ssh-keygen -p -m PKCS8 -f COPY turns a copy of an ECDSA or RSA key into "
			 "PKCS#8");
	else if (ends_with(label, "CERTIFICATE"))
		ota_hint(diag, "take the key out of it: openssl x509 -pubkey -noout -in FILE");
	return OTA_E_UNSUPPORTED;
}

/* Text may follow the key, as openssl pkey -text writes it; a second block may not. */
static enum ota_err check_rest(struct ota_span rest, struct ota_diag *diag)
{
	struct ota_span before;
	struct pem_block second;

	if (next_block(&rest, &before, &second) == OTA_E_ABSENT)
		return OTA_OK;
	if (find_label(second.label))
		return ota_fail(diag, OTA_E_MALFORMED, "file holds two keys");
	(void)ota_fail(diag, OTA_E_MALFORMED, "file holds more than a key");
	ota_hint(diag, "take the key out of it: openssl pkey -in FILE -out KEY.pem");
	return OTA_E_MALFORMED;
}

/* The one key's block of a file; curve parameters may stand before an EC key. */
static enum ota_err find_block(struct ota_span file, struct pem_block *block, struct ota_diag *diag)
{
	struct ota_span rest = file;
	struct ota_span before = {NULL, 0};
	enum ota_err err = next_block(&rest, &before, block);

	if (err == OTA_OK && is_text(block->label, "EC PARAMETERS")) {
		err = next_block(&rest, &before, block);
		if (err == OTA_OK &&
		    (!is_blank(before) || !is_text(block->label, "EC PRIVATE KEY")))
			return ota_fail(diag, OTA_E_MALFORMED,
					"curve parameters with no EC key behind them");
	}
	if (err != OTA_OK)
		return ota_fail(diag, OTA_E_MALFORMED, "PEM block does not begin or end as one");
	/* Of a block that is no key that is said, not what stands behind it. */
	return find_label(block->label) ? check_rest(rest, diag) : OTA_OK;
}

static int give_passphrase(char *buf, int cap, int writing, void *user)
{
	const struct ota_span *passphrase = user;

	(void)writing;
	if (passphrase->len > (size_t)cap)
		return -1;
	memcpy(buf, passphrase->data, passphrase->len);
	return (int)passphrase->len;
}

static enum ota_err read_header(struct ota_span header, EVP_CIPHER_INFO *cipher,
				struct ota_diag *diag)
{
	char text[256] = "";
	EVP_CIPHER *fetched;
	bool good;

	if (header.len < sizeof(text))
		memcpy(text, header.data, header.len);
	if (PEM_get_EVP_CIPHER_INFO(text, cipher) != 1 || !cipher->cipher) {
		ERR_clear_error();
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"key's header is not that of an encryption which is known");
	}
	fetched = EVP_CIPHER_fetch(NULL, EVP_CIPHER_get0_name(cipher->cipher), NULL);
	good = fetched && EVP_CIPHER_get_mode(fetched) == EVP_CIPH_CBC_MODE;
	EVP_CIPHER_free(fetched);
	ERR_clear_error();
	return good ? OTA_OK
		    : ota_fail(diag, OTA_E_UNSUPPORTED,
			       "key is encrypted by %s, only AES or triple DES in CBC mode is "
			       "taken",
			       EVP_CIPHER_get0_name(cipher->cipher));
}

/* The old encryption of PEM: decrypts `der` in place. */
static enum ota_err decrypt_old(struct ota_span header, struct ota_span passphrase, uint8_t *der,
				size_t *len, struct ota_diag *diag)
{
	EVP_CIPHER_INFO cipher;
	long plain_len = (long)*len;
	enum ota_err err;

	memset(&cipher, 0, sizeof(cipher));
	err = read_header(header, &cipher, diag);
	if (err == OTA_OK)
		err = ota_passphrase_check(passphrase, diag);
	if (err != OTA_OK)
		return err;
	if (PEM_do_header(&cipher, der, &plain_len, give_passphrase, &passphrase) != 1)
		return ota_fail_passphrase(diag);
	*len = (size_t)plain_len;
	return OTA_OK;
}

/* What ota_key_file_read was called with, and what it gives. */
struct reading {
	struct ota_span passphrase;
	EVP_PKEY *pkey;
	bool is_private;
	struct ota_diag *diag;
};

static enum ota_err read_plain(struct reading *reading, struct ota_span der)
{
	return ota_key_der_read(der, &reading->pkey, &reading->is_private, reading->diag);
}

/* A key that was encrypted: what is not a key now was decrypted wrongly. */
static enum ota_err read_decrypted(struct reading *reading, struct ota_span der, enum key_form form)
{
	enum key_form found = ota_key_parts(der).form;

	/* Words for a key that was decrypted well and is not taken are its own. */
	if ((found != form && found != KEY_FORM_PKCS8_V2) || !ota_der_is_strict(der))
		return ota_fail_passphrase(reading->diag);
	return read_plain(reading, der);
}

static enum ota_err read_der(struct reading *reading, struct ota_span der)
{
	uint8_t *plain = NULL;
	size_t len = 0;
	enum ota_err err;

	if (ota_key_parts(der).form != KEY_FORM_ENCRYPTED)
		return read_plain(reading, der);
	err = ota_key_decrypt(der, reading->passphrase, &plain, &len, reading->diag);
	if (err == OTA_OK)
		err = read_decrypted(reading, ota_span_of(plain, len), KEY_FORM_PKCS8);
	OPENSSL_clear_free(plain, len);
	return err;
}

/* A block's bytes, which must be of the form that its label says. */
static enum ota_err read_block_bytes(struct reading *reading, const struct pem_block *block,
				     const struct label *label, uint8_t *bytes, size_t len)
{
	enum ota_err err;

	if (block->header.len > 0) {
		if (!label->old_encryption)
			return ota_fail(reading->diag, OTA_E_MALFORMED, "%s block has a header",
					label->text);
		err = decrypt_old(block->header, reading->passphrase, bytes, &len, reading->diag);
		if (err != OTA_OK)
			return err;
		return read_decrypted(reading, ota_span_of(bytes, len), label->form);
	}
	if (ota_key_parts(ota_span_of(bytes, len)).form != label->form)
		return ota_fail(reading->diag, OTA_E_MALFORMED, "%s block does not hold one",
				label->text);
	return read_der(reading, ota_span_of(bytes, len));
}

static enum ota_err read_block(struct reading *reading, const struct pem_block *block,
			       const struct label *label)
{
	/* OpenSSL's heap, because it is wiped as it is freed; the 1 is for a block without bytes.
	 */
	uint8_t *bytes = OPENSSL_malloc(block->body.len + 1);
	size_t len = 0;
	enum ota_err err;

	if (!bytes)
		return ota_fail(reading->diag, OTA_E_MEMORY, "out of memory reading a key");
	if (sodium_base642bin(bytes, block->body.len, (const char *)block->body.data,
			      block->body.len, " \t\r\n", &len, NULL,
			      sodium_base64_VARIANT_ORIGINAL) == 0)
		err = read_block_bytes(reading, block, label, bytes, len);
	else
		err = ota_fail(reading->diag, OTA_E_MALFORMED, "PEM block is not strict base64");
	OPENSSL_clear_free(bytes, block->body.len + 1);
	return err;
}

static enum ota_err read_pem(struct reading *reading, struct ota_span file)
{
	const struct label *label;
	struct pem_block block;
	enum ota_err err;

	/* libsodium would pass over a zero byte, and text has none. */
	if (memchr(file.data, 0, file.len))
		return ota_fail(reading->diag, OTA_E_MALFORMED, "zero bytes in a PEM file");
	err = find_block(file, &block, reading->diag);
	if (err != OTA_OK)
		return err;
	label = find_label(block.label);
	return label ? read_block(reading, &block, label) : fail_label(block.label, reading->diag);
}

static bool is_openssh(struct ota_span file)
{
	return starts_with(file, "ssh-ed25519 ") || starts_with(file, "ssh-rsa ") ||
	       starts_with(file, "ecdsa-sha2-nistp");
}

static enum ota_err no_key(struct ota_span file, struct ota_diag *diag)
{
	if (is_openssh(file)) {
		(void)ota_fail(diag, OTA_E_UNSUPPORTED, "it is a public key for OpenSSH");
		ota_hint(diag, "ssh-keygen -e -m pkcs8 -f FILE turns ECDSA and RSA keys into PEM");
		return OTA_E_UNSUPPORTED;
	}
	if (starts_with(file, "\xff\xfe") || starts_with(file, "\xfe\xff"))
		return ota_fail(diag, OTA_E_MALFORMED,
				"key file is UTF-16 text, PEM is plain ASCII");
	return ota_fail(diag, OTA_E_MALFORMED, "no key in it, neither PEM nor DER");
}

#define DER_SEQUENCE 0x30 /* every key in DER begins so */

enum ota_err ota_key_file_read(struct ota_span file, struct ota_span passphrase, EVP_PKEY **pkey,
			       bool *is_private, struct ota_diag *diag)
{
	struct reading reading = {.passphrase = passphrase, .diag = diag};
	enum ota_err err;

	*pkey = NULL;
	*is_private = false;
	file = ota_key_file_without_mark(file);
	if (file.len == 0)
		return ota_fail(diag, OTA_E_TRUNCATED, "key file is empty");
	if (file.len > OTA_KEY_FILE_MAX)
		return ota_fail(diag, OTA_E_MALFORMED, "key file is %zu bytes, at most %u are read",
				file.len, OTA_KEY_FILE_MAX);
	if (is_pem(file))
		err = read_pem(&reading, file);
	else if (file.data[0] == DER_SEQUENCE)
		err = read_der(&reading, file);
	else
		err = no_key(file, diag);
	*pkey = reading.pkey;
	*is_private = reading.is_private;
	return err;
}

bool ota_key_probe(struct ota_span file)
{
	file = ota_key_file_without_mark(file);
	return file.len > 0 && file.len <= OTA_KEY_FILE_MAX &&
	       (ota_kek_text(file) == KEK_TEXT_SURE || is_pem(file) ||
		file.data[0] == DER_SEQUENCE || is_openssh(file));
}

bool ota_key_is_encrypted(struct ota_span file)
{
	struct pem_block block;
	struct ota_span rest = ota_key_file_without_mark(file);
	struct ota_span before;

	file = rest;
	if (file.len == 0 || file.len > OTA_KEY_FILE_MAX)
		return false;
	if (!is_pem(file))
		return ota_key_parts(file).form == KEY_FORM_ENCRYPTED;
	if (next_block(&rest, &before, &block) == OTA_OK && is_text(block.label, "EC PARAMETERS") &&
	    next_block(&rest, &before, &block) != OTA_OK)
		return false;
	return is_text(block.label, "ENCRYPTED PRIVATE KEY") || block.header.len > 0;
}

/* Moves what a memory BIO holds to `out`. */
static enum ota_err take_bio(BIO *bio, struct ota_buf *out, struct ota_diag *diag)
{
	char *data = NULL;
	long len = BIO_get_mem_data(bio, &data);

	return ota_buf_append(out, ota_span_of(data, (size_t)len), diag);
}

/* PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC; NULL on failure. */
static X509_SIG *encrypt(PKCS8_PRIV_KEY_INFO *info, struct ota_span passphrase)
{
	unsigned char salt[WRITE_SALT_SIZE];
	X509_ALGOR *pbe = NULL;
	X509_SIG *sig = NULL;

	if (RAND_bytes(salt, sizeof(salt)) == 1)
		pbe = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), WRITE_ROUNDS, salt, sizeof(salt), NULL,
					NID_hmacWithSHA256);
	if (pbe)
		sig = PKCS8_set0_pbe((const char *)passphrase.data, (int)passphrase.len, info, pbe);
	if (!sig)
		X509_ALGOR_free(pbe);
	return sig;
}

static bool write_private(BIO *bio, PKCS8_PRIV_KEY_INFO *info, struct ota_span passphrase)
{
	X509_SIG *sig;
	bool done;

	if (passphrase.len == 0)
		return PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, info) == 1;
	sig = encrypt(info, passphrase);
	done = sig && PEM_write_bio_PKCS8(bio, sig) == 1;
	X509_SIG_free(sig);
	return done;
}

enum ota_err ota_key_file_write(EVP_PKEY *pkey, struct ota_span passphrase, struct ota_buf *out,
				struct ota_diag *diag)
{
	PKCS8_PRIV_KEY_INFO *info = NULL;
	enum ota_err err = OTA_OK;
	BIO *bio = NULL;

	if (passphrase.len > 0)
		err = ota_passphrase_check(passphrase, diag);
	if (err != OTA_OK)
		return err;
	info = EVP_PKEY2PKCS8(pkey);
	bio = BIO_new(BIO_s_secmem()); /* wiped when freed */
	if (info && bio && write_private(bio, info, passphrase))
		err = take_bio(bio, out, diag);
	else
		err = ota_fail_openssl(diag, "writing a private key");
	BIO_free(bio);
	PKCS8_PRIV_KEY_INFO_free(info);
	return err;
}

enum ota_err ota_key_file_write_public(struct ota_span spki, struct ota_buf *out,
				       struct ota_diag *diag)
{
	BIO *bio = BIO_new(BIO_s_mem());
	enum ota_err err;

	if (bio && PEM_write_bio(bio, "PUBLIC KEY", "", spki.data, (long)spki.len) > 0)
		err = take_bio(bio, out, diag);
	else
		err = ota_fail_openssl(diag, "writing a public key");
	BIO_free(bio);
	return err;
}
