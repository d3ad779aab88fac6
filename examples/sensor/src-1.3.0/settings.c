// SPDX-License-Identifier: Apache-2.0
#include "settings.h"

#include <string.h>

#include "errors.h"
#include "eventlog.h"

#define AT(field)	offsetof(struct settings, field)

const struct setting setting_table[] = {
	{ "serial", "", SETTING_U32, AT(serial), 0, 4.2e9f, 1000001, NULL },
	{ "site", "", SETTING_TEXT, AT(site), 0, SITE_LEN, 0, "unnamed" },
	{ "sample", "s", SETTING_U16, AT(sample_s), 10, 3600, 60, NULL },
	{ "press.sample", "s", SETTING_U16, AT(pressure_s), 1, 3600, 10, NULL },
	{ "report", "s", SETTING_U16, AT(report_s), 60, 43200, 3600, NULL },
	{ "night.start", "h", SETTING_U16, AT(night_start_h), 0, 23, 1, NULL },
	{ "night.end", "h", SETTING_U16, AT(night_end_h), 0, 23, 5, NULL },
	{ "leak.flow", "l/h", SETTING_FLOAT, AT(leak_lph), 0.5f, 100, 4, NULL },
	{ "leak.nights", "", SETTING_U16, AT(leak_nights), 1, 14, 2, NULL },
	{ "leak.steady", "h", SETTING_U16, AT(steady_h), 2, 168, 24, NULL },
	{ "leak.pause", "s", SETTING_U16, AT(pause_s), 1, 3600, 300, NULL },
	{ "burst.flow", "l/h", SETTING_FLOAT, AT(burst_lph), 100, 5000, 1800, NULL },
	{ "burst.time", "s", SETTING_U16, AT(burst_s), 10, 3600, 180, NULL },
	{ "press.min", "kPa", SETTING_FLOAT, AT(pressure_min_kpa), 0, 1600, 200, NULL },
	{ "press.max", "kPa", SETTING_FLOAT, AT(pressure_max_kpa), 0, 1600, 600, NULL },
	{ "press.drop", "kPa", SETTING_FLOAT, AT(pressure_drop_kpa), 10, 1600, 90, NULL },
	{ "pulses", "1/l", SETTING_FLOAT, AT(pulses_per_litre), 0.1f, 100, 10, NULL },
	{ "pipe.bore", "mm", SETTING_U16, AT(bore_mm), 10, 200, 20, NULL },
	{ "frost", "C", SETTING_FLOAT, AT(frost_c), -20, 10, 3, NULL },
	{ "price", "1/m3", SETTING_FLOAT, AT(price_m3), 0, 100, 2.15f, NULL },
	{ "altitude", "m", SETTING_FLOAT, AT(altitude_m), -400, 5000, 120, NULL },
};

const size_t setting_count = sizeof(setting_table) / sizeof(setting_table[0]);

/* What release 1.2 stores. */
struct settings_v2 {
	uint32_t schema;
	uint32_t serial;
	char site[16];
	uint16_t sample_s;
	uint16_t report_s;
	uint16_t night_start_h;
	uint16_t night_end_h;
	uint16_t leak_nights;
	uint16_t steady_h;
	uint16_t burst_s;
	uint16_t bore_mm;
	float pulses_per_litre;
	float leak_lph;
	float burst_lph;
	float frost_c;
	float price_m3;
	float altitude_m;
};

/* Settings that are new keep the defaults, which are in place already. */
static void take_v2(struct settings *s, const struct settings_v2 *old)
{
	s->serial = old->serial;
	memcpy(s->site, old->site, sizeof(old->site));
	s->sample_s = old->sample_s;
	s->report_s = old->report_s;
	s->night_start_h = old->night_start_h;
	s->night_end_h = old->night_end_h;
	s->leak_nights = old->leak_nights;
	s->steady_h = old->steady_h;
	s->burst_s = old->burst_s;
	s->bore_mm = old->bore_mm;
	s->pulses_per_litre = old->pulses_per_litre;
	s->leak_lph = old->leak_lph;
	s->burst_lph = old->burst_lph;
	s->frost_c = old->frost_c;
	s->price_m3 = old->price_m3;
	s->altitude_m = old->altitude_m;
}

int settings_from_v2(struct settings *s, const void *stored, size_t len)
{
	struct settings_v2 old;

	if (len != sizeof(old))
		return ERR_FORMAT;
	memcpy(&old, stored, sizeof(old));
	if (old.schema != 2)
		return ERR_FORMAT;
	take_v2(s, &old);
	return ERR_OK;
}

int settings_upgrade(struct settings *s, const void *stored, size_t len)
{
	int err = settings_from_v2(s, stored, len);

	if (!err)
		event_add(EV_SETTINGS_UPGRADED, 2.0f);
	return err;
}
