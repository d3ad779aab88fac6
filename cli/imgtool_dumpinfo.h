// SPDX-License-Identifier: Apache-2.0
/*
 * What imgtool's dumpinfo finds in a file, and its three ways to print it. It shows more than a
 * reader of good images would: records that the file cuts off, areas that overlap, any magic.
 */
#ifndef CLI_IMGTOOL_DUMPINFO_H
#define CLI_IMGTOOL_DUMPINFO_H

#include <stdio.h>

#include <ota/image.h>

struct dump_tlv {
	uint16_t type;
	const char *name;     /* "UNKNOWN" for types that imgtool does not know */
	uint16_t len;         /* as its header says */
	struct ota_span data; /* what the file has of it */
};

struct dump_area {
	uint16_t magic;
	uint16_t total;
	struct dump_tlv *tlvs; /* owned */
	size_t n_tlvs;
};

/* Fields of the trailer that are shown; all or only the magic. */
struct dump_trailer {
	struct ota_span magic; /* 16 bytes; empty: nothing follows the image */
	bool has_fields;
	uint8_t image_ok;
	uint8_t copy_done;
	uint8_t swap_info;
	uint32_t swap_size;
	uint32_t key_field_len; /* 0: the image is not encrypted */
};

/* Borrows the file's bytes. */
struct dump {
	const char *filename; /* without its folder */
	uint32_t magic;
	struct ota_image_header header;
	struct dump_area prot; /* only when header.protect_tlv_size is not 0 */
	struct dump_area unprot;
	struct dump_trailer trailer;
};

/*
 * Fills `dump`, which the caller frees. OTA_E_MALFORMED: the file ends where imgtool must read.
 * OTA_E_MEMORY.
 */
enum ota_err dump_read(const char *path, struct ota_span file, struct dump *dump,
		       struct ota_diag *diag);
void dump_free(struct dump *dump);

/* Each prints the whole dump; an error of the stream is left to its owner. */
void dump_print_human(const struct dump *dump, FILE *out);
/* OTA_E_MALFORMED: a file name that is not UTF-8. OTA_E_MEMORY. */
enum ota_err dump_print_yaml(const struct dump *dump, FILE *out, struct ota_diag *diag);
enum ota_err dump_print_json(const struct dump *dump, FILE *out, struct ota_diag *diag);

#endif
