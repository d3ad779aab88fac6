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
	OTA_IMAGE_PAD_TEST,      /* as PENDING; in HEX image_ok is written as erased */
};

/* What a signature is made of. */
struct ota_to_sign {
	struct ota_span hashed;  /* header, payload, protected TLVs, in plaintext */
	struct ota_span message; /* what a key signs: the digest; `hashed` itself when pure */
	enum ota_hash hash;
	bool pure;
};

/*
 * Whose signature an image gets. A signature is verified with `key` before it is used, wherever it
 * comes from. Borrows.
 */
struct ota_signer {
	const struct ota_key *key; /* may be public when `sign` is given */
	/*
	 * Makes the signature elsewhere; NULL: the key makes it. ECDSA signatures are DER. Called
	 * twice for the first signer of a compressed image.
	 */
	enum ota_err (*sign)(void *context, const struct ota_to_sign *to_sign, struct ota_sig *sig,
			     struct ota_diag *diag);
	void *context;
};

enum ota_compression {
	OTA_COMPRESSION_NONE = 0,
	OTA_COMPRESSION_LZMA2,
	OTA_COMPRESSION_LZMA2_ARM_THUMB, /* the ARM-Thumb filter before it */
};

/* What to build; zero is the default of every field. Borrows what it points to. */
struct ota_image_plan {
	struct ota_version version;
	uint32_t header_size; /* bytes, 32 to 65535; 0: 32 */
	bool pad_header;      /* put a header area before the body; else the body has room for it */
	bool big_endian;
	uint64_t slot_size; /* bytes; 0: not checked */
	uint64_t max_image; /* bytes, header to last TLV, by the mode's rules; 0: imgtool's limit */
	uint32_t align;     /* write alignment, 1 to 32; 0: 1 */
	uint32_t max_align; /* 8, 16 or 32; 0: the larger of 8 and align */
	bool has_max_sectors;
	uint32_t max_sectors; /* for the trailer's size; OTA_DEFAULT_MAX_SECTORS when not given */
	bool overwrite_only;
	enum ota_image_pad pad;
	bool erased_is_zero; /* the flash's erased value is 0x00, not 0xff */
	bool non_bootable;
	uint32_t load_addr; /* sets RAM_LOAD unless 0 */
	uint32_t rom_fixed; /* sets ROM_FIXED unless 0; excludes load_addr */

	/* protected TLVs */
	bool has_security_counter;
	uint32_t security_counter;
	const char *boot_record; /* sw_type, at most 12 characters of UTF-8; NULL: none */
	const struct ota_dependency *dependencies;
	size_t n_dependencies;
	const uint8_t *vid; /* OTA_TLV_UUID_SIZE bytes; NULL: none */
	const uint8_t *cid;
	const struct ota_custom_tlv *custom_tlvs;
	size_t n_custom_tlvs;

	/* digest and signatures */
	enum ota_hash hash; /* 0: the first signer's, or SHA-256 */
	bool pure;          /* Ed25519 over the image itself; with SHA-512 */
	const struct ota_signer *signers;
	size_t n_signers;     /* 0: unsigned; one key TLV and one signature TLV each */
	bool full_public_key; /* PUBKEY instead of KEYHASH */
	bool pad_sig;         /* zeros behind an ECDSA signature, up to its largest size less one */

	/* encryption */
	const struct ota_key *encryption_key; /* NULL: none */
	size_t image_key_len;                 /* bytes, 16 or 32; 0: 16 */
	bool encrypt_clear;                   /* flag and TLV, but the payload stays in clear */
	enum ota_hash exchange_hash;          /* of the key exchange; 0: SHA-256 */
	bool save_enctlv;                     /* the trailer keeps the TLV instead of the key */

	enum ota_compression compression;
};

/* What came of it. */
struct ota_image_made {
	size_t len;         /* bytes, header to last TLV; what follows is padding */
	struct ota_sig sig; /* the first signer's, as it stands in the image; or empty */
	bool compressed;    /* false: compression was not asked for, or did not pay */
	size_t stream_len;  /* bytes of the LZMA2 stream, when compression was asked for */
	size_t body_len;    /* bytes of the payload before it */
	uint64_t trailer;   /* bytes that imgtool reserves behind the image */
	bool low_on_room;   /* fits as imgtool counts, yet no bootloader of that kind takes it */
};

/*
 * Builds an image from `body`. Appends the whole image, padded when the plan says so, to `out`,
 * which must be empty; its ceiling bounds the image. Fills `made`. OTA_E_USAGE: the plan makes no
 * sense, a key does not go with it, its TLVs are too long, or the body has no room for a header.
 * OTA_E_TRUNCATED: body shorter than the header it should hold. OTA_E_NO_FIT: image and trailer
 * exceed the slot, or the image `max_image` or 4 GiB. OTA_E_SIGNATURE: one that was made elsewhere
 * is not its key's over this image. OTA_E_ROOM, OTA_E_MEMORY, OTA_E_CRYPTO, and what a signer says.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_image_build(const struct ota_image_plan *plan,
						    struct ota_span body, struct ota_buf *out,
						    struct ota_image_made *made,
						    struct ota_diag *diag);

/*
 * What is to be signed of the image that the plan would make (imgtool's --vector-to-sign): the
 * hashed part, or its digest. The first signer's key, if there is one, chooses the hash; it signs
 * nothing. Appends to `out`, which must be empty, and pads it when the plan asks for that, as
 * imgtool does: the padding is not to be signed. Fills `made`, but for its signature. Errors as
 * ota_image_build.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_image_vector(const struct ota_image_plan *plan, struct ota_span body, bool digest,
		 struct ota_buf *out, struct ota_image_made *made, struct ota_diag *diag);

/*
 * The made image as Intel HEX from address `base`: its own bytes and, when padded, the trailer's
 * magic and flags, nothing between. `image` is what ota_image_build made. OTA_E_ROOM beyond 4 GiB.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_image_to_hex(const struct ota_image_plan *plan,
						     struct ota_span image, size_t made_len,
						     uint32_t base, struct ota_buf *out,
						     struct ota_diag *diag);

/*
 * The same for a file that holds an image already, padded or not. A trailer with more in it than
 * the magic and image_ok is written whole, with the padding before it. OTA_E_MALFORMED,
 * OTA_E_TRUNCATED: it holds none.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_image_file_to_hex(struct ota_span file, uint32_t base,
							  struct ota_buf *out,
							  struct ota_diag *diag);

/* An opened image: views into the file, no copies. */
struct ota_image {
	bool big_endian;
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

/* True for a TLV type that holds an image key, wrapped. */
OTA_API bool ota_image_is_wrapped_key(uint16_t type);

/*
 * A signature of TLV type `tlv` without the zeros that padding puts behind an ECDSA one; any
 * other as it is. Borrows.
 */
OTA_API struct ota_span ota_signature_unpadded(uint16_t tlv, struct ota_span sig);

/*
 * The first TLV of that type, protected ones before the others; false when there is none. Fills
 * `tlv`, which borrows from the image.
 */
OTA_API bool ota_image_find_tlv(const struct ota_image *image, uint16_t type, struct ota_tlv *tlv);

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
