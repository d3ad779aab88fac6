// SPDX-License-Identifier: Apache-2.0
/* Temperature, humidity and air pressure inside the meter housing. */
#include "bme280.h"

#include "errors.h"
#include "i2c.h"

#define OVERSAMPLE_1	1u
#define MODE_FORCED	1u
#define CTRL_MEASURE	(OVERSAMPLE_1 << 5 | OVERSAMPLE_1 << 2 | MODE_FORCED)

static uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static int16_t sle16(const uint8_t *p)
{
	return (int16_t)le16(p);
}

/* Sign-extends the 12-bit fields that share a byte. */
static int16_t sign12(unsigned int v)
{
	return (int16_t)((int)(v ^ 0x800u) - 0x800);
}

static void parse_calib(struct bme280_calib *c, const uint8_t *a, const uint8_t *b)
{
	int16_t *const p[] = { &c->p2, &c->p3, &c->p4, &c->p5, &c->p6, &c->p7, &c->p8, &c->p9 };

	c->t1 = le16(a);
	c->t2 = sle16(a + 2);
	c->t3 = sle16(a + 4);
	c->p1 = le16(a + 6);
	for (int i = 0; i < 8; i++)
		*p[i] = sle16(a + 8 + 2 * i);
	c->h1 = a[25];
	c->h2 = sle16(b);
	c->h3 = b[2];
	c->h4 = sign12((unsigned int)b[3] << 4 | (b[4] & 15u));
	c->h5 = sign12((unsigned int)b[5] << 4 | b[4] >> 4);
	c->h6 = (int8_t)b[6];
}

int bme280_init(struct bme280 *dev)
{
	uint8_t a[BME280_CALIB_A_LEN];
	uint8_t b[BME280_CALIB_B_LEN];
	uint8_t id;
	int err = i2c_read_regs(BME280_ADDR, BME280_REG_ID, &id, 1);

	if (!err && id != BME280_CHIP_ID)
		err = ERR_NODEV;
	if (!err)
		err = i2c_read_regs(BME280_ADDR, BME280_REG_CALIB_A, a, sizeof(a));
	if (!err)
		err = i2c_read_regs(BME280_ADDR, BME280_REG_CALIB_B, b, sizeof(b));
	if (!err)
		parse_calib(&dev->calib, a, b);
	dev->last_err = err;
	return err;
}

static int measure(uint8_t raw[8])
{
	int err = i2c_write_reg(BME280_ADDR, BME280_REG_CTRL_HUM, OVERSAMPLE_1);

	if (!err)
		err = i2c_write_reg(BME280_ADDR, BME280_REG_CTRL_MEAS, CTRL_MEASURE);
	if (!err)
		err = i2c_read_regs(BME280_ADDR, BME280_REG_DATA, raw, 8);
	return err;
}

int bme280_read(struct bme280 *dev, struct bme280_sample *sample)
{
	uint8_t raw[8];
	uint32_t adc_p, adc_t, adc_h;
	double fine;

	dev->reads++;
	dev->last_err = measure(raw);
	if (dev->last_err) {
		dev->errors++;
		return dev->last_err;
	}
	adc_p = (uint32_t)raw[0] << 12 | (uint32_t)raw[1] << 4 | raw[2] >> 4;
	adc_t = (uint32_t)raw[3] << 12 | (uint32_t)raw[4] << 4 | raw[5] >> 4;
	adc_h = (uint32_t)raw[6] << 8 | raw[7];
	fine = bme280_fine(&dev->calib, adc_t);
	sample->temperature_c = (float)bme280_temperature(fine);
	sample->pressure_hpa = (float)(bme280_pressure(&dev->calib, fine, adc_p) / 100.0);
	sample->humidity_pct = (float)bme280_humidity(&dev->calib, fine, adc_h);
	return ERR_OK;
}
