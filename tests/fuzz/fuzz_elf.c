// SPDX-License-Identifier: Apache-2.0
/* ELF executables: libelf, and the tables that are looked at around it. */
#include <stdlib.h>

#include <ota/firmware.h>

#define CEILING 0x40000U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_firmware firmware;
	enum ota_err err = ota_firmware_read(ota_span_of(data, size), OTA_FIRMWARE_ELF, CEILING,
					     &firmware, &diag);

	if (err != OTA_OK && (diag.text[0] == '\0' || firmware.bytes.data))
		abort();
	if (err == OTA_OK &&
	    (!firmware.has_base || firmware.bytes.len == 0 || firmware.bytes.len > CEILING ||
	     firmware.bytes.len - 1 > UINT32_MAX - firmware.base))
		abort();
	ota_firmware_free(&firmware);
	return 0;
}
