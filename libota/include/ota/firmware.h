// SPDX-License-Identifier: Apache-2.0
/* What a build leaves behind: a binary, Intel HEX or ELF, as one run of bytes at an address. */
#ifndef OTA_FIRMWARE_H
#define OTA_FIRMWARE_H

#include <ota/buf.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ota_firmware_kind {
	OTA_FIRMWARE_BIN = 0,
	OTA_FIRMWARE_HEX,
	OTA_FIRMWARE_ELF,
};

/* From the lowest address to the highest; holes are filled with 0xff, as imgtool does. */
struct ota_firmware {
	struct ota_buf bytes; /* owned */
	bool has_base;        /* false: a binary */
	uint32_t base;        /* address of the first byte */
	bool cut_off;         /* Intel HEX without its end record: perhaps not whole */
	bool has_entry;       /* the file says where execution starts */
	uint32_t entry;
};

/* imgtool's rule: a name that ends in .hex, in any case, is Intel HEX. */
OTA_API bool ota_firmware_is_hex_name(const char *path);

/* The kind of a file by its name and content: ELF by its magic, HEX by its name, else a binary. */
OTA_API enum ota_firmware_kind ota_firmware_kind_of(const char *path, struct ota_span file);

/*
 * Reads `file` (copied). `ceiling` bounds the bytes: one stray record far away asks for more. Fills
 * `firmware`, which the caller frees. OTA_E_MALFORMED with line or offset: checksum, length,
 * overlap, no data. OTA_E_UNSUPPORTED: an ELF file that is not 32-bit, or no executable; more bytes
 * than the ceiling. OTA_E_MEMORY.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_firmware_read(struct ota_span file,
						      enum ota_firmware_kind kind, size_t ceiling,
						      struct ota_firmware *firmware,
						      struct ota_diag *diag);

OTA_API void ota_firmware_free(struct ota_firmware *firmware);

/* A run of bytes for Intel HEX. Borrows. */
struct ota_hex_run {
	uint32_t at;
	struct ota_span bytes;
};

/*
 * Appends the runs, sorted by address and apart, as Intel HEX, to the byte as Python's intelhex
 * writes them. OTA_E_ROOM: a run ends beyond 4 GiB. OTA_E_MEMORY.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_firmware_write_hex(const struct ota_hex_run *runs,
							   size_t n_runs, struct ota_buf *out,
							   struct ota_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
