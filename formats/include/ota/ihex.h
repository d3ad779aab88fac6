// SPDX-License-Identifier: Apache-2.0
/*
 * Intel HEX: data records with addresses, as text. The format, and where this reader is stricter
 * than others, is described in formats/ihex.md. No memory is asked for.
 */
#ifndef OTA_IHEX_H
#define OTA_IHEX_H

#include <ota/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Data bytes of a record: at most, and as many as are written. */
#define OTA_IHEX_DATA_MAX     255U
#define OTA_IHEX_DATA_WRITTEN 16U
/* Bytes of the last line, ":00000001FF\n". */
#define OTA_IHEX_END_SIZE 12U

/* What is wrong with a line; `got` and `want` of the reader hold the numbers named here. */
enum ota_ihex_fault {
	OTA_IHEX_GOOD = 0,
	OTA_IHEX_NO_COLON,    /* does not start with ':'; got: the character */
	OTA_IHEX_DIGIT,       /* no hex digit; got: the character, want: its column, from 1 */
	OTA_IHEX_ODD,         /* half a byte is missing; got: hex digits */
	OTA_IHEX_SHORT,       /* got: bytes, want: the least */
	OTA_IHEX_LENGTH,      /* got: data bytes there are, want: what the length byte says */
	OTA_IHEX_CHECKSUM,    /* got: the byte in the file, want: the right one */
	OTA_IHEX_TYPE,        /* got: the type */
	OTA_IHEX_TYPE_LENGTH, /* got: data bytes, want: as many as a record of this type has */
	OTA_IHEX_TYPE_OFFSET, /* got: the address field, which is 0 in records of this type */
	OTA_IHEX_ENTRY_TWICE, /* a second start address; got */
	OTA_IHEX_ADDRESS,     /* data beyond 4 GiB; got: the first address */
	OTA_IHEX_NO_END,      /* the file ends without an end record */
};

/* A record's data, and the address of its first byte. */
struct ota_ihex_record {
	uint32_t at;
	uint32_t len; /* 1 to OTA_IHEX_DATA_MAX */
	uint8_t bytes[OTA_IHEX_DATA_MAX];
};

/* Borrows the text. */
struct ota_ihex_rd {
	struct ota_rd text;
	uint32_t base;  /* of the last record of type 02 or 04 */
	size_t line;    /* of the last record read, from 1 */
	bool has_entry; /* a record of type 03 or 05 came by */
	uint32_t entry; /* CS * 16 + IP, or EIP */
	enum ota_err err;
	enum ota_ihex_fault fault;
	uint32_t got;
	uint32_t want;
};

OTA_API struct ota_ihex_rd ota_ihex_rd_init(struct ota_span text);

/*
 * The next record with data. OTA_E_ABSENT: the end record came. OTA_E_MALFORMED, OTA_E_TRUNCATED
 * (no end record): `fault` says why and `line` where. Every later call gives the same answer.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_ihex_next(struct ota_ihex_rd *rd,
						  struct ota_ihex_record *record);

/* Where a writer is. Zeroed, and `far` set, before the first run. */
struct ota_ihex_wr {
	bool far;      /* some address of the file is 0x10000 or higher: type 04 is needed */
	bool begun;    /* a record was written */
	uint32_t high; /* upper 16 bits of the last record's address */
};

/*
 * Text bytes that ota_ihex_write makes of `len` bytes at `at`, which end below 4 GiB. Moves `place`
 * as the writing does.
 */
OTA_API uint64_t ota_ihex_size(struct ota_ihex_wr *place, uint32_t at, uint64_t len);

/*
 * Writes a run that ends below 4 GiB; runs come in the order of their addresses. The cursor's error
 * says when there was no room.
 */
OTA_API void ota_ihex_write(struct ota_ihex_wr *place, uint32_t at, struct ota_span run,
			    struct ota_wr *wr);

/* Writes the end record. */
OTA_API void ota_ihex_end_write(struct ota_wr *wr);

#ifdef __cplusplus
}
#endif
#endif
