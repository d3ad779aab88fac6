// SPDX-License-Identifier: Apache-2.0
#include "settings.h"

#include "errors.h"

#define AT(field)	offsetof(struct settings, field)

const struct setting setting_table[] = {
	{ "serial", "", SETTING_U32, AT(serial), 0, 4.2e9f, 1000001, NULL },
	{ "site", "", SETTING_TEXT, AT(site), 0, SITE_LEN, 0, "unnamed" },
	{ "sample", "s", SETTING_U16, AT(sample_s), 10, 3600, 60, NULL },
	{ "report", "s", SETTING_U16, AT(report_s), 60, 43200, 3600, NULL },
	{ "night.start", "h", SETTING_U16, AT(night_start_h), 0, 23, 1, NULL },
	{ "night.end", "h", SETTING_U16, AT(night_end_h), 0, 23, 5, NULL },
	{ "leak.flow", "l/h", SETTING_FLOAT, AT(leak_lph), 0.5f, 100, 4, NULL },
	{ "leak.nights", "", SETTING_U16, AT(leak_nights), 1, 14, 2, NULL },
	{ "leak.steady", "h", SETTING_U16, AT(steady_h), 2, 168, 24, NULL },
	{ "burst.flow", "l/h", SETTING_FLOAT, AT(burst_lph), 100, 5000, 1800, NULL },
	{ "burst.time", "s", SETTING_U16, AT(burst_s), 10, 3600, 180, NULL },
	{ "pulses", "1/l", SETTING_FLOAT, AT(pulses_per_litre), 0.1f, 100, 10, NULL },
	{ "pipe.bore", "mm", SETTING_U16, AT(bore_mm), 10, 200, 20, NULL },
	{ "frost", "C", SETTING_FLOAT, AT(frost_c), -20, 10, 3, NULL },
	{ "price", "1/m3", SETTING_FLOAT, AT(price_m3), 0, 100, 2.15f, NULL },
	{ "altitude", "m", SETTING_FLOAT, AT(altitude_m), -400, 5000, 120, NULL },
};

const size_t setting_count = sizeof(setting_table) / sizeof(setting_table[0]);

/* Schema 1 was never shipped, so there is nothing to convert from. */
int settings_upgrade(struct settings *s, const void *stored, size_t len)
{
	(void)s;
	(void)stored;
	(void)len;
	return ERR_FORMAT;
}
