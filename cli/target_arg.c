// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include "io.h"
#include "target_arg.h"

#define PROFILE_MAX 0x40000U /* bytes */

/* A word without slash or dot is meant as a name; a missing file would be a puzzling answer. */
static bool looks_like_name(const char *name)
{
	return strpbrk(name, "/.") == NULL && strcmp(name, "-") != 0;
}

enum cli_exit cli_read_target(const char *name, struct ota_target *target)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf text;
	enum cli_exit status;

	if (ota_target_builtin(name, target, &diag) == OTA_OK)
		return CLI_DONE;
	if (diag.err != OTA_E_ABSENT)
		return cli_fail(name, &diag);
	if (looks_like_name(name)) {
		(void)cli_fail(NULL, &diag);
		cli_hint("a file is told from a name by a slash or a dot: ./%s", name);
		return CLI_USAGE;
	}
	diag = (struct ota_diag){.err = OTA_OK};
	status = cli_read_max(name, PROFILE_MAX, &text);
	/* The diag says "file:line: field" itself. */
	if (status == CLI_DONE &&
	    ota_target_parse(name, ota_buf_span(&text), target, &diag) != OTA_OK)
		status = cli_fail(NULL, &diag);
	ota_buf_free(&text);
	return status;
}

void json_limits(json_t *object, const struct ota_flash_limits *limits)
{
	cli_json_bool(object, "compatible", limits->compatible);
	cli_json_uint(object, "trailer_bytes", limits->trailer);
	cli_json_uint(object, "scratch_trailer_bytes", limits->scratch_trailer);
	cli_json_uint(object, "max_image_bytes", limits->max_image);
	if (!limits->compatible)
		cli_json_text(object, "reason", limits->reason);
	if (limits->caution[0])
		cli_json_text(object, "caution", limits->caution);
}

const char *sectors_text(const struct ota_sectors *sectors, char text[256])
{
	size_t at = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < sectors->n && at < 220; i++)
		at += (size_t)snprintf(text + at, 256 - at, "%s%" PRIu32 " x %" PRIu32,
				       i ? " + " : "", sectors->run[i].count, sectors->run[i].size);
	return text;
}
