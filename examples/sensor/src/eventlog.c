// SPDX-License-Identifier: Apache-2.0
#include "eventlog.h"

#include <stddef.h>
#include <stdio.h>

#include "rtc.h"

static struct event events[EVENTLOG_SIZE];
static uint32_t total;
static uint32_t kept;

void event_add(enum event_code code, float value)
{
	struct event *e = &events[total++ % EVENTLOG_SIZE];

	e->time = rtc_now();
	e->code = (uint8_t)code;
	e->value = value;
	if (kept < EVENTLOG_SIZE)
		kept++;
}

uint32_t event_count(void)
{
	return kept;
}

uint32_t event_total(void)
{
	return total;
}

/* Age 0 is the newest entry. */
const struct event *event_at(uint32_t age)
{
	if (age >= kept)
		return NULL;
	return &events[(total - 1 - age) % EVENTLOG_SIZE];
}

void event_print(const struct event *e)
{
	static const char *const levels[] = { "info   ", "warning", "ALARM  " };
	const struct event_kind *kind = &event_kinds[e->code];
	char when[RTC_TEXT_LEN];
	char text[64];

	snprintf(text, sizeof(text), kind->format, (double)e->value);
	printf("%s %s %-14s %s\n", rtc_format(e->time, when), levels[kind->level], kind->name,
	       text);
}

void event_clear(void)
{
	kept = 0;
}

uint32_t event_alarms_since(uint32_t time)
{
	uint32_t n = 0;

	for (uint32_t age = 0; age < kept; age++) {
		const struct event *e = event_at(age);

		if (e->time >= time && event_kinds[e->code].level == EVENT_ALARM)
			n++;
	}
	return n;
}
