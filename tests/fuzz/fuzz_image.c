// SPDX-License-Identifier: Apache-2.0
/* Opening and judging an image, and the trailer behind it. */
#include <stdlib.h>

#include <ota/image.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ota_image_verdict verdict;
	struct ota_image image;

	if (ota_image_open(ota_span_of(data, size), &image, NULL) != OTA_OK)
		return 0;
	/* What open promises. */
	if (image.bytes.len > size || image.hashed.len > image.bytes.len ||
	    image.bytes.len + image.rest.len != size)
		abort();
	(void)!ota_image_verify(&image, NULL, &verdict, NULL);
	return 0;
}
