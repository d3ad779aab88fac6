// SPDX-License-Identifier: Apache-2.0
/*
 * Words for a failure: said once, where it is understood, with value and limit. The caller owns
 * the object and may pass NULL wherever one is asked for. The first failure wins, so that clean-up
 * that fails too does not hide the cause.
 */
#ifndef OTA_DIAG_H
#define OTA_DIAG_H

#include <ota/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ota_diag {
	enum ota_err err; /* OTA_OK until something failed */
	char text[320];   /* "image is 262400 bytes, slot holds 262144"; no capital, no full stop */
	char hint[320];   /* what to do about it; empty when nothing is known */
};

/* Records the failure unless one is recorded already; returns `err`, so `return ota_fail(...)`. */
OTA_API enum ota_err ota_fail(struct ota_diag *diag, enum ota_err err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Appends `word` to a text list "a, b, c" of `cap` bytes in all; what does not fit is cut off. */
OTA_API void ota_list_add(char *list, size_t cap, const char *word);

/* Adds a hint to the recorded failure unless it has one. */
OTA_API void ota_hint(struct ota_diag *diag, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#ifdef __cplusplus
}
#endif
#endif
