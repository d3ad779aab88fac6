// SPDX-License-Identifier: Apache-2.0
/* What a bootloader for encrypted images keeps in the trailer, by a word. */
#include <string.h>

#include <ota/target.h>

/* Bytes: MCUboot 2d4bacc3c15e, boot/bootutil/include/bootutil/enc_key_public.h:66-116. */
enum {
	AES128_KEY = 16,
	AES256_KEY = 32,
	HMAC_SHA256 = 32,
	HMAC_SHA512 = 64,
	P256_POINT = 65,
	X25519_POINT = 32,
	RSA2048 = 256,
	KEY_WRAP = 8,
};

static const struct {
	const char *word;
	const char *also; /* what released profiles may say; NULL: nothing */
	uint32_t bytes;
} encryptions[] = {
	{"none", NULL, 0},
	{"aes128", NULL, AES128_KEY},
	{"aes256", NULL, AES256_KEY},
	{"enctlv-ec256-aes128", "enctlv-ec256", P256_POINT + HMAC_SHA256 + AES128_KEY},
	{"enctlv-ec256-aes256", NULL, P256_POINT + HMAC_SHA256 + AES256_KEY},
	{"enctlv-x25519-aes128", "enctlv-x25519", X25519_POINT + HMAC_SHA256 + AES128_KEY},
	{"enctlv-x25519-aes256", NULL, X25519_POINT + HMAC_SHA256 + AES256_KEY},
	{"enctlv-x25519-sha512-aes128", "enctlv-x25519-sha512",
	 X25519_POINT + HMAC_SHA512 + AES128_KEY},
	{"enctlv-x25519-sha512-aes256", NULL, X25519_POINT + HMAC_SHA512 + AES256_KEY},
	{"enctlv-rsa2048", "enctlv-rsa", RSA2048},
	{"enctlv-kw-aes128", "enctlv-kw", AES128_KEY + KEY_WRAP},
	{"enctlv-kw-aes256", NULL, AES256_KEY + KEY_WRAP},
};

#define N_ENCRYPTIONS (sizeof(encryptions) / sizeof(encryptions[0]))

enum ota_err ota_boot_encryption_parse(const char *word, uint32_t *enc_key)
{
	for (size_t i = 0; i < N_ENCRYPTIONS; i++) {
		if (strcmp(word, encryptions[i].word) != 0 &&
		    (!encryptions[i].also || strcmp(word, encryptions[i].also) != 0))
			continue;
		*enc_key = encryptions[i].bytes;
		return OTA_OK;
	}
	return OTA_E_ABSENT;
}

const char *ota_boot_encryption_name(size_t index)
{
	return index < N_ENCRYPTIONS ? encryptions[index].word : NULL;
}
