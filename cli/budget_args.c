// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include "budget_args.h"
#include "link_arg.h"
#include "target_arg.h"

/* In the order in which the help lists them. */
static const char *const names[] = {
	"on",        "ram",         "scratch",      "image",   "installed",  "link",
	"max-patch", "max-airtime", "max-delivery", "max-ram", "max-erases",
};

static enum cli_exit read_size(const struct cli_args *args, const char *name, uint64_t max,
			       bool *has, uint64_t *value)
{
	unsigned option;

	*has = cli_given(args, name, &option);
	return *has ? cli_size(args, option, max, value) : CLI_DONE;
}

static enum cli_exit read_count(const struct cli_args *args, const char *name, uint64_t max,
				bool *has, uint64_t *value)
{
	unsigned option;

	*has = cli_given(args, name, &option);
	return *has ? cli_number(args, option, max, value) : CLI_DONE;
}

static enum cli_exit read_time(const struct cli_args *args, const char *name, bool *has,
			       uint64_t *us)
{
	unsigned option;

	*has = cli_given(args, name, &option);
	return *has ? cli_duration(args, option, us) : CLI_DONE;
}

static enum cli_exit read_applier(const struct cli_args *args, enum ota_applier *applier)
{
	static const char *const words[] = {"device", "gateway", NULL};
	unsigned option;
	unsigned on = 0;
	enum cli_exit status;

	if (!cli_given(args, "on", &option))
		return CLI_DONE;
	status = cli_choice(args, option, words, &on);
	*applier = on == 0 ? OTA_APPLIED_ON_DEVICE : OTA_APPLIED_BY_GATEWAY;
	return status;
}

static enum cli_exit read_image(const struct cli_args *args, unsigned *image)
{
	uint64_t index = 0;
	unsigned option;
	enum cli_exit status = CLI_DONE;

	if (cli_given(args, "image", &option))
		status = cli_number(args, option, OTA_TARGET_IMAGES_MAX - 1, &index);
	*image = (unsigned)index;
	return status;
}

/* "1=2.0.3+4". */
static enum cli_exit read_one_installed(const char *text, struct ota_installed *installed)
{
	const char *equals = strchr(text, '=');
	char number[8] = "";
	uint64_t id = 0;

	if (!equals || equals == text || (size_t)(equals - text) >= sizeof(number))
		return cli_error(CLI_USAGE, "--installed",
				 "\"%s\" is not an image's number and version, as 1=2.0.3", text);
	memcpy(number, text, (size_t)(equals - text));
	if (cli_parse_number("--installed", number, OTA_TARGET_IMAGES_MAX - 1, &id) != CLI_DONE)
		return CLI_USAGE;
	installed->image_id = (uint8_t)id;
	if (ota_version_parse(ota_span_of(equals + 1, strlen(equals + 1)), &installed->version) !=
	    OTA_OK)
		return cli_error(CLI_USAGE, "--installed", "\"%s\" is not a version, as 2.0.3+4",
				 equals + 1);
	return CLI_DONE;
}

static enum cli_exit read_installed(const struct cli_args *args, struct budget_args *budget)
{
	unsigned *n = &budget->options.n_installed;
	unsigned option;

	if (!cli_given(args, "installed", &option))
		return CLI_DONE;
	budget->options.installed = budget->installed;
	for (unsigned i = 0; i < args->n_given; i++) {
		struct ota_installed one = {.image_id = 0};
		enum cli_exit status;
		unsigned at = 0;

		if (args->given[i].option != option)
			continue;
		status = read_one_installed(args->given[i].value[0], &one);
		if (status != CLI_DONE)
			return status;
		/* Of an image that is given twice the last counts, as of any option. */
		while (at < *n && budget->installed[at].image_id != one.image_id)
			at++;
		budget->installed[at] = one;
		*n += at == *n;
	}
	return CLI_DONE;
}

static enum cli_exit read_links(const struct cli_args *args, struct budget_args *budget)
{
	unsigned option;

	if (!cli_given(args, "link", &option))
		return CLI_DONE;
	budget->options.links = budget->links;
	return cli_read_links(args, option, budget->links, &budget->options.n_links);
}

static enum cli_exit read_gates(const struct cli_args *args, struct ota_budget_options *options)
{
	enum cli_exit status = read_size(args, "max-patch", UINT32_MAX, &options->has_max_patch,
					 &options->max_patch);

	if (status == CLI_DONE)
		status = read_time(args, "max-airtime", &options->has_max_airtime,
				   &options->max_airtime_us);
	if (status == CLI_DONE)
		status = read_time(args, "max-delivery", &options->has_max_delivery,
				   &options->max_delivery_us);
	if (status == CLI_DONE)
		status = read_size(args, "max-ram", UINT32_MAX, &options->has_max_ram,
				   &options->max_ram);
	if (status == CLI_DONE)
		status = read_count(args, "max-erases", UINT32_MAX, &options->has_max_erases,
				    &options->max_erases);
	return status;
}

enum cli_exit cli_read_budget_args(const struct cli_args *args, struct budget_args *budget)
{
	struct ota_budget_options *options = &budget->options;
	enum cli_exit status;

	*budget = (struct budget_args){.image = 0};
	status = read_applier(args, &options->applier);
	if (status == CLI_DONE)
		status = read_size(args, "ram", UINT32_MAX, &options->has_ram, &options->ram);
	if (status == CLI_DONE)
		status = read_size(args, "scratch", UINT32_MAX, &options->has_scratch,
				   &options->scratch);
	if (status == CLI_DONE)
		status = read_image(args, &budget->image);
	if (status == CLI_DONE)
		status = read_installed(args, budget);
	if (status == CLI_DONE)
		status = read_links(args, budget);
	if (status == CLI_DONE)
		status = read_gates(args, options);
	return status;
}

enum cli_exit cli_read_budget_target(const struct budget_args *budget, const char *name,
				     struct ota_target *target)
{
	struct ota_diag diag = {.err = OTA_OK};
	enum cli_exit status = cli_read_target(name, target);

	/* A chip profile has no images at all, which is said where it is used. */
	if (status == CLI_DONE && (budget->image > 0 || target->n_images > 1) &&
	    ota_target_select(target, budget->image, &diag) != OTA_OK)
		status = cli_fail("--image", &diag);
	return status;
}

const char *cli_given_budget_arg(const struct cli_args *args)
{
	unsigned option;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (cli_given(args, names[i], &option))
			return names[i];
	}
	return NULL;
}

/* Is there a line that the RAM given is the limit of? Fragments of a link need some too. */
static bool looks_at_ram(const struct ota_budget_options *options, const struct ota_budget *judged)
{
	for (unsigned i = 0; i < judged->n; i++) {
		const struct ota_budget_line *line = &judged->line[i];

		if (line->where == OTA_PLACE_RAM && line->limited && line->has == options->ram)
			return true;
	}
	return false;
}

/* A link that tells no airtime keeps within any. */
static void warn_airtime(const struct ota_budget *judged)
{
	for (unsigned i = 0; i < judged->n_links; i++) {
		const struct ota_delivery *delivery = &judged->delivery[i];

		if (delivery->n_assumptions > 0 && delivery->packet_us == 0)
			cli_warning("--max-airtime",
				    "is not held against %s, whose airtime is not known: see "
				    "--max-delivery",
				    judged->link[i].name);
	}
}

void cli_warn_budget_args(const struct ota_budget_options *options, const struct ota_target *target,
			  const struct ota_budget *judged)
{
	if (options->has_ram && judged->applier == OTA_APPLIED_BY_GATEWAY &&
	    !looks_at_ram(options, judged))
		cli_warning("--ram", "is not looked at: the gateway applies the patch, see --on");
	if (options->has_max_airtime)
		warn_airtime(judged);
	if (options->has_scratch && target->layout.mode != OTA_MODE_SWAP_SCRATCH)
		cli_warning("--scratch", "is not looked at: %s has no scratch area",
			    ota_mode_name(target->layout.mode));
}
