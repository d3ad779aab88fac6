// SPDX-License-Identifier: Apache-2.0
/*
 * What is avoidable and costs a lot. Each hint rests on something that was counted; what is only
 * likely is not said.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "compare_parts.h"
#include "grouped.h"

#define SPENT_PER_BYTE 2048U
/* A hint is worth its line from so many hundredths of the patch on. */
#define WORTH_SHARE 2U
/* Symbols in another order: at least so many, and one in so many. */
#define UNORDERED_LEAST 8U
#define UNORDERED_SHARE 10U
/* All values equally often make 1, and chance adds 256 to the number of bytes; code makes 5. */
#define RANDOM_MOST  1.15
#define RANDOM_LEAST 2048U
/* A patch that saves little: at least so many hundredths of new. */
#define POOR_SHARE 60U

/* So many are looked for in old: each takes a walk through it. */
#define STAMPS_TRIED 256U

/* -- dates and times --------------------------------------------------------------------------- */

/* Fits '9' to a digit, 'A' to a month's letter, ' ' to a blank or digit, and others to themselves.
 */
static bool fits(struct ota_span bytes, const char *pattern)
{
	size_t len = strlen(pattern);

	if (bytes.len < len)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = bytes.data[i];
		bool good = pattern[i] == '9'   ? isdigit(c) != 0
			    : pattern[i] == ' ' ? isdigit(c) != 0 || c == ' '
						: c == (unsigned char)pattern[i];

		if (!good)
			return false;
	}
	return true;
}

/* Bytes of a stamp that begins here, or 0: as __DATE__, __TIME__ and ISO 8601 write them. */
static uint32_t stamp_len(struct ota_span bytes)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	static const char *const patterns[] = {"2099-99-99", "99:99:99"};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (fits(bytes, patterns[i]))
			return (uint32_t)strlen(patterns[i]);
	}
	if (bytes.len == 0 || !isupper(bytes.data[0]) || !fits(ota_span_tail(bytes, 3), "  9 2099"))
		return 0;
	for (size_t i = 0; i < sizeof(months) / sizeof(months[0]); i++) {
		if (fits(bytes, months[i]))
			return (uint32_t)strlen("Jan 01 2026");
	}
	return 0;
}

static bool occurs(struct ota_span in, struct ota_span what)
{
	size_t at = 0;

	while (what.len <= in.len - at) {
		const uint8_t *found = memchr(in.data + at, what.data[0], in.len - at);

		if (!found)
			return false;
		at = (size_t)(found - in.data);
		if (ota_span_equal(ota_span_sub(in, at, what.len), what))
			return true;
		at++;
	}
	return false;
}

size_t ota_compare_find_stamps(struct ota_span old_image, struct ota_span new_image,
			       struct ota_delta_range stamp[OTA_STAMPS_MAX])
{
	size_t n = 0;
	size_t tried = 0;
	size_t at = 0;

	while (at < new_image.len && n < OTA_STAMPS_MAX && tried < STAMPS_TRIED) {
		uint32_t len = stamp_len(ota_span_tail(new_image, at));

		tried += len > 0;

		if (len > 0 && !occurs(old_image, ota_span_sub(new_image, at, len)))
			stamp[n++] = (struct ota_delta_range){(uint32_t)at, len, 0};
		at += len > 0 ? len : 1;
	}
	return n;
}

/* -- hints ------------------------------------------------------------------------------------- */

/* There is room for one of each kind. */
static struct ota_compare_hint *add(struct ota_compare *compare, const char *id, uint64_t spent)
{
	struct ota_compare_hint *hint = &compare->hint[compare->n_hints++];

	hint->id = id;
	hint->spent = spent;
	return hint;
}

static bool is_worth(const struct ota_compare *compare, uint64_t spent)
{
	return spent * 100 >= compare->patch_size * SPENT_PER_BYTE * WORTH_SHARE;
}

static uint64_t bytes_of(uint64_t spent)
{
	return (spent + SPENT_PER_BYTE / 2) / SPENT_PER_BYTE;
}

static void hint_at_stamps(const struct ota_delta_range *stamp, size_t n,
			   struct ota_compare *compare)
{
	struct ota_compare_hint *hint;
	uint64_t spent = 0;

	for (size_t i = 0; i < n; i++)
		spent += stamp[i].spent;
	if (n == 0 || (compare->has_account && !is_worth(compare, spent)))
		return;
	hint = add(compare, "build-time", spent);
	if (compare->has_account)
		(void)snprintf(hint->text, sizeof(hint->text),
			       "%zu build dates or times are new: %s bytes of the patch", n,
			       GROUPED(bytes_of(spent)));
	else
		(void)snprintf(hint->text, sizeof(hint->text), "%zu build dates or times are new",
			       n);
	(void)snprintf(
		hint->advice, sizeof(hint->advice),
		"leave __DATE__ and __TIME__ out, or build with SOURCE_DATE_EPOCH; they also "
		"make two builds of one source differ");
}

static void hint_at_bases(const struct ota_compare_side *old_side,
			  const struct ota_compare_side *new_side, struct ota_compare *compare)
{
	struct ota_compare_hint *hint;

	if (!old_side->has_base || !new_side->has_base || old_side->base == new_side->base)
		return;
	hint = add(compare, "other-address", 0);
	(void)snprintf(hint->text, sizeof(hint->text),
		       "old begins at 0x%08" PRIx32 " and new at 0x%08" PRIx32
		       ": every absolute address is another",
		       old_side->base, new_side->base);
	(void)snprintf(hint->advice, sizeof(hint->advice),
		       "link both for the same address, unless the device runs images from both "
		       "slots");
}

static uint64_t spent_on(const struct ota_compare *compare, const char *purpose)
{
	for (unsigned i = 0; i < compare->account.n_purposes; i++) {
		if (strcmp(compare->account.purpose[i].name, purpose) == 0)
			return compare->account.purpose[i].spent;
	}
	return 0;
}

static bool is_symbol(const struct ota_compare_row *row)
{
	return row->what == OTA_COMPARE_FUNCTION || row->what == OTA_COMPARE_OBJECT ||
	       row->what == OTA_COMPARE_SYMBOL;
}

/* Rows are in new's order: how often does one come that lay before the last one in old? */
static void hint_at_order(struct ota_compare *compare)
{
	uint64_t turns = spent_on(compare, "turns");
	struct ota_compare_hint *hint;
	uint32_t last = 0;
	size_t n = 0;
	size_t unordered = 0;

	for (size_t i = 0; i < compare->parts.n; i++) {
		const struct ota_compare_row *row = &compare->parts.row[i];

		if (!is_symbol(row) || !row->in_old || !row->in_new)
			continue;
		unordered += row->old_at < last;
		last = row->old_at;
		n++;
	}
	if (unordered < UNORDERED_LEAST || unordered * UNORDERED_SHARE < n ||
	    (compare->has_account && !is_worth(compare, turns)))
		return;
	hint = add(compare, "other-order", turns);
	if (compare->has_account)
		(void)snprintf(hint->text, sizeof(hint->text),
			       "%zu of %zu symbols lie before one that they followed in old: what "
			       "says so takes %s bytes of the patch",
			       unordered, n, GROUPED(bytes_of(turns)));
	else
		(void)snprintf(hint->text, sizeof(hint->text),
			       "%zu of %zu symbols lie before one that they followed in old",
			       unordered, n);
	(void)snprintf(hint->advice, sizeof(hint->advice),
		       "keep the order of link: object files in a fixed order, and with LTO "
		       "-fno-toplevel-reorder or one partition");
}

bool ota_looks_random(struct ota_span bytes)
{
	size_t count[256] = {0};
	double n = (double)bytes.len;
	double squares = 0;

	if (bytes.len < RANDOM_LEAST)
		return false;
	for (size_t i = 0; i < bytes.len; i++)
		count[bytes.data[i]]++;
	for (size_t i = 0; i < 256; i++)
		squares += (double)count[i] * (double)count[i];
	return 256 * squares / (n * n) < RANDOM_MOST + 256 / n;
}

static void hint_at_packed(const struct ota_compare_side *side, struct ota_compare *compare)
{
	uint32_t encrypted = OTA_IMAGE_F_ENCRYPTED_AES128 | OTA_IMAGE_F_ENCRYPTED_AES256;
	uint32_t compressed = OTA_IMAGE_F_COMPRESSED_LZMA1 | OTA_IMAGE_F_COMPRESSED_LZMA2;
	uint32_t flags = side->is_image ? side->image.header.flags : 0;
	struct ota_compare_hint *hint;
	const char *why = flags & encrypted    ? "is encrypted"
			  : flags & compressed ? "is compressed"
					       : "looks compressed or encrypted";

	if (compare->patch_size * 100 < compare->new_size * POOR_SHARE ||
	    (!(flags & (encrypted | compressed)) && !ota_looks_random(side->bytes)))
		return;
	hint = add(compare, "packed", 0);
	(void)snprintf(hint->text, sizeof(hint->text),
		       "the new firmware %s: the patch is %.0f %% of it", why,
		       100.0 * (double)compare->patch_size / (double)compare->new_size);
	(void)snprintf(hint->advice, sizeof(hint->advice),
		       "make the patch between what went into it, and encrypt or compress that");
}

void ota_compare_add_hints(const struct ota_compare_side *old_side,
			   const struct ota_compare_side *new_side,
			   const struct ota_delta_range *stamp, size_t n_stamps,
			   struct ota_compare *compare)
{
	hint_at_bases(old_side, new_side, compare);
	hint_at_packed(new_side, compare);
	hint_at_order(compare);
	hint_at_stamps(stamp, n_stamps, compare);
}
