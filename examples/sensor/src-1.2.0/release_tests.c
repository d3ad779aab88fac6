// SPDX-License-Identifier: Apache-2.0
#include "leak.h"
#include "selftest.h"

/* One day at a steady flow, against the settings as shipped but for a single night. */
static bool test_leak(void)
{
	struct settings s;
	struct leak l;

	settings_default(&s);
	s.leak_nights = 1;
	leak_init(&l);
	for (uint32_t t = 0; t < 86400; t++) {
		const struct leak_input in = { .time = t, .lph = s.leak_lph + 1.0f };

		leak_second(&l, &in, &s);
	}
	return (l.flags & LEAK_NIGHT) && l.last_night_min >= s.leak_lph;
}

const struct self_test release_tests[] = {
	{ "leak", test_leak },
};

const size_t release_test_count = sizeof(release_tests) / sizeof(release_tests[0]);
