// SPDX-License-Identifier: Apache-2.0
#ifndef I2C_H
#define I2C_H

#include <stddef.h>
#include <stdint.h>

/* A device on the bus. The bus is simulated, so a device is a pair of functions. */
struct i2c_device {
	uint8_t addr;
	const char *name;
	void *state;
	int (*write)(void *state, const uint8_t *data, size_t len);
	int (*read)(void *state, uint8_t *data, size_t len);
	struct i2c_device *next;
};

struct i2c_counters {
	uint32_t transfers;
	uint32_t bytes;
	uint32_t nacks;
};

void i2c_attach(struct i2c_device *dev);
int i2c_transfer(uint8_t addr, const void *out, size_t out_len, void *in, size_t in_len);
int i2c_write_reg(uint8_t addr, uint8_t reg, uint8_t value);
int i2c_read_regs(uint8_t addr, uint8_t reg, void *data, size_t len);
const char *i2c_probe(uint8_t addr);
void i2c_set_fault(uint8_t addr);
struct i2c_counters i2c_counters(void);

#endif
