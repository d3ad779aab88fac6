// SPDX-License-Identifier: Apache-2.0
/* Links and times named on the command line. */
#ifndef CLI_LINK_ARG_H
#define CLI_LINK_ARG_H

#include <ota/link.h>

#include "cli.h"

/*
 * Every value of a repeatable option as a link, KIND[,KEY=VALUE...], in the order given; none of
 * two may have the same name. Fills `links` and `n`, which is 0 when the option was not given. Says
 * what is wrong and returns CLI_USAGE.
 */
enum cli_exit cli_read_links(const struct cli_args *args, unsigned option,
			     struct ota_link links[OTA_LINKS_MAX], unsigned *n);

/*
 * The option's last value as a time in microseconds; `*us` is left alone when it was not given.
 * Says what is wrong and returns CLI_USAGE.
 */
enum cli_exit cli_duration(const struct cli_args *args, unsigned option, uint64_t *us);

#endif
