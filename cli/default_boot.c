// SPDX-License-Identifier: Apache-2.0
#include "default_boot.h"

enum ota_hash cli_default_hash(const struct ota_key *key, struct ota_span file)
{
	struct ota_image image;
	struct ota_tlv_iter iter;
	struct ota_tlv tlv;
	bool sha256 = false;
	bool sha384 = false;
	bool sha512 = false;
	bool pure = false;
	bool ecdsa = false;

	if (ota_image_open(file, &image, NULL) != OTA_OK)
		return ota_boot_default_hash(key);
	iter = ota_tlv_iter_init(&image.areas);
	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		sha256 |= tlv.type == OTA_TLV_SHA256;
		sha384 |= tlv.type == OTA_TLV_SHA384;
		sha512 |= tlv.type == OTA_TLV_SHA512;
		pure |= tlv.type == OTA_TLV_SIG_PURE;
		ecdsa |= tlv.type == OTA_TLV_ECDSA_SIG;
	}
	if (pure && sha512 && !sha256)
		return OTA_HASH_SHA512; /* whose key hash is of 64 bytes */
	if (!key && ecdsa && sha384 && !sha256)
		return OTA_HASH_SHA384;
	return ota_boot_default_hash(key);
}
