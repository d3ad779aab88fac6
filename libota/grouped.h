// SPDX-License-Identifier: Apache-2.0
/* Numbers in sentences. */
#ifndef GROUPED_H
#define GROUPED_H

#include <ota/number.h>

/* "452,536", in room that lives as long as the block around it. */
#define GROUPED(value) ota_number_grouped((value), (char[32]){""})

#endif
