// SPDX-License-Identifier: Apache-2.0
/* Intel HEX: what is read must come back from what is written of it. */
#include <stdlib.h>

#include <ota/firmware.h>

#define CEILING 0x40000U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_read_again(const struct ota_firmware *firmware)
{
	struct ota_hex_run run = {firmware->base, ota_buf_span(&firmware->bytes)};
	struct ota_buf text = ota_buf_init(8 * (size_t)CEILING);
	struct ota_firmware again;

	if (ota_firmware_write_hex(&run, 1, &text, NULL) != OTA_OK)
		abort();
	if (ota_firmware_read(ota_buf_span(&text), OTA_FIRMWARE_HEX, CEILING, &again, NULL) !=
	    OTA_OK)
		abort();
	if (again.base != firmware->base ||
	    !ota_span_equal(ota_buf_span(&again.bytes), ota_buf_span(&firmware->bytes)))
		abort();
	ota_firmware_free(&again);
	ota_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_firmware firmware;

	if (ota_firmware_read(ota_span_of(data, size), OTA_FIRMWARE_HEX, CEILING, &firmware,
			      &diag) == OTA_OK)
		write_and_read_again(&firmware);
	else if (diag.text[0] == '\0' || firmware.bytes.data)
		abort();
	ota_firmware_free(&firmware);
	return 0;
}
