// SPDX-License-Identifier: Apache-2.0
/* A made image as Intel HEX: scripts/imgtool/image.py, Image.save. */
#include <inttypes.h>

#include <ota/firmware.h>

#include "image_layout.h"

#define RUNS_MAX 3U /* the image, image_ok, the magic */

static void add_run(struct ota_hex_run *runs, size_t *n, uint32_t base, struct ota_span image,
		    size_t at, size_t len)
{
	runs[(*n)++] = (struct ota_hex_run){.at = base + (uint32_t)at,
					    .bytes = ota_span_sub(image, at, len)};
}

/* The parts of the trailer that are written; nothing else of the padding is. */
static void add_trailer(const struct ota_image_plan *plan, struct ota_span image, uint32_t base,
			struct ota_hex_run *runs, size_t *n)
{
	uint32_t max_align = ota_plan_max_align(plan);
	size_t field = ota_trailer_magic_field(max_align);
	size_t magic = image.len - OTA_TRAILER_MAGIC_SIZE;
	size_t image_ok = image.len - field - max_align;

	if (plan->pad == OTA_IMAGE_PAD_PENDING || plan->overwrite_only) {
		add_run(runs, n, base, image, magic, OTA_TRAILER_MAGIC_SIZE);
	} else if (field == OTA_TRAILER_MAGIC_SIZE) { /* they touch: one run */
		add_run(runs, n, base, image, image_ok, max_align + field);
	} else {
		add_run(runs, n, base, image, image_ok, max_align);
		add_run(runs, n, base, image, magic, OTA_TRAILER_MAGIC_SIZE);
	}
}

enum ota_err ota_image_to_hex(const struct ota_image_plan *plan, struct ota_span image,
			      size_t made_len, uint32_t base, struct ota_buf *out,
			      struct ota_diag *diag)
{
	struct ota_hex_run runs[RUNS_MAX];
	uint64_t left = (uint64_t)UINT32_MAX + 1 - base;
	uint32_t max_align = ota_plan_max_align(plan);
	size_t n = 0;

	if (image.len > left)
		return ota_fail(diag, OTA_E_ROOM,
				"image of %zu bytes at 0x%08" PRIx32 " ends beyond 4 GiB",
				image.len, base);
	if (made_len > image.len ||
	    (plan->pad != OTA_IMAGE_PAD_NONE &&
	     image.len - made_len < ota_trailer_magic_field(max_align) + max_align))
		return ota_fail(diag, OTA_E_USAGE,
				"image of %zu bytes and its padding are not in the %zu given",
				made_len, image.len);
	add_run(runs, &n, base, image, 0, made_len);
	if (plan->pad != OTA_IMAGE_PAD_NONE)
		add_trailer(plan, image, base, runs, &n);
	return ota_firmware_write_hex(runs, n, out, diag);
}
