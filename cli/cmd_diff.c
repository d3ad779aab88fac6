// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include <ota/in_place.h>

#include "delta_args.h"
#include "diff_choose.h"
#include "file_args.h"
#include "signer_arg.h"

enum {
	OUTPUT,
	DELTA_OPTION_IDS,
	KEY,
	PUBLIC_KEY_FORMAT,
	PAD_SIG,
	RANDOM_NONCE,
	LOW_S,
	KEY_OPTION_IDS,
	TARGET,
	JOBS,
	BUDGET_OPTION_IDS,
	JSON,
};

static const struct cli_option options[] = {
	[OUTPUT] = {.name = "output",
		    .letter = 'o',
		    .value = "PATCH",
		    .help = "patch, or delta update, to write"},
	DELTA_OPTION_ROWS,
	[KEY] = {.name = "key",
		 .letter = 'k',
		 .value = "KEY",
		 .help = "make a delta update, signed by this private key: a file or a pkcs11: "
			 "URI; again for one more signature"},
	[PUBLIC_KEY_FORMAT] = {.name = "public-key-format",
			       .value = "hash|full",
			       .help = "with -k: name the key by its hash (default) or whole"},
	[PAD_SIG] = {.name = "pad-sig",
		     .help = "with -k: zeros behind an ECDSA signature, for MCUboot before 1.5"},
	[RANDOM_NONCE] = {.name = "random-nonce",
			  .help = "with -k: ECDSA with a random nonce; each run another signature"},
	[LOW_S] = {.name = "low-s", .help = "with -k: ECDSA with s in the lower half"},
	KEY_OPTION_ROWS,
	[TARGET] = {.name = "target",
		    .value = "T",
		    .help = "make the smallest patch that fits this board: a built-in profile's "
			    "name or a YAML file"},
	[JOBS] = {.name = "jobs",
		  .letter = 'j',
		  .value = "N",
		  .help = "with --target: patches made at once (default: one for each processor)"},
	BUDGET_OPTION_ROWS,
	[JSON] = {.name = "json", .help = "print a JSON object"},
};

static const struct cli_example examples[] = {
	{"otatool diff old.img new.img -o update.img -k key.pem",
	 "a delta update: signed, and bound to both images"},
	{"otatool diff old.bin new.bin -o update.otd --base 0x08008000",
	 "a bare patch, for a device that decodes it in 4 KiB"},
	{"otatool diff old.img new.img -o update.img -k key.pem --in-place --safe-distance 16K",
	 "for a device with one slot: it moves old up and makes new below it"},
	{"otatool diff old.img new.img -o update.patch --format bsdiff",
	 "one that bspatch applies too"},
	{"otatool diff old.img new.img -o update.vcdiff --format vcdiff --window 16K",
	 "one that xdelta3 applies too, and a decoder with little memory"},
	{"otatool diff old.img new.img -o update.img -k key.pem --target water-meter-l476",
	 "the smallest that this board can take, found by trying; exit 1 when none fits"},
	{"otatool diff old.img new.img -o update.img -k key.pem --target board.yaml "
	 "--link lorawan,region=eu868,dr=0,class=c --max-airtime 1h",
	 "and that is on air for one hour at most"},
	{NULL, NULL},
};

/* -- what is asked for ------------------------------------------------------------------------- */

/* Of a limit that nothing is held against the caller would think that it was kept. */
static enum cli_exit read_target(struct diff_job *job)
{
	const struct cli_args *args = job->args;
	const char *useless = cli_has(args, JOBS) ? "jobs" : cli_given_budget_arg(args);
	struct ota_diag diag = {.err = OTA_OK};
	uint64_t jobs = 0;
	enum cli_exit status;
	char word[32];

	if (!job->target_name && !useless)
		return CLI_DONE;
	(void)snprintf(word, sizeof(word), "--%s", useless ? useless : "");
	if (!job->target_name)
		return cli_error(CLI_USAGE, word, "is about a device: it goes with --target T");
	status = cli_read_budget_args(args, &job->wishes);
	if (status == CLI_DONE)
		status = cli_number(args, JOBS, UINT32_MAX, &jobs);
	if (status == CLI_DONE && cli_has(args, JOBS) && jobs == 0)
		status = cli_error(CLI_USAGE, "--jobs", "0 make nothing");
	job->asked.threads = (unsigned)jobs;
	if (status == CLI_DONE)
		status = cli_read_budget_target(&job->wishes, job->target_name, &job->target);
	if (status == CLI_DONE &&
	    ota_choose_check(&job->target, &job->wishes.options, &diag) != OTA_OK)
		status = cli_fail("diff", &diag);
	return status;
}

/* An option for signing that nothing comes of is a key that was forgotten. */
static enum cli_exit check_signing(const struct diff_job *job)
{
	static const unsigned signing[] = {
		PUBLIC_KEY_FORMAT, PAD_SIG,       RANDOM_NONCE, LOW_S,  PASSPHRASE_FILE,
		PASSPHRASE_FD,     PKCS11_MODULE, PIN_FILE,     PIN_FD, STRICT};
	char word[32];

	for (size_t i = 0; i < sizeof(signing) / sizeof(signing[0]) && !job->is_update; i++) {
		if (!cli_has(job->args, signing[i]))
			continue;
		(void)snprintf(word, sizeof(word), "--%s", options[signing[i]].name);
		return cli_error(CLI_USAGE, word,
				 "is about signing: without --key KEY the patch is bare");
	}
	return CLI_DONE;
}

static enum cli_exit read_plan(struct diff_job *job)
{
	static const char *const key_formats[] = {"hash", "full", NULL};
	unsigned key_format = 0;
	enum cli_exit status =
		cli_read_delta_args(job->args, job->target_name != NULL, &job->delta);

	job->is_update = cli_has(job->args, KEY);
	if (status == CLI_DONE)
		status = cli_choice(job->args, PUBLIC_KEY_FORMAT, key_formats, &key_format);
	if (status == CLI_DONE)
		status = check_signing(job);
	job->plan.full_public_key = key_format == 1;
	job->plan.pad_sig = cli_has(job->args, PAD_SIG);
	return status;
}

/* Of two keys on standard input the second would read nothing, as of any two files. */
static enum cli_exit check_stdin(const struct cli_args *args)
{
	const char *inputs[] = {args->positional[0], args->positional[1], cli_value(args, TARGET),
				NULL};
	const size_t last = sizeof(inputs) / sizeof(inputs[0]) - 1;

	for (unsigned i = 0; i < args->n_given; i++) {
		const char *text = args->given[i].value[0];

		if (args->given[i].option != KEY || !cli_is_stdin(text))
			continue;
		if (inputs[last])
			return cli_error(CLI_USAGE, "diff",
					 "standard input can be only one of its files");
		inputs[last] = text;
	}
	return cli_check_key_stdin(args, inputs, sizeof(inputs) / sizeof(inputs[0]));
}

/* A patch is no later version of a file that it could replace: neither image may be lost. */
static enum cli_exit check_output(const struct diff_job *job)
{
	const char *const outputs[] = {NULL, job->output};
	const struct cli_args *args = job->args;
	enum cli_exit status = CLI_DONE;

	if (!outputs[1])
		return cli_error(CLI_USAGE, "diff", "needs --output PATCH");
	/* verify and inspect would take the name at its word. */
	if (!cli_is_stdout(outputs[1]) && ota_firmware_is_hex_name(outputs[1]))
		return cli_error(CLI_USAGE, outputs[1],
				 "is named as Intel HEX, and a patch is a binary");
	for (unsigned i = 0; i < args->n_positionals && status == CLI_DONE; i++)
		status = cli_check_outputs(args, args->positional[i], outputs, 2);
	return status;
}

/* The profile has been read already, and may be no file but a name. */
static enum cli_exit check_input(const char *name, void *context)
{
	const struct diff_job *job = context;
	bool is_target = job->target_name && strcmp(name, job->target_name) == 0;

	return is_target ? CLI_DONE : cli_check_input(name);
}

/* All that can be told before the long work; NEW and the keys are read after it. */
static enum cli_exit check(struct diff_job *job)
{
	enum cli_exit status = read_plan(job);

	if (status == CLI_DONE)
		status = check_output(job);
	if (status == CLI_DONE)
		status = check_stdin(job->args);
	if (status == CLI_DONE)
		status = read_target(job);
	if (status == CLI_DONE)
		status = cli_check_delta_place(job->target_name ? &job->target : NULL, &job->delta);
	job->plan.delta = job->delta.plan;
	if (status == CLI_DONE)
		status = cli_check_input(job->args->positional[1]);
	if (status == CLI_DONE)
		status = cli_each_input(job->args, check_input, job);
	return status;
}

/* -- what is read ------------------------------------------------------------------------------ */

/*
 * A device holds neither text nor sections. Padding costs little in a patch, but it must then be in
 * the old slot just so.
 */
static void warn_bare(const char *path, struct ota_span file)
{
	struct ota_image image;

	switch (ota_firmware_kind_of(path, file)) {
	case OTA_FIRMWARE_BIN:
		break;
	case OTA_FIRMWARE_HEX:
		cli_warning(path, "is Intel HEX, and the patch one of its text; with --key the "
				  "image in it counts");
		break;
	case OTA_FIRMWARE_ELF:
		cli_warning(path, "is ELF, and the patch one of the whole file; for a device make "
				  "it of binaries, as objcopy -O binary or sign writes them");
		break;
	}
	if (ota_image_probe(file) && ota_image_open(file, &image, NULL) == OTA_OK &&
	    image.rest.len > 0)
		cli_warning(path, "has %zu bytes after the image, which the patch covers too",
			    image.rest.len);
}

static void hint_encrypted(struct ota_span file, struct ota_diag *diag)
{
	struct ota_image image;

	if (diag->err == OTA_E_REFUSED && ota_image_open(file, &image, NULL) == OTA_OK &&
	    !ota_image_is_delta_update(&image))
		ota_hint(diag, "make the delta of the images before they are encrypted: of "
			       "encrypted ones none is made");
}

/* Reads a file and finds what is diffed: with -k the image in it, else all of it. */
static enum cli_exit read_image(const struct diff_job *job, const char *path,
				struct image_file *file, struct ota_span *image)
{
	struct ota_diag diag = {.err = OTA_OK};
	enum cli_exit status;

	if (job->is_update)
		status = image_file_read(path, file);
	else
		status = cli_read(path, &file->firmware.bytes);
	if (status != CLI_DONE)
		return status;
	*image = ota_buf_span(&file->firmware.bytes);
	if (!job->is_update) {
		warn_bare(path, *image);
		return CLI_DONE;
	}
	if (ota_delta_update_image(*image, image, &diag) == OTA_OK)
		return CLI_DONE;
	hint_encrypted(ota_buf_span(&file->firmware.bytes), &diag);
	return diff_fail(job, path, &diag);
}

/* A file with addresses says where its image lies, unless --base does; some formats care. */
static void use_base(struct diff_job *job, const struct image_file *file,
		     struct ota_delta_base *base)
{
	const struct ota_delta_plan *delta = &job->plan.delta;
	/* Where formats are tried one of them has a use for it. */
	const struct ota_delta_plan asking = {.format = delta->format ? delta->format
								      : ota_delta_format_default(),
					      .arch = delta->arch,
					      .new_base = {.known = true}};

	if (base->known || !file->firmware.has_base ||
	    ota_delta_check_plan(&asking, NULL) != OTA_OK)
		return;
	*base = (struct ota_delta_base){.known = true, .addr = file->firmware.base};
	job->base_from_file = true;
}

/* -- what is made ------------------------------------------------------------------------------ */

static enum cli_exit make_update(struct diff_job *job)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct cli_signers *signers = NULL;
	enum cli_exit status = cli_read_signers(job->args, false, &signers);

	job->plan.signers = cli_signers_list(signers, &job->plan.n_signers);
	if (status == CLI_DONE && job->target_name)
		status = diff_choose(job);
	if (status == CLI_DONE && ota_delta_update_make(&job->plan, job->index, job->new_image,
							&job->out, &job->made, &diag) != OTA_OK)
		status = diff_fail(
			job, diag.err == OTA_E_USAGE ? "--key" : job->args->positional[1], &diag);
	/* Nothing secret stays in memory while a slow output blocks. */
	cli_signers_free(signers);
	job->plan.signers = NULL;
	return status;
}

static enum cli_exit make_patch(struct diff_job *job)
{
	struct ota_diag diag = {.err = OTA_OK};

	if (job->target_name) {
		enum cli_exit status = diff_choose(job);

		job->out = job->choice.patch;
		job->choice.patch = ota_buf_init(0);
		job->made.patch_len = job->out.len;
		return status;
	}
	if (ota_delta_make(&job->plan.delta, job->index, job->new_image, &job->out, &diag) !=
	    OTA_OK)
		return diff_fail(job, "diff", &diag);
	job->made.patch_len = job->out.len;
	return CLI_DONE;
}

/* The new file is read when sorting the old one has given its memory back. */
static enum cli_exit read_images(struct diff_job *job)
{
	const char *old_path = job->args->positional[0];
	const char *new_path = job->args->positional[1];
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_span old_image;
	enum cli_exit status = read_image(job, old_path, &job->old_file, &old_image);

	if (status == CLI_DONE && ota_index_build(old_image, &job->index, &diag) != OTA_OK)
		status = diff_fail(job, old_path, &diag);
	if (!job->target_name)
		job->plan.delta.spent = job->index;
	if (status == CLI_DONE)
		status = read_image(job, new_path, &job->new_file, &job->new_image);
	use_base(job, &job->old_file, &job->plan.delta.old_base);
	use_base(job, &job->new_file, &job->plan.delta.new_base);
	if (status == CLI_DONE && job->new_image.len > CLI_APPLY_MAX)
		cli_warning(new_path, "is %zu bytes: apply will need --max-size",
			    job->new_image.len);
	return status;
}

/* With a target all that its slot has room for is used, unless a distance is given. */
static void find_lead(struct diff_job *job)
{
	struct ota_delta_plan *plan = &job->plan.delta;

	if (plan->in_place && (!job->target_name || job->delta.has_distance))
		plan->lead = ota_in_place_lead(job->target_name ? &job->target : NULL, plan->block,
					       ota_index_old(job->index).len, job->new_image.len,
					       job->delta.distance);
}

static enum cli_exit make(struct diff_job *job)
{
	enum cli_exit status = read_images(job);

	if (status == CLI_DONE)
		find_lead(job);

	if (status == CLI_DONE)
		status = job->is_update ? make_update(job) : make_patch(job);
	if (status == CLI_DONE && job->target_name)
		status = diff_check_made(job);
	if (status == CLI_DONE)
		diff_look(job);
	/* What is reported needs room too, and a slow output may block. */
	ota_index_free(job->index);
	image_file_free(&job->old_file);
	return status;
}

/* -- one run ----------------------------------------------------------------------------------- */

static enum cli_exit run(const struct cli_args *args)
{
	struct diff_job job = {.args = args,
			       .output = cli_value(args, OUTPUT),
			       .target_name = cli_value(args, TARGET),
			       .json = cli_has(args, JSON),
			       .out = ota_buf_init(CLI_FILE_MAX)};
	enum cli_exit status = check(&job);

	if (status == CLI_DONE)
		status = make(&job);
	if (status == CLI_DONE)
		status = cli_write(job.output, ota_buf_span(&job.out));
	if (status == CLI_DONE)
		status = diff_report(&job);
	ota_choice_free(&job.choice);
	ota_buf_free(&job.out);
	image_file_free(&job.new_file);
	return status;
}

const struct cli_command cli_cmd_diff = {
	.usage = "diff OLD NEW -o PATCH [--format FORMAT | --target T] [-k KEY...] [options]",
	.examples = examples,
	.about =
		"The patch is applied again and compared with NEW before it is written.\n\n"
		"With -k OLD and NEW are MCUboot images, also as Intel HEX by their names; "
		"padding\n"
		"and trailers are taken off, and PATCH becomes a delta update: an image that is "
		"not\n"
		"booted, with the new image's version, security counter and ids, whose payload is\n"
		"the patch and whose protected TLV names both images. apply -k, or a device, "
		"takes\n"
		"it for that old image only. Images that are encrypted are refused.\n\n"
		"Without -k files are taken as they are, Intel HEX, ELF and padding included: "
		"sign\n"
		"without --pad for a smaller patch. A bare bsdiff or vcdiff patch does not say "
		"which\n"
		"old file it is for; an otd patch holds both files' CRC-32.\n\n"
		"otd is otatool's own format, for microcontrollers: they decode the patch as it "
		"comes\n"
		"in, in 4 KiB of RAM, or with --tier m in 16 KiB where that makes it smaller;\n"
		"with --tier nano in 1 KiB, from a patch that is some 5 % larger.\n"
		"It foresees how branches and pointers in code change: Arm Thumb (Cortex-M), "
		"32-bit\n"
		"RISC-V and Xtensa. For pointers it must know where the images lie in memory: "
		"--base\n"
		"says so, or an Intel HEX file with -k; else the images' own headers (Espressif's, "
		"too),\n"
		"vector tables and pointers do.\n\n"
		"With --in-place the patch is for a device with one slot: it moves old up in the\n"
		"slot, then makes new from the slot's start on, block by block, over what was "
		"read.\n"
		"Old bytes that are overwritten by then are not used. --safe-distance says how "
		"far\n"
		"behind the byte that is written old must stay readable: the more, the smaller "
		"the\n"
		"patch, and the more room the slot needs. The patch says how far old must be "
		"moved.\n"
		"With a target whose updater works in place, that is so without being asked.\n\n"
		"With --target T every format and every size of memory that the target's decoders\n"
		"allow is tried, and each patch is held against the device as check does, "
		"signature\n"
		"and all: the smallest that passes is written. Options that are given, --format\n"
		"included, are settled. Of equal patches the one with less decoder RAM is taken; "
		"the\n"
		"result does not depend on --jobs. When none passes nothing is written, and the "
		"exit\n"
		"code is 1. A patch no smaller than the new image compressed is called not worth "
		"it,\n"
		"but written, with exit code 0.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 2,
	.max_positionals = 2,
	.positionals = "OLD and NEW",
	.run = run,
};
