// SPDX-License-Identifier: Apache-2.0
/*
 * Would this bootloader take this image? The rules are bootutil's (MCUboot 2d4bacc3c15e,
 * boot/bootutil/src/image_validate.c, loader.c, tlv.c) and some of our own, where bootutil takes
 * what no one should release. Every rule has a name; ours can be waived one by one.
 */
#ifndef OTA_VERIFY_H
#define OTA_VERIFY_H

#include <ota/image.h>
#include <ota/target.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Names, who refuses, and what a bootloader does: libota/image_rules.c. */
enum ota_rule {
	OTA_RULE_NONE = 0,

	/* the bootloader's */
	OTA_RULE_TRUNCATED,
	OTA_RULE_MAGIC,
	OTA_RULE_SIZE_OVERFLOW,
	OTA_RULE_SLOT_SIZE,
	OTA_RULE_IMAGE_SIZE,
	OTA_RULE_LAYOUT,
	OTA_RULE_NON_BOOTABLE,
	OTA_RULE_ENCRYPTED,
	OTA_RULE_COMPRESSED,
	OTA_RULE_TLV_AREA,
	OTA_RULE_TLV_RECORD,
	OTA_RULE_ALLOW_LIST,
	OTA_RULE_EMPTY_PROTECTED_TLV,
	OTA_RULE_HASH_MISSING,
	OTA_RULE_HASH_SIZE,
	OTA_RULE_HASH,
	OTA_RULE_KEY_HASH_SIZE,
	OTA_RULE_KEY_HASH,
	OTA_RULE_PUBLIC_KEY_SIZE,
	OTA_RULE_UNSIGNED,
	OTA_RULE_SIGNATURE_SIZE,
	OTA_RULE_SIGNATURE,
	OTA_RULE_PURE,
	OTA_RULE_COUNTER_MISSING,
	OTA_RULE_COUNTER_SIZE,
	OTA_RULE_COUNTER_LOW,
	OTA_RULE_IMAGE_KEY,
	OTA_RULE_ROM_FIXED,
	OTA_RULE_RAM_LOAD,

	/* ours; ota_boot.lax waives them */
	OTA_RULE_HEADER_SIZE,
	OTA_RULE_TRAILING_BYTES,
	OTA_RULE_SHORT_KEY_HASH,
	OTA_RULE_SIGNATURE_DER,
	OTA_RULE_TLV_SIZE,
	OTA_RULE_TLV_OVERLAP,
	OTA_RULE_NO_DIGEST,
	OTA_RULE_OTHER_HASH,
	OTA_RULE_PUBLIC_KEY,
	OTA_RULE_STRAY_IMAGE_KEY,
	OTA_RULE_IMAGE_KEY_SIZE,
	OTA_RULE_COUNTER_UNPROTECTED,
	OTA_RULE_COUNTER_TWICE,

	/* worth a warning */
	OTA_RULE_PADDED_SIGNATURE,
	OTA_RULE_EARLIER_SIGNATURE,
	OTA_RULE_UNKNOWN_FLAGS,
	OTA_RULE_TRAILER,

	OTA_RULES
};

/* Who says no when a rule is broken. */
enum ota_rule_kind {
	OTA_RULE_BOOTLOADERS = 1, /* the bootloader */
	OTA_RULE_OURS,            /* we do, the bootloader takes it */
	OTA_RULE_WARNING,         /* no one */
};

/* "trailing-bytes"; NULL for OTA_RULE_NONE and beyond the last. */
OTA_API const char *ota_rule_name(enum ota_rule rule);
OTA_API enum ota_rule_kind ota_rule_kind(enum ota_rule rule);
/* What the bootloader does with an image that breaks it: a sentence without its full stop. */
OTA_API const char *ota_rule_bootloader(enum ota_rule rule);
/* OTA_RULE_NONE when no rule has that name. */
OTA_API enum ota_rule ota_rule_find(const char *name);

/* The processor's, and so of all numbers in images that it takes. */
enum ota_boot_order {
	OTA_BOOT_LITTLE_ENDIAN = 0,
	OTA_BOOT_BIG_ENDIAN,
	OTA_BOOT_EITHER_ENDIAN, /* the image's, which no bootloader does */
};

/*
 * One bootloader build, and what it runs on. Zero: any hash, allow list, no rollback protection, no
 * encryption, no limits. Borrows its keys.
 */
struct ota_boot {
	enum ota_hash hash; /* 0: that of the image's first digest TLV, which no bootloader does */
	enum ota_boot_order order;
	const struct ota_key *const *more_keys; /* built in behind the one that is asked for */
	size_t n_more_keys;                     /* at most OTA_BOOT_KEYS_MAX - 1 */
	bool hw_key; /* MCUBOOT_HW_KEY: only the key's hash is stored, the key is in the image */
	struct ota_span signature; /* checked in place of the image's own; empty: none */
	bool no_allow_list;        /* built without MCUBOOT_USE_TLV_ALLOW_LIST */
	bool rollback;             /* MCUBOOT_HW_ROLLBACK_PROT */
	uint32_t counter;          /* the security counter stored in the device */
	enum ota_boot_crypto crypto;
	bool encrypts;                        /* built for encrypted images; implied by a key */
	const struct ota_key *encryption_key; /* private; NULL: such an image cannot be judged */
	bool in_clear; /* as in the primary slot: payloads of encrypted images are in plaintext */
	uint64_t larger_slot; /* bytes, when the slots differ: a dump may be of that one; else 0 */
	uint64_t slot_size;   /* bytes; 0: no limit */
	uint64_t max_image;   /* bytes, header to last TLV; 0: the slot without the least trailer */
	char layout_problem[160]; /* why no upgrade is possible at all; empty: none */
	enum ota_mode mode;       /* 0: not known */
	uint32_t primary_at;      /* bytes from the start of flash, with `mode` */
	uint32_t secondary_at;
	uint32_t max_align; /* BOOT_MAX_ALIGN; 0: not known */
	bool has_erased;    /* false: `erased` is not known */
	uint8_t erased;     /* value of erased flash */
	bool file_only;     /* not asked: rules of ours, the allow list, whether it may be booted */
	bool lax[OTA_RULES]; /* rules of ours that are waived: they warn */
};

/* Most keys that one bootloader is judged with. */
#define OTA_BOOT_KEYS_MAX 16U

/* The hash of a default bootloader for this key: SHA-384 for P-384, else SHA-256; NULL: SHA-256. */
OTA_API enum ota_hash ota_boot_default_hash(const struct ota_key *key);

/*
 * A build that takes any image whose digests, and signature when there is a key, are good: for
 * commands that judge a file, not whether a device boots it.
 */
OTA_API struct ota_boot ota_boot_any(void);

/* Fills geometry, sizes, mode and what the build checks from a board profile. OTA_E_USAGE when it
 * has no MCUboot. */
OTA_API OTA_MUST_CHECK enum ota_err
ota_boot_from_target(const struct ota_target *target, struct ota_boot *boot, struct ota_diag *diag);

/* A rule broken or a warning. */
struct ota_finding {
	enum ota_rule rule;
	size_t at; /* bytes from the start of the file */
	char text[200];
};

/* What a verification found. */
struct ota_image_verdict {
	enum ota_hash hash; /* of the digest that is shown: the build's, else the first one's */
	struct ota_digest
		digest;     /* computed, of plaintext; empty: no digest TLV, or not decrypted */
	bool digest_good;   /* every digest TLV of the image is right */
	bool has_signature; /* there is a signature TLV */
	bool verified;      /* a key's signature is good; false when no key was given */
	size_t key;         /* whose: 0 the one that was asked for, else 1 + index of more_keys */
	bool pure;          /* judged as signed over the image, not its digest */
	bool decrypted;     /* the payload was encrypted and judged in plaintext */
	bool delta_update;  /* a patch to be applied, not an image to be booted */
	enum ota_hash
		other_hash; /* refused for the hash alone, a build with this one takes it; or 0 */
	struct ota_digest
		key_hash; /* value of the KEYHASH TLV that selected the key, or the first */
	struct ota_finding broken; /* the rule that was; OTA_RULE_NONE when the image is taken */
	struct ota_finding warning[OTA_RULES]; /* one a rule: where it was broken first */
	unsigned n_warnings;
};

/*
 * Judges an opened image for one bootloader and, with `key`, whether that key or one of
 * boot->more_keys signed it. OTA_OK: it is taken. Else verdict->broken says by which rule it is
 * not, and the code is OTA_E_DIGEST, OTA_E_SIGNATURE, OTA_E_UNSIGNED (no signature, or none by this
 * key), OTA_E_NO_FIT, OTA_E_REFUSED, OTA_E_UNSUPPORTED (encrypted or compressed, and the bootloader
 * is built without), OTA_E_MALFORMED. OTA_E_USAGE, with no rule: a key that does not go with the
 * build, keys of several kinds. OTA_E_MEMORY, OTA_E_CRYPTO. Fills `verdict`.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_image_verify(const struct ota_image *image,
						     const struct ota_key *key,
						     const struct ota_boot *boot,
						     struct ota_image_verdict *verdict,
						     struct ota_diag *diag);

/*
 * Opens a file as bootutil would a slot that holds it, and judges it: also a file that is cut off
 * or no image at all ends in a verdict. Fills `image`, as far as it could be opened, which borrows
 * from `file`, and `verdict`. Errors as ota_image_verify and ota_image_open.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_file_verify(struct ota_span file, const struct ota_key *key, const struct ota_boot *boot,
		struct ota_image *image, struct ota_image_verdict *verdict, struct ota_diag *diag);

/* The TLV that an image key came in. */
struct ota_image_wrap {
	uint16_t type;
	size_t at;      /* bytes from the start of the image */
	size_t key_len; /* of the image key: 16 or 32 bytes */
};

/*
 * Decrypts an encrypted image's hashed part (header, payload, protected TLVs) and appends it to
 * `plain`, whose ceiling bounds it. Fills `wrap`. OTA_E_ABSENT: no TLV wraps an image key for this
 * kind of key. OTA_E_REFUSED: the key does not unwrap it. OTA_E_USAGE, OTA_E_ROOM, OTA_E_MEMORY,
 * OTA_E_CRYPTO.
 */
OTA_API OTA_MUST_CHECK enum ota_err
ota_image_decrypt(const struct ota_image *image, const struct ota_key *key, struct ota_buf *plain,
		  struct ota_image_wrap *wrap, struct ota_diag *diag);

/* True when one of the header's encryption flags is set; the payload may be in plaintext still. */
OTA_API bool ota_image_is_encrypted(const struct ota_image *image);

/*
 * Every digest TLV of the image must be that of `hashed`, which is image->hashed or what
 * ota_image_decrypt made of it. OTA_E_DIGEST: one is not. OTA_E_ABSENT: there is none.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_image_check_digests(const struct ota_image *image,
							    struct ota_span hashed,
							    struct ota_diag *diag);

/*
 * Appends to `plain` what ota_image_decrypt does, its digests checked: nothing is handed out that
 * the image's maker did not hash. OTA_E_REFUSED: the image is not encrypted, its payload is in
 * plaintext already, or as ota_image_decrypt. OTA_E_DIGEST, OTA_E_ABSENT: also no digest.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_image_open_payload(const struct ota_image *image,
							   const struct ota_key *key,
							   struct ota_buf *plain,
							   struct ota_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
