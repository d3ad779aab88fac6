// SPDX-License-Identifier: Apache-2.0
/*
 * The options that shape a patch, as diff and matrix plan have them. They are looked up by name in
 * the command's table.
 */
#ifndef CLI_DELTA_ARGS_H
#define CLI_DELTA_ARGS_H

#include <ota/delta.h>
#include <ota/target.h>

#include "cli.h"

/* The options, for a command's enum and for its table. */
#define DELTA_OPTION_IDS                                                                           \
	FORMAT, WINDOW, SOURCE_WINDOW, SECONDARY, TIER, ARCH, BASE, IN_PLACE, SAFE_DISTANCE, BLOCK

#define DELTA_OPTION_ROWS                                                                          \
	[FORMAT] = {.name = "format",                                                              \
		    .value = "FORMAT",                                                             \
		    .help = "otd, for devices (default); bsdiff, which bspatch reads; or vcdiff "  \
			    "(xdelta3), which xdelta3 reads; with --target the default is the "    \
			    "best that fits"},                                                     \
	[WINDOW] = {.name = "window",                                                              \
		    .value = "N",                                                                  \
		    .help = "vcdiff: bytes of new that a decoder must hold (default 8M, at most "  \
			    "16M)"},                                                               \
	[SOURCE_WINDOW] =                                                                          \
		{.name = "source-window",                                                          \
		 .value = "N",                                                                     \
		 .help = "vcdiff: most bytes of old that one window uses (default: all)"},         \
	[SECONDARY] = {.name = "secondary",                                                        \
		       .value = "none|lzma",                                                       \
		       .help = "vcdiff: compress its sections, as xdelta3 -S (default none)"},     \
	[TIER] =                                                                                   \
		{.name = "tier",                                                                   \
		 .value = "nano|xs|m",                                                             \
		 .help = "otd: memory of the device's decoder: 1 KiB (nano), 4 KiB (xs, default) " \
			 "or 16 KiB (m)"},                                                         \
	[ARCH] = {.name = "arch",                                                                  \
		  .value = "auto|thumb|rv32|xtensa|none",                                          \
		  .help = "otd: code in the images (default auto: what is found, where it pays)"}, \
	[BASE] = {.name = "base",                                                                  \
		  .value = "ADDR",                                                                 \
		  .help = "otd: address of the images' first byte in memory (default: it is "      \
			  "looked "                                                                \
			  "for)"},                                                                 \
	[IN_PLACE] = {.name = "in-place",                                                          \
		      .help = "otd: for a device with one slot, which makes new where old lies"},  \
	[SAFE_DISTANCE] =                                                                          \
		{.name = "safe-distance",                                                          \
		 .value = "N",                                                                     \
		 .help = "in place: bytes of old that stay readable behind the one that "          \
			 "is written (default 16K; with --target as many as the slot has "         \
			 "room for)"},                                                             \
	[BLOCK] = {.name = "block",                                                                \
		   .value = "N",                                                                   \
		   .help = "in place: bytes that the device erases at a time, a power of two "     \
			   "(default 4K; with --target the profile's)"}

/* What was given. Zeroed it is nothing. */
struct delta_args {
	struct ota_delta_plan plan;
	bool has_secondary;
	bool has_distance; /* in place: given, not the default */
	size_t distance;   /* in place: bytes that stay readable */
};

/*
 * Reads the options above. Without --format the plan's is the default one, or NULL with a target:
 * the best is looked for. Says what is wrong and returns CLI_USAGE. Fills `delta`.
 */
enum cli_exit cli_read_delta_args(const struct cli_args *args, bool has_target,
				  struct delta_args *delta);

/*
 * A device that updates in place takes no other patches; NULL: no target. Says what does not go
 * together and returns CLI_USAGE.
 */
enum cli_exit cli_check_delta_place(const struct ota_target *target, struct delta_args *delta);

#endif
