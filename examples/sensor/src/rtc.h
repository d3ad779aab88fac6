// SPDX-License-Identifier: Apache-2.0
#ifndef RTC_H
#define RTC_H

#include <stdint.h>

#define RTC_TEXT_LEN	21
#define SECONDS_PER_DAY	86400u

struct rtc_date {
	uint16_t year;
	uint8_t month;
	uint8_t day;
	uint8_t hour;
	uint8_t minute;
	uint8_t second;
	uint8_t weekday;	/* 0 is Monday */
};

void rtc_set(uint32_t unix_time);
uint32_t rtc_now(void);
void rtc_advance(uint32_t seconds);

void rtc_split(uint32_t unix_time, struct rtc_date *date);
uint32_t rtc_join(const struct rtc_date *date);
int rtc_parse(const char *text, uint32_t *unix_time);
const char *rtc_format(uint32_t unix_time, char text[RTC_TEXT_LEN]);
const char *rtc_weekday_name(uint8_t weekday);
uint32_t rtc_hour(uint32_t unix_time);
uint8_t rtc_days_in_month(uint16_t year, uint8_t month);

#endif
