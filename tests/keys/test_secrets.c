// SPDX-License-Identifier: Apache-2.0
/*
 * After a key was read, used and freed, no copy of it is left in this process: not in freed heap,
 * not on the stack. All private memory is read and searched.
 *
 * The keys are made in a child process and handed over masked, so that nothing but the code under
 * test can have left a trace here; what is searched for is masked too, or the search would find
 * itself.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#ifndef __linux__

static void memory_can_be_searched(void **state)
{
	(void)state;
	skip(); /* there is no /proc/self/mem */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(memory_can_be_searched)};

	return cmocka_run_group_tests_name("keys/secrets", tests, NULL, NULL);
}

#else

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <sodium.h>

#include "vectors.h"

#define MASK           0xa5U
#define PIECE          16U /* bytes searched for: half a scalar is a find too */
#define PIECES_MAX     64U
#define NAME_SIZE      24U
#define MAPS_MAX       0x40000U
#define CHUNK          0x10000U
#define MAPPING_MAX    0x10000000U /* bytes; only a sanitizer's own tables are larger */
#define PASSPHRASE_LEN 24U

struct piece {
	char name[NAME_SIZE];
	uint8_t masked[PIECE];
	unsigned hits;
};

/* Shared with the child and thus not private: the search passes it by. */
struct shared {
	uint8_t file[OTA_KEY_FILE_MAX]; /* masked */
	size_t len;
	uint8_t passphrase[PASSPHRASE_LEN]; /* masked */
	struct piece piece[PIECES_MAX];
	size_t n;
	bool first[256]; /* the bytes that pieces begin with */
	char maps[MAPS_MAX];
	uint8_t chunk[CHUNK];
};

static struct shared *shared;

static void mask(uint8_t *out, const uint8_t *in, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = in[i] ^ MASK;
}

/* -- the search -------------------------------------------------------------------------------- */

/* It reads every byte there is, for which sanitizers take minutes. */
#if defined(__SANITIZE_ADDRESS__) || defined(__clang__)
#define UNCHECKED __attribute__((no_sanitize("address", "undefined")))
#else
#define UNCHECKED
#endif

UNCHECKED static void search_at(const uint8_t *at)
{
	for (size_t i = 0; i < shared->n; i++) {
		struct piece *piece = &shared->piece[i];
		size_t same = 0;

		while (same < PIECE && (at[same] ^ MASK) == piece->masked[same])
			same++;
		piece->hits += same == PIECE;
	}
}

UNCHECKED static void search_chunk(size_t len)
{
	/* Most memory is zero, and no piece is. */
	if (shared->chunk[0] == 0 && memcmp(shared->chunk, shared->chunk + 1, len - 1) == 0)
		return;
	for (size_t i = 0; i + PIECE <= len; i++) {
		if (shared->first[shared->chunk[i]])
			search_at(shared->chunk + i);
	}
}

static void search_mapping(int mem, uint64_t from, uint64_t to)
{
	while (to - from >= PIECE) {
		size_t want = to - from < CHUNK ? (size_t)(to - from) : CHUNK;
		ssize_t got = pread(mem, shared->chunk, want, (off_t)from);

		if (got < (ssize_t)PIECE)
			return; /* a page that cannot be read, a guard's */
		search_chunk((size_t)got);
		from += (uint64_t)got - (PIECE - 1);
	}
}

static void read_maps(void)
{
	int fd = open("/proc/self/maps", O_RDONLY);
	size_t len = 0;
	ssize_t got;

	assert_true(fd >= 0);
	while ((got = read(fd, shared->maps + len, MAPS_MAX - 1 - len)) > 0)
		len += (size_t)got;
	shared->maps[len] = '\0';
	assert_true(len < MAPS_MAX - 1);
	assert_int_equal(close(fd), 0);
}

/* Counts the pieces in all private memory; the sum. */
static unsigned search(void)
{
	int mem = open("/proc/self/mem", O_RDONLY);
	unsigned hits = 0;

	assert_true(mem >= 0);
	memset(shared->first, 0, sizeof(shared->first));
	for (size_t i = 0; i < shared->n; i++) {
		shared->piece[i].hits = 0;
		shared->first[shared->piece[i].masked[0] ^ MASK] = true;
	}
	read_maps();
	for (const char *line = shared->maps; *line; line = strchr(line, '\n') + 1) {
		char *at = NULL;
		uint64_t from = strtoull(line, &at, 16);
		uint64_t to = strtoull(at + 1, &at, 16);

		if (at[1] == 'r' && at[4] == 'p' && to - from <= MAPPING_MAX)
			search_mapping(mem, from, to);
	}
	assert_int_equal(close(mem), 0);
	for (size_t i = 0; i < shared->n; i++)
		hits += shared->piece[i].hits;
	return hits;
}

/* The same, of the pieces with this name. */
static unsigned search_for(const char *name)
{
	unsigned hits = 0;

	(void)search();
	for (size_t i = 0; i < shared->n; i++) {
		if (strcmp(shared->piece[i].name, name) == 0)
			hits += shared->piece[i].hits;
	}
	return hits;
}

static void expect_nothing(const char *kind, const char *form, const char *when)
{
	if (search() == 0)
		return;
	for (size_t i = 0; i < shared->n; i++) {
		if (shared->piece[i].hits > 0)
			print_error("%s: %u copies\n", shared->piece[i].name,
				    shared->piece[i].hits);
	}
	fail_msg("%s, %s, %s: secrets are left in memory", kind, form, when);
}

/* -- the child: makes a key and says what of it is secret -------------------------------------- */

static void must(bool good)
{
	if (!good)
		_exit(1);
}

static void add_piece(const char *name, const uint8_t *bytes)
{
	struct piece *piece = &shared->piece[shared->n++];

	must(shared->n <= PIECES_MAX);
	(void)snprintf(piece->name, sizeof(piece->name), "%s", name);
	mask(piece->masked, bytes, PIECE);
}

/* Two parts of it, as they are written and as OpenSSL's limbs lie in memory. */
static void add_secret(const char *name, const uint8_t *bytes, size_t len)
{
	uint8_t turned[512];

	must(len >= 2 * PIECE && len <= sizeof(turned));
	for (size_t i = 0; i < len; i++)
		turned[i] = bytes[len - 1 - i];
	add_piece(name, bytes);
	add_piece(name, bytes + len - PIECE);
	add_piece(name, turned);
	add_piece(name, turned + len - PIECE);
}

static void add_numbers(const EVP_PKEY *pkey)
{
	static const char *const names[] = {
		OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
		OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
		OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
		OSSL_PKEY_PARAM_PRIV_KEY,
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint8_t bytes[512];
		BIGNUM *number = NULL;

		/* A scalar may be short of a byte or two; files and limbs hold them as zeros. */
		if (EVP_PKEY_get_bn_param(pkey, names[i], &number) == 1) {
			int len = BN_num_bytes(number);

			if (len < (int)(2 * PIECE))
				len = (int)(2 * PIECE);
			must(len <= (int)sizeof(bytes) && BN_bn2binpad(number, bytes, len) == len);
			add_secret(names[i], bytes, (size_t)len);
		}
	}
}

static void add_all(const EVP_PKEY *pkey, const uint8_t *passphrase)
{
	uint8_t raw[64];
	size_t len = sizeof(raw);

	if (EVP_PKEY_get_raw_private_key(pkey, raw, &len) == 1)
		add_secret("seed", raw, len);
	else
		add_numbers(pkey);
	must(shared->n > 0);
	add_piece("passphrase", passphrase);
	add_piece("passphrase's end", passphrase + PASSPHRASE_LEN - PIECE);
}

/* Of plain PEM: the first line's end, private but in RSA, and the last line of every kind. */
static void add_base64(const uint8_t *file, size_t len)
{
	static const char begin[] = "-----BEGIN PRIVATE KEY-----\n";
	static const char end[] = "\n-----END PRIVATE KEY-----\n";

	if (memcmp(file, begin, strlen(begin)) != 0)
		return;
	add_piece("base64", file + strlen(begin) + 48);
	if (len > 1000)
		add_piece("base64's end", file + len - strlen(end) - PIECE);
}

static EVP_PKEY *generate(const char *kind)
{
	if (strcmp(kind, "rsa-2048") == 0)
		return EVP_RSA_gen(2048);
	if (strcmp(kind, "ecdsa-p256") == 0)
		return EVP_EC_gen("P-256");
	if (strcmp(kind, "ecdsa-p384") == 0)
		return EVP_EC_gen("P-384");
	return EVP_PKEY_Q_keygen(NULL, NULL, strcmp(kind, "x25519") == 0 ? "X25519" : "ED25519");
}

static bool write_key(BIO *bio, const EVP_PKEY *pkey, const char *form, const uint8_t *passphrase)
{
	const char *text = (const char *)passphrase;
	const int len = (int)PASSPHRASE_LEN;

	if (strcmp(form, "PEM") == 0)
		return PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1;
	if (strcmp(form, "DER") == 0)
		return i2d_PKCS8PrivateKey_bio(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1;
	if (strcmp(form, "encrypted PEM") == 0)
		return PEM_write_bio_PKCS8PrivateKey(bio, pkey, EVP_aes_256_cbc(), text, len, NULL,
						     NULL) == 1;
	if (strcmp(form, "encrypted DER") == 0)
		return i2d_PKCS8PrivateKey_bio(bio, pkey, EVP_aes_256_cbc(), text, len, NULL,
					       NULL) == 1;
	return PEM_write_bio_PrivateKey_traditional(bio, pkey, EVP_aes_256_cbc(), passphrase, len,
						    NULL, NULL) == 1;
}

/* The file of a key-encryption key. */
static void child_makes_kek(const char *kind, const char *form)
{
	uint8_t secret[2 * PIECE];
	char text[64];

	(void)kind;
	(void)form;
	randombytes_buf(secret, sizeof(secret));
	must(sodium_bin2base64(text, sizeof(text), secret, sizeof(secret),
			       sodium_base64_VARIANT_ORIGINAL) != NULL);
	shared->len = strlen(text);
	mask(shared->file, (const uint8_t *)text, shared->len);
	add_secret("key-encryption key", secret, sizeof(secret));
	add_piece("base64", (const uint8_t *)text);
}

static void child_makes(const char *kind, const char *form)
{
	uint8_t passphrase[PASSPHRASE_LEN + 1] = {0};
	EVP_PKEY *pkey = generate(kind);
	BIO *bio = BIO_new(BIO_s_mem());
	uint8_t *data = NULL;
	long len;

	must(RAND_bytes(passphrase, PASSPHRASE_LEN) == 1);
	for (size_t i = 0; i < PASSPHRASE_LEN; i++)
		passphrase[i] = (uint8_t)('a' + passphrase[i] % 26);
	must(pkey && bio && write_key(bio, pkey, form, passphrase));
	len = BIO_get_mem_data(bio, &data);
	must(len > 0 && len <= (long)OTA_KEY_FILE_MAX);
	mask(shared->file, data, (size_t)len);
	shared->len = (size_t)len;
	mask(shared->passphrase, passphrase, PASSPHRASE_LEN);
	add_all(pkey, passphrase);
	add_base64(data, (size_t)len);
}

/* A key of the code under test: says what of it is secret. */
static void child_reads(const char *kind, const char *form)
{
	uint8_t passphrase[PASSPHRASE_LEN + 1] = {0};
	uint8_t file[OTA_KEY_FILE_MAX];
	EVP_PKEY *pkey;

	(void)kind;
	(void)form;
	mask(passphrase, shared->passphrase, PASSPHRASE_LEN);
	mask(file, shared->file, shared->len);
	pkey = PEM_read_bio_PrivateKey(BIO_new_mem_buf(file, (int)shared->len), NULL, NULL,
				       passphrase);
	must(pkey != NULL);
	add_all(pkey, passphrase);
	add_base64(file, shared->len);
}

static void in_child(void (*what)(const char *, const char *), const char *kind, const char *form)
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		what(kind, form);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* -- the tests --------------------------------------------------------------------------------- */

static int map_shared(void **state)
{
	(void)state;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	return shared == MAP_FAILED || ota_keys_init(NULL) != OTA_OK;
}

static void a_planted_secret_is_found_and_a_wiped_one_is_not(void **state)
{
	uint8_t *planted = malloc(PIECE);

	(void)state;
	assert_non_null(planted);
	shared->n = 1;
	randombytes_buf(shared->piece[0].masked, PIECE);
	assert_int_equal(search(), 0);
	mask(planted, shared->piece[0].masked, PIECE);
	assert_int_equal(search(), 1);
	sodium_memzero(planted, PIECE);
	assert_int_equal(search(), 0);
	free(planted);
}

/* Reads the handed-over key from buffers which it wipes. */
static struct ota_key *read_handed_over(void)
{
	uint8_t *file = malloc(shared->len);
	uint8_t *passphrase = malloc(PASSPHRASE_LEN);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_key *key = NULL;

	assert_true(file && passphrase);
	mask(file, shared->file, shared->len);
	mask(passphrase, shared->passphrase, PASSPHRASE_LEN);
	if (ota_key_read(ota_span_of(file, shared->len), ota_span_of(passphrase, PASSPHRASE_LEN),
			 &key, &diag) != OTA_OK)
		print_error("%s\n", diag.text);
	sodium_memzero(file, shared->len);
	sodium_memzero(passphrase, PASSPHRASE_LEN);
	free(file);
	free(passphrase);
	assert_non_null(key);
	return key;
}

/* Gives the private key out in every form there is, and wipes it. */
static void give_out(const struct ota_key *key)
{
	for (unsigned i = 0; i < 4; i++) {
		struct ota_buf out = ota_buf_init(OTA_KEY_FILE_MAX);
		enum ota_private_form form = i & 1 ? OTA_PRIVATE_PKCS8 : OTA_PRIVATE_TRADITIONAL;
		enum ota_err err = ota_key_private(key, form, i & 2, &out, NULL);

		assert_true(err == OTA_OK || err == OTA_E_USAGE);
		ota_buf_wipe(&out);
	}
}

/* Wraps and unwraps an image key, which is a secret to look for from now on. */
static void wrap(const struct ota_key *key, size_t len, enum ota_hash hash)
{
	struct ota_image_key image_key;
	struct ota_image_key again;
	struct ota_wrapped_key wrapped;

	if (ota_key_wrapped_size(key, len, hash) == 0)
		return;
	assert_int_equal(ota_image_key_generate(len, &image_key, NULL), OTA_OK);
	add_piece("image key", image_key.data);
	assert_int_equal(ota_key_wrap(key, &image_key, hash, &wrapped, NULL), OTA_OK);
	ota_image_key_wipe(&image_key);
	assert_int_equal(ota_key_unwrap(key, wrapped.tlv, ota_span_of(wrapped.data, wrapped.len),
					&again, NULL),
			 OTA_OK);
	ota_image_key_wipe(&again);
	if (search_for("image key") > 0)
		fail_msg("%s: the image key is left in memory", ota_key_name(key));
}

static void use(struct ota_key *key)
{
	uint8_t digest[OTA_DIGEST_MAX] = {1, 2, 3};
	struct ota_span message = ota_span_of(digest, ota_hash_size(ota_key_hash(key)));
	struct ota_sig sig;

	give_out(key);
	wrap(key, 16, OTA_HASH_SHA256);
	wrap(key, 32, OTA_HASH_SHA256);
	wrap(key, 32, OTA_HASH_SHA512);
	if (!ota_key_signs(key))
		return;
	assert_int_equal(ota_key_sign(key, message, &sig, NULL), OTA_OK);
	ota_key_use_random_nonce(key);
	ota_key_use_low_s(key);
	assert_int_equal(ota_key_sign(key, message, &sig, NULL), OTA_OK);
}

static void nothing_is_left_of_a_key(const char *kind, const char *form)
{
	struct ota_key *key;

	shared->n = 0;
	in_child(child_makes, kind, form);
	expect_nothing(kind, form, "before it is read");
	key = read_handed_over();
	use(key);
	/* Or the search below would say nothing. */
	if (search() == 0)
		fail_msg("%s, %s: the loaded key was not found", kind, form);
	ota_key_free(key);
	expect_nothing(kind, form, "after it was freed");
}

static void nothing_is_left_of_a_key_of_any_kind_in_any_file(void **state)
{
	static const char *const kinds[] = {"ecdsa-p256", "ecdsa-p384", "ed25519", "rsa-2048",
					    "x25519"};
	static const char *const forms[] = {"PEM", "DER", "encrypted PEM", "encrypted DER",
					    "old encryption"};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		for (size_t j = 0; j < sizeof(forms) / sizeof(forms[0]); j++) {
			/* These kinds are younger than the old encryption. */
			if (j < 4 || !strstr(kinds[i], "25519"))
				nothing_is_left_of_a_key(kinds[i], forms[j]);
		}
	}
}

static void nothing_is_left_of_a_key_encryption_key(void **state)
{
	struct ota_key *key;

	(void)state;
	shared->n = 0;
	in_child(child_makes_kek, "", "");
	expect_nothing("aes-kw-256", "base64", "before it is read");
	key = read_handed_over();
	use(key);
	assert_true(search_for("key-encryption key") > 0);
	/* The guarded one only. */
	assert_int_equal(search_for("base64"), 0);
	ota_key_free(key);
	expect_nothing("aes-kw-256", "base64", "after it was freed");
}

static void nothing_is_left_after_a_wrong_passphrase(void **state)
{
	struct ota_key *key = NULL;
	uint8_t *file;

	(void)state;
	shared->n = 0;
	in_child(child_makes, "ecdsa-p256", "encrypted PEM");
	file = malloc(shared->len);
	assert_non_null(file);
	mask(file, shared->file, shared->len);
	/* What is looked for is the last pieces only: of this passphrase nothing was ever here. */
	assert_int_equal(
		ota_key_read(ota_span_of(file, shared->len), ota_span_of("wrong", 5), &key, NULL),
		OTA_E_REFUSED);
	free(file);
	expect_nothing("ecdsa-p256", "encrypted PEM", "after a wrong passphrase");
}

/* Makes a key, keeps its file masked, and lets a child say what of it is secret. */
static void nothing_is_left_of_a_new_key(const char *kind, bool encrypt)
{
	struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);
	uint8_t *passphrase = malloc(PASSPHRASE_LEN);

	assert_non_null(passphrase);
	for (size_t i = 0; i < PASSPHRASE_LEN; i++)
		passphrase[i] = (uint8_t)('a' + randombytes_uniform(26));
	mask(shared->passphrase, passphrase, PASSPHRASE_LEN);
	assert_int_equal(ota_key_generate(kind,
					  ota_span_of(passphrase, encrypt ? PASSPHRASE_LEN : 0),
					  &pem, NULL),
			 OTA_OK);
	sodium_memzero(passphrase, PASSPHRASE_LEN);
	free(passphrase);
	mask(shared->file, pem.data, pem.len);
	shared->len = pem.len;
	ota_buf_wipe(&pem);
	shared->n = 0;
	in_child(child_reads, kind, "generated");
	expect_nothing(kind, encrypt ? "encrypted" : "plain", "after it was made");
}

static void nothing_is_left_of_new_keys(void **state)
{
	(void)state;
	for (size_t i = 0; ota_key_kind_name(i); i++) {
		nothing_is_left_of_a_new_key(ota_key_kind_name(i), false);
		nothing_is_left_of_a_new_key(ota_key_kind_name(i), true);
	}
}

static void child_is_guarded(const char *kind, const char *form)
{
	struct rlimit limit;

	(void)kind;
	(void)form;
	ota_keys_guard_process();
	must(prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L) == 0);
	must(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0);
}

static void a_guarded_process_leaves_no_core_and_is_not_dumpable(void **state)
{
	(void)state;
	in_child(child_is_guarded, "", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_guarded_process_leaves_no_core_and_is_not_dumpable),
		cmocka_unit_test(a_planted_secret_is_found_and_a_wiped_one_is_not),
		cmocka_unit_test(nothing_is_left_of_a_key_of_any_kind_in_any_file),
		cmocka_unit_test(nothing_is_left_of_a_key_encryption_key),
		cmocka_unit_test(nothing_is_left_after_a_wrong_passphrase),
		cmocka_unit_test(nothing_is_left_of_new_keys),
	};

	return cmocka_run_group_tests_name("keys/secrets", tests, map_shared, NULL);
}

#endif
