// SPDX-License-Identifier: Apache-2.0
/*
 * The options that say whom a budget is for and what it may cost, as check and diff have them. They
 * are looked up by name in the command's table.
 */
#ifndef CLI_BUDGET_ARGS_H
#define CLI_BUDGET_ARGS_H

#include <ota/budget.h>

#include "cli.h"

/* The options, for a command's enum and for its table. */
#define BUDGET_OPTION_IDS                                                                          \
	ON, RAM, SCRATCH, IMAGE, INSTALLED, LINK, MAX_PATCH, MAX_AIRTIME, MAX_DELIVERY, MAX_RAM,   \
		MAX_ERASES

#define BUDGET_OPTION_ROWS                                                                         \
	[ON] = {.name = "on",                                                                      \
		.value = "device|gateway",                                                         \
		.help = "who applies the patch (default: the profile's decoders say)"},            \
	[RAM] = {.name = "ram",                                                                    \
		 .value = "N",                                                                     \
		 .help = "bytes the updater may use, not the profile's"},                          \
	[SCRATCH] = {.name = "scratch",                                                            \
		     .value = "N",                                                                 \
		     .help = "bytes of the scratch area, not the profile's"},                      \
	[IMAGE] = {.name = "image",                                                                \
		   .value = "N",                                                                   \
		   .help = "which of the target's images it is for (default 0)"},                  \
	[INSTALLED] = {.name = "installed",                                                        \
		       .value = "N=VERSION",                                                       \
		       .help = "version of another image that the device has, for dependencies; "  \
			       "again for each"},                                                  \
	[LINK] = {.name = "link",                                                                  \
		  .value = "KIND[,KEY=VALUE...]",                                                  \
		  .help = "how it travels, instead of the profile's links: lorawan, nb-iot, "      \
			  "lte-m or ble; again for each"},                                         \
	[MAX_PATCH] = {.name = "max-patch", .value = "N", .help = "most bytes that may be sent"},  \
	[MAX_AIRTIME] = {.name = "max-airtime",                                                    \
			 .value = "TIME",                                                          \
			 .help = "most time on air, over the slowest link: 90s, 30m, 2h"},         \
	[MAX_DELIVERY] = {.name = "max-delivery",                                                  \
			  .value = "TIME",                                                         \
			  .help = "most time from first to last packet, over the slowest link"},   \
	[MAX_RAM] = {.name = "max-ram",                                                            \
		     .value = "N",                                                                 \
		     .help = "most bytes of updater RAM and stack together"},                      \
	[MAX_ERASES] = {.name = "max-erases",                                                      \
			.value = "N",                                                              \
			.help = "most sectors that one upgrade may erase"}

/* What was given; `options` borrows from the arrays, so it stays where it is. */
struct budget_args {
	struct ota_budget_options options;
	struct ota_link links[OTA_LINKS_MAX];
	struct ota_installed installed[OTA_TARGET_IMAGES_MAX];
	unsigned image;
};

/* Reads the options above. Says what is wrong and returns CLI_USAGE. Fills `budget`. */
enum cli_exit cli_read_budget_args(const struct cli_args *args, struct budget_args *budget);

/* cli_read_target, with the image that --image asks for selected. */
enum cli_exit cli_read_budget_target(const struct budget_args *budget, const char *name,
				     struct ota_target *target);

/* The first of the options that was given, for a command that has no use for them; or NULL. */
const char *cli_given_budget_arg(const struct cli_args *args);

/* A limit that was given and not looked at must not pass for one that was kept. */
void cli_warn_budget_args(const struct ota_budget_options *options, const struct ota_target *target,
			  const struct ota_budget *judged);

#endif
