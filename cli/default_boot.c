// SPDX-License-Identifier: Apache-2.0
#include "default_boot.h"

enum ota_hash cli_default_hash(const struct ota_key *key, struct ota_span file)
{
	struct ota_image image;
	struct ota_tlv_iter iter;
	struct ota_tlv tlv;
	bool sha256 = false;
	bool sha384 = false;
	bool ecdsa = false;

	if (key || ota_image_open(file, &image, NULL) != OTA_OK)
		return ota_boot_default_hash(key);
	iter = ota_tlv_iter_init(&image.areas);
	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		sha256 |= tlv.type == OTA_TLV_SHA256;
		sha384 |= tlv.type == OTA_TLV_SHA384;
		ecdsa |= tlv.type == OTA_TLV_ECDSA_SIG;
	}
	return ecdsa && sha384 && !sha256 ? OTA_HASH_SHA384 : OTA_HASH_SHA256;
}
