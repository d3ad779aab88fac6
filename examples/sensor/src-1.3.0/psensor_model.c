// SPDX-License-Identifier: Apache-2.0
/* The other side of psensor.c: answers its commands from the state of the simulated world. */
#include "psensor_model.h"

#include <string.h>

#include "crc.h"
#include "errors.h"
#include "i2c.h"
#include "psensor.h"

struct model {
	const struct world *world;
	uint8_t answer[8];
};

static const struct psensor_trim trim = {
	.zero_ppm = 1450, .zero_ppm_k = -38, .span_ppm_k = 112, .span_ppm_k2 = -45,
};

static struct model model;

static void answer_word(struct model *m, uint8_t index)
{
	const int16_t words[PSENSOR_OTP_WORDS] = {
		trim.zero_ppm, trim.zero_ppm_k, trim.span_ppm_k, trim.span_ppm_k2,
	};

	m->answer[0] = (uint8_t)(words[index] >> 8);
	m->answer[1] = (uint8_t)words[index];
	m->answer[2] = crc8_sensor(m->answer, 2);
}

/* The correction is linear in the share, so two points are enough to turn it around. */
static double share_for(double kpa, double celsius)
{
	double at0 = psensor_compensate(&trim, 0.0, celsius);
	double at1 = psensor_compensate(&trim, 1.0, celsius);

	return (kpa - at0) / (at1 - at0);
}

static void answer_measure(struct model *m)
{
	double celsius = (double)m->world->water_c;
	double share = share_for((double)m->world->line_kpa, celsius);
	uint32_t raw = (uint32_t)((0.1 + 0.8 * share) * 16777216.0);
	uint32_t temp = (uint32_t)((celsius + 40.0) / 150.0 * 65536.0);

	m->answer[0] = 0x40;
	m->answer[1] = (uint8_t)(raw >> 16);
	m->answer[2] = (uint8_t)(raw >> 8);
	m->answer[3] = (uint8_t)raw;
	m->answer[4] = (uint8_t)(temp >> 8);
	m->answer[5] = (uint8_t)temp;
	m->answer[6] = crc8_sensor(m->answer, 6);
}

static int model_write(void *state, const uint8_t *data, size_t len)
{
	struct model *m = state;

	if (len != 1)
		return ERR_NACK;
	memset(m->answer, 0xff, sizeof(m->answer));
	if (data[0] == PSENSOR_CMD_MEASURE)
		answer_measure(m);
	else if (data[0] - PSENSOR_CMD_OTP < PSENSOR_OTP_WORDS && data[0] >= PSENSOR_CMD_OTP)
		answer_word(m, (uint8_t)(data[0] - PSENSOR_CMD_OTP));
	else
		return ERR_NACK;
	return ERR_OK;
}

static int model_read(void *state, uint8_t *data, size_t len)
{
	struct model *m = state;

	for (size_t i = 0; i < len; i++)
		data[i] = i < sizeof(m->answer) ? m->answer[i] : 0xff;
	return ERR_OK;
}

void psensor_model_attach(const struct world *world)
{
	static struct i2c_device dev = {
		.addr = PSENSOR_ADDR,
		.name = "line pressure",
		.state = &model,
		.write = model_write,
		.read = model_read,
	};

	model.world = world;
	i2c_attach(&dev);
}
