// SPDX-License-Identifier: Apache-2.0
/*
 * Where the bytes went between two firmwares: what grew, moved, changed, came and went, and what
 * each part costs in the patch that leads from old to new. Parts are symbols where ELF files say
 * what they are, else regions.
 */
#ifndef OTA_COMPARE_H
#define OTA_COMPARE_H

#include <ota/delta.h>
#include <ota/firmware.h>
#include <ota/image.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Largest firmware that is compared, in bytes. */
#define OTA_COMPARE_MAX 0x10000000U

struct ota_elf_map;

/* -- one side ---------------------------------------------------------------------------------- */

/* A file as a build left it. Borrows. */
struct ota_compare_file {
	struct ota_span bytes;
	enum ota_firmware_kind kind;
	/* The ELF file that it was made of, for symbols; empty: none, or it is one itself. */
	struct ota_span elf;
};

/* A firmware, read. */
struct ota_compare_side {
	struct ota_firmware firmware; /* owned */
	struct ota_span bytes;        /* what is flashed, without padding and trailer */
	bool is_image;                /* MCUboot's */
	struct ota_image image;
	size_t left_out; /* bytes of padding and trailer */
	bool has_base;   /* the address of the first byte is known */
	uint32_t base;
	struct ota_elf_map *map; /* owned; NULL: no ELF file */
	size_t n_sections;       /* with bytes; 0: no ELF file, or one of segments only */
	size_t n_symbols;        /* 0: none, or a stripped file */
	size_t n_aliases;        /* names of the same bytes; each counted once, under one of them */
	size_t misfit; /* bytes that differ from the ELF file's, as checksums that are put in do */
};

/*
 * Reads one side. OTA_E_MALFORMED, OTA_E_TRUNCATED: a broken file, an empty one, or an ELF file
 * that does not belong to it. OTA_E_UNSUPPORTED: a patch or delta update, an ELF file that is not
 * 32-bit or no executable, more than OTA_COMPARE_MAX bytes. OTA_E_MEMORY. The caller frees `side`,
 * also on failure.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_compare_read(const struct ota_compare_file *file,
						     struct ota_compare_side *side,
						     struct ota_diag *diag);

OTA_API void ota_compare_side_free(struct ota_compare_side *side);

/* -- both -------------------------------------------------------------------------------------- */

enum ota_compare_by {
	OTA_COMPARE_BY_AUTO = 0, /* symbols where new has them, else regions */
	OTA_COMPARE_BY_SYMBOL,   /* sections, where a file is stripped */
	OTA_COMPARE_BY_REGION,
};

/* Zero is the default of every field. */
struct ota_compare_plan {
	const char *format; /* of the patch; NULL: the default */
	enum ota_compare_by by;
	uint32_t region; /* bytes, a power of 2; 0: OTA_COMPARE_REGION */
};

#define OTA_COMPARE_REGION     4096U
#define OTA_COMPARE_REGION_MIN 64U

/* What a part is. Of a region it is told by its bytes: a guess, but a careful one. */
enum ota_compare_what {
	OTA_COMPARE_FUNCTION = 0,
	OTA_COMPARE_OBJECT,
	OTA_COMPARE_SYMBOL,  /* of no type */
	OTA_COMPARE_BETWEEN, /* no symbol's: veneers, tables, alignment */
	OTA_COMPARE_STRINGS, /* no symbol's, and looks like strings */
	OTA_COMPARE_SECTION, /* a section without symbols; a section as a whole */
	OTA_COMPARE_RAM,     /* a section that takes RAM and no bytes of the firmware */
	OTA_COMPARE_HEADER,  /* MCUboot's, with its area */
	OTA_COMPARE_TLVS,    /* digest, key and signature */
	OTA_COMPARE_PROTECTED_TLVS,
	OTA_COMPARE_FILL,    /* the same byte over and over; holes between sections */
	OTA_COMPARE_VECTORS, /* an Arm vector table */
	OTA_COMPARE_CODE,
	OTA_COMPARE_TEXT,
	OTA_COMPARE_DENSE, /* looks random: compressed or encrypted */
	OTA_COMPARE_DATA,  /* none of the above */
};

/* In a word: "function", "strings"; static. */
OTA_API const char *ota_compare_what_name(enum ota_compare_what what);

/* A part in old, in new or in both. Texts borrow from the sides, and may hold any character. */
struct ota_compare_row {
	const char *name;    /* NULL: a region */
	const char *file;    /* a local symbol's source file, or NULL */
	const char *section; /* or NULL */
	enum ota_compare_what what;
	bool in_old;
	bool in_new;
	uint32_t old_at; /* address, or offset when the side has no base */
	uint32_t new_at;
	uint64_t old_size; /* bytes */
	uint64_t new_size;
	uint64_t changed; /* new bytes that are not as in old, laid on it in bsdiff's way */
	uint64_t spent;   /* what its new bytes cost in the patch, 1/256 bit; see has_account */
};

struct ota_compare_rows {
	struct ota_compare_row *row; /* owned */
	size_t n;
};

/* Something avoidable that costs a lot, with figures. */
struct ota_compare_hint {
	const char *id; /* "build-time", static */
	char text[256];
	char advice[256];
	uint64_t spent; /* 1/256 bit; 0: not known */
};
#define OTA_COMPARE_HINTS_MAX 8

struct ota_compare {
	uint64_t old_size; /* of the flashed bytes */
	uint64_t new_size;
	bool equal;
	enum ota_compare_by by; /* never AUTO */
	/*
	 * False: what old is made of is not known, so in_old and old_size of the parts say nothing;
	 * nor do those of the sections, unless it is by region.
	 */
	bool knows_old;
	/* Those in new, by address; then those that are in old only. They tile both firmwares. */
	struct ota_compare_rows parts;
	struct ota_compare_rows sections; /* the same by section; those in RAM last */
	uint64_t changed;                 /* all parts' */
	const char *format;               /* static */
	uint64_t patch_size;              /* 0 when equal: none is needed */
	uint64_t patch_header;            /* of these, what belongs to no part */
	bool has_account;                 /* false: the format keeps none, and spent is 0 */
	struct ota_delta_account account;
	struct ota_compare_hint hint[OTA_COMPARE_HINTS_MAX];
	size_t n_hints;
};

/*
 * Compares them. All parts' `spent` and the patch's header add up to the patch, exactly. Borrows
 * both sides. OTA_E_ABSENT: no such format. OTA_E_USAGE: by symbol, and new has no sections; a
 * region that is no power of 2 or too small. Other errors as ota_delta_make. The caller frees
 * `compare`, also on failure.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_compare_make(const struct ota_compare_plan *plan,
						     const struct ota_compare_side *old_side,
						     const struct ota_compare_side *new_side,
						     struct ota_compare *compare,
						     struct ota_diag *diag);

OTA_API void ota_compare_free(struct ota_compare *compare);

#ifdef __cplusplus
}
#endif
#endif
