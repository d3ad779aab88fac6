// SPDX-License-Identifier: Apache-2.0
/* Espressif's images: what is taken for one has segments that an otd header can hold. */
#include <stdlib.h>

#include "../../libota/esp_image.h"
#include "../../libota/otd_base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_place(const struct ota_otd_image *place, size_t size)
{
	if (place->size != size || place->n_segments < 1 ||
	    place->n_segments > OTA_OTD_SEGMENTS_MAX || place->segment[0].at != 0)
		abort();
	for (uint32_t i = 1; i < place->n_segments; i++) {
		if (place->segment[i].at <= place->segment[i - 1].at ||
		    place->segment[i].at >= place->size)
			abort();
	}
}

/* The input is two images: the first byte tells where one ends. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t cut = size > 0 ? size * data[0] / 255 : 0;
	struct ota_span image = ota_span_of(data, size);
	struct ota_span one = ota_span_head(ota_span_tail(image, 1), cut);
	struct ota_span other = ota_span_tail(ota_span_tail(image, 1), one.len);
	struct ota_esp_image a;
	struct ota_esp_image b;

	(void)ota_otd_is_xtensa(one);
	if (ota_esp_image_read(one, &a) != OTA_OK)
		return 0;
	check_place(&a.place, one.len);
	if (ota_esp_image_read(other, &b) != OTA_OK)
		return 0;
	ota_esp_image_pair(&a.place, &b.place);
	check_place(&a.place, one.len);
	check_place(&b.place, other.len);
	if (a.place.n_segments != b.place.n_segments)
		abort();
	return 0;
}
