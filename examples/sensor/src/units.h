// SPDX-License-Identifier: Apache-2.0
#ifndef UNITS_H
#define UNITS_H

#include <stddef.h>

struct unit {
	const char *name;
	const char *quantity;
	double factor;		/* base = value * factor + offset */
	double offset;
};

extern const struct unit unit_table[];
extern const size_t unit_count;

const struct unit *unit_find(const char *name);
int unit_convert(double value, const char *from, const char *to, double *result);

#endif
