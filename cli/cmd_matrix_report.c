// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include <ota/file.h>

#include "file_args.h"
#include "io.h"
#include "link_arg.h"
#include "matrix_html.h"
#include "matrix_markdown.h"
#include "matrix_report_json.h"
#include "matrix_text.h"

#define DEVICES_DEFAULT 1000
#define SOAK_DEFAULT_US UINT64_C(86400000000)
#define SOAK_MAX_US     (3650 * SOAK_DEFAULT_US)
#define REPORT_MAX      0x10000000U /* bytes */

enum { HTML, MARKDOWN, JSON, DEVICES, SOAK };

static const struct cli_option options[] = {
	[HTML] = {.name = "html",
		  .value = "FILE",
		  .help = "write it as one HTML file too, with a map of all patches"},
	[MARKDOWN] = {.name = "markdown", .help = "print it as GitHub's Markdown"},
	[JSON] = {.name = "json", .help = "print a JSON object"},
	[DEVICES] = {.name = "devices",
		     .value = "N",
		     .help = "devices of the fleet, shared out by the plan (default 1000)"},
	[SOAK] = {.name = "soak",
		  .value = "TIME",
		  .help = "wait after each stage of a roll-out (default 1d)"},
};

static const struct cli_example examples[] = {
	{"otatool matrix report out", "sizes, best routes, policies and a roll-out"},
	{"otatool matrix report out --devices 20000 --soak 3d --html report.html",
	 "the same for people who decide"},
	{"otatool matrix report out --markdown >> \"$GITHUB_STEP_SUMMARY\"", "in a workflow"},
	{NULL, NULL},
};

struct report_job {
	const struct cli_args *args;
	const char *html; /* NULL: not asked for */
	bool markdown;
	bool json;
	struct matrix_view view;
};

/* No plan that is read is lost to a report. */
static enum cli_exit check_html(const struct report_job *job)
{
	const char *const outputs[] = {NULL, job->html};
	enum cli_exit status = CLI_DONE;

	if (!job->html || cli_is_stdout(job->html))
		return CLI_DONE;
	for (unsigned i = 0; i < job->args->n_positionals && status == CLI_DONE; i++) {
		char *plan = ota_file_join(job->args->positional[i], OTA_MATRIX_PLAN_NAME);

		if (!plan)
			return cli_error(CLI_ENVIRONMENT, "matrix report", "out of memory");
		status = cli_check_outputs(job->args, plan, outputs, 2);
		free(plan);
	}
	return status;
}

static enum cli_exit read_wishes(struct report_job *job)
{
	struct matrix_view *view = &job->view;
	enum cli_exit status;

	view->devices = DEVICES_DEFAULT;
	view->devices_given = cli_has(job->args, DEVICES);
	view->soak_us = SOAK_DEFAULT_US;
	status = cli_number(job->args, DEVICES, OTA_MATRIX_DEVICES_MAX, &view->devices);
	if (status == CLI_DONE && view->devices == 0)
		status = cli_error(CLI_USAGE, "--devices", "is 0, at least 1");
	if (status == CLI_DONE)
		status = cli_duration(job->args, SOAK, &view->soak_us);
	if (status == CLI_DONE && view->soak_us > SOAK_MAX_US)
		status = cli_error(CLI_USAGE, "--soak", "\"%s\" is more than 3650 days",
				   cli_value(job->args, SOAK));
	if (status == CLI_DONE &&
	    job->markdown + job->json + (job->html && cli_is_stdout(job->html)) > 1)
		status = cli_error(CLI_USAGE, "matrix report",
				   "--markdown, --json and --html - all go to standard output: "
				   "one of them at a time");
	return status == CLI_DONE ? check_html(job) : status;
}

/* What the report cannot show well, for it does not look at other folders' files. */
static void warn(const struct ota_matrix *matrix)
{
	if (matrix->n_conflicts == 0)
		return;
	cli_warning("matrix report", "%zu result%s differ between the folders, the first counts",
		    matrix->n_conflicts, matrix->n_conflicts == 1 ? "" : "s");
	cli_hint("`otatool matrix merge` names them");
}

static enum cli_exit write_html(const struct report_job *job)
{
	struct ota_buf out = ota_buf_init(REPORT_MAX);
	enum cli_exit status = matrix_html(&job->view, &out);

	if (status == CLI_DONE)
		status = cli_write(job->html, ota_buf_span(&out));
	ota_buf_free(&out);
	return status;
}

static enum cli_exit print_words(const struct report_job *job)
{
	struct ota_buf out = ota_buf_init(REPORT_MAX);
	enum cli_exit status =
		job->markdown ? matrix_markdown(&job->view, &out) : matrix_text(&job->view, &out);

	if (status == CLI_DONE && fwrite(out.data, 1, out.len, stdout) != out.len)
		status = cli_error(CLI_ENVIRONMENT, "standard output", "cannot write");
	ota_buf_free(&out);
	return status;
}

static enum cli_exit report(struct report_job *job, const struct ota_matrix *matrix)
{
	enum cli_exit status = matrix_view_make(&job->view, matrix);

	if (status == CLI_DONE)
		warn(matrix);
	if (status == CLI_DONE && job->html)
		status = write_html(job);
	if (status == CLI_DONE && job->json)
		status = matrix_print_json(&job->view);
	else if (status == CLI_DONE && !(job->html && cli_is_stdout(job->html)))
		status = print_words(job);
	matrix_view_free(&job->view);
	return status;
}

/* A plan has a table of all kinds of a target: too large for the stack. */
static enum cli_exit load(struct report_job *job)
{
	struct ota_matrix *matrix = calloc(1, sizeof(*matrix));
	struct ota_diag diag = {.err = OTA_OK};
	enum cli_exit status;

	if (!matrix)
		return cli_error(CLI_ENVIRONMENT, "matrix report", "out of memory");
	if (ota_matrix_load(job->args->positional, job->args->n_positionals, false, matrix,
			    &diag) != OTA_OK)
		status = cli_fail("matrix report", &diag);
	else if (matrix->plan.n_versions == 0)
		status = cli_error(CLI_BAD_INPUT, "matrix report", "the plan has no versions");
	else
		status = report(job, matrix);
	ota_matrix_free(matrix);
	free(matrix);
	return status;
}

static enum cli_exit run(const struct cli_args *args)
{
	struct report_job job = {.args = args,
				 .html = cli_value(args, HTML),
				 .markdown = cli_has(args, MARKDOWN),
				 .json = cli_has(args, JSON)};
	enum cli_exit status = read_wishes(&job);

	return status == CLI_DONE ? load(&job) : status;
}

const struct cli_command cli_cmd_matrix_report = {
	.usage = "matrix report DIR... [options]",
	.examples = examples,
	.about = "DIRs are folders of `otatool matrix run`, of one plan. The report holds every\n"
		 "patch against the new image sent whole, and against the plan's target; what\n"
		 "is missing is shown as missing.\n\n"
		 "The best route of a version is straight to the newest, or over another version\n"
		 "where that costs less: airtime if it is known, else bytes. Policies are added\n"
		 "up over the fleet, by the release list's shares:\n"
		 "  sequential  every version in turn\n"
		 "  latest      straight to the newest\n"
		 "  all         the best route of each version\n"
		 "  full        the newest image whole, without patches\n"
		 "The cheapest is advised; one by which devices apply more updates must save a\n"
		 "tenth. Its roll-out follows in stages. What the figures rest on is printed.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = 10000,
	.positionals = "folders of `otatool matrix run`",
	.run = run,
};
