// SPDX-License-Identifier: Apache-2.0
#include "history.h"

#include <string.h>

void history_init(struct history *h, uint32_t unix_time)
{
	memset(h, 0, sizeof(*h));
	h->last_hour = unix_time / 3600;
}

static void next_hour(struct history *h)
{
	h->last_hour++;
	h->hour[h->last_hour % HISTORY_HOURS] = 0.0f;
	if (h->last_hour % HISTORY_HOURS == 0) {
		h->day_head = (h->day_head + 1) % HISTORY_DAYS;
		h->day[h->day_head] = 0.0f;
	}
}

/* A clock set far ahead or back makes the old columns meaningless. */
void history_add(struct history *h, uint32_t unix_time, float litres)
{
	uint32_t hour = unix_time / 3600;

	if (hour < h->last_hour || hour - h->last_hour > HISTORY_DAYS * 24u)
		history_init(h, unix_time);
	while (h->last_hour < hour)
		next_hour(h);
	h->hour[hour % HISTORY_HOURS] += litres;
	h->day[h->day_head] += litres;
}

float history_day(const struct history *h, uint32_t days_ago)
{
	return h->day[(h->day_head + HISTORY_DAYS - days_ago % HISTORY_DAYS) % HISTORY_DAYS];
}

float history_peak_hour(const struct history *h, uint32_t *hour)
{
	float peak = 0.0f;

	*hour = 0;
	for (uint32_t i = 0; i < HISTORY_HOURS; i++) {
		if (h->hour[i] > peak) {
			peak = h->hour[i];
			*hour = i;
		}
	}
	return peak;
}
