// SPDX-License-Identifier: Apache-2.0
/* Opening and judging an image, and the trailer behind it; taking its signatures away. */
#include <stdlib.h>

#include <ota/resign.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The vectors' public keys, so that their images' signatures are looked at. */
static const char *const keys[] = {
	"-----BEGIN PUBLIC KEY-----\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEKO3TvPRDXT61nulrhWt1OFj8Kv7P\n"
	"VtNXBFS+Zqv/j7OWuDdpdWOq3rR5uoyovXxkwdZFW5zWdmZ+ePg967xB6Q==\n"
	"-----END PUBLIC KEY-----\n",
	"-----BEGIN PUBLIC KEY-----\n"
	"MCowBQYDK2VwAyEAwzJaa7DfLbGzsb8lEWYP8XKrc1ogKI2VJ48J9T0VkaM=\n"
	"-----END PUBLIC KEY-----\n",
};

/* A default build, and one that checks all it can with every rule of ours waived. */
static struct ota_boot build(bool strict)
{
	struct ota_boot boot = {.hash = OTA_HASH_SHA256};

	if (strict)
		return boot;
	boot = (struct ota_boot){.order = OTA_BOOT_EITHER_ENDIAN,
				 .rollback = true,
				 .crypto = OTA_BOOT_MBEDTLS,
				 .slot_size = 65536};
	for (unsigned i = 0; i < OTA_RULES; i++)
		boot.lax[i] = true;
	return boot;
}

static void verify(struct ota_span file, const struct ota_key *key, bool strict)
{
	struct ota_boot boot = build(strict);
	struct ota_image_verdict verdict;
	struct ota_image image;
	enum ota_err err = ota_file_verify(file, key, &boot, &image, &verdict, NULL);

	if ((err == OTA_OK) != (verdict.broken.rule == OTA_RULE_NONE))
		abort();
	if (err == OTA_OK && verdict.verified != (key != NULL))
		abort();
	/* What open promises. */
	if (err == OTA_OK && (image.bytes.len > file.len || image.hashed.len > image.bytes.len ||
			      image.bytes.len + image.rest.len != file.len))
		abort();
}

static void verify_with(struct ota_span file, const char *pem)
{
	struct ota_key *key = NULL;

	if (ota_key_read(ota_span_of(pem, strlen(pem)), ota_span_of(NULL, 0), &key, NULL) != OTA_OK)
		abort();
	verify(file, key, true);
	verify(file, key, false);
	ota_key_free(key);
}

/* Taken away once, there are none. */
static void strip(struct ota_span file)
{
	struct ota_resign_plan plan = {.mode = OTA_RESIGN_STRIP};
	struct ota_buf out = ota_buf_init(UINT32_MAX);
	struct ota_signature signature;
	struct ota_image image;
	struct ota_sig sig;

	if (ota_image_resign(&plan, file, &out, &sig, NULL) == OTA_OK) {
		if (ota_image_open(ota_buf_span(&out), &image, NULL) != OTA_OK ||
		    (image.hashed.len == 0 || image.rest_err != OTA_OK))
			abort();
		for (size_t i = 0; ota_image_signature(&image, i, &signature) == OTA_OK; i++) {
			/* What stands in the protected area is no signature, and stays. */
			if (signature.at >= image.areas.unprot_at)
				abort();
		}
	}
	ota_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ota_span file = ota_span_of(data, size);
	struct ota_image image;

	if (ota_keys_init(NULL) != OTA_OK)
		abort();
	verify(file, NULL, true);
	verify(file, NULL, false);
	if (ota_image_open(file, &image, NULL) != OTA_OK)
		return 0;
	strip(file);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		verify_with(file, keys[i]);
	return 0;
}
