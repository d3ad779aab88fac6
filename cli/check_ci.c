// SPDX-License-Identifier: Apache-2.0
/*
 * The budget as CI servers show it. github: workflow commands, one a line. gitlab: a Code Quality
 * report. junit: the XML that Jenkins, GitLab and others read.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <ota/digest.h>

#include "check_job.h"

/* The proof, each line, each finding. */
#define CASES_MAX  (1 + OTA_BUDGET_LINES_MAX + OTA_FINDINGS_MAX)
#define REPORT_MAX 0x1000000U /* bytes; far more than so many cases make */
#define RULE_MAX   80
#define TITLE      "otatool check"

/* One thing that was looked at. */
struct ci_case {
	char rule[RULE_MAX];    /* "updater-ram", "swap-scratch-torn-erase" */
	char id[RULE_MAX + 16]; /* the same; the second of one rule is "updater-ram-2" */
	char text[512];
	enum ota_budget_severity severity; /* a note: all is well, or good to know */
	bool finding;
	const char *why; /* or NULL */
	const char *remedy;
	const char *source;
};

struct ci {
	const struct check_job *job;
	struct ci_case cases[CASES_MAX];
	unsigned n;
	struct ota_buf out;
	enum ota_err err; /* of what failed first */
	struct ota_diag diag;
};

/* -- what was looked at ------------------------------------------------------------------------ */

/* "updater RAM" as "updater-ram". */
static void make_rule(const char *what, char rule[RULE_MAX])
{
	static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t at = 0;

	for (; *what && at < RULE_MAX - 1; what++) {
		const char *found = strchr(upper, *what);

		if (found)
			rule[at++] = lower[found - upper];
		else if (strchr(lower, *what))
			rule[at++] = *what;
		else if (at > 0 && rule[at - 1] != '-')
			rule[at++] = '-';
	}
	while (at > 0 && rule[at - 1] == '-')
		at--;
	rule[at] = '\0';
}

static struct ci_case *add_case(struct ci *ci, const char *what)
{
	struct ci_case *one = &ci->cases[ci->n++];
	char rule[RULE_MAX];
	unsigned nth = 1;

	make_rule(what, rule);
	for (unsigned i = 0; i + 1 < ci->n; i++)
		nth += strcmp(ci->cases[i].rule, rule) == 0;
	*one = (struct ci_case){.severity = OTA_SEVERITY_NOTE};
	(void)snprintf(one->rule, sizeof(one->rule), "%s", rule);
	(void)snprintf(one->id, sizeof(one->id), "%s", rule);
	if (nth > 1)
		(void)snprintf(one->id, sizeof(one->id), "%s-%u", rule, nth);
	return one;
}

/* Without the table's heading bytes are called by their name. */
static const char *amount(enum ota_unit unit, uint64_t value, char text[48])
{
	char grouped[32];

	if (unit != OTA_UNIT_BYTES)
		return check_amount(unit, value, text);
	(void)snprintf(text, 48, "%s bytes", ota_number_grouped(value, grouped));
	return text;
}

static void add_note(struct ci_case *one, const char *note)
{
	size_t at = strlen(one->text);

	if (note[0])
		(void)snprintf(one->text + at, sizeof(one->text) - at, "; %s", note);
}

static void add_line(struct ci *ci, const struct ota_budget_line *line)
{
	struct ci_case *one = add_case(ci, line->what);
	const char *limit = line->gate ? ", the limit given is" : ", has";
	char needs[48];
	char has[48];
	char gap[48];

	(void)amount(line->unit, line->needs, needs);
	(void)amount(line->unit, line->has, has);
	if (!line->limited) {
		(void)snprintf(one->text, sizeof(one->text), "%s: needs %s", line->what, needs);
	} else if (line->needs > line->has) {
		(void)amount(line->unit, line->needs - line->has, gap);
		(void)snprintf(one->text, sizeof(one->text), "%s: needs %s%s %s: %s too many",
			       line->what, needs, limit, has, gap);
	} else {
		(void)snprintf(one->text, sizeof(one->text), "%s: needs %s%s %s", line->what, needs,
			       limit, has);
	}
	/* It may be all that says why: that an image is loaded to where no RAM is. */
	add_note(one, line->note);
	if (!line->fits)
		one->severity = OTA_SEVERITY_FAILURE;
}

static void add_finding(struct ci *ci, const struct ota_budget_finding *finding)
{
	struct ci_case *one = add_case(ci, finding->id);

	one->severity = finding->severity;
	one->finding = true;
	one->why = finding->why[0] ? finding->why : NULL;
	one->remedy = finding->remedy[0] ? finding->remedy : NULL;
	one->source = finding->source;
	(void)snprintf(one->text, sizeof(one->text), "%s", finding->text);
}

/* A line that fails has no way out of its own: the cheapest is said of the first. */
static void add_remedy(struct ci *ci)
{
	const char *remedy = ci->job->budget.remedy;
	unsigned i = 0;

	while (i < ci->n && (ci->cases[i].severity != OTA_SEVERITY_FAILURE || ci->cases[i].remedy))
		i++;
	if (i < ci->n && remedy[0])
		ci->cases[i].remedy = remedy;
}

/* What was proven before anything was added up, or why it could not be. */
static void add_proof(struct ci *ci, const char *subject, const struct ota_diag *no)
{
	struct ci_case *proof = add_case(ci, "new-image");

	if (no) {
		proof->severity = OTA_SEVERITY_FAILURE;
		proof->remedy = no->hint[0] ? no->hint : NULL;
		(void)snprintf(proof->text, sizeof(proof->text), "%s: %s", subject, no->text);
	} else {
		(void)snprintf(proof->text, sizeof(proof->text), "%s",
			       ci->job->new_path
				       ? "the update gives the new image, byte for byte"
				       : "the update gives an image; none was named to compare it "
					 "with");
	}
}

static void collect(struct ci *ci)
{
	const struct ota_budget *budget = &ci->job->budget;

	for (unsigned i = 0; i < budget->n; i++)
		add_line(ci, &budget->line[i]);
	for (unsigned i = 0; i < budget->n_findings; i++)
		add_finding(ci, &budget->finding[i]);
	add_remedy(ci);
}

/* A passed line is nothing to annotate. */
static bool is_issue(const struct ci_case *one)
{
	return one->finding || one->severity == OTA_SEVERITY_FAILURE;
}

/* -- writing ----------------------------------------------------------------------------------- */

static void put_bytes(struct ci *ci, const char *text, size_t len)
{
	if (ci->err == OTA_OK)
		ci->err = ota_buf_append(&ci->out, ota_span_of(text, len), &ci->diag);
}

static void put(struct ci *ci, const char *text)
{
	put_bytes(ci, text, strlen(text));
}

/* Paths are looked up in the repository's list, where none begins with "./". */
static const char *repository_path(const struct ci *ci)
{
	const char *path = ci->job->patch_path;

	while (strncmp(path, "./", 2) == 0)
		path += 2;
	return path;
}

/* -- github ------------------------------------------------------------------------------------ */

/* The runner's escaping: a line end would begin another command, in a name or a text. */
static void put_github(struct ci *ci, const char *text, bool property)
{
	for (; *text; text++) {
		bool control = (unsigned char)*text < 0x20 || *text == 0x7f;

		if (*text == '%')
			put(ci, "%25");
		else if (*text == '\r')
			put(ci, "%0D");
		else if (*text == '\n')
			put(ci, "%0A");
		else if (property && *text == ':')
			put(ci, "%3A");
		else if (property && *text == ',')
			put(ci, "%2C");
		else
			put_bytes(ci, control ? "?" : text, 1);
	}
}

static const char *github_command(enum ota_budget_severity severity)
{
	switch (severity) {
	case OTA_SEVERITY_NOTE:
		return "::notice";
	case OTA_SEVERITY_WARNING:
		return "::warning";
	case OTA_SEVERITY_FAILURE:
		return "::error";
	}
	return "::error";
}

static void put_github_case(struct ci *ci, const struct ci_case *one)
{
	put(ci, github_command(one->severity));
	put(ci, " file=");
	put_github(ci, repository_path(ci), true);
	put(ci, ",title=" TITLE "::");
	if (one->finding) {
		put_github(ci, one->rule, false);
		put(ci, ": ");
	}
	put_github(ci, one->text, false);
	if (one->why) {
		put(ci, "%0A");
		put_github(ci, one->why, false);
	}
	if (one->remedy) {
		put(ci, "%0Away out: ");
		put_github(ci, one->remedy, false);
	}
	put(ci, "\n");
}

/* The runner shows only the first few: the worst come first. */
static void make_github(struct ci *ci)
{
	static const enum ota_budget_severity order[] = {OTA_SEVERITY_FAILURE, OTA_SEVERITY_WARNING,
							 OTA_SEVERITY_NOTE};

	for (size_t s = 0; s < sizeof(order) / sizeof(order[0]); s++) {
		for (unsigned i = 0; i < ci->n; i++) {
			if (is_issue(&ci->cases[i]) && ci->cases[i].severity == order[s])
				put_github_case(ci, &ci->cases[i]);
		}
	}
}

/* -- gitlab ------------------------------------------------------------------------------------ */

static const char *gitlab_severity(enum ota_budget_severity severity)
{
	switch (severity) {
	case OTA_SEVERITY_NOTE:
		return "info";
	case OTA_SEVERITY_WARNING:
		return "major";
	case OTA_SEVERITY_FAILURE:
		return "blocker";
	}
	return "blocker";
}

/*
 * What makes an issue the same in the next pipeline, and another one from all others in this: its
 * id, file and target. Numbers in its text may change.
 */
static void make_fingerprint(struct ci *ci, const struct ci_case *one,
			     char hex[2 * OTA_DIGEST_MAX + 1])
{
	const char *parts[] = {one->id, repository_path(ci), ci->job->target.name};
	struct ota_digest digest = {.len = 0};
	struct ota_buf text = ota_buf_init(REPORT_MAX);

	/* With their ends, so that no two ways of cutting them are one. */
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && ci->err == OTA_OK; i++)
		ci->err = ota_buf_append(&text, ota_span_of(parts[i], strlen(parts[i]) + 1),
					 &ci->diag);
	if (ci->err == OTA_OK)
		ci->err = ota_digest_of(OTA_HASH_SHA256, ota_buf_span(&text), &digest, &ci->diag);
	hex[0] = '\0';
	for (size_t i = 0; i < digest.len; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", digest.data[i]);
	ota_buf_free(&text);
}

static json_t *gitlab_issue(struct ci *ci, const struct ci_case *one)
{
	char text[sizeof(one->text) + sizeof(ci->job->budget.finding[0].remedy) + 32];
	char fingerprint[2 * OTA_DIGEST_MAX + 1];
	json_t *issue = json_object();
	json_t *location = json_object();
	json_t *lines = json_object();

	(void)snprintf(text, sizeof(text), "%s%s%s", one->text, one->remedy ? "; way out: " : "",
		       one->remedy ? one->remedy : "");
	make_fingerprint(ci, one, fingerprint);
	cli_json_text(issue, "description", text);
	cli_json_text(issue, "check_name", one->rule);
	cli_json_text(issue, "fingerprint", fingerprint);
	cli_json_text(issue, "severity", gitlab_severity(one->severity));
	/* A binary has no lines; the form wants one. */
	cli_json_uint(lines, "begin", 1);
	cli_json_text(location, "path", repository_path(ci));
	cli_json_add(location, "lines", lines);
	cli_json_add(issue, "location", location);
	return issue;
}

static void make_gitlab(struct ci *ci)
{
	json_t *list = json_array();
	char *text;

	for (unsigned i = 0; i < ci->n; i++) {
		if (is_issue(&ci->cases[i]))
			(void)json_array_append_new(list, gitlab_issue(ci, &ci->cases[i]));
	}
	text = json_dumps(list, JSON_INDENT(2));
	if (text) {
		put(ci, text);
		put(ci, "\n");
	} else {
		ci->err = ota_fail(&ci->diag, OTA_E_MEMORY, "out of memory for the report");
	}
	free(text);
	json_decref(list);
}

/* -- junit ------------------------------------------------------------------------------------- */

/*
 * The length of the UTF-8 character at `text`; 0 when it is none, or one that XML 1.0 does not
 * take.
 */
static size_t xml_char_len(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t len = c[0] < 0x80 ? 1 : c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;

	if (len == 1)
		return c[0] >= 0x20 && c[0] != 0x7f;
	if (c[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	}
	/* Longer than needed, surrogates, U+FFFE and U+FFFF, beyond U+10FFFF. */
	if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] >= 0xa0) ||
	    (c[0] == 0xef && c[1] == 0xbf && c[2] >= 0xbe) || (c[0] == 0xf0 && c[1] < 0x90) ||
	    (c[0] == 0xf4 && c[1] >= 0x90))
		return 0;
	return len;
}

static void put_xml(struct ci *ci, const char *text)
{
	while (*text) {
		size_t len = xml_char_len(text);

		/* Control characters are dropped; of a line end a space stays. */
		if (*text == '\n' || *text == '\t' || *text == '\r')
			put(ci, " ");
		else if (len == 0 && (unsigned char)*text >= 0x80)
			put(ci, "?");
		else if (*text == '&')
			put(ci, "&amp;");
		else if (*text == '<')
			put(ci, "&lt;");
		else if (*text == '>')
			put(ci, "&gt;");
		else if (*text == '"')
			put(ci, "&quot;");
		else
			put_bytes(ci, text, len);
		text += len > 0 ? len : 1;
	}
}

static void put_xml_attribute(struct ci *ci, const char *name, const char *value)
{
	put(ci, " ");
	put(ci, name);
	put(ci, "=\"");
	put_xml(ci, value);
	put(ci, "\"");
}

/* Not all readers show a failure's message: the text is in both. */
static void put_details(struct ci *ci, const struct ci_case *one)
{
	const char *parts[] = {one->text, one->why, one->remedy, one->source};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!parts[i])
			continue;
		put_xml(ci, parts[i]);
		put(ci, "\n");
	}
}

static void put_testcase(struct ci *ci, const struct ci_case *one)
{
	bool failed = one->severity == OTA_SEVERITY_FAILURE;

	put(ci, "  <testcase");
	put_xml_attribute(ci, "classname", ci->job->target.name);
	/* Without its numbers, with which it would be another test every time. */
	put_xml_attribute(ci, "name", one->id);
	put(ci, ">\n    ");
	if (failed) {
		put(ci, "<failure");
		put_xml_attribute(ci, "message", one->text);
		put_xml_attribute(ci, "type", one->finding ? "finding" : "limit");
		put(ci, ">");
	} else {
		put(ci, "<system-out>");
		if (one->severity == OTA_SEVERITY_WARNING)
			put(ci, "warning: ");
	}
	put_details(ci, one);
	put(ci, failed ? "</failure>" : "</system-out>");
	put(ci, "\n  </testcase>\n");
}

/* A note is no test. */
static bool is_test(const struct ci_case *one)
{
	return !one->finding || one->severity != OTA_SEVERITY_NOTE;
}

static void make_junit(struct ci *ci)
{
	char count[32];
	unsigned tests = 0;
	unsigned failed = 0;

	for (unsigned i = 0; i < ci->n; i++) {
		tests += is_test(&ci->cases[i]);
		failed += ci->cases[i].severity == OTA_SEVERITY_FAILURE;
	}
	put(ci, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite");
	put_xml_attribute(ci, "name", TITLE);
	(void)snprintf(count, sizeof(count), "%u", tests);
	put_xml_attribute(ci, "tests", count);
	(void)snprintf(count, sizeof(count), "%u", failed);
	put_xml_attribute(ci, "failures", count);
	put(ci, " errors=\"0\" skipped=\"0\">\n  <properties>\n    <property name=\"file\"");
	put_xml_attribute(ci, "value", ci->job->patch_path);
	put(ci, "/>\n  </properties>\n");
	for (unsigned i = 0; i < ci->n; i++) {
		if (is_test(&ci->cases[i]))
			put_testcase(ci, &ci->cases[i]);
	}
	put(ci, "</testsuite>\n");
}

/* -- all of them ------------------------------------------------------------------------------- */

static enum cli_exit write_report(struct ci *ci)
{
	const char *path = ci->job->ci_file ? ci->job->ci_file : "-";

	if (ci->err != OTA_OK)
		return cli_fail("--ci", &ci->diag);
	return cli_write(path, ota_buf_span(&ci->out));
}

enum cli_exit check_print_ci(const struct check_job *job, const char *subject,
			     const struct ota_diag *no)
{
	struct ci *ci = calloc(1, sizeof(*ci));
	enum cli_exit status;

	if (!ci)
		return cli_error(CLI_ENVIRONMENT, "--ci", "out of memory for the report");
	ci->job = job;
	ci->out = ota_buf_init(REPORT_MAX);
	add_proof(ci, subject, no);
	if (!no)
		collect(ci);
	switch (job->ci) {
	case CHECK_CI_NONE:
		break;
	case CHECK_CI_GITHUB:
		make_github(ci);
		break;
	case CHECK_CI_GITLAB:
		make_gitlab(ci);
		break;
	case CHECK_CI_JUNIT:
		make_junit(ci);
		break;
	}
	status = write_report(ci);
	ota_buf_free(&ci->out);
	free(ci);
	return status;
}
