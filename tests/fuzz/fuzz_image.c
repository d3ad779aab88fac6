// SPDX-License-Identifier: Apache-2.0
/* Opening and judging an image, and the trailer behind it. */
#include <stdlib.h>

#include <ota/image.h>

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

static void verify(const struct ota_image *image, const struct ota_key *key)
{
	struct ota_image_verdict verdict;
	enum ota_err err = ota_image_verify(image, key, &verdict, NULL);

	if (err == OTA_OK && verdict.verified != (key != NULL))
		abort();
}

static void verify_with(const struct ota_image *image, const char *pem)
{
	struct ota_key *key = NULL;

	if (ota_key_read_pem(ota_span_of(pem, strlen(pem)), &key, NULL) != OTA_OK)
		abort();
	verify(image, key);
	ota_key_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ota_image image;

	if (ota_keys_init(NULL) != OTA_OK)
		abort();
	if (ota_image_open(ota_span_of(data, size), &image, NULL) != OTA_OK)
		return 0;
	/* What open promises. */
	if (image.bytes.len > size || image.hashed.len > image.bytes.len ||
	    image.bytes.len + image.rest.len != size)
		abort();
	verify(&image, NULL);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		verify_with(&image, keys[i]);
	return 0;
}
