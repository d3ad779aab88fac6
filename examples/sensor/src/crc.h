// SPDX-License-Identifier: Apache-2.0
#ifndef CRC_H
#define CRC_H

#include <stddef.h>
#include <stdint.h>

#define CRC16_INIT	0xffffu

uint16_t crc16_ccitt(uint16_t crc, const void *data, size_t len);
uint32_t crc32_ieee(uint32_t crc, const void *data, size_t len);
uint8_t crc8_sensor(const void *data, size_t len);

#endif
