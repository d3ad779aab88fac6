// SPDX-License-Identifier: Apache-2.0
/* In place of target_import_dt.c in a build without libfdt. */
#include "target_import_parts.h"

bool ota_devicetree_library(char *text, size_t cap)
{
	(void)text;
	(void)cap;
	return false;
}

enum ota_err ota_import_devicetree(const struct ota_import_file *file, struct ota_import_dt *dt,
				   struct ota_diag *diag)
{
	(void)file;
	*dt = (struct ota_import_dt){.n_flashes = 0};
	(void)ota_fail(diag, OTA_E_UNSUPPORTED, "built without libfdt: devicetrees are not read");
	ota_hint(diag, "install libfdt-dev and build again, or write the profile by hand");
	return OTA_E_UNSUPPORTED;
}
