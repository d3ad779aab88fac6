// SPDX-License-Identifier: Apache-2.0
#include "calib.h"

#include <math.h>
#include <string.h>

#include "errors.h"
#include "store.h"

#define ERROR_MAX_PCT	10.0f

/* A meter of class 2 runs slow at the lower end and within 2 per cent above. */
static const struct calib_point defaults[] = {
	{ 6.0f, -4.2f },
	{ 16.0f, -1.9f },
	{ 25.0f, -0.6f },
	{ 100.0f, 0.3f },
	{ 900.0f, 0.9f },
	{ 2500.0f, 0.2f },
	{ 3125.0f, -0.4f },
};

void calib_default(struct calib *c)
{
	memset(c, 0, sizeof(*c));
	c->count = sizeof(defaults) / sizeof(defaults[0]);
	memcpy(c->point, defaults, sizeof(defaults));
}

static uint32_t position(const struct calib *c, float lph)
{
	uint32_t i = 0;

	while (i < c->count && c->point[i].lph < lph)
		i++;
	return i;
}

int calib_set(struct calib *c, float lph, float error_pct)
{
	uint32_t i = position(c, lph);

	if (!(lph > 0.0f) || !(fabsf(error_pct) <= ERROR_MAX_PCT))
		return ERR_RANGE;
	if (i == c->count || c->point[i].lph != lph) {
		if (c->count == CALIB_POINTS)
			return ERR_FULL;
		memmove(&c->point[i + 1], &c->point[i], (c->count - i) * sizeof(c->point[0]));
		c->count++;
	}
	c->point[i].lph = lph;
	c->point[i].error_pct = error_pct;
	return ERR_OK;
}

int calib_remove(struct calib *c, float lph)
{
	uint32_t i = position(c, lph);

	if (i == c->count || c->point[i].lph != lph)
		return ERR_NOENT;
	c->count--;
	memmove(&c->point[i], &c->point[i + 1], (c->count - i) * sizeof(c->point[0]));
	return ERR_OK;
}

/* Linear between the points on a logarithmic flow axis, constant beyond both ends. */
float calib_error(const struct calib *c, float lph)
{
	const struct calib_point *p = c->point;
	uint32_t i = position(c, lph);
	float share;

	if (!c->count)
		return 0.0f;
	if (i == 0)
		return p[0].error_pct;
	if (i == c->count)
		return p[i - 1].error_pct;
	share = logf(lph / p[i - 1].lph) / logf(p[i].lph / p[i - 1].lph);
	return p[i - 1].error_pct + share * (p[i].error_pct - p[i - 1].error_pct);
}

float calib_factor(const struct calib *c, float lph)
{
	return 1.0f / (1.0f + calib_error(c, lph) / 100.0f);
}

int calib_load(struct calib *c)
{
	struct calib loaded;
	int len = store_read(STORE_CALIB, &loaded, sizeof(loaded));

	if (len < 0)
		return len;
	if (len != (int)sizeof(loaded) || loaded.count > CALIB_POINTS)
		return ERR_FORMAT;
	*c = loaded;
	return ERR_OK;
}

int calib_save(const struct calib *c)
{
	return store_write(STORE_CALIB, c, sizeof(*c));
}
