// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include <bzlib.h>
#include <divsufsort.h>
#include <yaml.h>

#include <ota/ota.h>
#include <ota/target_import.h>

bool ota_library_version(size_t index, char *text, size_t cap)
{
	switch (index) {
	case 0:
		(void)snprintf(text, cap, "libdivsufsort %s", divsufsort_version());
		return true;
	case 1:
		/* "1.0.8, 13-Jul-2019" */
		(void)snprintf(text, cap, "bzip2 %.*s", (int)strcspn(BZ2_bzlibVersion(), ","),
			       BZ2_bzlibVersion());
		return true;
	case 2:
		(void)snprintf(text, cap, "libyaml %s", yaml_get_version_string());
		return true;
	default:
		break;
	}
	/* What is optional takes no place when it is not there. */
	index -= 3;
	if (ota_devicetree_library(text, cap)) {
		if (index == 0)
			return true;
		index--;
	}
	return ota_keys_library_version(index, text, cap);
}
