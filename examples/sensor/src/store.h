// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_H
#define STORE_H

#include <stddef.h>
#include <stdint.h>

/* Records with an id; the newest valid one counts. */
enum store_id {
	STORE_SETTINGS = 1,
	STORE_CALIB = 2,
	STORE_TOTALS = 3,
	STORE_ID_END = 4,
};

struct store_state {
	uint32_t page;
	uint32_t used;
	uint32_t seq;
	uint32_t records;
	uint32_t bad;
};

int store_mount(void);
int store_read(enum store_id id, void *data, size_t room);
int store_write(enum store_id id, const void *data, size_t len);
struct store_state store_state(void);

#endif
