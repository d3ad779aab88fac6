// SPDX-License-Identifier: Apache-2.0
/*
 * Owned bytes that grow up to a ceiling given at birth: a length read from a hostile file can ask
 * for no more than its caller allowed.
 */
#ifndef OTA_BUF_H
#define OTA_BUF_H

#include <ota/bytes.h>
#include <ota/diag.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Zeroed, it is a valid empty buffer that may not grow. */
struct ota_buf {
	uint8_t *data;
	size_t len;
	size_t cap;
	size_t ceiling; /* bytes; len never exceeds it */
};

/* An empty buffer that may grow to `ceiling` bytes. Owns nothing yet. */
OTA_API struct ota_buf ota_buf_init(size_t ceiling);

/*
 * Makes room for `more` further bytes. OTA_E_ROOM beyond the ceiling, OTA_E_MEMORY when the
 * allocation fails; both are put into words.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_buf_reserve(struct ota_buf *buf, size_t more,
						    struct ota_diag *diag);

/* Copies `bytes` to the end. Errors as ota_buf_reserve. */
OTA_API OTA_MUST_CHECK enum ota_err ota_buf_append(struct ota_buf *buf, struct ota_span bytes,
						   struct ota_diag *diag);

/* The bytes, borrowed until the buffer grows or is freed. */
OTA_API struct ota_span ota_buf_span(const struct ota_buf *buf);

/* Frees and empties it; a zeroed buffer is fine. */
OTA_API void ota_buf_free(struct ota_buf *buf);

/* The same, but the memory is wiped first: for key files and passphrases. */
OTA_API void ota_buf_wipe(struct ota_buf *buf);

#ifdef __cplusplus
}
#endif
#endif
