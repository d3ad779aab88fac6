// SPDX-License-Identifier: Apache-2.0
#include "errors.h"

struct err_entry {
	const char *name;
	const char *text;
};

static const struct err_entry entries[ERR_COUNT] = {
	[0] = { "OK", "success" },
	[1] = { "ARG", "an argument is missing or malformed" },
	[2] = { "RANGE", "the value is outside the permitted range" },
	[3] = { "NODEV", "no device answers at this bus address" },
	[4] = { "NACK", "the device did not acknowledge a byte" },
	[5] = { "CRC", "the checksum does not match the contents" },
	[6] = { "FULL", "there is no room left" },
	[7] = { "EMPTY", "there is nothing to read" },
	[8] = { "FLASH", "the flash cell cannot be programmed without an erase" },
	[9] = { "FORMAT", "the data does not have the expected structure" },
	[10] = { "NOENT", "no entry has this name" },
	[11] = { "STATE", "the operation is not possible at this point" },
	[12] = { "NOMEM", "the heap is exhausted" },
	[13] = { "USAGE", "wrong usage, see the help of the command" },
};

static const struct err_entry *err_find(int err)
{
	static const struct err_entry unknown = { "UNKNOWN", "an undocumented error code" };

	if (err > 0 || err <= -ERR_COUNT)
		return &unknown;
	return &entries[-err];
}

const char *err_name(int err)
{
	return err_find(err)->name;
}

const char *err_text(int err)
{
	return err_find(err)->text;
}
