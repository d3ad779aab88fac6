// SPDX-License-Identifier: Apache-2.0
/*
 * The keys in MCUboot's repository (2d4bacc3c15e). Their private parts are public: whoever signs a
 * product with one has not signed it (GHSA-gcxh-546h-phg4). Only hashes are kept.
 */
#include <sodium.h>

#include <ota/key.h>

/*
 * Hashes of the bootloader's form of each key: SHA-256; for P-384 also SHA-384 and for Ed25519 also
 * SHA-512, which stand in images of such builds.
 */
static const struct {
	const char *name;
	const char *hash;
} keys[] = {
	{"boot/cypress/keys/cypress-test-ec-p256.pem",
	 "bb868a727f0ef75e890a6a52bccd1d936fb34438afd6f237e8af259865742446"},
	{"enc-ec256-priv.pem", "3c23fc4e1d332a0c86e6a8bf6ecf26046d702302e135bf53fc04a009a33a78c5"},
	{"enc-rsa2048-priv.pem",
	 "5ac4d62dc5efbed57e705f61b5f2df8e2b73ec5a573c1582144e38131f4c62d7"},
	{"enc-x25519-priv.pem", "9a1dc1eb80199d8498f2a75dde0a7b75216e8302bf3a12bd04f153f48f3f24a0"},
	{"root-ec-p256.pem", "e30466f6b8470c1f29070b17f1e2d3e94d445e3f608087fdc711e4382bb538b6"},
	{"root-ec-p384.pem", "6bcd1e16d80e5fe13a5307e6f1de8344c7e50e537d9962ce35ef6db5e642fae8"},
	{"root-ec-p384.pem", "85b7bd5f5dff9a03a99927adaf6ca6febde822c1a480928324a8e60323715c57"
			     "79461c496a95aee8c4f90b99779f848a"},
	{"root-ed25519-2.pem", "6754edab1e29affef4a05935adecbeb1a7b8b62397b31e39a61b5bfcaafd63af"},
	{"root-ed25519-2.pem", "e11ed22583de283392266b917bd82e88486edf47bc58c7ce8e42f9fb90e1daa9"
			       "00e72f172e4bd4fb19fc1870638e3a89c3f033ef4db6f6235d02ee623b4b2924"},
	{"root-ed25519-unknown.pem",
	 "b1d87d60173352b9a4808979790fc699fb4c4f83b49cf1970edd96ff4adc36a6"},
	{"root-ed25519-unknown.pem",
	 "37491781699741ec96e7faaf03c04e70f135f2f8b1f09d5a2a53667115052331"
	 "e6a8abd3310476e7fbedf676feb9e8bcff7ff5366e8470714c0ef4c582941881"},
	{"root-ed25519.pem", "c1907fa4eac7fae3840a78902b6f0710b037e9968e5c6274a12a28790c7d4e3c"},
	{"root-ed25519.pem", "e3e129b49f1218e18e4614acb2523389c75852ebb98b4d2c6171a2fc65706ba3"
			     "d1ddf85f52e71450c3e572e624695fafd41ce4d9354d6c2b19f7d6001a6ae8b0"},
	{"root-rsa-2048.pem", "fc5701dc6135e1323847bdc40f04d2e5bee5833b23c29f93593d00018cfa9994"},
	{"root-rsa-3072.pem", "449793fb65cd7698753d5b3f35fab15f1e3a45111ff24e1d46741de5ae12d59e"},
	{"samples/zephyr/bad-keys/bad-ec-p256.pem",
	 "e6c097daf1458d0f8b8d43fc4b4b9d4425203484b3afe5570ed074073901bab0"},
	{"samples/zephyr/bad-keys/bad-rsa-2048.pem",
	 "e32a93d4ef8c5f4d503642e2cc7c5eece7693e3246c7766dbb4b54d79441db2a"},
};

const char *ota_key_development_name(struct ota_span key_hash)
{
	char hex[2 * OTA_DIGEST_MAX + 1];

	if (key_hash.len > OTA_DIGEST_MAX)
		return NULL;
	(void)sodium_bin2hex(hex, sizeof(hex), key_hash.data, key_hash.len);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(hex, keys[i].hash) == 0)
			return keys[i].name;
	}
	return NULL;
}
