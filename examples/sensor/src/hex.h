// SPDX-License-Identifier: Apache-2.0
#ifndef HEX_H
#define HEX_H

#include <stddef.h>
#include <stdint.h>

void hex_print(const uint8_t *data, size_t len);
void hex_dump(uint32_t addr, const uint8_t *data, size_t len);
int hex_parse(const char *text, uint8_t *out, size_t room);

#endif
