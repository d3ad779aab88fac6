// SPDX-License-Identifier: Apache-2.0
/*
 * Application images of Espressif's chips: a header, then segments that are loaded, or mapped, to
 * addresses of their own; said by Espressif's "Firmware Image Format" (esptool's documentation).
 */
#ifndef ESP_IMAGE_H
#define ESP_IMAGE_H

#include <ota/otd.h>

struct ota_esp_image {
	const char *chip; /* "ESP32-C3"; static */
	enum ota_otd_arch arch;
	/*
	 * Where all of the file lies. A segment's header counts as the bytes before it; what is
	 * behind the last segment goes on where that ends.
	 */
	struct ota_otd_image place;
};

/*
 * Reads headers and segments, and sees that the checksum is right. Of more segments than an otd
 * patch can name, the smallest are taken as part of the one before. OTA_E_ABSENT: no such image,
 * or a damaged one. OTA_E_UNSUPPORTED: of a chip that is not known. Fills `esp`.
 */
OTA_MUST_CHECK enum ota_err ota_esp_image_read(struct ota_span image, struct ota_esp_image *esp);

/* Gives two images as many segments: one of fewer has its last one split. */
void ota_esp_image_pair(struct ota_otd_image *a, struct ota_otd_image *b);

#endif
