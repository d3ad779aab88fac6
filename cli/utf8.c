// SPDX-License-Identifier: Apache-2.0
#include "utf8.h"

size_t cli_utf8_read(const char *text, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *at = (const unsigned char *)text;
	size_t len = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

	if (len == 0 || at[0] > 0xf4)
		return 0;
	*code = len == 1 ? at[0] : at[0] & (0x7fU >> len);
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (at[i] & 0x3fU);
	}
	if (*code < least[len] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return len;
}

bool cli_utf8_is_shown(uint32_t code)
{
	static const uint32_t hidden[][2] = {
		{0x00, 0x1f},       {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},
		{0x180e, 0x180e},   {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
		{0xfe00, 0xfe0f},   {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xfffe, 0xffff},
		{0xe0000, 0xe0fff},
	};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		if (code >= hidden[i][0] && code <= hidden[i][1])
			return false;
	}
	return (code & 0xfffeU) != 0xfffeU; /* of no plane these two are characters */
}

size_t cli_utf8_columns(const char *text, size_t len)
{
	size_t n = 0;

	/* What goes on a character has 10 for its two highest bits. */
	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0U) != 0x80U;
	return n;
}
