// SPDX-License-Identifier: Apache-2.0
/* A lithium thionyl chloride D cell behind a 2:1 divider on a 12-bit converter. */
#include "battery.h"

#define ADC_BITS	12
#define ADC_REF_V	2.5f
#define DIVIDER		2.0f
#define LOW_PERCENT	12.0f
#define LOW_RELEASE	16.0f
#define CELL_MAH	17000.0f
#define HOURS_PER_YEAR	8766.0f

struct discharge_point {
	float volts;
	float percent;
};

/* The voltage of this chemistry stays flat until shortly before the end. */
static const struct discharge_point discharge[] = {
	{ 2.00f, 0.0f }, { 2.80f, 2.0f }, { 3.10f, 5.0f }, { 3.30f, 10.0f }, { 3.40f, 16.0f },
	{ 3.48f, 28.0f }, { 3.54f, 45.0f }, { 3.58f, 62.0f }, { 3.62f, 82.0f }, { 3.65f, 95.0f },
	{ 3.68f, 100.0f },
};

void battery_init(struct battery *b)
{
	*b = (struct battery){ 0 };
	filter_ema_init(&b->smooth, 3);
	filter_median_init(&b->spikes);
}

/* What the converter would read; the simulated world has no converter of its own. */
uint16_t battery_adc(float volts)
{
	float code = volts / DIVIDER / ADC_REF_V * (float)(1 << ADC_BITS);

	if (code < 0.0f)
		return 0;
	return code > 4095.0f ? 4095 : (uint16_t)code;
}

float battery_percent(float volts, float celsius)
{
	const struct discharge_point *p = discharge;
	const struct discharge_point *last =
		discharge + sizeof(discharge) / sizeof(discharge[0]) - 1;

	/* Cold raises the internal resistance: about 2 mV per kelvin below 20 degrees. */
	if (celsius < 20.0f)
		volts += 0.002f * (20.0f - celsius);
	if (volts <= p->volts)
		return 0.0f;
	if (volts >= last->volts)
		return 100.0f;
	while (volts > p[1].volts)
		p++;
	return p->percent +
	       (volts - p->volts) / (p[1].volts - p->volts) * (p[1].percent - p->percent);
}

void battery_sample(struct battery *b, uint16_t raw, float celsius)
{
	float volts = (float)raw / (float)(1 << ADC_BITS) * ADC_REF_V * DIVIDER;

	b->raw = raw;
	b->volts = filter_ema(&b->smooth, filter_median(&b->spikes, volts));
	b->percent = battery_percent(b->volts, celsius);
	if (b->percent < LOW_PERCENT)
		b->low = true;
	else if (b->percent > LOW_RELEASE)
		b->low = false;
}

/* Sleep current, one measurement and one transmission are the three consumers. */
float battery_years_left(float percent, uint32_t sample_s, uint32_t report_s)
{
	float sleep_ma = 0.009f;
	float sample_mas = 0.35f;
	float report_mas = 380.0f;
	float mean_ma = sleep_ma + sample_mas / (float)sample_s + report_mas / (float)report_s;

	return CELL_MAH * percent / 100.0f / mean_ma / HOURS_PER_YEAR;
}
