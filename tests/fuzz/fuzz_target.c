// SPDX-License-Identifier: Apache-2.0
/* A hostile profile: no crash, no hang, and a layout that was accepted has limits. */
#include <stdlib.h>

#include <ota/target.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_flash_limits limits;
	struct ota_target target;

	if (ota_target_parse("fuzz.yaml", ota_span_of(data, size), &target, &diag) != OTA_OK) {
		if (diag.err == OTA_OK || diag.text[0] == '\0')
			abort();
		return 0;
	}
	if (target.has_mcuboot != (target.n_images > 0))
		abort();
	for (unsigned i = 0; i < target.n_images; i++) {
		if (ota_target_select(&target, i, NULL) != OTA_OK ||
		    ota_flash_limits(&target.layout, &limits, NULL) != OTA_OK)
			abort();
	}
	return 0;
}
