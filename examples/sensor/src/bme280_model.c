// SPDX-License-Identifier: Apache-2.0
/* Register model of the sensor: turns the state of the simulated world into raw readings. */
#include "bme280_model.h"

#include <string.h>

#include "bme280.h"
#include "errors.h"
#include "i2c.h"

struct model {
	const struct world *world;
	uint8_t reg;
	uint8_t regs[256];
};

static const struct bme280_calib calib = {
	.t1 = 27504, .t2 = 26435, .t3 = -1000,
	.p1 = 36477, .p2 = -10685, .p3 = 3024, .p4 = 2855, .p5 = 140, .p6 = -7, .p7 = 15500,
	.p8 = -14600, .p9 = 6000,
	.h1 = 75, .h2 = 362, .h3 = 0, .h4 = 312, .h5 = 50, .h6 = 30,
};

static struct model model;

static void put_le16(uint8_t *p, int v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void fill_calib(uint8_t *regs)
{
	const struct bme280_calib *c = &calib;
	const int a[] = { c->t1, c->t2, c->t3, c->p1, c->p2, c->p3, c->p4, c->p5, c->p6, c->p7,
			  c->p8, c->p9 };
	uint8_t *b = regs + BME280_REG_CALIB_B;

	for (int i = 0; i < 12; i++)
		put_le16(regs + BME280_REG_CALIB_A + 2 * i, a[i]);
	regs[BME280_REG_CALIB_A + 25] = c->h1;
	put_le16(b, c->h2);
	b[2] = c->h3;
	b[3] = (uint8_t)(c->h4 >> 4);
	b[4] = (uint8_t)((c->h4 & 15) | (c->h5 & 15) << 4);
	b[5] = (uint8_t)(c->h5 >> 4);
	b[6] = (uint8_t)c->h6;
}

static uint32_t invert_temperature(double wanted)
{
	uint32_t raw = 0;

	for (uint32_t bit = 1u << 19; bit; bit >>= 1) {
		if (bme280_temperature(bme280_fine(&calib, raw | bit)) <= wanted)
			raw |= bit;
	}
	return raw;
}

/* Pressure falls as the raw value rises, the other two quantities rise with it. */
static uint32_t invert_pressure(double fine, double wanted)
{
	uint32_t raw = 0;

	for (uint32_t bit = 1u << 19; bit; bit >>= 1) {
		if (bme280_pressure(&calib, fine, raw | bit) >= wanted)
			raw |= bit;
	}
	return raw;
}

static uint32_t invert_humidity(double fine, double wanted)
{
	uint32_t raw = 0;

	for (uint32_t bit = 1u << 15; bit; bit >>= 1) {
		if (bme280_humidity(&calib, fine, raw | bit) <= wanted)
			raw |= bit;
	}
	return raw;
}

static void convert(struct model *m)
{
	uint8_t *d = m->regs + BME280_REG_DATA;
	uint32_t t = invert_temperature((double)m->world->air_c);
	double fine = bme280_fine(&calib, t);
	uint32_t p = invert_pressure(fine, (double)m->world->air_hpa * 100.0);
	uint32_t h = invert_humidity(fine, (double)m->world->humidity_pct);

	d[0] = (uint8_t)(p >> 12);
	d[1] = (uint8_t)(p >> 4);
	d[2] = (uint8_t)(p << 4);
	d[3] = (uint8_t)(t >> 12);
	d[4] = (uint8_t)(t >> 4);
	d[5] = (uint8_t)(t << 4);
	d[6] = (uint8_t)(h >> 8);
	d[7] = (uint8_t)h;
}

static int model_write(void *state, const uint8_t *data, size_t len)
{
	struct model *m = state;

	m->reg = data[0];
	for (size_t i = 1; i < len; i++) {
		uint8_t reg = (uint8_t)(m->reg + i - 1);

		if (reg < BME280_REG_CTRL_HUM || reg > BME280_REG_CONFIG)
			return ERR_NACK;
		m->regs[reg] = data[i];
		if (reg == BME280_REG_CTRL_MEAS && (data[i] & 3))
			convert(m);
	}
	return ERR_OK;
}

static int model_read(void *state, uint8_t *data, size_t len)
{
	struct model *m = state;

	for (size_t i = 0; i < len; i++)
		data[i] = m->regs[(uint8_t)(m->reg + i)];
	return ERR_OK;
}

void bme280_model_attach(const struct world *world)
{
	static struct i2c_device dev = {
		.addr = BME280_ADDR,
		.name = "bme280",
		.state = &model,
		.write = model_write,
		.read = model_read,
	};

	memset(model.regs, 0, sizeof(model.regs));
	model.world = world;
	model.regs[BME280_REG_ID] = BME280_CHIP_ID;
	fill_calib(model.regs);
	i2c_attach(&dev);
}
