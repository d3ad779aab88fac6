// SPDX-License-Identifier: Apache-2.0
#ifndef HISTORY_H
#define HISTORY_H

#include <stdint.h>

#define HISTORY_HOURS	24
#define HISTORY_DAYS	31

struct history {
	float hour[HISTORY_HOURS];	/* by hour of the day */
	float day[HISTORY_DAYS];	/* ring, today at day_head */
	uint32_t day_head;
	uint32_t last_hour;		/* hours since 1970 */
};

void history_init(struct history *h, uint32_t unix_time);
void history_add(struct history *h, uint32_t unix_time, float litres);
float history_day(const struct history *h, uint32_t days_ago);
float history_peak_hour(const struct history *h, uint32_t *hour);

#endif
