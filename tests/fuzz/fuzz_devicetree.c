// SPDX-License-Identifier: Apache-2.0
/* A hostile devicetree blob and .config: no crash, no hang, and every refusal is put into words. */
#include <stdlib.h>

#include <ota/target_import.h>

#define YAML_MAX 0x10000U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The blob says how long it is; what is behind it is MCUboot's .config. */
static size_t blob_len(struct ota_span bytes)
{
	size_t len;

	if (!ota_is_devicetree_blob(bytes) || bytes.len < 8)
		return bytes.len;
	len = (size_t)bytes.data[4] << 24 | (size_t)bytes.data[5] << 16 |
	      (size_t)bytes.data[6] << 8 | bytes.data[7];
	return len < bytes.len ? len : bytes.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ota_span all = ota_span_of(data, size);
	size_t len = blob_len(all);
	struct ota_import_plan plan = {
		.devicetree = {"fuzz.dtb", ota_span_head(all, len)},
		.config = {{"fuzz.config", ota_span_tail(all, len)}},
		.n_configs = len < size,
	};
	struct ota_buf yaml = ota_buf_init(YAML_MAX);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_import_report report;

	if (ota_target_import(&plan, &yaml, &report, &diag) != OTA_OK &&
	    (diag.err == OTA_OK || diag.text[0] == '\0'))
		abort();
	ota_buf_free(&yaml);
	return 0;
}
