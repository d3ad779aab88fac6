// SPDX-License-Identifier: Apache-2.0
/* What follows an image in its slot: scripts/imgtool/image.py, Image.pad_to. */
#include <inttypes.h>

#include "image_layout.h"

enum ota_err ota_image_pad(const struct ota_image_plan *plan, struct ota_buf *out,
			   struct ota_diag *diag)
{
	uint32_t max_align = ota_plan_max_align(plan);
	size_t below_magic = ota_trailer_magic_field(max_align) - OTA_TRAILER_MAGIC_SIZE;
	size_t more;
	struct ota_wr wr;
	enum ota_err err;

	if (plan->pad == OTA_IMAGE_PAD_NONE)
		return OTA_OK;
	if (plan->slot_size < out->len ||
	    plan->slot_size - out->len < below_magic + max_align + OTA_TRAILER_MAGIC_SIZE)
		return ota_fail(diag, OTA_E_NO_FIT,
				"%zu bytes and a trailer do not fit into the slot's %" PRIu64,
				out->len, plan->slot_size);
	if (plan->slot_size > SIZE_MAX)
		return ota_fail(diag, OTA_E_MEMORY, "the slot does not fit into memory");
	more = (size_t)plan->slot_size - out->len;
	err = ota_buf_reserve(out, more, diag);
	if (err != OTA_OK)
		return err;
	wr = ota_wr_init(out->data + out->len, more);
	wr.big = plan->big_endian;
	ota_wr_fill(&wr, ota_plan_erased(plan),
		    more - below_magic - max_align - OTA_TRAILER_MAGIC_SIZE);
	/* An overwrite-only bootloader keeps no image_ok, and imgtool writes none. */
	ota_wr_u8(&wr, plan->pad == OTA_IMAGE_PAD_CONFIRMED && !plan->overwrite_only
			       ? OTA_TRAILER_FLAG_SET
			       : ota_plan_erased(plan));
	ota_wr_fill(&wr, ota_plan_erased(plan), max_align - 1 + below_magic);
	ota_trailer_magic_write(&wr, max_align);
	out->len += wr.at;
	return wr.err;
}
