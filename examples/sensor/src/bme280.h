// SPDX-License-Identifier: Apache-2.0
#ifndef BME280_H
#define BME280_H

#include <stdint.h>

#define BME280_ADDR	0x76
#define BME280_CHIP_ID	0x60

#define BME280_REG_CALIB_A	0x88
#define BME280_REG_ID		0xd0
#define BME280_REG_RESET	0xe0
#define BME280_REG_CALIB_B	0xe1
#define BME280_REG_CTRL_HUM	0xf2
#define BME280_REG_CTRL_MEAS	0xf4
#define BME280_REG_CONFIG	0xf5
#define BME280_REG_DATA		0xf7

#define BME280_CALIB_A_LEN	26
#define BME280_CALIB_B_LEN	7

struct bme280_calib {
	uint16_t t1;
	int16_t t2, t3;
	uint16_t p1;
	int16_t p2, p3, p4, p5, p6, p7, p8, p9;
	uint8_t h1;
	int16_t h2;
	uint8_t h3;
	int16_t h4, h5;
	int8_t h6;
};

struct bme280_sample {
	float temperature_c;
	float humidity_pct;
	float pressure_hpa;
};

struct bme280 {
	struct bme280_calib calib;
	uint32_t reads;
	uint32_t errors;
	int last_err;
};

int bme280_init(struct bme280 *dev);
int bme280_read(struct bme280 *dev, struct bme280_sample *sample);

double bme280_fine(const struct bme280_calib *c, uint32_t raw);
double bme280_temperature(double fine);
double bme280_pressure(const struct bme280_calib *c, double fine, uint32_t raw);
double bme280_humidity(const struct bme280_calib *c, double fine, uint32_t raw);

#endif
