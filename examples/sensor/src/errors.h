// SPDX-License-Identifier: Apache-2.0
#ifndef ERRORS_H
#define ERRORS_H

/* Functions that can fail return 0 or one of these. */
enum err {
	ERR_OK = 0,
	ERR_ARG = -1,
	ERR_RANGE = -2,
	ERR_NODEV = -3,
	ERR_NACK = -4,
	ERR_CRC = -5,
	ERR_FULL = -6,
	ERR_EMPTY = -7,
	ERR_FLASH = -8,
	ERR_FORMAT = -9,
	ERR_NOENT = -10,
	ERR_STATE = -11,
	ERR_NOMEM = -12,
	ERR_USAGE = -13,
	ERR_COUNT = 14,
};

const char *err_name(int err);
const char *err_text(int err);

#endif
