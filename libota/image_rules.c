// SPDX-License-Identifier: Apache-2.0
/*
 * THE TABLE of verify's rules: name, who says no, and what the bootloader does. Each of ours has a
 * row in DESIGN.md that says why.
 */
#include <ota/verify.h>

/* loader.c, boot_validate_slot: what is not valid is erased from the secondary slot. */
#define REFUSES                                                                                    \
	"refuses it: as an update it is erased from the secondary slot and the old firmware "      \
	"stays, "                                                                                  \
	"in the primary slot nothing boots"

static const struct {
	const char *name;
	enum ota_rule_kind kind;
	const char *bootloader;
} rules[OTA_RULES] = {
	[OTA_RULE_TRUNCATED] = {"truncated", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_MAGIC] = {"magic", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_SIZE_OVERFLOW] = {"size-overflow", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_SLOT_SIZE] = {"slot-size", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_IMAGE_SIZE] = {"image-size", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_LAYOUT] = {"layout", OTA_RULE_BOOTLOADERS,
			     "never upgrades between these slots, whatever the image"},
	[OTA_RULE_NON_BOOTABLE] = {"non-bootable", OTA_RULE_BOOTLOADERS,
				   "never boots it nor upgrades to it"},
	[OTA_RULE_ENCRYPTED] = {"encrypted", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_COMPRESSED] = {"compressed", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_TLV_AREA] = {"tlv-area", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_TLV_RECORD] = {"tlv-record", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_ALLOW_LIST] = {"allow-list", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_HASH_MISSING] = {"hash-missing", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_HASH_SIZE] = {"hash-size", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_HASH] = {"hash", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_KEY_HASH_SIZE] = {"key-hash-size", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_KEY_HASH] = {"key-hash", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_PUBLIC_KEY_SIZE] = {"public-key-size", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_UNSIGNED] = {"unsigned", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_SIGNATURE_SIZE] = {"signature-size", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_SIGNATURE] = {"signature", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_PURE] = {"pure", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_COUNTER_MISSING] = {"counter-missing", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_COUNTER_SIZE] = {"counter-size", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_COUNTER_LOW] = {"counter-low", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_IMAGE_KEY] = {"image-key", OTA_RULE_BOOTLOADERS, REFUSES},
	[OTA_RULE_ROM_FIXED] = {"rom-fixed", OTA_RULE_BOOTLOADERS,
				"erases it from the slot it is not linked for"},
	[OTA_RULE_RAM_LOAD] = {"ram-load", OTA_RULE_BOOTLOADERS,
			       "does not load it: it takes images for RAM only"},

	[OTA_RULE_HEADER_SIZE] = {"header-size", OTA_RULE_OURS, "boots it, from inside the header"},
	[OTA_RULE_TRAILING_BYTES] = {"trailing-bytes", OTA_RULE_OURS,
				     "boots it: bytes after the last TLV are not looked at"},
	[OTA_RULE_SHORT_KEY_HASH] =
		{"short-key-hash", OTA_RULE_OURS,
		 "boots it: it compares no more bytes of a key hash than there are"},
	[OTA_RULE_SIGNATURE_DER] = {"signature-der", OTA_RULE_OURS,
				    "boots it, if its ASN.1 reader is as lax as tinycrypt's"},
	[OTA_RULE_TLV_SIZE] = {"tlv-size", OTA_RULE_OURS,
			       "boots it unless it is built to look at that TLV"},
	[OTA_RULE_TLV_OVERLAP] = {"tlv-overlap", OTA_RULE_OURS,
				  "boots it, and reads the record across the areas' border"},
	[OTA_RULE_EMPTY_PROTECTED_TLV] =
		{"empty-protected-tlv", OTA_RULE_BOOTLOADERS,
		 "takes the record for an unprotected one; built with the allow list it refuses "
		 "the image"},
	[OTA_RULE_NO_DIGEST] = {"no-digest", OTA_RULE_OURS, "goes by the signature alone"},
	[OTA_RULE_OTHER_HASH] = {"other-hash", OTA_RULE_OURS,
				 "boots it: digests of another hash are not looked at"},
	[OTA_RULE_PUBLIC_KEY] = {"public-key", OTA_RULE_OURS,
				 "boots it: whole public keys are not looked at"},
	[OTA_RULE_STRAY_IMAGE_KEY] = {"stray-image-key", OTA_RULE_OURS,
				      "boots it: without the flag nothing is decrypted"},
	[OTA_RULE_IMAGE_KEY_SIZE] = {"image-key-size", OTA_RULE_OURS,
				     "decrypts with the key size it is built for, not the flag's"},
	[OTA_RULE_COUNTER_UNPROTECTED] =
		{"counter-unprotected", OTA_RULE_OURS,
		 "boots it; with rollback protection it then finds no protected counter to store "
		 "and stops for good"},
	[OTA_RULE_COUNTER_TWICE] =
		{"counter-twice", OTA_RULE_OURS,
		 "boots it, but compares one counter and stores the other: after the update is "
		 "confirmed it may never boot again"},

	[OTA_RULE_PADDED_SIGNATURE] =
		{"padded-signature", OTA_RULE_WARNING,
		 "built with tinycrypt boots it, built with Mbed TLS refuses it"},
	[OTA_RULE_EARLIER_SIGNATURE] = {"earlier-signature", OTA_RULE_WARNING,
					"goes by the key's last signature"},
	[OTA_RULE_UNKNOWN_FLAGS] = {"unknown-flags", OTA_RULE_WARNING, "ignores them"},
	[OTA_RULE_TRAILER] = {"trailer", OTA_RULE_WARNING,
			      "does not find the trailer's magic: no upgrade starts"},
};

const char *ota_rule_name(enum ota_rule rule)
{
	return rule < OTA_RULES ? rules[rule].name : NULL;
}

enum ota_rule_kind ota_rule_kind(enum ota_rule rule)
{
	return rule < OTA_RULES ? rules[rule].kind : (enum ota_rule_kind)0;
}

const char *ota_rule_bootloader(enum ota_rule rule)
{
	return rule < OTA_RULES ? rules[rule].bootloader : NULL;
}

enum ota_rule ota_rule_find(const char *name)
{
	for (unsigned i = OTA_RULE_NONE + 1; i < OTA_RULES; i++) {
		if (strcmp(rules[i].name, name) == 0)
			return (enum ota_rule)i;
	}
	return OTA_RULE_NONE;
}
