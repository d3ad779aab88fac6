// SPDX-License-Identifier: Apache-2.0
/*
 * Why something did not work. One list for all floors.
 *
 * 1-9 the bytes are wrong, 10-19 the answer is no, 20-29 the caller or the world. "Not there",
 * "malformed" and "no" are different codes on purpose: a caller that treats them alike once turned
 * "no signature found" into "verified".
 */
#ifndef OTA_ERR_H
#define OTA_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

#define OTA_MUST_CHECK __attribute__((warn_unused_result))
/* Marks what the shared library exports; everything else is hidden. */
#define OTA_API __attribute__((visibility("default")))

enum ota_err {
	OTA_OK = 0,

	/* The bytes are wrong. */
	OTA_E_TRUNCATED = 1,   /* ends before it should */
	OTA_E_MALFORMED = 2,   /* breaks a rule of its format */
	OTA_E_UNSUPPORTED = 3, /* well formed, but not something this version reads */
	OTA_E_ABSENT = 4,      /* the thing asked for is not there */

	/* The answer is no. */
	OTA_E_DIGEST = 10,     /* bytes do not have the digest they claim */
	OTA_E_SIGNATURE = 11,  /* signature does not verify */
	OTA_E_UNSIGNED = 12,   /* a signature was asked for and there is none by this key */
	OTA_E_NO_FIT = 13,     /* too large for the place it must go */
	OTA_E_WRONG_BASE = 14, /* the patch is for another old image */
	OTA_E_REFUSED = 15,    /* well formed, but against a rule of the bootloader or of ours */

	/* The caller or the world. */
	OTA_E_USAGE = 20,  /* asked for something that makes no sense */
	OTA_E_MEMORY = 21, /* allocation failed */
	OTA_E_IO = 22,     /* the operating system said no */
	OTA_E_ROOM = 23,   /* the output does not hold the result */
	OTA_E_EXISTS = 24, /* would overwrite something that must not be overwritten */
	OTA_E_CRYPTO = 25, /* the crypto library failed */
};

/* The code's name in words, for logs: "truncated", "does not fit", ... Never NULL. */
OTA_API const char *ota_err_name(enum ota_err err);

#ifdef __cplusplus
}
#endif
#endif
