// SPDX-License-Identifier: Apache-2.0
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "cli.h"

#define WORDS_MAX 16384 /* characters of one message */

/* How one speaks: as otatool, or as a command of imgtool's. Set once, as the mode is found. */
static struct {
	const char *command; /* NULL: as otatool; "": imgtool before its command is known */
	const char *arguments;
	bool usage_shown;
} imgtool;

void cli_speak_as_imgtool(const char *command, const char *arguments)
{
	imgtool.command = command;
	imgtool.arguments = arguments;
}

static void say(const char *kind, const char *subject, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

/* A control character in a name or an argument could forge a line of a log. */
static void put_text(const char *text)
{
	for (; *text; text++) {
		bool control = (unsigned char)*text < 0x20 || *text == 0x7f;

		(void)fputc(control ? '?' : *text, stderr);
	}
}

/* imgtool's kinds begin with a capital: "Error: ", as click prints them. */
static void put_kind(const char *kind)
{
	if (imgtool.command)
		(void)fprintf(stderr, "%c%s: ", toupper((unsigned char)kind[0]), kind + 1);
	else
		(void)fprintf(stderr, "otatool: %s: ", kind);
}

/* What click prints before it says what is wrong with a command line. */
static void put_usage(void)
{
	const char *space = imgtool.command[0] ? " " : "";

	if (imgtool.usage_shown)
		return;
	(void)fflush(stdout);
	imgtool.usage_shown = true;
	(void)fprintf(stderr, "Usage: imgtool%s%s [OPTIONS]%s%s\n", space, imgtool.command,
		      imgtool.arguments[0] ? " " : "", imgtool.arguments);
	(void)fprintf(stderr, "Try 'imgtool%s%s -h' for help.\n\n", space, imgtool.command);
}

static void say(const char *kind, const char *subject, const char *format, va_list args)
{
	char text[WORDS_MAX];

	/* In a log that takes both streams, words come after the report they belong to. */
	(void)fflush(stdout);
	put_kind(kind);
	if (subject) {
		put_text(subject[0] ? subject : "\"\"");
		(void)fputs(": ", stderr);
	}
	put_text(vsnprintf(text, sizeof(text), format, args) < 0 ? format : text);
	(void)fputc('\n', stderr);
}

enum cli_exit cli_error(enum cli_exit code, const char *subject, const char *format, ...)
{
	va_list args;

	if (imgtool.command && code == CLI_USAGE)
		put_usage();
	va_start(args, format);
	say("error", subject, format, args);
	va_end(args);
	return code;
}

void cli_hint(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("hint", NULL, format, args);
	va_end(args);
}

void cli_warning(const char *subject, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("warning", subject, format, args);
	va_end(args);
}

enum cli_exit cli_exit_of(enum ota_err err)
{
	switch (err) {
	case OTA_OK:
		return CLI_DONE;
	case OTA_E_TRUNCATED:
	case OTA_E_MALFORMED:
	case OTA_E_UNSUPPORTED:
	case OTA_E_ABSENT:
		return CLI_BAD_INPUT;
	case OTA_E_DIGEST:
	case OTA_E_SIGNATURE:
	case OTA_E_UNSIGNED:
	case OTA_E_NO_FIT:
	case OTA_E_WRONG_BASE:
	case OTA_E_REFUSED:
		return CLI_NO;
	case OTA_E_USAGE:
		return CLI_USAGE;
	case OTA_E_MEMORY:
	case OTA_E_IO:
	case OTA_E_ROOM:
	case OTA_E_EXISTS:
	case OTA_E_CRYPTO:
		return CLI_ENVIRONMENT;
	}
	return CLI_ENVIRONMENT;
}

enum cli_exit cli_fail(const char *subject, const struct ota_diag *diag)
{
	(void)cli_error(CLI_NO, subject, "%s",
			diag->text[0] ? diag->text : ota_err_name(diag->err));
	if (diag->hint[0])
		cli_hint("%s", diag->hint);
	return cli_exit_of(diag->err);
}

const char *cli_list(const char *(*name)(size_t index), char out[128])
{
	out[0] = '\0';
	for (size_t i = 0; name(i); i++)
		ota_list_add(out, 128, name(i));
	return out;
}

double cli_percent(uint64_t part, uint64_t whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

void cli_print_hex(struct ota_span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		printf("%02x", bytes.data[i]);
}
