// SPDX-License-Identifier: Apache-2.0
/*
 * MCUboot images: build one, open one; ota/verify.h judges one. Layout and signing rules are
 * imgtool's (MCUboot 2d4bacc3c15e, scripts/imgtool/image.py).
 */
#ifndef OTA_IMAGE_H
#define OTA_IMAGE_H

#include <ota/key.h>
#include <ota/mcuboot.h>

#ifdef __cplusplus
extern "C" {
#endif

/* imgtool's number of sectors when none is given. */
#define OTA_DEFAULT_MAX_SECTORS 128U

struct ota_dependency {
	uint8_t image_id;
	struct ota_version version;
};

/* A TLV of the product's own, for the protected area. Borrows its value. */
struct ota_custom_tlv {
	uint16_t type; /* OTA_TLV_VENDOR_FIRST to OTA_TLV_VENDOR_LAST, not a predefined one */
	struct ota_span value;
};

enum ota_image_pad {
	OTA_IMAGE_PAD_NONE = 0,
	OTA_IMAGE_PAD_PENDING,   /* to the slot's size, trailer magic set: try once */
	OTA_IMAGE_PAD_CONFIRMED, /* the same, and image_ok set: keep */
};

/* What to build; zero is the default of every field. Borrows its arrays. */
struct ota_image_plan {
	struct ota_version version;
	uint32_t header_size; /* bytes, 32 to 65535; 0: 32 */
	bool pad_header;      /* put a header area before the body; else the body has room for it */
	uint64_t slot_size;   /* bytes; 0: not checked */
	uint32_t align;       /* write alignment, 1 to 32; 0: 1 */
	uint32_t max_align;   /* 8, 16 or 32; 0: the larger of 8 and align */
	bool has_max_sectors;
	uint32_t max_sectors; /* for the trailer's size; OTA_DEFAULT_MAX_SECTORS when not given */
	bool overwrite_only;
	enum ota_image_pad pad;
	bool erased_is_zero; /* the flash's erased value is 0x00, not 0xff */
	bool non_bootable;
	uint32_t load_addr; /* sets RAM_LOAD unless 0 */
	uint32_t rom_fixed; /* sets ROM_FIXED unless 0; excludes load_addr */
	bool has_security_counter;
	uint32_t security_counter;
	const struct ota_dependency *dependencies;
	size_t n_dependencies;
	const struct ota_custom_tlv *custom_tlvs;
	size_t n_custom_tlvs;
};

/*
 * Builds an image from `body` and signs it with `key`; NULL leaves it unsigned. Appends the whole
 * image to `out`, which must be empty; its ceiling bounds the image. OTA_E_USAGE: the plan makes
 * no sense, or the body has no room for a header. OTA_E_TRUNCATED: body shorter than the header it
 * should hold. OTA_E_NO_FIT: image and trailer exceed the slot. OTA_E_ROOM, OTA_E_MEMORY,
 * OTA_E_CRYPTO.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_image_build(const struct ota_image_plan *plan,
						    struct ota_span body, const struct ota_key *key,
						    struct ota_buf *out, struct ota_diag *diag);

/* An opened image: views into the file, no copies. */
struct ota_image {
	struct ota_image_header header;
	struct ota_tlv_areas areas;
	struct ota_span bytes;  /* header to last TLV */
	struct ota_span hashed; /* header to the end of the protected area: what is signed */
	struct ota_span rest;   /* what follows in the file */
	bool has_trailer;
	uint8_t erased; /* value of the padding, when there is any */
	struct ota_trailer trailer;
	enum ota_err rest_err; /* OTA_OK: rest is padding, with or without a trailer */
	size_t rest_at;        /* first byte of the file that is neither, when rest_err is set */
};

/* True when the file starts as an image does; says nothing of the rest. */
OTA_API bool ota_image_probe(struct ota_span file);

/*
 * Opens an image, or a dump of a slot that holds one: reads the header, finds the TLV areas and
 * checks that every record lies inside its own. Judging it is ota/verify.h's. Fills `image`, which
 * borrows from `file`. OTA_E_MALFORMED, OTA_E_TRUNCATED. No digest and no signature is looked at.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_image_open(struct ota_span file, struct ota_image *image,
						   struct ota_diag *diag);

/* The hash that a digest TLV type stands for; 0 when it is no digest. */
OTA_API enum ota_hash ota_image_hash_of_tlv(uint16_t type);

/* The TLV type that holds a digest by `hash`. */
OTA_API uint16_t ota_image_tlv_of_hash(enum ota_hash hash);

/* True for a TLV type that holds a signature of the image. */
OTA_API bool ota_image_is_signature(uint16_t type);

/*
 * True for a delta update: a non-bootable image whose DELTA TLV says that its payload is a patch.
 */
OTA_API bool ota_image_is_delta_update(const struct ota_image *image);

/* imgtool's reserved bytes at the end of the slot for this plan. */
OTA_API uint64_t ota_image_trailer_size(const struct ota_image_plan *plan);

#ifdef __cplusplus
}
#endif
#endif
