// SPDX-License-Identifier: Apache-2.0
/*
 * Flash memory in RAM, as strict as the strictest chip, and with a power supply that fails when
 * told. A write is of whole write units that have not been written since they were erased, whatever
 * they read (a word with ECC is programmed once); an erase is of whole erase units; all else is
 * refused and changes nothing. Each write, and the erase of each unit, is an operation; power may
 * be lost in any of them. For tests on the host and on an emulated device: no malloc, no libc but
 * mem*.
 */
#ifndef OTA_TEST_FLASH_MODEL_H
#define OTA_TEST_FLASH_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FLASH_PARTS_MAX 8U
#define FLASH_RUNS_MAX  4U

/* `n` erase units of `size` bytes each, one behind the other. */
struct flash_run {
	uint32_t size;
	uint32_t n;
};

/* One area of flash. All memory is the caller's. */
struct flash_part {
	uint8_t *bytes;                       /* `size` of them */
	uint8_t *written;                     /* size / write of them: 1 since it was written */
	uint32_t *erases;                     /* how often, for each erase unit */
	uint32_t size;                        /* bytes; the sum of the runs */
	struct flash_run run[FLASH_RUNS_MAX]; /* the first with n = 0 ends the list */
	uint32_t write;                       /* bytes of a write unit */
	uint8_t erased;                       /* what an erased byte reads */
};

/* How power is lost in an operation. */
enum flash_cut {
	/* The operation does not happen. */
	FLASH_CUT_CLEAN,
	/*
	 * It is half done: of a write some units are whole, one is half programmed, the others
	 * erased, or all are half programmed; of an erase some bytes are erased, the others as they
	 * were or half erased.
	 */
	FLASH_CUT_TORN,
	/*
	 * It is half done and does not show: a write has left bytes that read erased, an erase
	 * bytes that all read erased. They must be erased all the same before they are written.
	 */
	FLASH_CUT_WEAK,
};

enum flash_result {
	FLASH_OK,
	FLASH_RANGE,        /* not inside a part */
	FLASH_UNALIGNED,    /* not whole write units */
	FLASH_NOT_ERASED,   /* a unit was written since its erase */
	FLASH_PARTIAL_UNIT, /* not whole erase units */
};

/* An operation, in a trace: a part's number, or'ed with FLASH_TRACE_ERASE. */
#define FLASH_TRACE_ERASE 0x80U

struct flash_model {
	struct flash_part part[FLASH_PARTS_MAX];
	uint32_t parts;
	uint32_t ops;       /* operations begun, the first is 1 */
	uint32_t cut_at;    /* the operation that loses power; 0: none */
	enum flash_cut cut; /* and how */
	uint32_t seed;      /* decides what is left of it; the same in every run */
	uint8_t *trace;     /* of the first trace_cap operations; NULL: not wanted */
	uint32_t trace_cap;
	enum flash_result refused; /* the last refusal, and what of */
	uint32_t refused_part;
	uint32_t refused_at;
	uint32_t refused_len;
};

/*
 * Power is lost: the test's own function, which goes on where a device starts up. cut_at is 0 again
 * by then.
 */
_Noreturn void flash_model_power_lost(struct flash_model *model);

/* All bytes erased, no erase counted. `size` of the part becomes the sum of its runs. */
void flash_part_init(struct flash_part *part);

/* What the factory's programmer does: no operation. False when it does not fit. */
bool flash_part_load(struct flash_part *part, uint32_t at, const void *from, uint32_t len);

/*
 * The erase unit that holds offset `at`. False when none does. Fills its number and offset, and
 * returns its size through `len`.
 */
bool flash_part_unit(const struct flash_part *part, uint32_t at, uint32_t *unit, uint32_t *start,
		     uint32_t *len);

/* Erase units of a part. */
uint32_t flash_part_units(const struct flash_part *part);

/* Most erases of one unit; fills which. */
uint32_t flash_part_hottest(const struct flash_part *part, uint32_t *unit);

/* `part` is a number; `at` and `len` are bytes. */
enum flash_result flash_model_read(struct flash_model *model, uint32_t part, uint32_t at, void *to,
				   uint32_t len);
enum flash_result flash_model_write(struct flash_model *model, uint32_t part, uint32_t at,
				    const void *from, uint32_t len);
enum flash_result flash_model_erase(struct flash_model *model, uint32_t part, uint32_t at,
				    uint32_t len);

#ifdef __cplusplus
}
#endif
#endif
