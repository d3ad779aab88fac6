// SPDX-License-Identifier: Apache-2.0
/*
 * Hazards that lie in the images: what a bootloader does with their header, TLVs and padding. Files
 * and lines are those of MCUboot 2d4bacc3c15e.
 */
#include <inttypes.h>

#include "grouped.h"
#include "hazards.h"

#define SRC "boot/bootutil/src/"

#define SHA256_SIZE 32U

/* Bytes of the keys that images are encrypted with. */
#define AES128_KEY 16U
#define AES256_KEY 32U

/* -- whole image ------------------------------------------------------------------------------- */

static void find_header_size(const struct ota_image *image, const char *name,
			     const struct ota_target *target, struct ota_budget *budget)
{
	if (target->header_size == 0 || image->header.hdr_size == target->header_size)
		return;
	ota_hazard_because(
		ota_budget_find(budget, "header-size-differs", OTA_SEVERITY_WARNING,
				"%s has a header area of %u bytes, the profile says %s: is the "
				"firmware linked for it?",
				name, image->header.hdr_size, GROUPED(target->header_size)),
		"the bootloader jumps behind the header; firmware that is linked for another "
		"offset crashes there",
		"sign with the header size that the firmware is linked for, or change header-size "
		"in the profile",
		NULL);
}

static bool is_encrypted(const struct ota_image *image)
{
	return image->header.flags & (OTA_IMAGE_F_ENCRYPTED_AES128 | OTA_IMAGE_F_ENCRYPTED_AES256);
}

static void find_bootable(const struct ota_image *image, struct ota_budget *budget)
{
	if (!(image->header.flags & OTA_IMAGE_F_NON_BOOTABLE))
		return;
	ota_hazard_because(ota_budget_find(budget, "image-not-bootable", OTA_SEVERITY_FAILURE,
					   "the new image is flagged NON_BOOTABLE"),
			   "MCUboot passes over it: the update never boots",
			   "sign it without --non-bootable", SRC "loader.c:561");
}

/* Bytes of the record that the image's key comes in; 0 when there is none. */
static size_t wrapped_key_len(const struct ota_image *image)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct ota_tlv tlv;

	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		if (ota_image_is_wrapped_key(tlv.type))
			return tlv.value.len;
	}
	return 0;
}

/* A build keeps keys of 16 or 32 bytes, or whole records, which have other lengths. */
static void find_other_encryption(const struct ota_image *image, const struct ota_target *target,
				  struct ota_budget *budget)
{
	uint32_t kept = target->layout.enc_key;
	uint32_t key = image->header.flags & OTA_IMAGE_F_ENCRYPTED_AES256 ? AES256_KEY : AES128_KEY;
	size_t record = wrapped_key_len(image);
	struct ota_budget_finding *finding;

	if (kept == AES128_KEY || kept == AES256_KEY) {
		if (kept == key)
			return;
		finding =
			ota_budget_find(budget, "encryption-differs", OTA_SEVERITY_FAILURE,
					"the new image is encrypted with AES-%u, the profile says "
					"encryption: aes%u",
					key * 8, kept * 8);
	} else {
		if (record == kept)
			return;
		finding = ota_budget_find(budget, "encryption-differs", OTA_SEVERITY_FAILURE,
					  "the new image's key comes in a TLV of %s bytes, by the "
					  "profile the bootloader takes one of %s",
					  GROUPED(record), GROUPED(kept));
	}
	ota_hazard_because(finding,
			   "the bootloader takes a key's TLV of one length alone: it refuses the "
			   "image and erases the slot",
			   "encrypt it as the bootloader was built for, or say in the profile what "
			   "that is",
			   SRC "encrypted.c:615-630, " SRC "loader.c:649-662");
}

static void find_encryption(const struct ota_update *update, const struct ota_target *target,
			    struct ota_budget *budget)
{
	if (!is_encrypted(update->new_image))
		return;
	if (target->layout.enc_key == 0)
		ota_hazard_because(
			ota_budget_find(budget, "encrypted-for-plain-bootloader",
					OTA_SEVERITY_FAILURE,
					"the new image is encrypted, the profile says encryption: "
					"none"),
			"a bootloader without MCUBOOT_ENC_IMAGES refuses the header and erases "
			"the slot",
			"send the image unencrypted, or say in the profile what the bootloader "
			"was built for",
			SRC "bootutil_loader.c:102-105, " SRC "loader.c:649-662");
	else
		find_other_encryption(update->new_image, target, budget);
	if (target->layout.mode == OTA_MODE_SWAP_OFFSET && target->layout.enc_key > 0 &&
	    update->old_image && !is_encrypted(update->old_image))
		ota_hazard_because(
			ota_budget_find(budget, "swap-offset-plain-to-encrypted",
					OTA_SEVERITY_FAILURE,
					"the old image is plain and the new one encrypted"),
			"a power cut at one of six points of the swap leaves a bootloader that "
			"asserts at every boot: the image header it then goes by is the other "
			"image's",
			"send the new image unencrypted, or get to an encrypted old image by "
			"swap-move, swap-scratch or in the factory",
			SRC "loader.c:1165-1191, " SRC "swap_offset.c:115-165");
}

static void find_compression(const struct ota_image *image, struct ota_budget *budget)
{
	uint32_t compressed = OTA_IMAGE_F_COMPRESSED_LZMA1 | OTA_IMAGE_F_COMPRESSED_LZMA2;

	if (!(image->header.flags & compressed))
		return;
	ota_hazard_because(
		ota_budget_find(budget, "compressed-image", OTA_SEVERITY_WARNING,
				"the new image is compressed, and the profile does not say whether "
				"the bootloader takes that"),
		"one without MCUBOOT_DECOMPRESS_IMAGES refuses the header and erases the slot; "
		"with it, the image as it is decompressed must fit too, which was not checked",
		"send it uncompressed, or know that the bootloader takes it",
		SRC "bootutil_loader.c:114-118, " SRC "loader.c:649-662");
}

/* -- padding ----------------------------------------------------------------------------------- */

/* Modes in which the trailer of a new image decides whether it is taken. */
static bool asks_trailer(enum ota_mode mode)
{
	switch (mode) {
	case OTA_MODE_SWAP_SCRATCH:
	case OTA_MODE_SWAP_MOVE:
	case OTA_MODE_SWAP_OFFSET:
	case OTA_MODE_OVERWRITE_ONLY:
	case OTA_MODE_OVERWRITE_FAST:
	case OTA_MODE_DIRECT_XIP_REVERT:
		return true;
	case OTA_MODE_DIRECT_XIP:
	case OTA_MODE_RAM_LOAD:
	case OTA_MODE_SINGLE_SLOT:
	case OTA_MODE_FIRMWARE_LOADER:
		break;
	}
	return false;
}

/* Says what a bootloader does that does not find the trailer. */
static void because_unseen(struct ota_budget_finding *finding, enum ota_mode mode,
			   const char *why_not, const char *remedy, const char *source)
{
	bool erases = mode == OTA_MODE_DIRECT_XIP_REVERT;

	ota_hazard_because(finding, "", remedy, source);
	(void)snprintf(finding->why, sizeof(finding->why), "%s: the bootloader sees no request %s",
		       why_not,
		       erases ? "and erases the image before it was ever started"
			      : "and silently goes on with the old image");
}

/* Bytes that a slot has for the image and its padding. */
static uint64_t padded_room(const struct ota_flash_layout *layout, const struct ota_sectors *slot)
{
	/* The new image starts one sector into the secondary slot. */
	uint64_t spare = layout->mode == OTA_MODE_SWAP_OFFSET ? slot->run[0].size : 0;

	return ota_sectors_bytes(slot) - spare;
}

/* Only a full image travels with its padding. */
static void find_padding(const struct ota_update *update, const struct ota_target *target,
			 struct ota_budget *budget)
{
	const struct ota_image *image = update->new_image;
	const struct ota_flash_layout *layout = &target->layout;
	uint64_t room = padded_room(layout, &layout->secondary);
	uint64_t len = image->bytes.len + (uint64_t)image->rest.len;

	if (update->format || !image->has_trailer || !asks_trailer(layout->mode))
		return;
	if (image->trailer.max_align != layout->max_align)
		because_unseen(ota_budget_find(budget, "pad-other-align", OTA_SEVERITY_FAILURE,
					       "the image is padded with a trailer for alignment "
					       "%s, the device has BOOT_MAX_ALIGN %s",
					       GROUPED(image->trailer.max_align),
					       GROUPED(layout->max_align)),
			       layout->mode, "the magic is another for each alignment",
			       "pad with --max-align as the device has it, or not at all",
			       SRC "bootutil_public.c:60-79, boot/bootutil/include/bootutil/"
				   "bootutil_public.h:79-91");
	if (len == room || (layout->mode == OTA_MODE_DIRECT_XIP_REVERT &&
			    len == padded_room(layout, &layout->primary)))
		return;
	because_unseen(ota_budget_find(budget, "pad-other-place", OTA_SEVERITY_FAILURE,
				       "the image is padded to %s bytes, the slot has %s for it",
				       GROUPED(len), GROUPED(room)),
		       layout->mode, "MCUboot looks for the trailer at the slot's end alone",
		       "pad to what the slot has for it, or not at all",
		       SRC "bootutil_misc.h:28-44");
}

/* -- TLVs -------------------------------------------------------------------------------------- */

/* What one walk over the records finds. */
struct records {
	unsigned counters;
	bool counter_unprotected, counter_odd;
	uint32_t counter;
	bool last_protected_empty; /* the last protected record has no value */
	uint16_t last_type;
	bool pure, long_key_hash, padded_sig;
	enum ota_hash hash; /* the image's; 0: it has none */
};

static void see_counter(const struct ota_image *image, const struct ota_tlv *tlv,
			struct records *found)
{
	struct ota_rd rd = ota_rd_init(tlv->value);

	rd.big = image->big_endian;
	found->counters++;
	if (!tlv->is_protected)
		found->counter_unprotected = true;
	if (tlv->value.len != OTA_TLV_SEC_CNT_SIZE)
		found->counter_odd = true;
	else
		found->counter = ota_rd_u32(&rd);
}

static struct records walk(const struct ota_image *image)
{
	struct ota_tlv_iter iter = ota_tlv_iter_init(&image->areas);
	struct records found = {.counters = 0};
	struct ota_tlv tlv;

	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		if (tlv.is_protected) {
			found.last_protected_empty = tlv.value.len == 0;
			found.last_type = tlv.type;
		}
		if (tlv.type == OTA_TLV_SEC_CNT)
			see_counter(image, &tlv, &found);
		else if (tlv.type == OTA_TLV_SIG_PURE)
			found.pure = true;
		else if (tlv.type == OTA_TLV_KEYHASH && tlv.value.len > SHA256_SIZE)
			found.long_key_hash = true;
		else if (ota_image_is_signature(tlv.type) &&
			 ota_signature_unpadded(tlv.type, tlv.value).len < tlv.value.len)
			found.padded_sig = true;
		else if (ota_image_hash_of_tlv(tlv.type) != 0)
			found.hash = ota_image_hash_of_tlv(tlv.type);
	}
	return found;
}

static void find_counter_form(const struct records *found, struct ota_budget *budget)
{
	struct ota_budget_finding *finding;
	const char *why;

	if (found->counters > 1) {
		finding =
			ota_budget_find(budget, "security-counter", OTA_SEVERITY_FAILURE,
					"the new image has %u security counters", found->counters);
		why = "a bootloader with rollback protection judges each of them and stores the "
		      "first: it refuses the image, or never boots it again once it is confirmed";
	} else if (found->counter_unprotected) {
		finding =
			ota_budget_find(budget, "security-counter", OTA_SEVERITY_FAILURE,
					"the new image's security counter is not protected by its "
					"signature");
		why = "anybody can append one; a bootloader with rollback protection judges it, "
		      "but finds none to store: once the image is confirmed nothing boots";
	} else if (found->counter_odd) {
		finding =
			ota_budget_find(budget, "security-counter", OTA_SEVERITY_FAILURE,
					"the new image's security counter has another length than "
					"%u bytes",
					OTA_TLV_SEC_CNT_SIZE);
		why = "a bootloader with rollback protection refuses the image";
	} else {
		return;
	}
	ota_hazard_because(finding, why, "sign it again with one --security-counter",
			   SRC "image_validate.c:437-491, " SRC
			       "bootutil_img_security_cnt.c:67-94");
}

static void find_counter_value(const struct records *old, const struct records *found,
			       struct ota_budget *budget)
{
	struct ota_budget_finding *finding;

	if (old->counters == 0 || found->counters > 1)
		return;
	if (found->counters == 0)
		finding = ota_budget_find(budget, "security-counter-missing", OTA_SEVERITY_WARNING,
					  "the old image has security counter %" PRIu32
					  ", the new one has none",
					  old->counter);
	else if (found->counter < old->counter)
		finding = ota_budget_find(budget, "security-counter-lower", OTA_SEVERITY_WARNING,
					  "the new image's security counter is %" PRIu32
					  ", the old one's %" PRIu32,
					  found->counter, old->counter);
	else
		return;
	ota_hazard_because(finding,
			   "a bootloader with rollback protection refuses the new image; the "
			   "profile does not say whether this one has it",
			   "sign the new image with a counter that is no lower",
			   SRC "image_validate.c:437-491");
}

/* The types that may stand in the unprotected area: what the walk takes such a record for. */
static bool is_allowed_unprotected(uint16_t type)
{
	return ota_image_hash_of_tlv(type) != 0 || ota_image_is_signature(type) ||
	       ota_image_is_wrapped_key(type) || type == OTA_TLV_KEYHASH || type == OTA_TLV_PUBKEY;
}

static void find_empty(const struct records *found, const struct ota_target *target,
		       struct ota_budget *budget)
{
	if (!found->last_protected_empty || target->no_allow_list ||
	    is_allowed_unprotected(found->last_type))
		return;
	ota_hazard_because(
		ota_budget_find(budget, "empty-protected-tlv", OTA_SEVERITY_FAILURE,
				"the last protected TLV, 0x%04x, has no value", found->last_type),
		"its value would start where the protected area ends, so a bootloader with an "
		"allow list (Zephyr's default) takes it for an unprotected one and refuses the "
		"image, which imgtool verifies",
		"put another TLV behind it, or give it a byte",
		SRC "image_validate.c:318-338, " SRC "tlv.c:216-224");
}

static void find_key_hash(const struct records *found, const struct ota_target *target,
			  struct ota_budget *budget)
{
	bool is_told = target->boot_hash != 0;

	if (!found->pure || !found->long_key_hash || target->boot_hash == OTA_HASH_SHA512)
		return;
	ota_hazard_because(
		ota_budget_find(budget, "pure-key-hash",
				is_told ? OTA_SEVERITY_FAILURE : OTA_SEVERITY_WARNING,
				"the image has a pure signature and a key hash of 64 bytes%s",
				is_told ? ""
					: ", and the profile does not name the bootloader's hash"),
		"a pure bootloader that is built with SHA-256 takes key hashes of at most 32 "
		"bytes: it finds no key and refuses the image",
		"build the bootloader with SHA-512 and say hash: sha512 in the profile, or sign "
		"without --pure",
		SRC "bootutil_find_key.c:57-80");
}

/* A pure signature is over the image itself, and needs no hash. */
static void find_hash(const struct records *found, const struct ota_target *target,
		      struct ota_budget *budget)
{
	if (found->pure || target->boot_hash == 0 || found->hash == 0 ||
	    found->hash == target->boot_hash)
		return;
	ota_hazard_because(
		ota_budget_find(budget, "image-hash-differs", OTA_SEVERITY_FAILURE,
				"the new image has a %s hash, the bootloader checks %s",
				ota_hash_name(found->hash), ota_hash_name(target->boot_hash)),
		"the bootloader passes over hashes of another kind: it finds none, "
		"refuses the image and erases the slot",
		"sign with --sha as the bootloader was built, or say in the profile what "
		"it checks",
		SRC "image_validate.c:340-365, " SRC "loader.c:649-662");
}

static void find_padded_signature(const struct records *found, const struct ota_target *target,
				  struct ota_budget *budget)
{
	if (!found->padded_sig)
		return;
	ota_hazard_because(
		ota_budget_find(budget, "padded-signature",
				target->boot_crypto == OTA_BOOT_MBEDTLS ? OTA_SEVERITY_FAILURE
									: OTA_SEVERITY_NOTE,
				"the image has an ECDSA signature with zeros behind it"),
		"the ASN.1 reader of an Mbed TLS bootloader takes no bytes behind a signature, and "
		"the image is refused",
		"sign without --pad-sig", "boot/bootutil/include/bootutil/crypto/ecdsa.h");
}

/* -- addresses --------------------------------------------------------------------------------- */

static void find_same_slot(const struct ota_update *update, struct ota_budget *budget)
{
	const struct ota_image_header *old = update->old_image ? &update->old_image->header : NULL;
	const struct ota_image_header *header = &update->new_image->header;

	if (!old || !(old->flags & OTA_IMAGE_F_ROM_FIXED) || old->load_addr != header->load_addr)
		return;
	ota_hazard_because(
		ota_budget_find(budget, "xip-same-slot", OTA_SEVERITY_FAILURE,
				"both images are built for the slot at 0x%08" PRIx32,
				header->load_addr),
		"the old image runs in that slot, so the new one goes to the other, where MCUboot "
		"passes over it: the update never boots",
		"link and sign the new image for the other slot", SRC "loader.c:508-531");
}

static void find_xip_address(const struct ota_update *update, const struct ota_target *target,
			     struct ota_budget *budget)
{
	const struct ota_image_header *header = &update->new_image->header;

	if (header->flags & OTA_IMAGE_F_PIC)
		return;
	if (!(header->flags & OTA_IMAGE_F_ROM_FIXED)) {
		ota_hazard_because(
			ota_budget_find(budget, "xip-address-unknown", OTA_SEVERITY_WARNING,
					"the new image does not say for which slot it is built"),
			"MCUboot then checks nothing, and starts it in whichever slot it lies: "
			"firmware linked for the other one crashes",
			"sign with --rom-fixed and the slot's address", SRC "loader.c:508-531");
		return;
	}
	if (header->load_addr == target->primary.at || header->load_addr == target->secondary.at) {
		find_same_slot(update, budget);
		return;
	}
	ota_hazard_because(
		ota_budget_find(budget, "xip-address", OTA_SEVERITY_FAILURE,
				"the new image is built for 0x%08" PRIx32
				", the slots are at 0x%08" PRIx32 " and 0x%08" PRIx32,
				header->load_addr, target->primary.at, target->secondary.at),
		"MCUboot compares the address with the slot's offset in flash and passes over the "
		"image: it never boots",
		"sign with --rom-fixed and the address of the slot it goes to",
		SRC "loader.c:508-531");
}

/* Other images lie in RAM too, at addresses that only they know. */
static void find_overlap(const struct ota_target *target, struct ota_budget *budget)
{
	if (target->n_images < 2)
		return;
	ota_hazard_because(
		ota_budget_find(budget, "ram-load-overlap", OTA_SEVERITY_NOTE,
				"the device has %u images: whether their places in RAM overlap was "
				"not checked",
				target->n_images),
		"MCUboot refuses an image that would overlap one that is loaded already", "",
		SRC "ram_load.c:228-295");
}

static void find_load_range(const struct ota_update *update, const struct ota_target *target,
			    struct ota_budget *budget)
{
	const struct ota_area *ram = &target->exec_ram;
	uint32_t load = update->new_image->header.load_addr;

	if (ram->len == 0) {
		ota_hazard_because(
			ota_budget_find(budget, "ram-load-range-unknown", OTA_SEVERITY_WARNING,
					"the new image is copied to 0x%08" PRIx32
					", and the profile does not say where images may run",
					load),
			"outside of the bootloader's executable RAM it is refused", "give exec-ram",
			SRC "ram_load.c:62-102");
		return;
	}
	if (ota_ram_load_limit(ram, load, update->new_len) >= update->new_len)
		return;
	ota_hazard_because(
		ota_budget_find(budget, "ram-load-address", OTA_SEVERITY_FAILURE,
				"the new image takes 0x%08" PRIx32 " to 0x%08" PRIx64
				", executable RAM is 0x%08" PRIx32 " to 0x%08" PRIx64,
				load, load + update->new_len, ram->at,
				(uint64_t)ram->at + ram->len),
		"MCUboot copies the image with all its TLVs, refuses one that leaves that RAM, "
		"and erases it",
		"make the image smaller, or give it another --load-addr", SRC "ram_load.c:62-102");
}

static void find_load_address(const struct ota_update *update, const struct ota_target *target,
			      struct ota_budget *budget)
{
	if (update->new_image->header.flags & OTA_IMAGE_F_RAM_LOAD) {
		find_load_range(update, target, budget);
		find_overlap(target, budget);
		return;
	}
	ota_hazard_because(ota_budget_find(budget, "ram-load-no-address", OTA_SEVERITY_FAILURE,
					   "the new image has no load address"),
			   "a bootloader that runs images from RAM takes none without the flag "
			   "RAM_LOAD",
			   "sign with --load-addr", SRC "ram_load.c:304-371");
}

static int compare_versions(const struct ota_version *a, const struct ota_version *b)
{
	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	if (a->minor != b->minor)
		return a->minor < b->minor ? -1 : 1;
	return (a->revision > b->revision) - (a->revision < b->revision);
}

/* Of two good images the higher version runs; of two equal ones the primary slot's. */
static void find_version(const struct ota_update *update, struct ota_budget *budget)
{
	const struct ota_version *old, *new;
	int order;

	if (!update->old_image)
		return;
	old = &update->old_image->header.version;
	new = &update->new_image->header.version;
	order = compare_versions(new, old);
	if (order > 0)
		return;
	ota_hazard_because(
		ota_budget_find(budget, "version-not-higher",
				order < 0 ? OTA_SEVERITY_FAILURE : OTA_SEVERITY_WARNING,
				"the new image is version %u.%u.%u, the old one %u.%u.%u",
				new->major, new->minor, new->revision, old->major, old->minor,
				old->revision),
		"of the images in both slots MCUboot runs the one with the higher version, and of "
		"equal ones that in the primary slot",
		"give the new image a higher version", SRC "loader.c:2086-2111");
}

/* Where both images are moved the version counts only for a build that prevents downgrades. */
static void find_downgrade(const struct ota_update *update, struct ota_budget *budget)
{
	const struct ota_version *old, *new;

	if (!update->old_image)
		return;
	old = &update->old_image->header.version;
	new = &update->new_image->header.version;
	if (compare_versions(new, old) >= 0)
		return;
	ota_hazard_because(
		ota_budget_find(budget, "version-lower", OTA_SEVERITY_NOTE,
				"the new image is version %u.%u.%u, the old one %u.%u.%u",
				new->major, new->minor, new->revision, old->major, old->minor,
				old->revision),
		"a bootloader that is built with MCUBOOT_DOWNGRADE_PREVENTION refuses it", "",
		SRC "loader.c:617-635, " SRC "loader.c:1638-1680");
}

static void find_address(const struct ota_update *update, const struct ota_target *target,
			 struct ota_budget *budget)
{
	switch (target->layout.mode) {
	case OTA_MODE_DIRECT_XIP:
	case OTA_MODE_DIRECT_XIP_REVERT:
		find_xip_address(update, target, budget);
		find_version(update, budget);
		break;
	case OTA_MODE_RAM_LOAD:
		find_load_address(update, target, budget);
		find_version(update, budget);
		break;
	case OTA_MODE_SWAP_SCRATCH:
	case OTA_MODE_SWAP_MOVE:
	case OTA_MODE_SWAP_OFFSET:
	case OTA_MODE_OVERWRITE_ONLY:
	case OTA_MODE_OVERWRITE_FAST:
		find_downgrade(update, budget);
		break;
	case OTA_MODE_SINGLE_SLOT:
	case OTA_MODE_FIRMWARE_LOADER:
		break;
	}
}

void ota_hazards_of_images(const struct ota_update *update, const struct ota_target *target,
			   const struct ota_budget_options *options, struct ota_budget *budget)
{
	struct records old = {.counters = 0};
	struct records found;

	if (update->old_image) {
		find_header_size(update->old_image, "the old image", target, budget);
		old = walk(update->old_image);
	}
	if (!update->new_image)
		return;
	found = walk(update->new_image);
	find_header_size(update->new_image, "the new image", target, budget);
	find_bootable(update->new_image, budget);
	find_encryption(update, target, budget);
	find_compression(update->new_image, budget);
	find_padding(update, target, budget);
	find_counter_form(&found, budget);
	find_counter_value(&old, &found, budget);
	find_empty(&found, target, budget);
	find_hash(&found, target, budget);
	find_key_hash(&found, target, budget);
	find_padded_signature(&found, target, budget);
	find_address(update, target, budget);
	ota_hazards_of_dependencies(update, target, options, budget);
}
