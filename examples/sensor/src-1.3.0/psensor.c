// SPDX-License-Identifier: Apache-2.0
/*
 * Pressure of the water line, from a ceramic bridge with a 24-bit converter. Each answer ends
 * with a checksum, because the cable to the pipe is long enough to pick up noise.
 */
#include "psensor.h"

#include "crc.h"
#include "errors.h"
#include "i2c.h"

#define ANSWER_LEN	7
#define RAW_SPAN	16777216.0
#define RAW_LOW		0.1	/* share of the span at zero pressure */
#define RAW_HIGH	0.9	/* and at full scale */
#define TEMP_LOW	-40.0
#define TEMP_SPAN	150.0
#define TEMP_REF	25.0
#define RETRIES		3

static int read_word(uint8_t index, int16_t *word)
{
	uint8_t data[3];
	int err = i2c_read_regs(PSENSOR_ADDR, (uint8_t)(PSENSOR_CMD_OTP + index), data, 3);

	if (err)
		return err;
	if (crc8_sensor(data, 2) != data[2])
		return ERR_CRC;
	*word = (int16_t)(data[0] << 8 | data[1]);
	return ERR_OK;
}

int psensor_init(struct psensor *dev)
{
	struct psensor_trim *t = &dev->trim;
	int16_t *const words[PSENSOR_OTP_WORDS] = {
		&t->zero_ppm, &t->zero_ppm_k, &t->span_ppm_k, &t->span_ppm_k2,
	};
	int err = ERR_OK;

	for (uint8_t i = 0; i < PSENSOR_OTP_WORDS && !err; i++)
		err = read_word(i, words[i]);
	dev->last_err = err;
	return err;
}

/* Takes the share of full scale and gives the pressure in kilopascals. */
double psensor_compensate(const struct psensor_trim *t, double share, double celsius)
{
	double k = celsius - TEMP_REF;
	double zero = (t->zero_ppm + t->zero_ppm_k * k) * 1e-6;
	double span = 1.0 + (t->span_ppm_k * k + t->span_ppm_k2 * k * k / 100.0) * 1e-6;

	return (share - zero) / span * (double)PSENSOR_MAX_KPA;
}

static int measure(uint8_t answer[ANSWER_LEN])
{
	const uint8_t command = PSENSOR_CMD_MEASURE;
	int err = i2c_transfer(PSENSOR_ADDR, &command, 1, answer, ANSWER_LEN);

	if (err)
		return err;
	if (answer[0] & PSENSOR_BUSY)
		return ERR_STATE;
	return crc8_sensor(answer, ANSWER_LEN - 1) == answer[ANSWER_LEN - 1] ? ERR_OK : ERR_CRC;
}

int psensor_read(struct psensor *dev, struct psensor_sample *sample)
{
	uint8_t a[ANSWER_LEN];
	double share, celsius;
	int err = ERR_STATE;

	dev->reads++;
	for (int i = 0; i < RETRIES && err; i++)
		err = measure(a);
	dev->last_err = err;
	if (err) {
		dev->errors++;
		return err;
	}
	share = (double)((uint32_t)a[1] << 16 | (uint32_t)a[2] << 8 | a[3]) / RAW_SPAN;
	share = (share - RAW_LOW) / (RAW_HIGH - RAW_LOW);
	celsius = TEMP_LOW + (a[4] << 8 | a[5]) / 65536.0 * TEMP_SPAN;
	sample->celsius = (float)celsius;
	sample->kpa = (float)psensor_compensate(&dev->trim, share, celsius);
	return ERR_OK;
}
