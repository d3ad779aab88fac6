// SPDX-License-Identifier: Apache-2.0
#include "compare_report.h"
#include "emit.h"

#define SPENT_PER_BIT  256U
#define SPENT_PER_BYTE 2048U

/* Sums are rounded, not what is added: all parts' bits add up to the stream's. */
static uint64_t bits_of(uint64_t *sum, uint64_t spent)
{
	uint64_t before = (*sum + SPENT_PER_BIT / 2) / SPENT_PER_BIT;

	*sum += spent;
	return (*sum + SPENT_PER_BIT / 2) / SPENT_PER_BIT - before;
}

static json_t *row_json(const struct compare_report *report, const struct ota_compare_row *row,
			uint64_t *sum)
{
	const struct ota_compare *compare = report->compare;
	bool in_flash = row->in_new && row->what != OTA_COMPARE_RAM;
	json_t *object = json_object();

	if (row->name)
		cli_json_text(object, "name", row->name);
	if (row->file)
		cli_json_text(object, "file", row->file);
	if (row->section)
		cli_json_text(object, "section", row->section);
	cli_json_text(object, "what", ota_compare_what_name(row->what));
	cli_json_text(object, "change", compare_change(compare, row));
	if (row->in_old) {
		cli_json_uint(object, "old_at", row->old_at);
		cli_json_uint(object, "old_bytes", row->old_size);
	}
	if (row->in_new) {
		cli_json_uint(object, "new_at", row->new_at);
		cli_json_uint(object, "new_bytes", row->new_size);
	}
	if (in_flash)
		cli_json_uint(object, "changed_bytes", row->changed);
	if (in_flash && compare->has_account)
		cli_json_uint(object, "bits", bits_of(sum, row->spent));
	return object;
}

static json_t *rows_json(const struct compare_report *report, const struct ota_compare_rows *rows)
{
	json_t *list = json_array();
	uint64_t sum = 0;

	for (size_t i = 0; i < rows->n; i++)
		(void)json_array_append_new(list, row_json(report, &rows->row[i], &sum));
	return list;
}

static json_t *side_json(const char *path, const struct ota_compare_side *side)
{
	json_t *object = json_object();

	cli_json_text(object, "file", path);
	cli_json_uint(object, "bytes", side->bytes.len);
	cli_json_bool(object, "mcuboot_image", side->is_image);
	if (side->has_base)
		cli_json_uint(object, "base", side->base);
	cli_json_uint(object, "left_out_bytes", side->left_out);
	cli_json_uint(object, "symbols", side->n_symbols);
	cli_json_uint(object, "aliases", side->n_aliases);
	return object;
}

static json_t *patch_json(const struct ota_compare *compare)
{
	json_t *object = json_object();
	json_t *spent = json_array();
	uint64_t sum = 0;

	cli_json_text(object, "format", compare->format);
	cli_json_uint(object, "bytes", compare->patch_size);
	for (unsigned i = 0; compare->has_account && i < compare->account.n_purposes; i++) {
		const struct ota_delta_purpose *purpose = &compare->account.purpose[i];
		json_t *item = json_object();

		cli_json_text(item, "what", purpose->name);
		cli_json_uint(item, "bits", bits_of(&sum, purpose->spent));
		(void)json_array_append_new(spent, item);
	}
	if (compare->has_account) {
		cli_json_uint(object, "header_bytes", compare->patch_header);
		cli_json_add(object, "spent", spent);
	} else {
		json_decref(spent);
	}
	return object;
}

static json_t *hints_json(const struct ota_compare *compare)
{
	json_t *list = json_array();

	for (size_t i = 0; i < compare->n_hints; i++) {
		const struct ota_compare_hint *hint = &compare->hint[i];
		json_t *object = json_object();

		cli_json_text(object, "id", hint->id);
		cli_json_text(object, "text", hint->text);
		cli_json_text(object, "advice", hint->advice);
		cli_json_uint(object, "bytes", (hint->spent + SPENT_PER_BYTE / 2) / SPENT_PER_BYTE);
		(void)json_array_append_new(list, object);
	}
	return list;
}

enum cli_exit compare_print_json(const struct compare_report *report)
{
	const struct ota_compare *compare = report->compare;
	char text[COMPARE_SUMMARY_MAX];
	enum cli_exit status = compare_summary(report, text);
	json_t *object;

	if (status != CLI_DONE)
		return status;
	object = cli_json("compare");
	cli_json_text(object, "summary", text);
	cli_json_add(object, "old", side_json(report->old_path, report->old_side));
	cli_json_add(object, "new", side_json(report->new_path, report->new_side));
	cli_json_bool(object, "equal", compare->equal);
	cli_json_text(object, "by", compare->by == OTA_COMPARE_BY_SYMBOL ? "symbol" : "region");
	cli_json_bool(object, "knows_old", compare->knows_old);
	cli_json_uint(object, "changed_bytes", compare->changed);
	cli_json_add(object, "patch", patch_json(compare));
	cli_json_add(object, "sections", rows_json(report, &compare->sections));
	cli_json_add(object, "parts", rows_json(report, &compare->parts));
	cli_json_add(object, "hints", hints_json(compare));
	return cli_json_print(object);
}
