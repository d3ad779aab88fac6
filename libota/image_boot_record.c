// SPDX-License-Identifier: Apache-2.0
/*
 * The BOOT_RECORD TLV: a software component's claims by Arm's PSA Attestation API 1.0, as CBOR
 * (scripts/imgtool/boot_record.py). The bootloader writes the image's digest over the last claim.
 */
#include <stdio.h>
#include <stdlib.h>

#include <cbor.h>

#include "image_draft.h"

#define TYPE_MAX      12U /* characters */
#define N_CLAIMS      5U
#define UNSIGNED_SIZE 32U /* bytes of the signer id without a signer, whatever the hash */

enum claim {
	CLAIM_TYPE = 1,
	CLAIM_MEASUREMENT = 2,
	CLAIM_VERSION = 4,
	CLAIM_SIGNER_ID = 5,
	CLAIM_MEASUREMENT_TYPE = 6,
};

/* Takes `value`, also when it fails; false without memory. */
static bool add_claim(cbor_item_t *map, enum claim claim, cbor_item_t *value)
{
	cbor_item_t *key = cbor_build_uint8((uint8_t)claim);
	bool added =
		key && value && cbor_map_add(map, (struct cbor_pair){.key = key, .value = value});

	if (key)
		cbor_decref(&key);
	if (value)
		cbor_decref(&value);
	return added;
}

/*
 * The text's characters; 0 also when it is not UTF-8, and false without memory. libcbor looks at a
 * string's characters when it reads one, not when it makes one.
 */
static bool count_characters(const char *text, size_t *characters)
{
	cbor_item_t *item = cbor_build_string(text);
	unsigned char *coded = NULL;
	size_t cap = 0;
	size_t len = item ? cbor_serialize_alloc(item, &coded, &cap) : 0;
	struct cbor_load_result result = {.read = 0};
	cbor_item_t *read = len > 0 ? cbor_load(coded, len, &result) : NULL;

	*characters = read ? cbor_string_codepoint_count(read) : 0;
	if (read)
		cbor_decref(&read);
	if (item)
		cbor_decref(&item);
	free(coded);
	return len > 0 && result.error.code != CBOR_ERR_MEMERROR;
}

/* The limit is imgtool's, who counts characters as Python does. */
static enum ota_err check_type(const char *type, struct ota_diag *diag)
{
	size_t characters;

	if (!count_characters(type, &characters))
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for the boot record");
	if (characters == 0 && type[0] != '\0')
		return ota_fail(diag, OTA_E_USAGE, "boot record's software type is not UTF-8");
	if (characters > TYPE_MAX)
		return ota_fail(diag, OTA_E_USAGE,
				"boot record's software type is %zu characters, at most %u fit",
				characters, TYPE_MAX);
	return OTA_OK;
}

static enum ota_err signer_id(const struct ota_image_plan *plan, enum ota_hash hash,
			      struct ota_digest *id, struct ota_diag *diag)
{
	*id = (struct ota_digest){.len = UNSIGNED_SIZE};
	return plan->n_signers > 0 ? ota_key_id(plan->signers[0].key, hash, id, diag) : OTA_OK;
}

static bool add_claims(cbor_item_t *map, const struct ota_image_plan *plan, enum ota_hash hash,
		       const struct ota_digest *signer)
{
	static const uint8_t blank[OTA_DIGEST_MAX];
	char version[sizeof("255.255.65535")];

	(void)snprintf(version, sizeof(version), "%u.%u.%u", plan->version.major,
		       plan->version.minor, plan->version.revision);
	return add_claim(map, CLAIM_TYPE, cbor_build_string(plan->boot_record)) &&
	       add_claim(map, CLAIM_VERSION, cbor_build_string(version)) &&
	       add_claim(map, CLAIM_SIGNER_ID, cbor_build_bytestring(signer->data, signer->len)) &&
	       add_claim(map, CLAIM_MEASUREMENT_TYPE, cbor_build_string(ota_hash_name(hash))) &&
	       add_claim(map, CLAIM_MEASUREMENT, cbor_build_bytestring(blank, ota_hash_size(hash)));
}

enum ota_err ota_boot_record_write(const struct ota_image_plan *plan, enum ota_hash hash,
				   struct ota_wr *wr, struct ota_diag *diag)
{
	struct ota_digest signer;
	cbor_item_t *map;
	size_t len = 0;
	enum ota_err err = check_type(plan->boot_record, diag);

	if (err == OTA_OK)
		err = signer_id(plan, hash, &signer, diag);
	if (err != OTA_OK)
		return err;
	map = cbor_new_definite_map(N_CLAIMS);
	if (map && add_claims(map, plan, hash, &signer))
		len = cbor_serialize(map, wr->data + wr->at, wr->cap - wr->at);
	if (map)
		cbor_decref(&map);
	if (len == 0)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for the boot record");
	wr->at += len;
	return OTA_OK;
}
