// SPDX-License-Identifier: Apache-2.0
#include "eventlog.h"

const struct event_kind event_kinds[EVENT_CODES] = {
	[EV_BOOT] = { "boot", EVENT_INFO, "started, stored records: %.0f" },
	[EV_TIME_SET] = { "time-set", EVENT_INFO, "clock moved by %.0f s" },
	[EV_SETTINGS_SAVED] = { "settings-saved", EVENT_INFO, "record %.0f" },
	[EV_SETTINGS_RESET] = { "settings-reset", EVENT_WARNING, "defaults in use" },
	[EV_SENSOR_LOST] = { "sensor-lost", EVENT_WARNING, "climate sensor, error %.0f" },
	[EV_SENSOR_BACK] = { "sensor-back", EVENT_INFO, "after %.0f failed reads" },
	[EV_BATTERY_LOW] = { "battery-low", EVENT_WARNING, "%.1f %% left" },
	[EV_FROST] = { "frost", EVENT_WARNING, "housing at %.1f C" },
	[EV_REVERSE_FLOW] = { "reverse-flow", EVENT_WARNING, "%.2f l so far" },
	[EV_LEAK_NIGHT] = { "leak-night", EVENT_ALARM, "never below %.1f l/h at night" },
	[EV_LEAK_STEADY] = { "leak-steady", EVENT_ALARM, "flow without pause for %.0f h" },
	[EV_BURST] = { "burst", EVENT_ALARM, "%.0f l/h" },
	[EV_LEAK_OVER] = { "leak-over", EVENT_INFO, "flow back to %.1f l/h" },
	[EV_TOTALS_SAVED] = { "totals-saved", EVENT_INFO, "at %.1f l" },
};
