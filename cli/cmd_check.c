// SPDX-License-Identifier: Apache-2.0
#include <ota/nearest.h>

#include "check_job.h"
#include "file_args.h"

enum { OLD, NEW, TARGET, BUDGET_OPTION_IDS, EXPLAIN, JSON, CI };

static const struct cli_option options[] = {
	[OLD] = {.name = "old",
		 .value = "OLD",
		 .help = "the image the device runs; a full image is checked without it too"},
	[NEW] = {.name = "new",
		 .value = "NEW",
		 .help = "the image the update must give; without it, what it gives"},
	[TARGET] = {.name = "target",
		    .value = "T",
		    .help = "board profile: a built-in name or a YAML file"},
	BUDGET_OPTION_ROWS,
	[EXPLAIN] = {.name = "explain",
		     .help = "print each rule with the numbers put in and its source"},
	[JSON] = {.name = "json", .help = "print a JSON object"},
	[CI] = {.name = "ci",
		.value = "KIND[=FILE]",
		.help = "report for a CI server too: github, gitlab or junit; into FILE, or on "
			"standard output"},
};

static const struct cli_example examples[] = {
	{"otatool check update.patch --old old.img --new new.img --target water-meter-l476",
	 "exit 0 when the update fits, 1 when something does not"},
	{"otatool check new.img --target board.yaml --link lorawan,region=eu868,dr=0,class=c",
	 "the same for a full image, sent over a LoRaWAN link"},
	{"otatool check update.bin --old old.img --target board.yaml --max-airtime 2h "
	 "--ci junit=check.xml",
	 "a gate in a release pipeline: at most two hours on air"},
	{"otatool check update.patch --old old.img --new new.img --target board.yaml --on device "
	 "--explain",
	 "what it would take to apply the patch on the device itself, and why"},
	{NULL, NULL},
};

enum cli_exit check_no(const struct check_job *job, const char *subject,
		       const struct ota_diag *diag)
{
	enum cli_exit status = CLI_DONE;

	if (cli_exit_of(diag->err) == CLI_NO && job->json)
		status = check_print_json_no(job, diag);
	if (cli_exit_of(diag->err) == CLI_NO && job->ci != CHECK_CI_NONE && status == CLI_DONE)
		status = check_print_ci(job, subject, diag);
	(void)cli_fail(subject, diag);
	return status == CLI_DONE ? cli_exit_of(diag->err) : status;
}

/* "junit=report.xml". Standard output by any of its names is where it goes without a file. */
static enum cli_exit read_ci(struct check_job *job)
{
	static const char *const words[] = {[CHECK_CI_GITHUB - 1] = "github",
					    [CHECK_CI_GITLAB - 1] = "gitlab",
					    [CHECK_CI_JUNIT - 1] = "junit"};
	const size_t n = sizeof(words) / sizeof(words[0]);
	const char *text = cli_value(job->args, CI);
	size_t len = text ? strcspn(text, "=") : 0;
	char word[32] = "";
	const char *nearest;

	if (!text)
		return CLI_DONE;
	if (text[len] == '=' && text[len + 1] == '\0')
		return cli_error(CLI_USAGE, "--ci", "\"%s\" names no file", text);
	for (size_t i = 0; i < n; i++) {
		if (strlen(words[i]) == len && strncmp(words[i], text, len) == 0)
			job->ci = (enum check_ci)(i + 1);
	}
	if (text[len] == '=' && !cli_is_stdout(text + len + 1))
		job->ci_file = text + len + 1;
	if (job->ci != CHECK_CI_NONE)
		return CLI_DONE;
	memcpy(word, text, len < sizeof(word) ? len : sizeof(word) - 1);
	(void)cli_error(CLI_USAGE, "--ci", "\"%s\" is not one of github, gitlab, junit", word);
	nearest = ota_nearest(word, words, n);
	if (nearest)
		cli_hint("did you mean --ci %s?", nearest);
	return CLI_USAGE;
}

/* No file that is read is lost to a report. */
static enum cli_exit check_ci_file(const struct check_job *job)
{
	const char *const inputs[] = {job->patch_path, job->old_path, job->new_path};
	const char *const outputs[] = {NULL, job->ci_file};
	enum cli_exit status = CLI_DONE;

	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]) && status == CLI_DONE; i++) {
		if (inputs[i])
			status = cli_check_outputs(job->args, inputs[i], outputs, 2);
	}
	return status;
}

static enum cli_exit read_wishes(struct check_job *job)
{
	enum cli_exit status = cli_read_budget_args(job->args, &job->wishes);

	if (status == CLI_DONE)
		status = read_ci(job);
	if (status != CLI_DONE)
		return status;
	if (!job->target_name)
		return cli_error(CLI_USAGE, "check", "needs --target T");
	if (job->json && job->ci != CHECK_CI_NONE && !job->ci_file)
		return cli_error(
			CLI_USAGE, "check",
			"--json and --ci %s both go to standard output: give one of them a "
			"file, as --ci junit=report.xml",
			cli_value(job->args, CI));
	return job->ci_file ? check_ci_file(job) : CLI_DONE;
}

/* GitHub's runner reads its annotations beside the report; the others take its place. */
static enum cli_exit report(const struct check_job *job)
{
	bool in_place = !job->ci_file && (job->ci == CHECK_CI_GITLAB || job->ci == CHECK_CI_JUNIT);
	enum cli_exit status = CLI_DONE;

	if (job->json)
		status = check_print_json(job);
	else if (!in_place)
		check_print_text(job);
	if (status == CLI_DONE && job->ci != CHECK_CI_NONE)
		status = check_print_ci(job, NULL, NULL);
	/* The text has it, with the others. */
	if ((job->json || in_place) && !job->budget.fits && job->budget.remedy[0])
		cli_hint("%s", job->budget.remedy);
	return status;
}

static enum cli_exit judge(struct check_job *job)
{
	const struct ota_budget_options *wishes = &job->wishes.options;
	struct ota_diag diag = {.err = OTA_OK};
	enum cli_exit status;

	if (ota_budget_check(&job->update, &job->target, wishes, &job->budget, &diag) != OTA_OK)
		return cli_fail("check", &diag);
	cli_warn_budget_args(wishes, &job->target, &job->budget);
	status = report(job);
	return status == CLI_DONE && !job->budget.fits ? CLI_NO : status;
}

static enum cli_exit run(const struct cli_args *args)
{
	struct check_job job = {.args = args,
				.patch_path = args->positional[0],
				.old_path = cli_value(args, OLD),
				.new_path = cli_value(args, NEW),
				.target_name = cli_value(args, TARGET),
				.json = cli_has(args, JSON),
				.explain = cli_has(args, EXPLAIN)};
	enum cli_exit status = read_wishes(&job);

	if (status == CLI_DONE)
		status = check_read(&job);
	if (status == CLI_DONE)
		status = judge(&job);
	check_free(&job);
	return status;
}

const struct cli_command cli_cmd_check = {
	.usage = "check PATCH [--old OLD] [--new NEW] --target T [options]",
	.examples = examples,
	.about = "PATCH is a patch, a delta update or a full image, told by its content. A\n"
		 "patch is applied to OLD and compared with NEW first; a full image needs no\n"
		 "OLD, but swap modes move the old image too, and with OLD it is checked as\n"
		 "well.\n\n"
		 "Then the update is added up: memory of the patch's decoder, where the\n"
		 "update is kept, what the target's MCUboot mode leaves for the old AND the\n"
		 "new image, erases and time of an upgrade, and delivery over each link,\n"
		 "with every assumption. All limits are MCUboot's own arithmetic. Findings\n"
		 "are what no sum shows: what a real bootloader does with such a layout, or\n"
		 "such an image. Exit code 1 when a line does not fit or a finding is a\n"
		 "failure; a warning alone does not fail.\n\n"
		 "Keys of a link; the report names what they are when not given:\n"
		 "  lorawan        region dr class duty every multicast devices fragment\n"
		 "                 header redundancy crc\n"
		 "  nb-iot, lte-m  block overhead rate rtt\n"
		 "  ble            mtu interval packets\n"
		 "  all            name\n\n"
		 "Reports for CI servers: github prints annotations behind the report, gitlab\n"
		 "makes a Code Quality report, junit makes XML; the last two take the place\n"
		 "of the report when no FILE is given.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = 1,
	.positionals = "a patch, a delta update or an image",
	.run = run,
};
