// SPDX-License-Identifier: Apache-2.0
#include "i2c.h"

#include "errors.h"

#define I2C_NO_FAULT	0xff

static struct i2c_device *devices;
static struct i2c_counters counters;
static uint8_t fault_addr = I2C_NO_FAULT;

void i2c_attach(struct i2c_device *dev)
{
	dev->next = devices;
	devices = dev;
}

static struct i2c_device *find_device(uint8_t addr)
{
	if (addr == fault_addr)
		return NULL;
	for (struct i2c_device *d = devices; d; d = d->next) {
		if (d->addr == addr)
			return d;
	}
	return NULL;
}

/* Write, repeated start, read; either half may be empty. */
int i2c_transfer(uint8_t addr, const void *out, size_t out_len, void *in, size_t in_len)
{
	struct i2c_device *dev = find_device(addr);
	int err = dev ? ERR_OK : ERR_NODEV;

	counters.transfers++;
	if (!err && out_len)
		err = dev->write(dev->state, out, out_len);
	if (!err && in_len)
		err = dev->read(dev->state, in, in_len);
	if (err)
		counters.nacks++;
	else
		counters.bytes += out_len + in_len;
	return err;
}

int i2c_write_reg(uint8_t addr, uint8_t reg, uint8_t value)
{
	const uint8_t out[2] = { reg, value };

	return i2c_transfer(addr, out, sizeof(out), NULL, 0);
}

int i2c_read_regs(uint8_t addr, uint8_t reg, void *data, size_t len)
{
	return i2c_transfer(addr, &reg, 1, data, len);
}

const char *i2c_probe(uint8_t addr)
{
	struct i2c_device *dev = find_device(addr);

	return dev ? dev->name : NULL;
}

/* Makes one address stop answering, to try out the error paths. */
void i2c_set_fault(uint8_t addr)
{
	fault_addr = addr;
}

struct i2c_counters i2c_counters(void)
{
	return counters;
}
