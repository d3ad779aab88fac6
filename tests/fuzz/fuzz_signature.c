// SPDX-License-Identifier: Apache-2.0
/*
 * Verifying signatures, DER and raw, with a key of each curve. One signature has one form: whatever
 * verifies must be the bytes that were signed with, or the same r and s put into DER again.
 */
#include <stdlib.h>

#include <ota/key.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ota_key *make_key(const char *kind)
{
	struct ota_buf pem = ota_buf_init(OTA_KEY_FILE_MAX);
	struct ota_key *key = NULL;

	if (ota_key_generate(kind, ota_span_of(NULL, 0), &pem, NULL) != OTA_OK ||
	    ota_key_read(ota_buf_span(&pem), ota_span_of(NULL, 0), &key, NULL) != OTA_OK)
		abort();
	ota_buf_wipe(&pem);
	return key;
}

/* No one knows the key: nothing but its own signature can be right. */
static void check(const struct ota_key *key, struct ota_span sig)
{
	uint8_t digest[OTA_DIGEST_MAX] = {0};
	struct ota_span message = ota_span_of(digest, ota_hash_size(ota_key_hash(key)));

	if (ota_key_verify(key, message, sig, NULL) != OTA_E_SIGNATURE)
		abort();
	if (ota_key_hash(key) == OTA_HASH_SHA384 || ota_key_enc_tlv(key) != 0) {
		if (ota_key_verify_raw(key, message, sig, NULL) != OTA_E_SIGNATURE)
			abort();
	}
}

/* The input as a change of a good signature: byte pairs of place and value. */
static void check_changed(const struct ota_key *key, const uint8_t *data, size_t size)
{
	uint8_t digest[OTA_DIGEST_MAX] = {1};
	struct ota_span message = ota_span_of(digest, ota_hash_size(ota_key_hash(key)));
	struct ota_sig sig;
	struct ota_sig changed;
	bool same;

	if (ota_key_sign(key, message, &sig, NULL) != OTA_OK)
		abort();
	changed = sig;
	for (size_t i = 0; i + 1 < size; i += 2)
		changed.data[data[i] % sig.len] ^= data[i + 1];
	same = memcmp(changed.data, sig.data, sig.len) == 0;
	if ((ota_key_verify(key, message, ota_span_of(changed.data, sig.len), NULL) == OTA_OK) !=
	    same)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ota_key *keys[3];

	if (!keys[0]) {
		if (ota_keys_init(NULL) != OTA_OK)
			abort();
		keys[0] = make_key("ecdsa-p256");
		keys[1] = make_key("ecdsa-p384");
		keys[2] = make_key("ed25519");
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		check(keys[i], ota_span_of(data, size));
		if (i != 1) /* P-384 is slow */
			check_changed(keys[i], data, size < 8 ? size : 8);
	}
	return 0;
}
