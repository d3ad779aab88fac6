// SPDX-License-Identifier: Apache-2.0
#ifndef COBS_H
#define COBS_H

#include <stddef.h>
#include <stdint.h>

#define COBS_MAX(len)	((len) + (len) / 254 + 1)

size_t cobs_encode(const uint8_t *in, size_t len, uint8_t *out);
int cobs_decode(const uint8_t *in, size_t len, uint8_t *out, size_t room);

#endif
