// SPDX-License-Identifier: Apache-2.0
/* A process that holds secrets shows its memory to nobody. */
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/resource.h>

#include <ota/key.h>

void ota_keys_guard_process(void)
{
	const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};

	/* Both are a second line of defence: where they are refused, keys are still wiped. */
	(void)setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
	(void)prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
#endif
}
