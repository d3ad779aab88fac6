// SPDX-License-Identifier: Apache-2.0
/* Images that came as Intel HEX go back as Intel HEX, in the form that ota_image_to_hex has. */
#include <inttypes.h>

#include <ota/firmware.h>
#include <ota/image.h>

/* True when a new image's trailer would say the same: magic, perhaps image_ok. */
static bool is_as_made(const struct ota_image *image)
{
	const struct ota_trailer *trailer = &image->trailer;
	size_t fields = ota_trailer_magic_field(trailer->max_align) + trailer->max_align;

	return image->has_trailer && trailer->size <= fields && image->rest.len >= fields;
}

enum ota_err ota_image_file_to_hex(struct ota_span file, uint32_t base, struct ota_buf *out,
				   struct ota_diag *diag)
{
	struct ota_hex_run run = {.at = base, .bytes = file};
	struct ota_image_plan plan = {.pad = OTA_IMAGE_PAD_NONE};
	struct ota_image image;
	enum ota_err err = ota_image_open(file, &image, diag);

	if (err != OTA_OK)
		return err;
	if (!is_as_made(&image))
		return ota_firmware_write_hex(&run, 1, out, diag);
	plan.pad = image.trailer.image_ok == OTA_TRAILER_SET ? OTA_IMAGE_PAD_CONFIRMED
							     : OTA_IMAGE_PAD_PENDING;
	plan.max_align = image.trailer.max_align;
	return ota_image_to_hex(&plan, file, image.bytes.len, base, out, diag);
}
