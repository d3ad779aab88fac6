// SPDX-License-Identifier: Apache-2.0
/* A matrix's figures in words. */
#include <inttypes.h>
#include <stdio.h>

#include <ota/link.h>

#include "matrix_view.h"
#include "utf8.h"

#define DAY_US     UINT64_C(86400000000)
#define TENTHS_MAX 1000U /* of days, up to where they have a digit behind the point */

/* -- text that may hold anything --------------------------------------------------------------- */

/* What a CI server takes for a command when it stands in a log. */
static bool is_command(const char *text)
{
	return strncmp(text, "::", 2) == 0 || strncmp(text, "##[", 3) == 0;
}

void matrix_clean(const char *text, char *out, size_t cap)
{
	size_t at = 0;

	while (*text) {
		uint32_t code = 0;
		size_t len = cli_utf8_read(text, &code);
		bool good = len > 0 && cli_utf8_is_shown(code) && !is_command(text);
		size_t put = good ? len : 1;

		if (put >= cap - at)
			break;
		if (good)
			memcpy(out + at, text, len);
		else
			out[at] = '?';
		at += put;
		text += len > 0 ? len : 1;
	}
	out[at] = '\0';
}

/* -- figures ----------------------------------------------------------------------------------- */

const char *matrix_way_text(const struct matrix_view *view, size_t version, char out[128])
{
	const struct ota_matrix_leg *legs = view->legs[version];
	size_t n = view->route[version].n_legs;
	size_t at = 0;

	switch (matrix_view_way(view, version)) {
	case MATRIX_WAY_NEWEST:
		(void)snprintf(out, 128, "newest");
		return out;
	case MATRIX_WAY_DIRECT:
		(void)snprintf(out, 128, "direct%s",
			       matrix_view_is_by_gateway(view, legs) ? ", gateway" : "");
		return out;
	case MATRIX_WAY_FULL:
		(void)snprintf(out, 128, "full image");
		return out;
	case MATRIX_WAY_NONE:
		(void)snprintf(out, 128, "none");
		return out;
	case MATRIX_WAY_VIA:
		break;
	}
	for (size_t i = 0; i + 1 < n; i++) {
		const char *label = view->label[legs[i].new_at].text;

		if (strlen(label) + 32 > 128 - at) {
			(void)snprintf(out + at, 128 - at, ", ... (%zu steps)", n);
			break;
		}
		at += (size_t)snprintf(out + at, 128 - at, "%s%s", at == 0 ? "via " : ", ", label);
	}
	return out;
}

const char *matrix_needs_text(const struct matrix_view *view, char *text, size_t cap)
{
	const struct matrix_needs *needs = &view->needs;
	char number[2][32];
	size_t at;

	text[0] = '\0';
	if (!needs->any || needs->ram == 0)
		return text;
	(void)snprintf(text, cap, "the decoder needs at most %s bytes of RAM%s%s%s",
		       ota_number_grouped(needs->ram, number[0]), needs->stack > 0 ? " and " : "",
		       needs->stack > 0 ? ota_number_grouped(needs->stack, number[1]) : "",
		       needs->stack > 0 ? " of stack" : "");
	at = strlen(text);
	if (needs->erases > 0)
		(void)snprintf(text + at, cap - at, "; an upgrade takes at most %s erase%s%s%s",
			       ota_number_grouped(needs->erases, number[0]),
			       needs->erases == 1 ? "" : "s", needs->upgrade_us > 0 ? " and " : "",
			       needs->upgrade_us > 0
				       ? ota_duration_text(needs->upgrade_us, number[1])
				       : "");
	return text;
}

const char *matrix_stages_text(const struct matrix_view *view, char *text, size_t cap)
{
	unsigned n;
	const struct ota_link *links = ota_matrix_links(&view->matrix->plan, &n);
	char number[32];

	text[0] = '\0';
	if (n == 0)
		(void)snprintf(text, cap, "no link is known: the days are the waiting alone");
	for (unsigned i = 0; i < n && !text[0]; i++) {
		if (ota_matrix_gateways(&links[i], view->devices) == 1 &&
		    (links[i].given >> OTA_LINK_DEVICES & 1U) == 0)
			(void)snprintf(text, cap,
				       "this is with one gateway for all %s devices; `matrix plan "
				       "--link %s,devices=N` says how many each serves",
				       ota_number_grouped(view->devices, number), links[i].name);
	}
	return text;
}

const char *matrix_percent_text(uint64_t part, uint64_t whole, char out[MATRIX_TEXT_MAX])
{
	double percent = cli_percent(part, whole);

	if (whole == 0)
		(void)snprintf(out, MATRIX_TEXT_MAX, "-");
	else if (part > 0 && percent < 0.1)
		(void)snprintf(out, MATRIX_TEXT_MAX, "< 0.1 %%");
	else if (percent >= 1000)
		(void)snprintf(out, MATRIX_TEXT_MAX, "> 999 %%");
	else
		(void)snprintf(out, MATRIX_TEXT_MAX, "%.1f %%", percent);
	return out;
}

const char *matrix_bytes_text(uint64_t bytes, char out[MATRIX_TEXT_MAX])
{
	return ota_number_grouped(bytes, out);
}

const char *matrix_short_text(uint64_t bytes, char out[MATRIX_TEXT_MAX])
{
	static const char units[] = "kMGTPE";
	uint64_t unit = 1000;
	size_t at = 0;

	if (bytes < unit) {
		(void)snprintf(out, MATRIX_TEXT_MAX, "%" PRIu64, bytes);
		return out;
	}
	/* What rounds up to 1000 of a unit is 1.0 of the next. */
	while (units[at + 1] && bytes >= unit * 1000 - unit / 2) {
		unit *= 1000;
		at++;
	}
	if (bytes < 10 * unit - unit / 20) {
		uint64_t tenths = bytes / (unit / 10) + (bytes % (unit / 10) >= unit / 20);

		(void)snprintf(out, MATRIX_TEXT_MAX, "%" PRIu64 ".%" PRIu64 "%c", tenths / 10,
			       tenths % 10, units[at]);
	} else {
		(void)snprintf(out, MATRIX_TEXT_MAX, "%" PRIu64 "%c",
			       bytes / unit + (bytes % unit >= unit / 2), units[at]);
	}
	return out;
}

const char *matrix_time_text(uint64_t us, char out[MATRIX_TEXT_MAX])
{
	if (us == 0)
		(void)snprintf(out, MATRIX_TEXT_MAX, "-");
	else if (us == UINT64_MAX)
		(void)snprintf(out, MATRIX_TEXT_MAX, "more than 500,000 years");
	else
		(void)ota_duration_text(us, out);
	return out;
}

const char *matrix_days_text(uint64_t us, char out[MATRIX_TEXT_MAX])
{
	uint64_t tenths = us / (DAY_US / 10) + (us % (DAY_US / 10) >= DAY_US / 20);
	char number[32];

	if (us == UINT64_MAX)
		return matrix_time_text(us, out);
	if (us > 0 && tenths == 0)
		(void)snprintf(out, MATRIX_TEXT_MAX, "< 0.1 days");
	else if (tenths < TENTHS_MAX)
		(void)snprintf(out, MATRIX_TEXT_MAX, "%" PRIu64 ".%" PRIu64 " days", tenths / 10,
			       tenths % 10);
	else
		(void)snprintf(out, MATRIX_TEXT_MAX, "%s days",
			       ota_number_grouped((tenths + 5) / 10, number));
	return out;
}
