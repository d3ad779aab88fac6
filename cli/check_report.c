// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "check_job.h"
#include "target_arg.h"

#define BYTES_PER_MB 1000000U

static const char *place_name(enum ota_place where)
{
	switch (where) {
	case OTA_PLACE_RAM:
		return "ram";
	case OTA_PLACE_SCRATCH:
		return "scratch";
	case OTA_PLACE_SLOT:
		return "slot";
	case OTA_PLACE_FLASH:
		return "flash";
	case OTA_PLACE_STACK:
		return "stack";
	case OTA_PLACE_GATEWAY:
		return "gateway";
	}
	return "ram";
}

static void print_line(const struct ota_budget_line *line)
{
	char needs[32];
	char has[32] = "-";
	char margin[33] = "-";

	if (line->limited) {
		bool over = line->needs > line->has;
		uint64_t gap = over ? line->needs - line->has : line->has - line->needs;

		(void)cli_grouped(line->has, has);
		margin[0] = over ? '-' : '+';
		(void)cli_grouped(gap, margin + 1);
	}
	printf("%-40s %12s %12s %12s  %s\n", line->what, cli_grouped(line->needs, needs), has,
	       margin,
	       !line->limited ? "no limit"
	       : line->fits   ? "fits"
			      : "DOES NOT FIT");
}

/* What a line is made of: that of the stack when it is the stack's, else the rest. */
static void print_costs(const struct ota_costs *costs, bool of_stack)
{
	char bytes[32];

	for (unsigned i = 0; i < costs->n; i++) {
		if ((costs->item[i].where == OTA_PLACE_STACK) == of_stack)
			printf("  %-38s %12s\n", costs->item[i].what,
			       cli_grouped(costs->item[i].bytes, bytes));
	}
}

/* Without a line of its own stack counts in the first one. */
static bool has_stack_line(const struct ota_budget *budget)
{
	for (unsigned i = 0; i < budget->n; i++) {
		if (budget->line[i].where == OTA_PLACE_STACK)
			return true;
	}
	return false;
}

/* "6.9 MB", for people; the table has the bytes. Less than one is said in bytes. */
static void print_gateway(const struct check_job *job)
{
	char bytes[32];

	for (unsigned i = 0; i < job->budget.n; i++) {
		const struct ota_budget_line *line = &job->budget.line[i];

		if (line->where != OTA_PLACE_GATEWAY)
			continue;
		if (line->needs < BYTES_PER_MB)
			printf("applied by the gateway, %s bytes there\n",
			       cli_grouped(line->needs, bytes));
		else
			printf("applied by the gateway, %.1f MB there\n",
			       (double)line->needs / BYTES_PER_MB);
	}
}

void check_print_text(const struct check_job *job)
{
	const struct ota_budget *budget = &job->budget;
	char size[32];

	printf("%s: ", job->patch_path);
	if (job->patch.is_update)
		printf("delta update of %s bytes with its ",
		       cli_grouped(job->patch.update.image.bytes.len, size));
	printf("%s patch of %s bytes, for %s (%s)\n", job->patch.format,
	       cli_grouped(job->patch.patch.len, size), job->target.name,
	       ota_mode_name(job->target.layout.mode));
	if (job->new_path)
		printf("it turns the old image into the new one, byte for byte\n");
	else if (job->patch.is_update)
		printf("it turns the old image into %s bytes with the digest it carries\n",
		       cli_grouped(job->made.len, size));
	else
		printf("it makes %s bytes; without --new no one knows if these were meant\n",
		       cli_grouped(job->made.len, size));
	if (budget->applier == OTA_APPLIED_BY_GATEWAY)
		print_gateway(job);
	else
		printf("applied on the device\n");
	printf("\n%-40s %12s %12s %12s\n", "bytes", "needs", "has", "margin");
	for (unsigned i = 0; i < budget->n; i++) {
		print_line(&budget->line[i]);
		/* The first line is the decoder's. */
		if (i == 0)
			print_costs(&budget->costs, false);
		if (i == 0 ? !has_stack_line(budget) : budget->line[i].where == OTA_PLACE_STACK)
			print_costs(&budget->costs, true);
	}
	if (!budget->limits.compatible || budget->limits.caution[0])
		printf("\nMCUboot does not upgrade between these slots: %s\n",
		       budget->limits.compatible ? budget->limits.caution : budget->limits.reason);
	printf("\n%s\n", budget->fits ? "fits" : "does not fit");
}

static json_t *json_lines(const struct ota_budget *budget)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < budget->n; i++) {
		const struct ota_budget_line *line = &budget->line[i];
		json_t *item = json_object();

		cli_json_text(item, "where", place_name(line->where));
		cli_json_text(item, "what", line->what);
		cli_json_uint(item, "needs_bytes", line->needs);
		if (line->limited) {
			cli_json_uint(item, "has_bytes", line->has);
			cli_json_add(item, "margin_bytes",
				     json_integer((json_int_t)line->has - (json_int_t)line->needs));
		}
		cli_json_bool(item, "fits", line->fits);
		(void)json_array_append_new(list, item);
	}
	return list;
}

static json_t *json_costs(const struct ota_costs *costs)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < costs->n; i++) {
		json_t *item = json_object();

		cli_json_text(item, "where", place_name(costs->item[i].where));
		cli_json_text(item, "what", costs->item[i].what);
		cli_json_uint(item, "bytes", costs->item[i].bytes);
		(void)json_array_append_new(list, item);
	}
	return list;
}

static size_t update_len(const struct check_job *job)
{
	return job->patch.is_update ? job->patch.update.image.bytes.len : job->patch.patch.len;
}

enum cli_exit check_print_json(const struct check_job *job)
{
	const struct ota_budget *budget = &job->budget;
	json_t *object = cli_json("check");

	cli_json_text(object, "file", job->patch_path);
	cli_json_text(object, "format", job->patch.format);
	cli_json_uint(object, "patch_bytes", job->patch.patch.len);
	cli_json_bool(object, "delta_update", job->patch.is_update);
	/* What is sent and stored: the patch and all that is around it. */
	cli_json_uint(object, "update_bytes", update_len(job));
	cli_json_text(object, "target", job->target.name);
	cli_json_text(object, "mode", ota_mode_name(job->target.layout.mode));
	cli_json_text(object, "applied_by",
		      budget->applier == OTA_APPLIED_BY_GATEWAY ? "gateway" : "device");
	cli_json_uint(object, "old_image_bytes", job->old_len);
	cli_json_uint(object, "new_image_bytes", job->new_len);
	json_limits(object, &budget->limits);
	cli_json_add(object, "lines", json_lines(budget));
	cli_json_add(object, "costs", json_costs(&budget->costs));
	cli_json_bool(object, "fits", budget->fits);
	if (budget->remedy[0])
		cli_json_text(object, "remedy", budget->remedy);
	return cli_json_print(object);
}
