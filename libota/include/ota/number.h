// SPDX-License-Identifier: Apache-2.0
/* Numbers as people write them, on a command line and in a profile, and read them. */
#ifndef OTA_NUMBER_H
#define OTA_NUMBER_H

#include <ota/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Reads all of `text` as an unsigned number: decimal, 0x, 0o or 0b, `_` between digits; a leading
 * zero is no octal and is refused, as in Python. OTA_E_MALFORMED; OTA_E_ROOM when it exceeds `max`.
 * Fills `value`.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_number_parse(struct ota_span text, uint64_t max,
						     uint64_t *value);

/* The same for bytes, which may end in K, KiB (1024), M or MiB (1024^2). Same errors. */
OTA_API OTA_MUST_CHECK enum ota_err ota_size_parse(struct ota_span text, uint64_t max,
						   uint64_t *value);

/* "452,536" into `out`, which is returned. */
OTA_API const char *ota_number_grouped(uint64_t value, char out[32]);

#ifdef __cplusplus
}
#endif
#endif
