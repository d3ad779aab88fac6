// SPDX-License-Identifier: Apache-2.0
/* The budget on one screen; the last line is the verdict. */
#include <stdio.h>

#include "check_job.h"
#include "image_text.h"

#define BYTES_PER_MB 1000000U
#define FAILS_MAX    4096 /* characters of all their names */

const char *check_kind_name(enum check_kind kind)
{
	switch (kind) {
	case CHECK_PATCH:
		return "patch";
	case CHECK_DELTA_UPDATE:
		return "delta_update";
	case CHECK_IMAGE:
		return "image";
	}
	return "patch";
}

const char *check_severity_name(enum ota_budget_severity severity)
{
	switch (severity) {
	case OTA_SEVERITY_NOTE:
		return "note";
	case OTA_SEVERITY_WARNING:
		return "warning";
	case OTA_SEVERITY_FAILURE:
		return "failure";
	}
	return "failure";
}

const char *check_place_name(enum ota_place where)
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
	return "none";
}

const char *check_amount(enum ota_unit unit, uint64_t value, char text[48])
{
	char grouped[32];

	switch (unit) {
	case OTA_UNIT_BYTES:
		return ota_number_grouped(value, text);
	case OTA_UNIT_ERASES:
		(void)snprintf(text, 48, "%s erase%s", ota_number_grouped(value, grouped),
			       value == 1 ? "" : "s");
		break;
	case OTA_UNIT_PACKETS:
		(void)snprintf(text, 48, "%s packet%s", ota_number_grouped(value, grouped),
			       value == 1 ? "" : "s");
		break;
	case OTA_UNIT_MICROSECONDS:
		return ota_duration_text(value, text);
	}
	return text;
}

unsigned check_count_lines(const struct ota_budget *budget)
{
	unsigned n = 0;

	for (unsigned i = 0; i < budget->n; i++)
		n += !budget->line[i].fits;
	return n;
}

unsigned check_count_findings(const struct ota_budget *budget, enum ota_budget_severity severity)
{
	unsigned n = 0;

	for (unsigned i = 0; i < budget->n_findings; i++)
		n += budget->finding[i].severity == severity;
	return n;
}

/*
 * A name could forge a line that a CI server reads: with a line end, or with what GitHub's runner
 * takes for a command, "::" at the start of a line and "##[" anywhere.
 */
static bool is_unclean(const char *text)
{
	return (unsigned char)*text < 0x20 || *text == 0x7f || strncmp(text, "::", 2) == 0 ||
	       strncmp(text, "##[", 3) == 0;
}

static void print_clean(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		putchar(is_unclean(text + i) ? '?' : text[i]);
}

/* To the end of a word; a number and its unit are one: "10 %", "32 min". */
static size_t word_len(const char *text)
{
	size_t len = strcspn(text, " ");

	if (len > 0 && text[len - 1] >= '0' && text[len - 1] <= '9' && text[len] == ' ')
		len += 1 + strcspn(text + len + 1, " ");
	return len;
}

void check_print_wrapped(const char *first, int indent, const char *text)
{
	size_t at = strlen(first);
	bool at_start = true;

	print_clean(first, at);
	while (*text) {
		size_t len = word_len(text);

		if (!at_start && at + 1 + len > CHECK_COLUMNS) {
			printf("\n%*s", indent, "");
			at = (size_t)indent;
			at_start = true;
		}
		if (!at_start)
			putchar(' ');
		print_clean(text, len);
		at += len + !at_start;
		at_start = false;
		text += len;
		text += strspn(text, " ");
	}
	printf("\n");
}

/* -- heading ----------------------------------------------------------------------------------- */

/* "old image 1.2.0, 23,504 bytes". */
static void print_image_line(const char *what, const struct check_image *image, const char *end)
{
	char version[VERSION_TEXT_MAX];
	char size[32];

	printf("%s", what);
	if (image->opened)
		printf(" %s,", version_text(&image->image.header.version, version));
	printf(" %s bytes%s", ota_number_grouped(image->len, size), end);
}

/* ": delta update of 690 bytes with its otd patch of 446 bytes". */
static void say_what(const struct check_job *job, char text[128])
{
	char sent[32];
	char bare[32];

	(void)ota_number_grouped(job->update.sent_len, sent);
	(void)ota_number_grouped(job->update.patch.len, bare);
	switch (job->kind) {
	case CHECK_DELTA_UPDATE:
		(void)snprintf(text, 128,
			       ": delta update of %s bytes with its %s patch of %s bytes", sent,
			       job->update.format, bare);
		break;
	case CHECK_PATCH:
		(void)snprintf(text, 128, ": %s patch of %s bytes", job->update.format, bare);
		break;
	case CHECK_IMAGE:
		(void)snprintf(text, 128, ": full image of %s bytes", sent);
		break;
	}
}

static void print_what(const struct check_job *job)
{
	const struct ota_target *target = &job->target;
	char what[128];
	char which[48] = "";
	char text[384];

	say_what(job, what);
	if (target->n_images > 1)
		(void)snprintf(which, sizeof(which), ", image %u of 0 to %u", target->selected,
			       target->n_images - 1);
	(void)snprintf(text, sizeof(text), "%s, for %s (%s)%s", what, target->name,
		       ota_mode_name(target->layout.mode), which);
	check_print_wrapped(job->patch_path, 4, text);
}

static void print_proof(const struct check_job *job)
{
	char size[32];

	if (job->kind == CHECK_IMAGE) {
		if (job->new_path)
			printf("it is the new image, byte for byte\n");
	} else if (job->new_path) {
		printf("it turns the old image into the new one, byte for byte\n");
	} else if (job->kind == CHECK_DELTA_UPDATE) {
		printf("it turns the old image into %s bytes with the digest it carries\n",
		       ota_number_grouped(job->made.len, size));
	} else {
		printf("it makes %s bytes; without --new no one knows if these were meant\n",
		       ota_number_grouped(job->made.len, size));
	}
}

/* "6.9 MB", for people; the table has the bytes. Less than one is said in bytes. */
static void print_gateway(const struct ota_budget *budget)
{
	char bytes[32];

	for (unsigned i = 0; i < budget->n; i++) {
		const struct ota_budget_line *line = &budget->line[i];

		if (line->where != OTA_PLACE_GATEWAY)
			continue;
		if (line->needs < BYTES_PER_MB)
			printf("applied by the gateway, %s bytes there\n",
			       ota_number_grouped(line->needs, bytes));
		else
			printf("applied by the gateway, %.1f MB there\n",
			       (double)line->needs / BYTES_PER_MB);
	}
}

static void print_applier(const struct ota_budget *budget)
{
	switch (budget->applier) {
	case OTA_APPLIED_BY_GATEWAY:
		print_gateway(budget);
		break;
	case OTA_APPLIED_ON_DEVICE:
		printf("applied on the device\n");
		break;
	case OTA_APPLIED_AS_PROFILE:
		printf("sent as it is: nothing is applied\n");
		break;
	}
}

static void print_heading(const struct check_job *job)
{
	print_what(job);
	print_proof(job);
	if (job->old_path)
		print_image_line("old image", &job->old_image, "; ");
	print_image_line("new image", &job->new_image, "\n");
	print_applier(&job->budget);
	if (job->budget.kept[0])
		check_print_wrapped("kept:  ", 7, job->budget.kept);
	if (job->budget.reset[0])
		check_print_wrapped("reset: ", 7, job->budget.reset);
}

/* -- table ------------------------------------------------------------------------------------- */

#define ITEM_LEAST       36
#define ITEM_MOST        44 /* and more where the others leave room */
#define VERDICT_AND_GAPS 20 /* "DOES NOT FIT", and two columns before each but the first */

/* A line's cells, as text. */
struct cells {
	char needs[48];
	char has[48];
	char margin[49];
};

/* The columns' widths. */
struct columns {
	int item;
	int needs;
	int has;
	int margin;
};

static void make_cells(const struct ota_budget_line *line, struct cells *cells)
{
	bool over = line->needs > line->has;
	uint64_t gap = over ? line->needs - line->has : line->has - line->needs;

	*cells = (struct cells){.has = "-", .margin = "-"};
	(void)check_amount(line->unit, line->needs, cells->needs);
	if (!line->limited)
		return;
	(void)check_amount(line->unit, line->has, cells->has);
	cells->margin[0] = over ? '-' : '+';
	(void)check_amount(line->unit, gap, cells->margin + 1);
}

static int wider(int width, const char *text)
{
	int len = (int)strlen(text);

	return len > width ? len : width;
}

static struct columns measure(const struct ota_budget *budget)
{
	struct columns columns = {.item = ITEM_LEAST, .needs = 5, .has = 3, .margin = 6};
	int most;

	for (unsigned i = 0; i < budget->n; i++) {
		struct cells cells;

		make_cells(&budget->line[i], &cells);
		columns.item = wider(columns.item, budget->line[i].what);
		columns.needs = wider(columns.needs, cells.needs);
		columns.has = wider(columns.has, cells.has);
		columns.margin = wider(columns.margin, cells.margin);
	}
	/* Costs are set in by two. */
	for (unsigned i = 0; i < budget->costs.n; i++)
		columns.item = wider(columns.item - 2, budget->costs.item[i].what) + 2;
	most = CHECK_COLUMNS - columns.needs - columns.has - columns.margin - VERDICT_AND_GAPS;
	if (most < ITEM_MOST)
		most = ITEM_MOST;
	if (columns.item > most)
		columns.item = most;
	return columns;
}

static void print_line(const struct columns *columns, const struct ota_budget_line *line)
{
	struct cells cells;
	char note[160];

	make_cells(line, &cells);
	printf("%-*s  %*s  %*s  %*s  %s\n", columns->item, line->what, columns->needs, cells.needs,
	       columns->has, cells.has, columns->margin, cells.margin,
	       !line->fits      ? "DOES NOT FIT"
	       : !line->limited ? "no limit"
				: "fits");
	(void)snprintf(note, sizeof(note), "%s%s%s", line->gate ? "your limit" : "",
		       line->gate && line->note[0] ? "; " : "", line->note);
	if (note[0])
		check_print_wrapped("    ", 4, note);
}

/* What a line is made of: that of the stack when it is the stack's, else the rest. */
static void print_costs(const struct columns *columns, const struct ota_costs *costs, bool of_stack)
{
	char bytes[32];

	for (unsigned i = 0; i < costs->n; i++) {
		const struct ota_cost *cost = &costs->item[i];
		/* To the end of the needs: a long name takes what its number leaves of them. */
		int room = columns->item + columns->needs - (int)strlen(cost->what) - 2;

		if ((cost->where == OTA_PLACE_STACK) == of_stack)
			printf("  %s  %*s\n", cost->what, room,
			       ota_number_grouped(cost->bytes, bytes));
	}
}

/* Without a line of its own stack counts in the decoder's. */
static bool has_stack_line(const struct ota_budget *budget)
{
	for (unsigned i = 0; i < budget->n; i++) {
		if (budget->line[i].where == OTA_PLACE_STACK)
			return true;
	}
	return false;
}

/* The decoder's line: the first about the memory of who applies the patch. */
static unsigned decoder_line(const struct ota_budget *budget)
{
	unsigned i = 0;

	while (i < budget->n && budget->line[i].where != OTA_PLACE_RAM &&
	       budget->line[i].where != OTA_PLACE_GATEWAY)
		i++;
	return i;
}

static void print_table(const struct ota_budget *budget)
{
	struct columns columns = measure(budget);
	unsigned decoder = decoder_line(budget);

	printf("\n%-*s  %*s  %*s  %*s  verdict\n", columns.item,
	       "item (bytes, where no unit is named)", columns.needs, "needs", columns.has, "has",
	       columns.margin, "margin");
	for (unsigned i = 0; i < budget->n; i++) {
		print_line(&columns, &budget->line[i]);
		if (i == decoder)
			print_costs(&columns, &budget->costs, false);
		if (i == decoder ? !has_stack_line(budget)
				 : budget->line[i].where == OTA_PLACE_STACK)
			print_costs(&columns, &budget->costs, true);
	}
}

/* -- findings and verdict ---------------------------------------------------------------------- */

static void print_finding(const struct ota_budget_finding *finding)
{
	char first[96];

	(void)snprintf(first, sizeof(first), "%s %s: ", check_severity_name(finding->severity),
		       finding->id);
	check_print_wrapped(first, 4, finding->text);
	if (finding->why[0])
		check_print_wrapped("    why: ", 9, finding->why);
	if (finding->remedy[0])
		check_print_wrapped("    do:  ", 9, finding->remedy);
	if (finding->source)
		check_print_wrapped("    see: ", 9, finding->source);
}

static void print_findings(const struct ota_budget *budget)
{
	static const enum ota_budget_severity order[] = {OTA_SEVERITY_FAILURE, OTA_SEVERITY_WARNING,
							 OTA_SEVERITY_NOTE};

	if (budget->n_findings > 0)
		printf("\nfindings\n");
	for (size_t s = 0; s < sizeof(order) / sizeof(order[0]); s++) {
		for (unsigned i = 0; i < budget->n_findings; i++) {
			if (budget->finding[i].severity == order[s])
				print_finding(&budget->finding[i]);
		}
	}
}

static void print_remedies(const struct ota_budget *budget)
{
	if (budget->n_remedies > 0)
		printf("\n%s, cheapest first\n", budget->fits ? "to do better" : "ways out");
	for (unsigned i = 0; i < budget->n_remedies; i++) {
		char first[16];

		(void)snprintf(first, sizeof(first), "%3u. ", i + 1);
		check_print_wrapped(first, 5, budget->remedies[i].text);
	}
}

/* Adds "; name" to `text`, as far as it has room. */
static void add_name(char text[FAILS_MAX], const char *name)
{
	size_t at = strlen(text);

	(void)snprintf(text + at, FAILS_MAX - at, "%s%s", at > 0 ? "; " : "", name);
}

/* What fails, by name, so that no one has to look for it in a long report. */
static void print_failures(const struct ota_budget *budget)
{
	char text[FAILS_MAX] = "";

	for (unsigned i = 0; i < budget->n; i++) {
		if (!budget->line[i].fits)
			add_name(text, budget->line[i].what);
	}
	for (unsigned i = 0; i < budget->n_findings; i++) {
		if (budget->finding[i].severity == OTA_SEVERITY_FAILURE)
			add_name(text, budget->finding[i].id);
	}
	printf("\n");
	if (text[0])
		check_print_wrapped("fails: ", 7, text);
}

/* Read at 2 a.m.: one line, the last. */
static void print_verdict(const struct ota_budget *budget)
{
	unsigned lines = check_count_lines(budget);
	unsigned findings = check_count_findings(budget, OTA_SEVERITY_FAILURE);

	if (budget->fits) {
		printf("\nfits\n");
		return;
	}
	print_failures(budget);
	printf("does not fit");
	if (lines > 0)
		printf(": %u of %u items", lines, budget->n);
	if (findings > 0)
		printf("%s %u finding%s", lines > 0 ? "," : ":", findings,
		       findings == 1 ? "" : "s");
	printf("\n");
}

void check_print_text(const struct check_job *job)
{
	const struct ota_budget *budget = &job->budget;

	print_heading(job);
	print_table(budget);
	check_print_deliveries(budget);
	if (job->explain)
		check_print_rules(budget);
	print_findings(budget);
	print_remedies(budget);
	print_verdict(budget);
}
