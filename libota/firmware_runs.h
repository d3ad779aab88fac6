// SPDX-License-Identifier: Apache-2.0
/* Pieces of firmware on their way to one run of bytes, and the two readers that collect them. */
#ifndef FIRMWARE_RUNS_H
#define FIRMWARE_RUNS_H

#include <ota/firmware.h>

/* Zeroed, it is empty. The list is owned, the bytes are borrowed. */
struct ota_runs {
	struct ota_hex_run *list;
	size_t n;
	size_t cap;
};

/*
 * Adds `bytes` at `at`, which end at 4 GiB at the latest; none are left out. What follows the last
 * run both in memory and in address becomes part of it. OTA_E_MEMORY.
 */
OTA_MUST_CHECK enum ota_err ota_runs_add(struct ota_runs *runs, uint32_t at, struct ota_span bytes,
					 struct ota_diag *diag);

/* Sorts by address. True when two runs overlap; `at` is then the first address that both have. */
bool ota_runs_sort(struct ota_runs *runs, uint32_t *at);

/*
 * Copies sorted runs that do not overlap into `firmware`, 0xff between them. OTA_E_UNSUPPORTED when
 * that makes more than `ceiling` bytes, OTA_E_MALFORMED when there is no run, OTA_E_MEMORY.
 */
OTA_MUST_CHECK enum ota_err ota_runs_join(const struct ota_runs *runs, size_t ceiling,
					  struct ota_firmware *firmware, struct ota_diag *diag);

void ota_runs_free(struct ota_runs *runs);

/* ota_firmware_read for one kind. `firmware` comes empty. */
OTA_MUST_CHECK enum ota_err ota_firmware_read_hex(struct ota_span file, size_t ceiling,
						  struct ota_firmware *firmware,
						  struct ota_diag *diag);
OTA_MUST_CHECK enum ota_err ota_firmware_read_elf(struct ota_span file, size_t ceiling,
						  struct ota_firmware *firmware,
						  struct ota_diag *diag);

#endif
