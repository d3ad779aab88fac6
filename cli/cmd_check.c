// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include <ota/budget.h>
#include <ota/delta.h>
#include <ota/verify.h>

#include "emit.h"
#include "io.h"
#include "target_arg.h"

enum { OLD, NEW, TARGET, ON, RAM, SCRATCH, JSON };

static const struct cli_option options[] = {
	[OLD] = {.name = "old", .value = "OLD", .help = "the image the device runs"},
	[NEW] = {.name = "new",
		 .value = "NEW",
		 .help = "the image the patch must give; without it, what it gives"},
	[TARGET] = {.name = "target",
		    .value = "T",
		    .help = "board profile: a built-in name or a YAML file"},
	[ON] = {.name = "on",
		.value = "device|gateway",
		.help = "who applies the patch (default: the profile's decoders say)"},
	[RAM] = {.name = "ram",
		 .value = "N",
		 .help = "bytes the updater may use, not the profile's"},
	[SCRATCH] = {.name = "scratch",
		     .value = "N",
		     .help = "bytes of the scratch area, not the profile's"},
	[JSON] = {.name = "json", .help = "print a JSON object"},
};

static const struct cli_example examples[] = {
	{"otatool check update.patch --old old.img --new new.img --target water-meter-l476",
	 "exit 0 when the update fits, 1 when something does not"},
	{"otatool check update.patch --old old.img --new new.img --target board.yaml --on device",
	 "what it would take to apply the patch on the device itself"},
	{NULL, NULL},
};

/* The files of one run, and what is found. */
struct job {
	const struct cli_args *args;
	const char *patch_path;
	struct ota_buf patch, old_file, new_file, made;
	struct ota_target target;
	struct ota_budget_options wishes;
	struct ota_budget budget;
	const char *format;
	uint64_t old_len, new_len;
};

/* Rules of the mode that no line of the budget holds. */
static void warn_mode(const struct job *job, const char *path, const struct ota_image *image)
{
	const struct ota_target *target = &job->target;

	if (target->header_size != 0 && image->header.hdr_size != target->header_size)
		cli_warning(path,
			    "has a header area of %u bytes, the profile says %" PRIu32
			    ": is the firmware linked for it?",
			    image->header.hdr_size, target->header_size);
	if (target->layout.mode == OTA_MODE_RAM_LOAD &&
	    !(image->header.flags & OTA_IMAGE_F_RAM_LOAD))
		cli_warning(path, "has no load address: a ram-load bootloader does not take it");
	if (target->layout.mode == OTA_MODE_RAM_LOAD ||
	    target->layout.mode == OTA_MODE_DIRECT_XIP ||
	    target->layout.mode == OTA_MODE_DIRECT_XIP_REVERT)
		cli_warning(path, "its address 0x%08" PRIx32 " is not judged by this version",
			    image->header.load_addr);
}

/* The answer is no before anything can be added up. With --json that is a report too. */
static enum cli_exit fail_no(const struct job *job, const char *subject,
			     const struct ota_diag *diag)
{
	if (cli_exit_of(diag->err) == CLI_NO && cli_has(job->args, JSON)) {
		json_t *object = cli_json("check");

		cli_json_text(object, "file", job->patch_path);
		cli_json_bool(object, "fits", false);
		cli_json_text(object, "error", ota_err_name(diag->err));
		cli_json_text(object, "reason", diag->text);
		(void)cli_json_print(object);
	}
	return cli_fail(subject, diag);
}

/*
 * Bytes the bootloader sees: header to last TLV, without padding. An image with a wrong digest is
 * not one that a device runs, or would run.
 */
static enum cli_exit image_length(const struct job *job, const char *path, struct ota_span file,
				  uint64_t *len)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_boot any = ota_boot_any();
	struct ota_image_verdict verdict;
	struct ota_image image;
	enum ota_err err;

	if (!ota_image_probe(file)) {
		cli_warning(path,
			    "is not an MCUboot image: its %zu bytes count as they are, "
			    "without header and TLVs",
			    file.len);
		*len = file.len;
		return CLI_DONE;
	}
	err = ota_image_open(file, &image, &diag);
	if (err == OTA_OK) {
		*len = image.bytes.len;
		warn_mode(job, path, &image);
		err = ota_image_verify(&image, NULL, &any, &verdict, &diag);
	}
	/* Whether a bootloader takes it for other reasons is a question to verify. */
	if (err == OTA_E_REFUSED || err == OTA_E_UNSUPPORTED) {
		cli_warning(path, "%s", diag.text);
		return CLI_DONE;
	}
	return err == OTA_OK ? CLI_DONE : fail_no(job, path, &diag);
}

/* Without NEW, what the patch makes must at least be an image when the old file is one. */
static enum cli_exit made_length(struct job *job)
{
	struct ota_span made = ota_buf_span(&job->made);
	struct ota_diag why = {.err = OTA_OK};
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_image image;

	if (ota_image_probe(ota_buf_span(&job->old_file)) &&
	    ota_image_open(made, &image, &why) != OTA_OK) {
		(void)ota_fail(&diag, OTA_E_WRONG_BASE, "makes no image of %s: %s",
			       cli_value(job->args, OLD), why.text);
		ota_hint(&diag, "the patch is for another old file, or is damaged");
		return fail_no(job, job->patch_path, &diag);
	}
	return image_length(job, "the new image", made, &job->new_len);
}

static enum ota_err compare(const struct job *job, struct ota_diag *diag)
{
	struct ota_span made = ota_buf_span(&job->made);
	struct ota_span want = ota_buf_span(&job->new_file);
	size_t at = 0;

	while (at < made.len && at < want.len && made.data[at] == want.data[at])
		at++;
	if (at == made.len && at == want.len)
		return OTA_OK;
	(void)ota_fail(diag, OTA_E_WRONG_BASE,
		       "does not turn %s into %s: it makes %zu bytes that differ from byte %zu on",
		       cli_value(job->args, OLD), cli_value(job->args, NEW), made.len, at);
	return OTA_E_WRONG_BASE;
}

/*
 * The patch must give the new image from the old one, or nothing else matters. A hostile patch may
 * claim to make gigabytes: it gets the room that a good one needs.
 */
static enum cli_exit prove(struct job *job)
{
	struct ota_diag diag = {.err = OTA_OK};
	bool has_new = cli_has(job->args, NEW);
	enum ota_err err;

	job->made = ota_buf_init(has_new ? job->new_file.len : CLI_APPLY_MAX);
	err = ota_delta_apply(ota_buf_span(&job->old_file), ota_buf_span(&job->patch), &job->made,
			      &diag);
	if (err == OTA_OK && has_new)
		err = compare(job, &diag);
	if (has_new)
		ota_hint(&diag, "are --old and --new the right way round?");
	return err == OTA_OK ? CLI_DONE : fail_no(job, job->patch_path, &diag);
}

static enum cli_exit read_wishes(struct job *job)
{
	static const char *const words[] = {"device", "gateway", NULL};
	const struct cli_args *args = job->args;
	unsigned on = 0;
	enum cli_exit status = cli_choice(args, ON, words, &on);

	if (cli_has(args, ON))
		job->wishes.applier = on == 0 ? OTA_APPLIED_ON_DEVICE : OTA_APPLIED_BY_GATEWAY;
	job->wishes.has_ram = cli_has(args, RAM);
	job->wishes.has_scratch = cli_has(args, SCRATCH);
	if (status == CLI_DONE)
		status = cli_size(args, RAM, UINT32_MAX, &job->wishes.ram);
	if (status == CLI_DONE)
		status = cli_size(args, SCRATCH, UINT32_MAX, &job->wishes.scratch);
	if (status == CLI_DONE && (!cli_has(args, OLD) || !cli_has(args, TARGET)))
		return cli_error(CLI_USAGE, "check", "needs %s",
				 cli_has(args, OLD) ? "--target T" : "--old OLD");
	return status;
}

static enum cli_exit read_files(struct job *job)
{
	const char *new_path = cli_value(job->args, NEW);
	const char *const inputs[] = {job->patch_path, cli_value(job->args, OLD), new_path,
				      cli_value(job->args, TARGET)};
	enum cli_exit status = cli_check_stdin("check", inputs, 4);

	if (status == CLI_DONE)
		status = cli_read_target(cli_value(job->args, TARGET), &job->target);
	if (status == CLI_DONE)
		status = cli_read(job->patch_path, &job->patch);
	if (status == CLI_DONE)
		status = cli_read(cli_value(job->args, OLD), &job->old_file);
	if (status == CLI_DONE && new_path)
		status = cli_read(new_path, &job->new_file);
	if (status == CLI_DONE)
		status = prove(job);
	job->format = ota_delta_probe(ota_buf_span(&job->patch));
	if (status == CLI_DONE)
		status = image_length(job, cli_value(job->args, OLD), ota_buf_span(&job->old_file),
				      &job->old_len);
	if (status == CLI_DONE && new_path)
		status = image_length(job, new_path, ota_buf_span(&job->new_file), &job->new_len);
	else if (status == CLI_DONE)
		status = made_length(job);
	return status;
}

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

static void print_costs(const struct ota_costs *costs)
{
	char bytes[32];

	for (unsigned i = 0; i < costs->n; i++)
		printf("  %-38s %12s\n", costs->item[i].what,
		       cli_grouped(costs->item[i].bytes, bytes));
}

/* "6.9 MB", for people; the table has the bytes. */
static void print_gateway(const struct job *job)
{
	for (unsigned i = 0; i < job->budget.n; i++) {
		const struct ota_budget_line *line = &job->budget.line[i];

		if (line->where == OTA_PLACE_GATEWAY)
			printf("applied by the gateway, %.1f MB there\n",
			       (double)line->needs / 1e6);
	}
}

static void print_text(const struct job *job)
{
	const struct ota_budget *budget = &job->budget;
	char size[32];

	printf("%s: %s patch of %s bytes, for %s (%s)\n", job->patch_path, job->format,
	       cli_grouped(job->patch.len, size), job->target.name,
	       ota_mode_name(job->target.layout.mode));
	if (cli_has(job->args, NEW))
		printf("it turns the old image into the new one, byte for byte\n");
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
			print_costs(&budget->costs);
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

static enum cli_exit print_json(const struct job *job)
{
	const struct ota_budget *budget = &job->budget;
	json_t *object = cli_json("check");

	cli_json_text(object, "file", job->patch_path);
	cli_json_text(object, "format", job->format);
	cli_json_uint(object, "patch_bytes", job->patch.len);
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

/* A limit that was given and not looked at must not pass for one that was kept. */
static void warn_unused(const struct job *job)
{
	if (job->wishes.has_ram && job->budget.applier == OTA_APPLIED_BY_GATEWAY)
		cli_warning("--ram", "is not looked at: the gateway applies the patch, see --on");
	if (job->wishes.has_scratch && job->target.layout.mode != OTA_MODE_SWAP_SCRATCH)
		cli_warning("--scratch", "is not looked at: %s has no scratch area",
			    ota_mode_name(job->target.layout.mode));
}

static enum cli_exit judge(struct job *job)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_update update = {.patch = ota_buf_span(&job->patch),
				    .format = job->format,
				    .old_len = job->old_len,
				    .new_len = job->new_len};
	enum cli_exit status = CLI_DONE;

	if (ota_budget_check(&update, &job->target, &job->wishes, &job->budget, &diag) != OTA_OK)
		return cli_fail("check", &diag);
	if (cli_has(job->args, JSON))
		status = print_json(job);
	else
		print_text(job);
	warn_unused(job);
	if (!job->budget.fits && job->budget.remedy[0])
		cli_hint("%s", job->budget.remedy);
	if (status == CLI_DONE && !job->budget.fits)
		status = CLI_NO;
	return status;
}

static enum cli_exit run(const struct cli_args *args)
{
	struct job job = {.args = args, .patch_path = args->positional[0]};
	enum cli_exit status = read_wishes(&job);

	if (status == CLI_DONE)
		status = read_files(&job);
	if (status == CLI_DONE)
		status = judge(&job);
	ota_buf_free(&job.made);
	ota_buf_free(&job.new_file);
	ota_buf_free(&job.old_file);
	ota_buf_free(&job.patch);
	return status;
}

const struct cli_command cli_cmd_check = {
	.usage = "check PATCH --old OLD [--new NEW] --target T [options]",
	.examples = examples,
	.about = "Applies the patch and compares, then adds up what the update needs: memory of "
		 "the\n"
		 "patch's decoder, the slot limit of the target's MCUboot mode for the old AND the "
		 "new\n"
		 "image, and scratch. Limits are MCUboot's own arithmetic. Exit code 1 when "
		 "anything\n"
		 "does not fit.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = 1,
	.positionals = "a patch",
	.run = run,
};
