// SPDX-License-Identifier: Apache-2.0
#include "hex.h"

#include <ctype.h>
#include <stdio.h>

#include "errors.h"

#define ROW	16

void hex_print(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		printf("%02x", data[i]);
	printf("\n");
}

static void dump_row(uint32_t addr, const uint8_t *data, size_t len)
{
	printf("%08lx ", (unsigned long)addr);
	for (size_t i = 0; i < ROW; i++) {
		if (i < len)
			printf(" %02x", data[i]);
		else
			printf("   ");
	}
	printf("  ");
	for (size_t i = 0; i < len; i++)
		putchar(isprint(data[i]) ? data[i] : '.');
	printf("\n");
}

void hex_dump(uint32_t addr, const uint8_t *data, size_t len)
{
	for (size_t at = 0; at < len; at += ROW)
		dump_row(addr + (uint32_t)at, data + at, len - at < ROW ? len - at : ROW);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : ERR_FORMAT;
}

int hex_parse(const char *text, uint8_t *out, size_t room)
{
	size_t n = 0;

	while (*text) {
		int high = digit(text[0]);
		int low = high < 0 ? high : digit(text[1]);

		if (low < 0)
			return ERR_FORMAT;
		if (n == room)
			return ERR_FULL;
		out[n++] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	return (int)n;
}
