// SPDX-License-Identifier: Apache-2.0
/* BSDIFF40 patches made by hand, right or wrong. */
#ifndef DELTA_MAKE_PATCH_H
#define DELTA_MAKE_PATCH_H

#include <ota/bsdiff.h>
#include <ota/delta.h>

#define DELTA_PATCH_MAX 0x1000000U

/* ota_delta_make with an index of its own and nothing but the format asked for. */
enum ota_err delta_make(const char *format, struct ota_span old_image, struct ota_span new_image,
			struct ota_buf *out, struct ota_diag *diag);

/*
 * ota_delta_apply with room for `new_image` alone: OTA_OK only when the result is that, to the bit;
 * an error has words.
 */
enum ota_err delta_apply(struct ota_span old_image, struct ota_span patch,
			 struct ota_span new_image);

/* The plain streams and what the header shall say of the new image. */
struct delta_plain {
	struct ota_span control;
	struct ota_span diff;
	struct ota_span extra;
	int64_t new_size;
};

/* The whole file; fails the test when it cannot. The caller frees it. */
struct ota_buf delta_patch_of(const struct delta_plain *plain);

/* Fills `bytes` with one control record and borrows them. */
struct ota_span delta_record(uint8_t bytes[OTA_BSDIFF_RECORD_SIZE], int64_t add, int64_t insert);

#endif
