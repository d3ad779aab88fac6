// SPDX-License-Identifier: Apache-2.0
/* Keys in tokens, against a module whose OTA_STUB in the environment says how it misbehaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/token.h>

#include "pkcs11.h"
#include "vectors.h"

#define URI "pkcs11:token=stub%20token"

static const char *stub_path(void)
{
	const char *path = getenv("OTA_PKCS11_STUB");

	if (!path || path[0] == '\0')
		skip();
	return path;
}

static void choose(const char *what)
{
	assert_int_equal(setenv("OTA_STUB", what, 1), 0);
}

static struct ota_span text_span(const char *text)
{
	return ota_span_of(text, strlen(text));
}

/* The key of `uri` in the stub that misbehaves as told; both steps' failures come back here. */
static enum ota_err open_key(const char *what, const char *uri, const char *pin,
			     struct ota_key **key, struct ota_diag *diag)
{
	struct ota_token *token = NULL;
	enum ota_err err;

	*diag = (struct ota_diag){.err = OTA_OK};
	*key = NULL;
	choose(what);
	err = ota_token_open(uri, stub_path(), &token, diag);
	if (err != OTA_OK) {
		assert_null(token);
		return err;
	}
	return ota_token_key(token, text_span(pin), key, diag);
}

/* What is said and with which code, when the key is to be had as told. */
static void refuses(const char *what, const char *uri, const char *pin, enum ota_err want,
		    const char *words)
{
	struct ota_diag diag;
	struct ota_key *key = NULL;
	enum ota_err err = open_key(what, uri, pin, &key, &diag);

	if (err != want || diag.err != want || !strstr(diag.text, words) || key)
		fail_msg("%s, %s: %d, not %d: %s", what, uri, err, want, diag.text);
	assert_null(strstr(diag.text, "1234"));
	assert_null(strstr(diag.hint, "1234"));
}

static struct ota_digest message(void)
{
	struct ota_digest digest;

	assert_int_equal(ota_digest_of(OTA_HASH_SHA256, text_span("firmware"), &digest, NULL),
			 OTA_OK);
	return digest;
}

static void signs(const char *what, const char *pin)
{
	struct ota_digest digest = message();
	struct ota_diag diag;
	struct ota_key *key = NULL;
	struct ota_key *public_key = NULL;
	struct ota_buf pem = ota_buf_init(4096);
	struct ota_sig sig;

	if (open_key(what, URI, pin, &key, &diag) != OTA_OK)
		fail_msg("%s: %s", what, diag.text);
	assert_true(ota_key_is_private(key));
	assert_string_equal(ota_key_name(key), "ecdsa-p256");
	for (unsigned i = 0; i < 3; i++) {
		if (ota_key_sign(key, ota_digest_span(&digest), &sig, &diag) != OTA_OK)
			fail_msg("%s: %s", what, diag.text);
	}
	assert_int_equal(ota_key_public_pem(key, &pem, NULL), OTA_OK);
	ota_key_free(key);
	assert_int_equal(ota_key_read(ota_buf_span(&pem), text_span(""), &public_key, NULL),
			 OTA_OK);
	assert_int_equal(ota_key_verify(public_key, ota_digest_span(&digest),
					ota_span_of(sig.data, sig.len), NULL),
			 OTA_OK);
	ota_key_free(public_key);
	ota_buf_free(&pem);
}

static void signs_with_every_form_of_public_part_and_login(void **state)
{
	static const char *const cases[] = {
		"good",
		"one-token",
		"no-login",
		"point-raw",
		"point-bits",
		"point-compressed",
		"public-info",
		"other-id",
		"asks-again",
		"high-s",
		"already-logged-in",
		"slot-fails",
		"several-public",
		"no-id",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		signs(cases[i], "1234");
	signs("pad", "");
	signs("no-login", "");
}

static void refuses_uris_that_are_none_or_that_no_one_should_use(void **state)
{
	static const struct {
		const char *uri;
		enum ota_err err;
		const char *words;
	} cases[] = {
		{"pkcs12:token=a", OTA_E_MALFORMED, "pkcs11:"},
		{"pkcs11:token=%zz", OTA_E_MALFORMED, "percent"},
		{"pkcs11:token", OTA_E_MALFORMED, "name=value"},
		{"pkcs11:library-version=x.y", OTA_E_MALFORMED, "version"},
		{"pkcs11:token=a?pin-value=1234", OTA_E_USAGE, "pin-value"},
		{"pkcs11:token=a;pin-value=1234", OTA_E_USAGE, "pin-value"},
		{"pkcs11:token=a;objekt=b", OTA_E_UNSUPPORTED, "attribute"},
		{"pkcs11:token=a;type=cert", OTA_E_USAGE, "type="},
		{"pkcs11:token=a;type=secret-key", OTA_E_USAGE, "type="},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		refuses("good", cases[i].uri, "1234", cases[i].err, cases[i].words);
}

static void reads_pin_sources_that_are_files(void **state)
{
	static const struct {
		const char *uri;
		const char *path; /* NULL: refused */
		enum ota_err err;
	} cases[] = {
		{URI, "", OTA_E_ABSENT},
		{URI "?pin-source=/etc/pin", "/etc/pin", OTA_OK},
		{URI "?pin-source=pin.txt", "pin.txt", OTA_OK},
		{URI "?pin-source=file:/etc/pin", "/etc/pin", OTA_OK},
		{URI "?pin-source=file:///a%20b", "/a b", OTA_OK},
		{URI "?module-path=/m.so&pin-source=file:p", "p", OTA_OK},
		{URI "?pin-source=file://host/pin", NULL, OTA_E_UNSUPPORTED},
		{URI "?pin-source=%7Cecho%201", NULL, OTA_E_UNSUPPORTED},
		{URI "?pin-source=file:", NULL, OTA_E_UNSUPPORTED},
		{URI "?pin-source=/a/path/that/is/longer/than/the/room", NULL, OTA_E_ROOM},
		{URI "?pin-value=1234", NULL, OTA_E_USAGE},
		{"no uri", NULL, OTA_E_MALFORMED},
	};

	(void)state;
	(void)stub_path();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ota_diag diag = {.err = OTA_OK};
		char path[32];
		enum ota_err err = ota_token_pin_source(cases[i].uri, path, sizeof(path), &diag);

		if (err != cases[i].err)
			fail_msg("%s: %d: %s", cases[i].uri, err, diag.text);
		assert_string_equal(path, cases[i].path ? cases[i].path : "");
		assert_int_equal(diag.err, err == OTA_E_ABSENT ? OTA_OK : err);
	}
}

static void names_the_module_that_does_not_load_and_why(void **state)
{
	static const struct {
		const char *uri;
		const char *module; /* NULL: none */
		enum ota_err err;
		const char *words;
	} cases[] = {
		{URI, NULL, OTA_E_USAGE, "no PKCS#11 module"},
		{URI, "", OTA_E_USAGE, "no PKCS#11 module"},
		{URI, "/no/such.so", OTA_E_IO, "/no/such.so: "},
		{URI, "such.so", OTA_E_IO, "such.so: not an absolute path"},
		{URI, "/dev/null", OTA_E_IO, "/dev/null: "},
		{URI "?module-name=stub", NULL, OTA_E_UNSUPPORTED, "module-name=stub"},
		{URI "?module-path=/no/such.so", "/other.so", OTA_E_IO, "/no/such.so: "},
	};

	(void)state;
	(void)stub_path();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ota_diag diag = {.err = OTA_OK};
		struct ota_token *token = NULL;
		enum ota_err err = ota_token_open(cases[i].uri, cases[i].module, &token, &diag);

		if (err != cases[i].err || !strstr(diag.text, cases[i].words) || token)
			fail_msg("%s: %d: %s", cases[i].uri, err, diag.text);
	}
}

static void takes_the_module_that_the_uri_names(void **state)
{
	struct ota_token *token = NULL;
	char uri[4096];

	(void)state;
	choose("good");
	(void)snprintf(uri, sizeof(uri), "%s?module-path=%s", URI, stub_path());
	assert_int_equal(ota_token_open(uri, "/no/such.so", &token, NULL), OTA_OK);
	assert_string_equal(ota_token_label(token), "stub token");
	ota_token_close(token);
	ota_token_close(NULL);
}

static void finds_the_one_token_that_is_meant(void **state)
{
	static const char *const fit[] = {"pkcs11:",
					  URI,
					  "pkcs11:serial=0001",
					  "pkcs11:manufacturer=stub;model=stub",
					  "pkcs11:slot-id=0",
					  "pkcs11:slot-description=stub%20slot;token=stub%20token",
					  "pkcs11:library-description=stub"};
	struct ota_diag diag;
	struct ota_key *key = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(fit) / sizeof(fit[0]); i++) {
		if (open_key("good", fit[i], "1234", &key, &diag) != OTA_OK)
			fail_msg("%s: %s", fit[i], diag.text);
		ota_key_free(key);
	}
	if (open_key("two-tokens", "pkcs11:serial=0002", "1234", &key, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	ota_key_free(key);
	refuses("two-tokens", URI, "1234", OTA_E_USAGE,
		"2 tokens fit the PKCS#11 URI: token=stub%20token;serial=0001, "
		"token=stub%20token;serial=0002");
	refuses("good", "pkcs11:token=other", "1234", OTA_E_ABSENT,
		"there is token=stub%20token;serial=0001");
	refuses("good", "pkcs11:slot-id=9", "1234", OTA_E_ABSENT, "no token fits");
	refuses("slot-fails", "pkcs11:token=other", "1234", OTA_E_ABSENT,
		"slot-id=2 (CKR_DEVICE_ERROR)");
	refuses("no-tokens", URI, "1234", OTA_E_ABSENT, "the PKCS#11 module has no token");
	refuses("good", "pkcs11:library-description=other", "1234", OTA_E_ABSENT, "no token");
}

static void finds_the_one_key_that_is_meant(void **state)
{
	struct ota_diag diag;
	struct ota_key *key = NULL;

	(void)state;
	if (open_key("two-keys", URI ";id=%01%A2", "1234", &key, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	ota_key_free(key);
	refuses("two-keys", URI ";object=sign%20key", "1234", OTA_E_USAGE,
		"2 keys fit the PKCS#11 URI: object=sign%20key;id=%01%a2 (ecdsa-p256), "
		"object=sign%20key;id=%64%a2 (ecdsa-p256)");
	refuses("many-keys", URI, "1234", OTA_E_USAGE, " more");
	refuses("many-keys", URI, "1234", OTA_E_USAGE, "41 keys fit");
	refuses("good", URI ";object=other", "1234", OTA_E_ABSENT,
		"no key fits the PKCS#11 URI, there is object=sign%20key;id=%01%a2 (ecdsa-p256)");
	refuses("good", URI ";id=%01", "1234", OTA_E_ABSENT, "no key fits");
	refuses("good", URI ";id=", "1234", OTA_E_ABSENT, "no key fits");
	refuses("no-keys", URI, "1234", OTA_E_ABSENT, "no key in it");
	refuses("no-keys", URI ";type=private", "1234", OTA_E_ABSENT, "no private key in it");
}

static void a_public_object_alone_is_a_key_that_verifies(void **state)
{
	static const struct {
		const char *what;
		const char *uri;
		const char *pin;
	} cases[] = {{"good", URI ";type=public", ""},
		     {"pad", URI ";type=public", ""},
		     {"public-only", URI, "1234"},
		     {"good", URI, ""}};
	struct ota_digest digest = message();
	struct ota_token *token = NULL;
	struct ota_diag diag;
	struct ota_key *key = NULL;
	struct ota_sig sig;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (open_key(cases[i].what, cases[i].uri, cases[i].pin, &key, &diag) != OTA_OK)
			fail_msg("%s: %s", cases[i].uri, diag.text);
		assert_false(ota_key_is_private(key));
		assert_int_equal(ota_key_sign(key, ota_digest_span(&digest), &sig, NULL),
				 OTA_E_USAGE);
		ota_key_free(key);
	}
	choose("good");
	assert_int_equal(ota_token_open(URI ";type=public", stub_path(), &token, NULL), OTA_OK);
	assert_false(ota_token_wants_pin(token));
	ota_token_close(token);
}

static void a_private_key_is_not_seen_without_the_pin(void **state)
{
	struct ota_diag diag;
	struct ota_key *key = NULL;

	(void)state;
	assert_int_equal(open_key("good", URI ";type=private", "", &key, &diag), OTA_E_ABSENT);
	assert_non_null(strstr(diag.hint, "--pin-file"));
}

static void a_label_cannot_move_the_cursor(void **state)
{
	struct ota_token *token = NULL;

	(void)state;
	choose("odd-label");
	assert_int_equal(ota_token_open("pkcs11:serial=0001", stub_path(), &token, NULL), OTA_OK);
	assert_string_equal(ota_token_label(token), "a?[2Jb");
	ota_token_close(token);
}

static void asks_for_a_pin_when_the_token_does(void **state)
{
	static const struct {
		const char *what;
		bool wants;
	} cases[] = {{"good", true}, {"no-login", false}, {"pad", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ota_token *token = NULL;

		choose(cases[i].what);
		assert_int_equal(ota_token_open(URI, stub_path(), &token, NULL), OTA_OK);
		assert_int_equal(ota_token_wants_pin(token), cases[i].wants);
		ota_token_close(token);
	}
}

static void says_what_is_wrong_with_the_pin(void **state)
{
	(void)state;
	refuses("good", URI, "4321", OTA_E_REFUSED, "wrong PIN for token stub token");
	refuses("pin-low", URI, "4321", OTA_E_REFUSED, "few tries are left");
	refuses("pin-final-try", URI, "4321", OTA_E_REFUSED, "one more wrong PIN locks it");
	refuses("good", URI, "12", OTA_E_REFUSED, "not of 4 to 8 bytes");
	refuses("pin-locks", URI, "4321", OTA_E_REFUSED, "and it is locked now");
	refuses("login-fails", URI, "1234", OTA_E_CRYPTO, "C_Login gives CKR_DEVICE_ERROR");
	refuses("pin-locked", URI, "4321", OTA_E_CRYPTO, "its PIN is locked (CKR_PIN_LOCKED)");
}

static void says_what_the_module_says(void **state)
{
	(void)state;
	refuses("init-fails", URI, "1234", OTA_E_CRYPTO,
		"PKCS#11 module: C_Initialize gives CKR_GENERAL_ERROR");
	refuses("session-fails", URI, "1234", OTA_E_CRYPTO,
		"C_OpenSession gives CKR_SESSION_COUNT");
	refuses("huge-slot-list", URI, "1234", OTA_E_UNSUPPORTED, "more than 256 tokens");
	refuses("find-fails", URI, "1234", OTA_E_CRYPTO,
		"C_FindObjectsInit gives CKR_FUNCTION_FAILED");
	refuses("find-fails-late", URI, "1234", OTA_E_CRYPTO,
		"C_FindObjects gives CKR_DEVICE_REMOVED");
	refuses("attribute-fails", URI, "1234", OTA_E_CRYPTO,
		"C_GetAttributeValue gives CKR_DEVICE_ERROR");
}

static void refuses_a_public_part_that_is_absent_or_no_good(void **state)
{
	(void)state;
	refuses("no-public-part", URI, "1234", OTA_E_ABSENT,
		"the public part of object=sign%20key;id=%01%a2 (ecdsa-p256) is not in it");
	refuses("no-id-several", URI, "1234", OTA_E_ABSENT, "(ecdsa-p256) is not in it");
	refuses("no-point", URI ";type=public", "", OTA_E_ABSENT, "public key object is empty");
	refuses("no-type", URI, "1234", OTA_E_UNSUPPORTED, "is not an ECDSA, RSA or Ed25519 key");
	refuses("bad-public-info", URI, "1234", OTA_E_MALFORMED, "is not a public key");
	refuses("x25519-info", URI, "1234", OTA_E_UNSUPPORTED, "do not sign");
	refuses("other-curve", URI, "1234", OTA_E_UNSUPPORTED, "curve is not P-256");
	refuses("other-type", URI, "1234", OTA_E_UNSUPPORTED, "key type 0x1");
	refuses("point-short", URI, "1234", OTA_E_MALFORMED, "holds no point of ecdsa-p256");
	refuses("point-off-curve", URI, "1234", OTA_E_MALFORMED, "not on ecdsa-p256");
}

static void a_signature_that_fails_is_no_signature(void **state)
{
	static const struct {
		const char *what;
		enum ota_err err;
		const char *words;
	} cases[] = {
		{"sign-fails", OTA_E_CRYPTO, "stub token: C_Sign gives CKR_DEVICE_ERROR"},
		{"device-removed", OTA_E_CRYPTO, "C_Sign gives CKR_DEVICE_REMOVED"},
		{"vendor-error", OTA_E_CRYPTO, "C_Sign gives CK_RV 0x80000042"},
		{"buffer-too-small", OTA_E_CRYPTO, "C_Sign gives CKR_BUFFER_TOO_SMALL"},
		{"no-mechanism", OTA_E_CRYPTO, "C_SignInit gives CKR_MECHANISM_INVALID"},
		{"asks-again-fails", OTA_E_REFUSED, "wrong PIN"},
		{"wrong-signature", OTA_E_CRYPTO, "does not verify"},
		{"zero-signature", OTA_E_CRYPTO, "does not verify"},
		{"short-signature", OTA_E_CRYPTO, "its signature is 63 bytes, not 64"},
		{"empty-signature", OTA_E_CRYPTO, "its signature is 0 bytes, not 64"},
		{"huge-length", OTA_E_CRYPTO, "its signature is 1099511627776 bytes, not 64"},
	};
	struct ota_digest digest = message();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ota_diag diag;
		struct ota_key *key = NULL;
		struct ota_sig sig = {.len = 1};
		enum ota_err err;

		assert_int_equal(open_key(cases[i].what, URI, "1234", &key, &diag), OTA_OK);
		err = ota_key_sign(key, ota_digest_span(&digest), &sig, &diag);
		if (err != cases[i].err || !strstr(diag.text, cases[i].words))
			fail_msg("%s: %d: %s", cases[i].what, err, diag.text);
		assert_int_equal(sig.len, 0);
		ota_key_free(key);
	}
}

static void lowers_s_when_asked(void **state)
{
	/* Half of P-256's order begins with 7fffffff80000000. */
	struct ota_digest digest = message();
	struct ota_diag diag;
	struct ota_key *key = NULL;
	struct ota_sig sig;
	size_t s_at;

	(void)state;
	assert_int_equal(open_key("high-s", URI, "1234", &key, &diag), OTA_OK);
	assert_int_equal(ota_key_sign(key, ota_digest_span(&digest), &sig, &diag), OTA_OK);
	s_at = 4 + (size_t)sig.data[3] + 2;
	assert_int_equal(sig.data[s_at], 0); /* of 33 bytes: its first bit is set */
	ota_key_use_low_s(key);
	assert_int_equal(ota_key_sign(key, ota_digest_span(&digest), &sig, &diag), OTA_OK);
	s_at = 4 + (size_t)sig.data[3] + 2;
	assert_true(sig.data[s_at] < 0x80);
	assert_true(sig.data[s_at - 1] <= 32);
	ota_key_free(key);
}

static void two_keys_of_one_module_live_side_by_side(void **state)
{
	struct ota_digest digest = message();
	struct ota_diag diag;
	struct ota_key *a = NULL;
	struct ota_key *b = NULL;
	struct ota_sig sig;

	(void)state;
	assert_int_equal(open_key("good", URI, "1234", &a, &diag), OTA_OK);
	assert_int_equal(open_key("good", URI, "1234", &b, &diag), OTA_OK);
	assert_int_equal(ota_key_sign(a, ota_digest_span(&digest), &sig, &diag), OTA_OK);
	/* A login is the whole process's: the first key must not take it away from the second. */
	ota_key_free(a);
	assert_int_equal(ota_key_sign(b, ota_digest_span(&digest), &sig, &diag), OTA_OK);
	ota_key_free(b);
}

static void only_a_scheme_makes_a_uri(void **state)
{
	(void)state;
	assert_true(ota_token_is_uri("pkcs11:token=a"));
	assert_false(ota_token_is_uri("pkcs11"));
	assert_false(ota_token_is_uri("key.pem"));
	assert_false(ota_token_is_uri(""));
}

static void a_build_without_tokens_says_so(void **state)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_token *token = NULL;
	char text[64];

	(void)state;
	assert_int_equal(ota_token_library_version(text, sizeof(text)), ota_tokens_served());
	if (ota_tokens_served()) {
		assert_non_null(strstr(text, "p11-kit "));
		return;
	}
	assert_int_equal(ota_token_open(URI, "/m.so", &token, &diag), OTA_E_UNSUPPORTED);
	assert_string_equal(diag.text, "this build has no PKCS#11 support");
	assert_int_equal(ota_token_pin_source(URI, text, sizeof(text), NULL), OTA_E_UNSUPPORTED);
	ota_token_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_with_every_form_of_public_part_and_login),
		cmocka_unit_test(refuses_uris_that_are_none_or_that_no_one_should_use),
		cmocka_unit_test(reads_pin_sources_that_are_files),
		cmocka_unit_test(names_the_module_that_does_not_load_and_why),
		cmocka_unit_test(takes_the_module_that_the_uri_names),
		cmocka_unit_test(finds_the_one_token_that_is_meant),
		cmocka_unit_test(finds_the_one_key_that_is_meant),
		cmocka_unit_test(a_public_object_alone_is_a_key_that_verifies),
		cmocka_unit_test(a_private_key_is_not_seen_without_the_pin),
		cmocka_unit_test(a_label_cannot_move_the_cursor),
		cmocka_unit_test(asks_for_a_pin_when_the_token_does),
		cmocka_unit_test(says_what_is_wrong_with_the_pin),
		cmocka_unit_test(says_what_the_module_says),
		cmocka_unit_test(refuses_a_public_part_that_is_absent_or_no_good),
		cmocka_unit_test(a_signature_that_fails_is_no_signature),
		cmocka_unit_test(lowers_s_when_asked),
		cmocka_unit_test(two_keys_of_one_module_live_side_by_side),
		cmocka_unit_test(only_a_scheme_makes_a_uri),
		cmocka_unit_test(a_build_without_tokens_says_so),
	};

	if (ota_keys_init(NULL) != OTA_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
