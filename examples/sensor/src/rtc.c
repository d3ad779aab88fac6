// SPDX-License-Identifier: Apache-2.0
#include "rtc.h"

#include <stdbool.h>
#include <stdio.h>

#include "errors.h"

#define RTC_DEFAULT	1704067200u	/* 2024-01-01T00:00:00Z */
#define YEAR_MIN	2020
#define YEAR_MAX	2099

static uint32_t now = RTC_DEFAULT;

void rtc_set(uint32_t unix_time)
{
	now = unix_time;
}

uint32_t rtc_now(void)
{
	return now;
}

void rtc_advance(uint32_t seconds)
{
	now += seconds;
}

static bool is_leap(uint16_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

uint8_t rtc_days_in_month(uint16_t year, uint8_t month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return (uint8_t)(days[month - 1] + (month == 2 && is_leap(year)));
}

void rtc_split(uint32_t unix_time, struct rtc_date *date)
{
	uint32_t days = unix_time / SECONDS_PER_DAY;
	uint32_t rest = unix_time % SECONDS_PER_DAY;
	uint16_t year = 1970;
	uint8_t month = 1;

	date->hour = (uint8_t)(rest / 3600);
	date->minute = (uint8_t)(rest / 60 % 60);
	date->second = (uint8_t)(rest % 60);
	date->weekday = (uint8_t)((days + 3) % 7);
	while (days >= 365u + is_leap(year))
		days -= 365u + is_leap(year++);
	while (days >= rtc_days_in_month(year, month))
		days -= rtc_days_in_month(year, month++);
	date->year = year;
	date->month = month;
	date->day = (uint8_t)(days + 1);
}

uint32_t rtc_join(const struct rtc_date *date)
{
	uint32_t days = date->day - 1u;

	for (uint16_t y = 1970; y < date->year; y++)
		days += 365u + is_leap(y);
	for (uint8_t m = 1; m < date->month; m++)
		days += rtc_days_in_month(date->year, m);
	return days * SECONDS_PER_DAY + date->hour * 3600u + date->minute * 60u + date->second;
}

/* Accepts a date with or without the time of day, "2024-05-01T06:30:00" or "2024-05-01". */
int rtc_parse(const char *text, uint32_t *unix_time)
{
	unsigned int y, mo, d, h = 0, mi = 0, s = 0;
	struct rtc_date date = { 0 };
	int n = sscanf(text, "%4u-%2u-%2u%*1[T ]%2u:%2u:%2u", &y, &mo, &d, &h, &mi, &s);

	if (n != 3 && n < 5)
		return ERR_FORMAT;
	if (y < YEAR_MIN || y > YEAR_MAX || mo < 1 || mo > 12 || h > 23 || mi > 59 || s > 59)
		return ERR_RANGE;
	if (d < 1 || d > rtc_days_in_month((uint16_t)y, (uint8_t)mo))
		return ERR_RANGE;
	date.year = (uint16_t)y;
	date.month = (uint8_t)mo;
	date.day = (uint8_t)d;
	date.hour = (uint8_t)h;
	date.minute = (uint8_t)mi;
	date.second = (uint8_t)s;
	*unix_time = rtc_join(&date);
	return ERR_OK;
}

const char *rtc_format(uint32_t unix_time, char text[RTC_TEXT_LEN])
{
	struct rtc_date d;

	rtc_split(unix_time, &d);
	snprintf(text, RTC_TEXT_LEN, "%04u-%02u-%02uT%02u:%02u:%02uZ", d.year % 10000u,
		 d.month % 100u, d.day % 100u, d.hour % 100u, d.minute % 100u, d.second % 100u);
	return text;
}

const char *rtc_weekday_name(uint8_t weekday)
{
	static const char *const names[] = {
		"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
	};

	return names[weekday % 7];
}

uint32_t rtc_hour(uint32_t unix_time)
{
	return unix_time % SECONDS_PER_DAY / 3600;
}
