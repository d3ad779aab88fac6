// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stdio.h>

#include <ota/diag.h>

enum ota_err ota_fail(struct ota_diag *diag, enum ota_err err, const char *format, ...)
{
	va_list args;

	if (!diag || diag->err != OTA_OK)
		return err;
	diag->err = err;
	va_start(args, format);
	(void)vsnprintf(diag->text, sizeof(diag->text), format, args);
	va_end(args);
	return err;
}

void ota_hint(struct ota_diag *diag, const char *format, ...)
{
	va_list args;

	if (!diag || diag->err == OTA_OK || diag->hint[0] != '\0')
		return;
	va_start(args, format);
	(void)vsnprintf(diag->hint, sizeof(diag->hint), format, args);
	va_end(args);
}

void ota_list_add(char *list, size_t cap, const char *word)
{
	size_t used = strlen(list);

	(void)snprintf(list + used, cap - used, "%s%s", used > 0 ? ", " : "", word);
}
