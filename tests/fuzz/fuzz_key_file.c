// SPDX-License-Identifier: Apache-2.0
/* Reading a key file, PEM or DER, with a passphrase and without. */
#include <stdlib.h>

#include <ota/key.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is wrapped for a key that has its secret at hand is unwrapped by it. */
static void check_wrap(const struct ota_key *key, size_t len)
{
	struct ota_image_key image_key = {.len = len};
	struct ota_wrapped_key wrapped;
	struct ota_image_key again;
	size_t size = ota_key_wrapped_size(key, len, 0);
	enum ota_err err = ota_key_wrap(key, &image_key, 0, &wrapped, NULL);

	if ((err == OTA_E_USAGE) != (size == 0) || wrapped.len != (err == OTA_OK ? size : 0))
		abort();
	if (err == OTA_OK && ota_key_is_private(key) &&
	    (ota_key_unwrap(key, wrapped.tlv, ota_span_of(wrapped.data, wrapped.len), &again,
			    NULL) != OTA_OK ||
	     again.len != len))
		abort();
}

/* A key that was read must be one: it says what it is, and its public part is read again. */
static void check_key(struct ota_key *key)
{
	struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);
	struct ota_key *again = NULL;

	if (!key)
		return;
	check_wrap(key, 16);
	check_wrap(key, 32);
	if (ota_key_is_kek(key)) {
		if (ota_key_public(key).len > 0 || ota_key_signs(key))
			abort();
		ota_key_free(key);
		return;
	}
	if (ota_key_public_pem(key, &pem, NULL) != OTA_OK ||
	    ota_key_read(ota_buf_span(&pem), ota_span_of(NULL, 0), &again, NULL) != OTA_OK ||
	    !ota_span_equal(ota_key_public(key), ota_key_public(again)))
		abort();
	ota_key_free(again);
	ota_buf_free(&pem);
	ota_key_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ota_span file = ota_span_of(data, size);
	struct ota_key *key = NULL;
	enum ota_err err;

	if (ota_keys_init(NULL) != OTA_OK)
		abort();
	err = ota_key_read(file, ota_span_of(NULL, 0), &key, NULL);
	if ((err == OTA_OK) != (key != NULL) || (err == OTA_E_USAGE && !ota_key_is_encrypted(file)))
		abort();
	check_key(key);
	err = ota_key_read(file, ota_span_of("test", 4), &key, NULL);
	if ((err == OTA_OK) != (key != NULL) || err == OTA_E_USAGE)
		abort();
	check_key(key);
	return 0;
}
