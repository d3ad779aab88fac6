// SPDX-License-Identifier: Apache-2.0
#include "units.h"

#include <string.h>

#include "errors.h"

const struct unit unit_table[] = {
	{ "l", "volume", 1.0, 0.0 },
	{ "ml", "volume", 0.001, 0.0 },
	{ "m3", "volume", 1000.0, 0.0 },
	{ "gal", "volume", 3.785411784, 0.0 },
	{ "impgal", "volume", 4.54609, 0.0 },
	{ "ft3", "volume", 28.316846592, 0.0 },
	{ "l/h", "flow", 1.0, 0.0 },
	{ "l/min", "flow", 60.0, 0.0 },
	{ "l/s", "flow", 3600.0, 0.0 },
	{ "m3/h", "flow", 1000.0, 0.0 },
	{ "gpm", "flow", 227.12470704, 0.0 },
	{ "Pa", "pressure", 1.0, 0.0 },
	{ "hPa", "pressure", 100.0, 0.0 },
	{ "kPa", "pressure", 1000.0, 0.0 },
	{ "bar", "pressure", 100000.0, 0.0 },
	{ "psi", "pressure", 6894.757293168, 0.0 },
	{ "mH2O", "pressure", 9806.65, 0.0 },
	{ "mmHg", "pressure", 133.322387415, 0.0 },
	{ "atm", "pressure", 101325.0, 0.0 },
	{ "C", "temperature", 1.0, 273.15 },
	{ "K", "temperature", 1.0, 0.0 },
	{ "F", "temperature", 5.0 / 9.0, 459.67 * 5.0 / 9.0 },
	{ "s", "time", 1.0, 0.0 },
	{ "min", "time", 60.0, 0.0 },
	{ "h", "time", 3600.0, 0.0 },
	{ "d", "time", 86400.0, 0.0 },
	{ "J", "energy", 1.0, 0.0 },
	{ "kWh", "energy", 3.6e6, 0.0 },
	{ "kcal", "energy", 4184.0, 0.0 },
};

const size_t unit_count = sizeof(unit_table) / sizeof(unit_table[0]);

const struct unit *unit_find(const char *name)
{
	for (size_t i = 0; i < unit_count; i++) {
		if (!strcmp(unit_table[i].name, name))
			return &unit_table[i];
	}
	return NULL;
}

int unit_convert(double value, const char *from, const char *to, double *result)
{
	const struct unit *a = unit_find(from);
	const struct unit *b = unit_find(to);

	if (!a || !b)
		return ERR_NOENT;
	if (strcmp(a->quantity, b->quantity))
		return ERR_ARG;
	*result = (value * a->factor + a->offset - b->offset) / b->factor;
	return ERR_OK;
}
