// SPDX-License-Identifier: Apache-2.0
/*
 * The device: flash geometry, MCUboot's mode and slots, and what the updater may use. Profiles are
 * YAML; the built-in ones (targets/) are compiled in and read by the same parser.
 */
#ifndef OTA_TARGET_H
#define OTA_TARGET_H

#include <ota/buf.h>
#include <ota/digest.h>
#include <ota/link.h>
#include <ota/mcuboot.h>

#ifdef __cplusplus
extern "C" {
#endif

/* MCUboot's upgrade modes, in design order; names are ota_mode_name's. */
enum ota_mode {
	OTA_MODE_SWAP_SCRATCH = 1,
	OTA_MODE_SWAP_MOVE,
	OTA_MODE_SWAP_OFFSET,
	OTA_MODE_OVERWRITE_ONLY,
	OTA_MODE_OVERWRITE_FAST,
	OTA_MODE_DIRECT_XIP,
	OTA_MODE_DIRECT_XIP_REVERT,
	OTA_MODE_RAM_LOAD,
	OTA_MODE_SINGLE_SLOT,
	OTA_MODE_FIRMWARE_LOADER,
};

/* "swap-scratch", ... Never NULL. */
OTA_API const char *ota_mode_name(enum ota_mode mode);

/*
 * Reads a mode's name, or the short words of the geometry vectors (scratch move offset overwrite
 * overwritefast xip xiprevert). OTA_E_ABSENT when it is neither.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_mode_parse(const char *word, enum ota_mode *mode);

/* True for the modes that swap the slots' images: with scratch, by moving, by offset. */
OTA_API bool ota_mode_is_swap(enum ota_mode mode);
/* True where images run from both slots, with revert or without. */
OTA_API bool ota_mode_is_direct_xip(enum ota_mode mode);
/* True where there is no secondary slot: it is written from outside, or by the application. */
OTA_API bool ota_mode_has_one_slot(enum ota_mode mode);

#define OTA_SECTOR_RUNS_MAX 16

/* `count` sectors of `size` bytes each. */
struct ota_sector_run {
	uint32_t count;
	uint32_t size;
};

/* An area's sectors from its first to its last, runs of equal ones joined. */
struct ota_sectors {
	struct ota_sector_run run[OTA_SECTOR_RUNS_MAX];
	unsigned n; /* 0: the area does not exist */
};

/* Bytes and sectors in all. Neither can wrap: a parsed list is bounded to 2^32-1 bytes. */
OTA_API uint64_t ota_sectors_bytes(const struct ota_sectors *sectors);
OTA_API uint64_t ota_sectors_count(const struct ota_sectors *sectors);
/* Bytes of the largest sector; 0 when there is none. */
OTA_API uint32_t ota_sectors_largest(const struct ota_sectors *sectors);
/* Where the sector begins that holds the byte at `at`; the area's end when that lies behind it. */
OTA_API uint64_t ota_sectors_boundary(const struct ota_sectors *sectors, uint64_t at);

/*
 * Parses a list as "4*16384+1*64K+7*128K"; K and M are 1024 and 1024^2. Fills `sectors`.
 * OTA_E_MALFORMED, put into words.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_sectors_parse(const char *text, struct ota_sectors *sectors,
						      struct ota_diag *diag);

/* What the bootloader's size arithmetic depends on. */
struct ota_flash_layout {
	enum ota_mode mode;
	uint32_t write_size;  /* bytes */
	uint32_t max_align;   /* BOOT_MAX_ALIGN, bytes */
	uint32_t max_sectors; /* BOOT_MAX_IMG_SECTORS */
	uint32_t
		enc_key; /* bytes saved in the trailer for each of two keys, 0 without encryption */
	struct ota_sectors primary;
	struct ota_sectors secondary;
	struct ota_sectors scratch;
};

/*
 * Bytes that the trailer saves for each of two keys, by a word: none, aes128, aes256, enctlv-...
 * (with MCUBOOT_SWAP_SAVE_ENCTLV the TLV that the key came in). OTA_E_ABSENT. Fills `enc_key`.
 * Source: MCUboot 2d4bacc3c15e, boot/bootutil/include/bootutil/enc_key_public.h:66-116.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_boot_encryption_parse(const char *word, uint32_t *enc_key);

/* The words, one spelling each; NULL from `index` = count on. */
OTA_API const char *ota_boot_encryption_name(size_t index);

struct ota_area;

/* What follows from a layout; sizes in bytes. */
struct ota_flash_limits {
	bool compatible;          /* bootutil would upgrade between these slots */
	char reason[160];         /* why not; empty when compatible */
	char caution[160];        /* compatible, yet this build would not upgrade; or empty */
	uint64_t trailer;         /* boot_trailer_sz */
	uint64_t scratch_trailer; /* boot_scratch_trailer_sz; 0 where the mode has no scratch */
	uint64_t max_image;       /* largest header..last TLV; 0 when incompatible */
	uint64_t status;          /* boot_status_sz: the part of the trailer for sectors */
	/* The fields of the primary slot's trailer; all 0 when the slot is too small for them. */
	struct ota_trailer_fields from_end;
	/* swap-scratch: end of the last common sector boundary, and of the first sector that holds
	 * trailer in either slot; else 0. For --explain. */
	uint64_t usable;
	uint64_t trailer_sector_end;
	/* swap-move, swap-offset: what the sum says of incompatible slots too; else max_image. */
	uint64_t bare_image;
};

/*
 * bootutil's own arithmetic. OTA_E_USAGE for values no bootloader can be built with (alignment not
 * a power of two, write size above the alignment, alignment above 32 in a swap mode, no slot), put
 * into words; an incompatible layout is OTA_OK with limits->compatible false.
 * Rules: MCUboot 2d4bacc3c15e, see libota/flash_layout.c.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_flash_limits(const struct ota_flash_layout *layout,
						     struct ota_flash_limits *limits,
						     struct ota_diag *diag);

/*
 * ram-load: the largest image that also runs where it is copied to, with all its TLVs: `load` plus
 * its length must not pass the end of `exec_ram`, whose `at` is an address. At most `max_image`; 0
 * when `load` lies outside. Source: boot/bootutil/src/ram_load.c:62-102.
 */
OTA_API uint64_t ota_ram_load_limit(const struct ota_area *exec_ram, uint32_t load,
				    uint64_t max_image);

/* Whose ASN.1 reader the bootloader's ECDSA has. */
enum ota_boot_crypto {
	OTA_BOOT_TINYCRYPT = 0, /* takes any tail behind r and s */
	OTA_BOOT_MBEDTLS,       /* takes none, so no --pad-sig */
};

/* Erasing one sector of `sector` bytes; times in microseconds, 0 when not known. */
struct ota_erase_time {
	uint32_t sector;
	uint32_t typical_us;
	uint32_t max_us;
};

#define OTA_ERASE_TIMES_MAX 4

/* May a written unit be written again before it is erased? */
enum ota_rewrite {
	OTA_REWRITE_UNKNOWN = 0,
	OTA_REWRITE_NEVER,      /* "never": an ECC word, for instance */
	OTA_REWRITE_TWICE,      /* "twice": two writes in all */
	OTA_REWRITE_CLEAR_BITS, /* "clear-bits": 1 to 0 as often as wanted */
};

struct ota_decoder {
	char format[16];
	char tier[8];
	uint32_t window; /* bytes, 0 when not given */
};

#define OTA_DECODERS_MAX 8

struct ota_area {
	uint32_t at;   /* bytes from the start of its flash */
	uint32_t len;  /* bytes; 0: the area does not exist */
	bool external; /* of the external flash, not the chip's own */
};

/* Facts about a flash that a profile can say were not read from a datasheet: bits. */
enum ota_fact {
	OTA_FACT_TIMES = 1,     /* erase_time, program_ns */
	OTA_FACT_ENDURANCE = 2, /* endurance */
};

/* One flash: the chip's own, or one beside it. */
struct ota_flash {
	struct ota_sectors sectors; /* n is 0: there is none */
	uint32_t write;             /* write alignment, bytes */
	uint32_t program;           /* program unit, bytes */
	uint8_t erased;
	bool read_write; /* can be read while another part is written */
	struct ota_erase_time erase_time[OTA_ERASE_TIMES_MAX];
	unsigned n_erase_times;
	uint32_t program_ns; /* per program unit, 0 when not known */
	uint32_t endurance;  /* erase cycles a sector is good for, 0 when not known */
	enum ota_rewrite rewrite;
	unsigned unread; /* bits of ota_fact: from memory, not from a datasheet */
	char geometry_source[96];
	char times_source[96]; /* of times and endurance */
};

/* Where an update lies before the new image is made of it. */
enum ota_patch_place {
	OTA_PATCH_STREAMED = 0, /* nowhere: it is decoded as it comes in */
	OTA_PATCH_SECONDARY,    /* at the end of the secondary slot, before its trailer */
	OTA_PATCH_AREA,         /* in flash of its own */
};

#define OTA_TARGET_IMAGES_MAX 8

/* One of the images of a device: its slots, and what is known to be in them. */
struct ota_target_image {
	struct ota_area primary, secondary;
	struct ota_sectors primary_sectors, secondary_sectors;
	bool has_version;
	struct ota_version version; /* installed */
};

struct ota_target {
	char name[64];
	char base[256]; /* the profile it builds on, a built-in one's name or a path, or empty */

	/* chip */
	char part[64];
	char core[32];
	struct ota_flash flash;
	struct ota_flash external; /* beside the chip; usually there is none */
	uint32_t ram;              /* bytes */
	char notes[192];

	/* board: what the updater may use */
	bool has_updater;
	uint32_t updater_ram;   /* bytes for decoder state and buffers */
	uint32_t updater_stack; /* bytes */
	bool old_mapped;        /* the old image can be read in place */
	struct ota_decoder decoder[OTA_DECODERS_MAX];
	unsigned n_decoders;
	bool has_patch_place; /* the profile says it */
	enum ota_patch_place patch_place;
	struct ota_area patch_area; /* of OTA_PATCH_AREA */
	bool in_place;              /* new is made in the only slot, where old lies */
	uint32_t in_place_block;    /* bytes erased at once; 0: the slot's largest sector */
	struct ota_area journal;    /* two halves that outlive a reset; len 0: there is none */
	uint32_t checkpoint_every;  /* blocks between two checkpoints; 0 when not given: 1 */
	struct ota_link link[OTA_LINKS_MAX];
	unsigned n_links;

	/* board: MCUboot */
	bool has_mcuboot;
	uint32_t header_size; /* bytes, 0 when not given */
	struct ota_area boot, primary, secondary, scratch;
	struct ota_target_image image[OTA_TARGET_IMAGES_MAX];
	unsigned n_images;        /* at least 1 with has_mcuboot */
	unsigned selected;        /* whose slots are in primary, secondary and layout; 0 at first */
	struct ota_area exec_ram; /* ram-load: where images run; len 0: not given. At an address */
	struct ota_flash_layout layout;
	enum ota_hash boot_hash; /* 0 when not given: the default for the key */
	enum ota_boot_crypto boot_crypto;
	bool no_allow_list; /* built without MCUBOOT_USE_TLV_ALLOW_LIST */
};

/*
 * Reads a profile of at most 256 KiB. `name` is what messages call the text: the file's path, for a
 * `base` that is a file lies beside it. OTA_E_MALFORMED with line, field, value and what was
 * expected. `base` is a built-in profile or, with a slash or .yaml or .yml at its end, a file,
 * which is opened; a key given in the text wins over the base's. Slots lie on sector boundaries,
 * inside their flash and apart. The layout may still be incompatible: ota_flash_limits says.
 * OTA_E_MEMORY. Fills `target`. Fields and units: man/otatool-target.5.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_target_parse(const char *name, struct ota_span yaml,
						     struct ota_target *target,
						     struct ota_diag *diag);

#define OTA_TARGET_BASES_MAX 4

/*
 * What a profile builds on, so that its own text is enough: its base's text, that one's base's, and
 * so on. Zeroed it is empty and may be freed.
 */
struct ota_target_bases {
	struct ota_buf text[OTA_TARGET_BASES_MAX]; /* owned */
	unsigned n;
};

/* As ota_target_parse, and fills `bases`, which the caller frees, also after a failure. */
OTA_API OTA_MUST_CHECK enum ota_err
ota_target_parse_and_keep(const char *name, struct ota_span yaml, struct ota_target *target,
			  struct ota_target_bases *bases, struct ota_diag *diag);

/*
 * The same target from what was kept: no file is opened, and no built-in profile looked up, which
 * another version of the library may have otherwise. OTA_E_MALFORMED also when the profile builds
 * on more or on fewer.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_target_parse_kept(const char *name, struct ota_span yaml,
							  const struct ota_target_bases *bases,
							  struct ota_target *target,
							  struct ota_diag *diag);

OTA_API void ota_target_bases_free(struct ota_target_bases *bases);

/*
 * Makes image `index` the one that primary, secondary and layout are of. OTA_E_USAGE when the
 * profile has none of that number, put into words.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_target_select(struct ota_target *target, unsigned index,
						      struct ota_diag *diag);

/* A built-in profile by name. OTA_E_ABSENT when there is none (the diag names the nearest one). */
OTA_API OTA_MUST_CHECK enum ota_err ota_target_builtin(const char *name, struct ota_target *target,
						       struct ota_diag *diag);

/* The flash that an area lies in, borrowed. */
OTA_API const struct ota_flash *ota_area_flash(const struct ota_target *target,
					       const struct ota_area *area);

/* The profile's first decoder of a patch format, borrowed, or NULL. */
OTA_API const struct ota_decoder *ota_target_decoder(const struct ota_target *target,
						     const char *format);

/* The names of the built-in profiles, sorted; NULL from `index` = count on. */
OTA_API const char *ota_target_builtin_name(size_t index);

/* The YAML text of a built-in profile, NUL-terminated; NULL when there is none. */
OTA_API const char *ota_target_builtin_text(const char *name);

#ifdef __cplusplus
}
#endif
#endif
