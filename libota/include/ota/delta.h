// SPDX-License-Identifier: Apache-2.0
/*
 * Patches between two firmware files, in any format of the table in libota/patch_formats.c.
 */
#ifndef OTA_DELTA_H
#define OTA_DELTA_H

#include <ota/buf.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Largest old or new file a patch is made for, in bytes: offsets stay inside 31 bits. */
#define OTA_DELTA_MAX 0x7fffffffU

/* Names of the formats diff can write, in table order; NULL from `index` = count on. */
OTA_API const char *ota_delta_format_name(size_t index);

/* The format's own name when `name` is that or its other name ("xdelta3"); else NULL. */
OTA_API const char *ota_delta_format_find(const char *name);

/* True when a patch of the format holds checksums of both files, and applying it checks them. */
OTA_API bool ota_delta_format_checks(const char *name);

/* The format for whoever asks for none. */
OTA_API const char *ota_delta_format_default(void);

/* -- index of an old file ---------------------------------------------------------------------- */

struct ota_delta_plan;

/* An old file, prepared for diffing: its suffixes, sorted. Never changes once made. */
struct ota_index;

/*
 * Builds one; takes 4 bytes of memory for each of old, fewer once it is built. Borrows `old_image`,
 * which must outlive the index. OTA_E_NO_FIT: over OTA_DELTA_MAX. OTA_E_MEMORY. The caller frees
 * `*index`, which is NULL on failure.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_index_build(struct ota_span old_image, struct ota_index **index, struct ota_diag *diag);

/*
 * Writes it to a file, whole or not at all, which ota_index_load maps back. Its bytes depend on the
 * old file alone. OTA_E_USAGE: it has been spent. OTA_E_IO, OTA_E_MEMORY.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_index_save(const struct ota_index *index, const char *path,
						   struct ota_diag *diag);

/*
 * Maps an index that was saved for this very old file; nothing is sorted. Borrows `old_image`.
 * OTA_E_WRONG_BASE: it is another file's. OTA_E_NO_FIT: old is over OTA_DELTA_MAX. OTA_E_TRUNCATED,
 * OTA_E_MALFORMED, OTA_E_UNSUPPORTED (of another version), OTA_E_IO, OTA_E_MEMORY. The caller frees
 * `*index`, which is NULL on failure.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_index_load(const char *path, struct ota_span old_image,
						   struct ota_index **index, struct ota_diag *diag);

/*
 * Finds out now what patches of the plan's format ask about old, each for itself otherwise: worth
 * it when many are made with the index. Format NULL: of any. It does not change them by a bit.
 * Other threads may use the index afterwards, not meanwhile; what it takes is in ota_index_memory.
 * An index of a file stays as it is on disk. OTA_E_MEMORY: it is as it was.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_index_prepare(struct ota_index *index,
						      const struct ota_delta_plan *plan,
						      struct ota_diag *diag);

/* The old file, borrowed. */
OTA_API struct ota_span ota_index_old(const struct ota_index *index);

OTA_API void ota_index_free(struct ota_index *index); /* NULL is fine */

/* -- make -------------------------------------------------------------------------------------- */

/* Compression of VCDIFF's sections. */
enum ota_secondary {
	OTA_SECONDARY_NONE = 0,
	OTA_SECONDARY_LZMA, /* as `xdelta3 -S lzma`, and read by it */
};

/* How much memory otd's decoder has: a patch for it may need less, when that makes it smaller. */
enum ota_delta_tier {
	OTA_DELTA_TIER_AUTO = 0, /* XS */
	OTA_DELTA_TIER_XS,
	OTA_DELTA_TIER_M,
	OTA_DELTA_TIER_NANO,
};

/* The code in the images, whose references otd foresees. */
enum ota_delta_arch {
	OTA_DELTA_ARCH_AUTO = 0, /* what is found in them, or none when that is smaller */
	OTA_DELTA_ARCH_NONE,
	OTA_DELTA_ARCH_THUMB,
	OTA_DELTA_ARCH_RV32,
	OTA_DELTA_ARCH_XTENSA,
};

/* Where an image begins in memory. */
struct ota_delta_base {
	bool known;
	uint32_t addr;
};

/* How to make a patch; zero is the default of every field but `format`. Borrows. */
struct ota_delta_plan {
	const char *format; /* a row's name */
	uint32_t window;    /* vcdiff: bytes of new a decoder must hold, at most 16 MiB; 0: 8 MiB */
	uint32_t source_window; /* vcdiff: most bytes of old that one window uses; 0: no limit */
	enum ota_secondary secondary; /* vcdiff */
	enum ota_delta_tier tier;     /* otd */
	enum ota_delta_arch arch;     /* otd */
	/* otd: addresses of the images' first bytes; what is not known is looked for */
	struct ota_delta_base old_base;
	struct ota_delta_base new_base;
	/*
	 * otd: new is made over old, in the one slot there is: old is moved up first, as
	 * ota/otd.h's header says. `block`: bytes that the device erases at a time, a power of 2,
	 * 128 bytes to 1 MiB; 0: OTA_DELTA_BLOCK. `lead`: the most that old may be moved up by, a
	 * multiple of block (see ota_delta_lead); 0: as far as it is of use. The patch says how far
	 * it must be, which is less when that makes no difference to its size.
	 */
	bool in_place;
	uint32_t block;
	uint32_t lead;
	/*
	 * The index again, when no other patch is made with it: it may then give its memory back
	 * once it has been searched, and finds nothing any more. NULL: it stays as it is.
	 */
	struct ota_index *spent;
};

#define OTA_DELTA_BLOCK     4096U
#define OTA_DELTA_BLOCK_MIN 128U
#define OTA_DELTA_BLOCK_MAX 0x100000U

/*
 * In place: bytes of old that stay readable, unless it is said how many. Code seldom moves farther;
 * more of it costs room in the slot.
 */
#define OTA_DELTA_DISTANCE ((size_t)16 * 1024)

/*
 * How far old must be moved up so that what lies `distance` bytes behind the byte that is written,
 * or less, can still be read when new has grown as a whole: block + what new is larger than old +
 * distance, the latter two rounded up to blocks; at most new's size rounded up, since more is never
 * of use, and at least one block. `block` is a power of 2, 128 bytes to 1 MiB.
 */
OTA_API uint32_t ota_delta_lead(uint32_t block, size_t old_size, size_t new_size, size_t distance);

/* The other way round: the `distance` of a lead; 0 also when it is less than nothing. */
OTA_API uint32_t ota_delta_safe_distance(uint32_t block, size_t old_size, size_t new_size,
					 uint32_t lead);

/*
 * What making one patch takes, foreseen from the sizes. The time is that of firmware of which a
 * third has changed; twins take a tenth of it, strangers up to three times as much.
 */
struct ota_delta_effort {
	uint64_t us;     /* of one core of a usual desktop; proof included */
	uint64_t memory; /* bytes at most, beside both images and the old one's index */
};

/* format NULL: the default; one that is not known: zeros. */
OTA_API void ota_delta_effort(const struct ota_delta_plan *plan, size_t old_len, size_t new_len,
			      struct ota_delta_effort *effort);

/*
 * Bytes at most that an index of an old file takes once it is built and prepared, and while it is;
 * without the old file.
 */
OTA_API uint64_t ota_index_memory(size_t old_len, bool building);

/* What is known of the code in a pair of images, and how it came to be known. */
struct ota_delta_code {
	enum ota_delta_arch arch; /* never AUTO */
	bool segmented;           /* the images' own headers say where each part of them lies */
	struct ota_delta_base old_base;
	struct ota_delta_base new_base;
	const char *base_from; /* "given", or how it was found; static; NULL: none is known */
};

/*
 * Finds what `plan` leaves open, as ota_delta_make does for a format that knows code: what it is,
 * and where the images begin in memory. Fills `code`. OTA_E_MEMORY.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_delta_find_code(const struct ota_delta_plan *plan, struct ota_span old_image,
		    struct ota_span new_image, struct ota_delta_code *code, struct ota_diag *diag);

/*
 * Does the format do what the plan asks? Reads nothing else. OTA_E_ABSENT: no such format.
 * OTA_E_USAGE: windows or secondary compression, and it has none, or too large a window; a tier, an
 * architecture or an address, and it has no use for them; in place, and it is never applied so, or
 * a block or lead that cannot be.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_delta_check_plan(const struct ota_delta_plan *plan,
							 struct ota_diag *diag);

/*
 * Makes a patch and proves it before it returns: a patch that does not give `new_image` back never
 * leaves. Same inputs, same bytes. Appends to `out`, whose ceiling bounds the patch. OTA_E_ABSENT:
 * no such format. OTA_E_USAGE: the format does not do what the plan asks. OTA_E_NO_FIT: an image
 * over OTA_DELTA_MAX. OTA_E_REFUSED: the patch did not give the new image back. OTA_E_ROOM,
 * OTA_E_MEMORY.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_delta_make(const struct ota_delta_plan *plan,
						   const struct ota_index *index,
						   struct ota_span new_image, struct ota_buf *out,
						   struct ota_diag *diag);

/*
 * Would the new file, compressed with xz, be no larger than a patch of `patch_len` bytes? Then no
 * patch is worth its base. `*xz_len` is the compressed size when the answer is yes. Looks no
 * further than it takes. OTA_E_MEMORY.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_delta_is_pointless(struct ota_span new_image,
							   size_t patch_len, bool *pointless,
							   size_t *xz_len, struct ota_diag *diag);

/* -- apply ------------------------------------------------------------------------------------- */

/*
 * Applies a patch of whatever format it is. Appends the new image to `out`, whose ceiling is the
 * largest new image the caller accepts: OTA_E_NO_FIT, found from the patch's headers before any
 * work. OTA_E_WRONG_BASE: the patch uses bytes that the old image does not have, or a checksum of
 * the new one is wrong. OTA_E_UNSUPPORTED: not a patch this version reads (the diag names what it
 * is, when known). OTA_E_TRUNCATED, OTA_E_MALFORMED. On failure `out` may hold part of an image: do
 * not use it.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_delta_apply(struct ota_span old_image,
						    struct ota_span patch, struct ota_buf *out,
						    struct ota_diag *diag);

/* -- describe ---------------------------------------------------------------------------------- */

/* A part of a patch file; the parts' bytes add up to the file's. */
struct ota_delta_part {
	const char *name;     /* "header", "control": static */
	const char *coding;   /* "bzip2", "xz"; NULL: plain */
	uint64_t bytes;       /* stored */
	uint64_t plain_bytes; /* the same, decompressed */
	unsigned level;       /* bzip2's; 0: none */
};
#define OTA_DELTA_PARTS_MAX 4

/* What an otd patch's header says; the names are static. */
struct ota_delta_otd {
	const char *arch; /* "none", "thumb", "rv32", "xtensa" */
	const char *tier; /* "xs", "m", "nano" */
	uint32_t old_size;
	uint32_t old_crc;
	uint32_t new_crc;
	struct ota_delta_base old_base; /* of the first segment */
	struct ota_delta_base new_base;
	unsigned segments;
	bool reads_new; /* copies from before in new */
	bool in_place;  /* made over old, which is moved up by `lead` */
	uint32_t block; /* bytes erased at a time; 0 when not in place */
	uint32_t lead;
};

/* What a patch is made of; sizes in bytes. New bytes are blended, copied, repeated or inserted. */
struct ota_delta_info {
	const char *format; /* the row's name, static */
	uint64_t patch_size;
	uint64_t new_size;
	struct ota_delta_part part[OTA_DELTA_PARTS_MAX];
	unsigned n_parts;
	bool is_otd;
	struct ota_delta_otd otd;
	/* False: only the old image tells; all from here to old_reach is 0. See ota_delta_explain.
	 */
	bool has_content;
	uint64_t records;       /* control records, or instructions */
	uint64_t blended;       /* new bytes made from old ones and a difference */
	uint64_t unchanged;     /* of these, taken as they are */
	uint64_t copied_old;    /* new bytes copied from old */
	uint64_t copied_new;    /* new bytes copied from before in new */
	uint64_t repeated;      /* new bytes of runs */
	uint64_t inserted;      /* new bytes carried by the patch */
	uint64_t old_reach;     /* one past the highest old byte it reads */
	uint64_t windows;       /* vcdiff's; 0: the format has none */
	uint64_t window_max;    /* longest target window */
	uint64_t source_max;    /* longest source segment */
	bool has_checksum;      /* of the new image */
	uint64_t decoder_ram;   /* what its decoder needs, without the images */
	uint64_t decoder_stack; /* and on the stack; 0: not known */
};

/* The row's name when the first bytes are a patch's that this version reads; else NULL. */
OTA_API const char *ota_delta_probe(struct ota_span patch);

/* Reads the whole patch without an old image. Errors as ota_delta_apply. Fills `info`. */
OTA_API OTA_MUST_CHECK enum ota_err
ota_delta_describe(struct ota_span patch, struct ota_delta_info *info, struct ota_diag *diag);

/*
 * The same of a patch that is known to be good, as ota_delta_make's is, by its headers alone:
 * format, sizes, what the decoder needs, what an otd header says. The rest of `info` may be 0, and
 * what is wrong farther on is not found.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_delta_glance(struct ota_span patch, struct ota_delta_info *info, struct ota_diag *diag);

/* -- explain ----------------------------------------------------------------------------------- */

/* What an otd patch's bits go into. */
struct ota_delta_purpose {
	const char *name; /* "references", static */
	uint64_t spent;   /* 1/256 bit; all purposes' add up to the stream */
	uint64_t makes;   /* new bytes made so */
};
#define OTA_DELTA_PURPOSES_MAX 8
#define OTA_DELTA_REGIONS_MAX  32

/* A part of new, and what it costs. */
struct ota_delta_range {
	uint32_t at;
	uint32_t len;
	uint64_t spent; /* 1/256 bit */
};

struct ota_delta_account {
	struct ota_delta_purpose purpose[OTA_DELTA_PURPOSES_MAX];
	unsigned n_purposes;
	uint64_t stream_bytes;
	uint64_t turns;           /* changes of where new is predicted from */
	uint64_t references;      /* met in old */
	uint64_t references_hit;  /* foreseen */
	uint64_t references_told; /* the patch says what they became */
	/* Cost of each region_len bytes of new, the last region may be shorter; 1/256 bit. */
	uint64_t region[OTA_DELTA_REGIONS_MAX];
	uint32_t region_len;
	unsigned n_regions;
};

/*
 * Applies the patch and tells what its bits went into. OTA_E_UNSUPPORTED: its format keeps no such
 * account. OTA_E_NO_FIT: the new image is over `ceiling` bytes. Errors also as ota_delta_apply.
 * Fills `account`.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_delta_explain(struct ota_span old_image,
						      struct ota_span patch, size_t ceiling,
						      struct ota_delta_account *account,
						      struct ota_diag *diag);

/* Parts of new that are asked about, in any order; they may overlap. Borrows. */
struct ota_delta_ranges {
	struct ota_delta_range *range;
	size_t n;
};

/* What a patch leads from and to. Borrows. */
struct ota_delta_pair {
	struct ota_span old_image;
	struct ota_span new_image;
};

/*
 * The same for parts of new, with both images at hand: fills `spent` of each range, besides
 * `account`. Ranges that tile new add up to the stream's bytes exactly. Takes 8 bytes of memory for
 * each of new. OTA_E_USAGE: a range is not inside new. OTA_E_WRONG_BASE: the patch is of another
 * pair. OTA_E_UNSUPPORTED as above, OTA_E_TRUNCATED, OTA_E_MALFORMED, OTA_E_MEMORY.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_delta_explain_ranges(const struct ota_delta_pair *pair,
							     struct ota_span patch,
							     struct ota_delta_ranges ranges,
							     struct ota_delta_account *account,
							     struct ota_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
