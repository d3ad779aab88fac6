// SPDX-License-Identifier: Apache-2.0
#ifndef EVENTLOG_H
#define EVENTLOG_H

#include <stdint.h>

#include "event_codes.h"

#define EVENTLOG_SIZE	64

enum event_level {
	EVENT_INFO,
	EVENT_WARNING,
	EVENT_ALARM,
};

struct event {
	uint32_t time;
	uint8_t code;
	float value;
};

struct event_kind {
	const char *name;
	enum event_level level;
	const char *format;	/* takes the value as a double */
};

extern const struct event_kind event_kinds[EVENT_CODES];

void event_add(enum event_code code, float value);
uint32_t event_count(void);
uint32_t event_total(void);
const struct event *event_at(uint32_t age);
void event_print(const struct event *e);
void event_clear(void);
uint32_t event_alarms_since(uint32_t time);

#endif
