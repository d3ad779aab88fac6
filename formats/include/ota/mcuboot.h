// SPDX-License-Identifier: Apache-2.0
/*
 * The MCUboot image, byte for byte: header, TLV areas, slot trailer. Pure codecs; what the bytes
 * mean (is this image good?) is decided in libota. Names are MCUboot's own.
 *
 * Source: MCUboot 2d4bacc3c15e, boot/bootutil/include/bootutil/image.h and
 * boot/bootutil/src/{bootutil_area.c,bootutil_public.c,bootutil_misc.h}; scripts/imgtool/image.py.
 * The format is described in formats/mcuboot.md.
 */
#ifndef OTA_MCUBOOT_H
#define OTA_MCUBOOT_H

#include <ota/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -- header: image.h, struct image_header ----------------------------------------------------- */

#define OTA_IMAGE_MAGIC       0x96f3b83dU
#define OTA_IMAGE_HEADER_SIZE 32U /* bytes used; the header area may be larger */

enum ota_image_flag {
	OTA_IMAGE_F_PIC = 0x1,
	OTA_IMAGE_F_ENCRYPTED_AES128 = 0x4,
	OTA_IMAGE_F_ENCRYPTED_AES256 = 0x8,
	OTA_IMAGE_F_NON_BOOTABLE = 0x10,
	OTA_IMAGE_F_RAM_LOAD = 0x20,
	OTA_IMAGE_F_ROM_FIXED = 0x100,
	OTA_IMAGE_F_COMPRESSED_LZMA1 = 0x200,
	OTA_IMAGE_F_COMPRESSED_LZMA2 = 0x400,
	OTA_IMAGE_F_COMPRESSED_ARM_THUMB = 0x800,
};

struct ota_version {
	uint8_t major;
	uint8_t minor;
	uint16_t revision;
	uint32_t build;
};

struct ota_image_header {
	uint32_t load_addr;
	uint16_t hdr_size;         /* bytes of the header area, payload follows */
	uint16_t protect_tlv_size; /* bytes of the protected TLV area with its info header, or 0 */
	uint32_t img_size;         /* bytes of the payload */
	uint32_t flags;            /* enum ota_image_flag, or-ed */
	struct ota_version version;
};

/* A version's 8 bytes at the cursor (struct image_version). */
static inline struct ota_version ota_version_read(struct ota_rd *rd)
{
	struct ota_version version;

	version.major = ota_rd_u8(rd);
	version.minor = ota_rd_u8(rd);
	version.revision = ota_rd_u16(rd);
	version.build = ota_rd_u32(rd);
	return version;
}

static inline void ota_version_write(struct ota_wr *wr, const struct ota_version *version)
{
	ota_wr_u8(wr, version->major);
	ota_wr_u8(wr, version->minor);
	ota_wr_u16(wr, version->revision);
	ota_wr_u32(wr, version->build);
}

/*
 * Parses text `MAJ[.MIN[.REV[+BUILD]]]`, `len` bytes, as imgtool does (scripts/imgtool/version.py):
 * no leading zeros, build only after three parts. OTA_E_MALFORMED, or OTA_E_ROOM when a part
 * exceeds 255, 255, 65535, 2^32-1. Fills `version`.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_version_parse(struct ota_span text,
						      struct ota_version *version);

/*
 * Reads the 32 bytes at the start of `image` in the byte order `big` says. OTA_E_TRUNCATED when
 * there are fewer, OTA_E_MALFORMED when the magic is another. Nothing else is checked.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_image_header_read(struct ota_span image, bool big,
							  struct ota_image_header *header);

/* Writes 32 bytes, in the cursor's byte order. */
OTA_API void ota_image_header_write(struct ota_wr *wr, const struct ota_image_header *header);

/* -- TLVs: image.h, struct image_tlv_info and image_tlv --------------------------------------- */

#define OTA_TLV_INFO_MAGIC      0x6907U
#define OTA_TLV_PROT_INFO_MAGIC 0x6908U
#define OTA_TLV_INFO_SIZE       4U /* area header: u16 magic, u16 length including itself */
#define OTA_TLV_HEADER_SIZE     4U /* record header: u16 type, u16 length of the value */
#define OTA_TLV_VENDOR_FIRST    0x00a0U
#define OTA_TLV_VENDOR_LAST     0xfffeU

enum ota_tlv_type {
	OTA_TLV_KEYHASH = 0x01,
	OTA_TLV_PUBKEY = 0x02,
	OTA_TLV_SHA256 = 0x10,
	OTA_TLV_SHA384 = 0x11,
	OTA_TLV_SHA512 = 0x12,
	OTA_TLV_RSA2048_PSS = 0x20,
	OTA_TLV_ECDSA224 = 0x21,
	OTA_TLV_ECDSA_SIG = 0x22,
	OTA_TLV_RSA3072_PSS = 0x23,
	OTA_TLV_ED25519 = 0x24,
	OTA_TLV_SIG_PURE = 0x25,
	OTA_TLV_ENC_RSA2048 = 0x30,
	OTA_TLV_ENC_KW = 0x31,
	OTA_TLV_ENC_EC256 = 0x32,
	OTA_TLV_ENC_X25519 = 0x33,
	OTA_TLV_ENC_X25519_SHA512 = 0x34,
	OTA_TLV_DEPENDENCY = 0x40,
	OTA_TLV_SEC_CNT = 0x50,
	OTA_TLV_BOOT_RECORD = 0x60,
	OTA_TLV_DECOMP_SIZE = 0x70,
	OTA_TLV_DECOMP_SHA = 0x71,
	OTA_TLV_DECOMP_SIGNATURE = 0x72,
	OTA_TLV_COMP_DEC_SIZE = 0x73,
	OTA_TLV_UUID_VID = 0x74,
	OTA_TLV_UUID_CID = 0x75,
};

/* Ours, in the vendor range, protected: the image is a delta update (libota). */
#define OTA_TLV_DELTA       0x01a0U
#define OTA_TLV_DELTA_SIZE  60U
#define OTA_TLV_DELTA_MAGIC "OTAD"

#define OTA_TLV_DEPENDENCY_SIZE 12U
#define OTA_TLV_SEC_CNT_SIZE    4U
#define OTA_TLV_UUID_SIZE       16U

/* A record in place: `value` borrows from the area. */
struct ota_tlv {
	uint16_t type;
	bool is_protected;
	size_t at; /* bytes from the start of the image to the record's header */
	struct ota_span value;
};

/* Both areas of an image, found and bounded; spans borrow from the image. */
struct ota_tlv_areas {
	size_t prot_at;         /* bytes from the start of the image to the protected area */
	struct ota_span prot;   /* records without the info header; empty when there is none */
	size_t unprot_at;       /* the same for the unprotected area */
	struct ota_span unprot; /* records without the info header */
	size_t end;             /* first byte after the image */
	struct ota_span image;  /* all up to `end` */
	bool big;
};

/* Walks the records of both areas: protected first. */
struct ota_tlv_iter {
	const struct ota_tlv_areas *areas;
	size_t next;        /* bytes from the start of the image */
	bool as_bootloader; /* a protected record may run into the other area */
};

/* The name imgtool prints ("SHA256", "SEC_CNT"), or NULL for a type it does not know. */
OTA_API const char *ota_tlv_name(uint16_t type);

/* Bytes that one record with a value of `len` bytes takes. */
static inline size_t ota_tlv_size(size_t len)
{
	return OTA_TLV_HEADER_SIZE + len;
}

/* Writes an area's info header; `total` counts it. */
OTA_API void ota_tlv_info_write(struct ota_wr *wr, uint16_t magic, uint16_t total);

/* Writes one record in the cursor's byte order (imgtool's: predefined types are always LE). */
OTA_API void ota_tlv_write(struct ota_wr *wr, uint16_t type, struct ota_span value);

/*
 * Finds the areas as bootutil does (tlv.c, bootutil_tlv_iter_begin): the protected area must be
 * exactly protect_tlv_size bytes. OTA_E_TRUNCATED when the image ends inside, OTA_E_MALFORMED for
 * a wrong magic or length. `*at` is then where. Fills `areas`, which borrows from `image`.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_tlv_areas_find(struct ota_span image,
						       const struct ota_image_header *header,
						       bool big, struct ota_tlv_areas *areas,
						       size_t *at);

OTA_API struct ota_tlv_iter ota_tlv_iter_init(const struct ota_tlv_areas *areas);

/*
 * The next record. OTA_E_ABSENT after the last one; OTA_E_MALFORMED when a record does not end
 * inside its own area (tlv->at says where it starts). With `as_bootloader` set a record need only
 * end before the last area does, and the walk goes on behind it (tlv.c, bootutil_tlv_iter_next).
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_tlv_next(struct ota_tlv_iter *iter, struct ota_tlv *tlv);

/* -- ECDSA signatures, as bootloaders read them: bootutil/crypto/ecdsa.h ----------------------- */

/*
 * Reads r and s as a tinycrypt build of bootutil does (bootutil_decode_sig): of each number the
 * last `n` bytes, any lengths, any tail. `raw` has 2 * `n` bytes. OTA_E_MALFORMED.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_ecdsa_read_tinycrypt(struct ota_span sig, size_t n,
							     uint8_t *raw);

/*
 * The same as an Mbed TLS build does (mbedtls_ecdsa_read_signature): BER lengths and superfluous
 * zeros are taken, numbers longer than `n` bytes and a tail are not.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_ecdsa_read_mbedtls(struct ota_span sig, size_t n,
							   uint8_t *raw);

/* -- slot trailer: bootutil_public.c, bootutil_area.c, bootutil_misc.h ------------------------- */

#define OTA_TRAILER_MAGIC_SIZE   16U
#define OTA_TRAILER_ALIGN_MIN    8U
#define OTA_TRAILER_ALIGN_MAX    32U
#define OTA_TRAILER_FLAG_SET     0x01U
#define OTA_STATUS_STATES        3U /* BOOT_STATUS_STATE_COUNT; 2 in swap-offset */
#define OTA_STATUS_STATES_OFFSET 2U

static inline bool ota_is_power_of_two(uint32_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

/* `value` rounded up to a multiple of `align`, which is a power of two. */
static inline uint64_t ota_align_up(uint64_t value, uint32_t align)
{
	return (value + align - 1) & ~(uint64_t)(align - 1);
}

/* What decides a trailer's size; sizes in bytes. */
struct ota_trailer_rules {
	uint32_t max_align;   /* BOOT_MAX_ALIGN: 8, 16 or 32 */
	uint32_t write_size;  /* larger write alignment of the areas */
	uint32_t max_sectors; /* BOOT_MAX_IMG_SECTORS */
	uint32_t states;      /* status entries a sector: 3, swap-offset 2, single slot 0 */
	uint32_t enc_key;     /* bytes saved for each of two keys: 0, 16, 32 or an ENC TLV's size */
	bool tlv_sizes;       /* swap-offset keeps the unprotected TLV sizes too */
};

/* Bytes of the magic field: 16 rounded up to `max_align`. */
OTA_API uint32_t ota_trailer_magic_field(uint32_t max_align);

/* boot_trailer_info_sz: everything but the swap status. */
OTA_API uint64_t ota_trailer_info_size(const struct ota_trailer_rules *rules);

/* boot_trailer_sz. */
OTA_API uint64_t ota_trailer_size(const struct ota_trailer_rules *rules);

/* boot_status_sz: the swap status alone. */
OTA_API uint64_t ota_trailer_status_size(const struct ota_trailer_rules *rules);

/* boot_scratch_trailer_sz: one status entry and the info. */
OTA_API uint64_t ota_trailer_scratch_size(const struct ota_trailer_rules *rules);

/*
 * Where the trailer's fields start, in bytes back from the slot's end; 0: there is no such field.
 * They are as long as ota_trailer_rules say, `swap_size` and the others max_align.
 */
struct ota_trailer_fields {
	uint64_t magic;
	uint64_t image_ok;
	uint64_t copy_done;
	uint64_t swap_info;
	uint64_t unprotected_tlv_sizes; /* swap-offset */
	uint64_t swap_size;
	uint64_t enc_key[2]; /* of the primary's and the secondary's image */
	uint64_t status;     /* of the first entry */
};

/*
 * boot_magic_off and the others (bootutil_misc.h, bootutil_misc.c). False when the slot is too
 * small for the fields; bootutil would wrap. Fills `fields`.
 */
OTA_API bool ota_trailer_fields_find(const struct ota_trailer_rules *rules, uint64_t slot_size,
				     struct ota_trailer_fields *fields);

/* Writes the 16 magic bytes for `max_align` in the cursor's byte order. */
OTA_API void ota_trailer_magic_write(struct ota_wr *wr, uint32_t max_align);

enum ota_trailer_flag {
	OTA_TRAILER_UNSET = 0,
	OTA_TRAILER_SET = 1,
	OTA_TRAILER_BAD = 2,
};

/* What a slot's trailer says. */
struct ota_trailer {
	uint32_t max_align;
	bool big; /* the magic's byte order; that of alignment 8 has none, and this is false */
	enum ota_trailer_flag image_ok;
	enum ota_trailer_flag copy_done;
	uint8_t swap_info; /* raw; the erased value when unset */
	size_t size;       /* bytes from the first one written to the slot's end */
};

/*
 * Reads the trailer at the end of `slot` (any bytes whose last 16 are a magic), the flash's erased
 * value being `erased`. `slot` is what follows the image, up to the slot's end. OTA_E_ABSENT when
 * all is erased; OTA_E_MALFORMED when bytes are neither erased nor a well-formed trailer, `*at`
 * then being the offset of the first such byte in `slot`.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_trailer_read(struct ota_span slot, uint8_t erased,
						     struct ota_trailer *trailer, size_t *at);

#ifdef __cplusplus
}
#endif
#endif
