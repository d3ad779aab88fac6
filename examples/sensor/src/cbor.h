// SPDX-License-Identifier: Apache-2.0
#ifndef CBOR_H
#define CBOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Once the room is used up the writer only keeps counting; cbor_done() reports it. */
struct cbor_writer {
	uint8_t *out;
	size_t room;
	size_t len;
};

void cbor_init(struct cbor_writer *w, uint8_t *out, size_t room);
void cbor_uint(struct cbor_writer *w, uint64_t value);
void cbor_int(struct cbor_writer *w, int64_t value);
void cbor_text(struct cbor_writer *w, const char *text);
void cbor_array(struct cbor_writer *w, size_t count);
void cbor_map(struct cbor_writer *w, size_t pairs);
void cbor_bool(struct cbor_writer *w, bool value);
void cbor_null(struct cbor_writer *w);
void cbor_float(struct cbor_writer *w, float value);
int cbor_done(const struct cbor_writer *w);

int cbor_print(const uint8_t *data, size_t len);

#endif
