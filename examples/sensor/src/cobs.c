// SPDX-License-Identifier: Apache-2.0
/* Consistent overhead byte stuffing: removes zero bytes so that zero can end a frame. */
#include "cobs.h"

#include "errors.h"

size_t cobs_encode(const uint8_t *in, size_t len, uint8_t *out)
{
	size_t code_at = 0;
	size_t n = 1;
	uint8_t code = 1;

	for (size_t i = 0; i < len; i++) {
		if (in[i]) {
			out[n++] = in[i];
			code++;
		}
		/* A full block needs no implied zero, and none follows the last block. */
		if (!in[i] || (code == 0xff && i + 1 < len)) {
			out[code_at] = code;
			code_at = n++;
			code = 1;
		}
	}
	out[code_at] = code;
	return n;
}

int cobs_decode(const uint8_t *in, size_t len, uint8_t *out, size_t room)
{
	size_t n = 0;
	size_t i = 0;

	while (i < len) {
		uint8_t code = in[i++];

		if (!code || i + code - 1 > len || n + code > room + 1)
			return ERR_FORMAT;
		for (uint8_t k = 1; k < code; k++) {
			if (!in[i])
				return ERR_FORMAT;
			out[n++] = in[i++];
		}
		if (code < 0xff && i < len) {
			if (n >= room)
				return ERR_FULL;
			out[n++] = 0;
		}
	}
	return (int)n;
}
