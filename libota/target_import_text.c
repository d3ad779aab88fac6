// SPDX-License-Identifier: Apache-2.0
/* The imported profile as text: a value, and behind it where it came from. */
#include <stdarg.h>
#include <stdio.h>

#include "target_import_parts.h"

#define LINE_ROOM  1024
#define WHY_COLUMN 48 /* where comments begin, when the value leaves room */

/* Names of nodes and of files are others': one line, and nothing a terminal acts on. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
			*text = '?';
	}
}

static void append(struct ota_import_text *text, const char *line)
{
	if (text->err == OTA_OK)
		text->err = ota_buf_append(text->yaml, ota_span_of(line, strlen(line)), text->diag);
	if (text->err == OTA_OK)
		text->err = ota_buf_append(text->yaml, ota_span_of("\n", 1), text->diag);
}

void ota_import_line(struct ota_import_text *text, const char *format, ...)
{
	char line[LINE_ROOM];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	make_printable(line);
	append(text, line);
}

void ota_import_field(struct ota_import_text *text, const char *field,
		      enum ota_import_origin origin, const char *format, ...)
{
	char why[LINE_ROOM / 2];
	char line[LINE_ROOM + 64];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	switch (origin) {
	case OTA_IMPORT_READ:
		(void)snprintf(line, sizeof(line), "%-*s # %s", WHY_COLUMN, field, why);
		break;
	case OTA_IMPORT_ASSUMED:
		(void)snprintf(line, sizeof(line), "%-*s # ASSUMED: %s", WHY_COLUMN, field, why);
		ota_import_warn(text->report, "assumed \"%s\": %s", field + strspn(field, " "),
				why);
		break;
	case OTA_IMPORT_OPEN:
		(void)snprintf(line, sizeof(line), "%.*s# %-*s # %s", (int)strspn(field, " "),
			       field, WHY_COLUMN - 4, field + strspn(field, " "), why);
		break;
	}
	make_printable(line);
	append(text, line);
}

void ota_import_warn(struct ota_import_report *report, const char *format, ...)
{
	va_list args;

	if (report->n == OTA_IMPORT_WARNINGS_MAX)
		return;
	va_start(args, format);
	(void)vsnprintf(report->warning[report->n], sizeof(report->warning[0]), format, args);
	va_end(args);
	make_printable(report->warning[report->n++]);
}
