// SPDX-License-Identifier: Apache-2.0
/* Help and the manual page, both from the command table. */
#include <stdio.h>

#include "cli.h"
#include "imgtool.h"

#define OPTION_COLUMN 30

void cli_print_overview(void)
{
	printf("otatool makes MCUboot images, signs them, makes patches between them and proves "
	       "that\n"
	       "an update fits its device.\n\n"
	       "  otatool keygen -t ed25519 -o key.pem\n"
	       "  otatool sign app.bin -o app-1.2.0.img -k key.pem --version 1.2.0 \\\n"
	       "          --header-size 0x200 --pad-header --slot-size 448K\n"
	       "  otatool diff old.img new.img -o update.patch --format bsdiff\n"
	       "  otatool check update.patch --old old.img --new new.img --target "
	       "water-meter-l476\n\n"
	       "Commands:\n");
	for (unsigned i = 0; i < cli_n_rows; i++) {
		if (cli_rows[i].summary)
			printf("  %-14s %s\n", cli_rows[i].name, cli_rows[i].summary);
	}
	printf("\n\"otatool help COMMAND\" explains one; \"otatool COMMAND --help\" does the "
	       "same.\n"
	       "Exit codes: 0 done, 1 the answer is no, 2 usage, 3 bad input, 4 environment.\n");
}

void cli_print_group(const char *group)
{
	printf("Commands of otatool %s:\n", group);
	for (unsigned i = 0; i < cli_n_rows; i++) {
		if (cli_rows[i].summary && cli_in_group(&cli_rows[i], group))
			printf("  %-14s %s\n", cli_rows[i].name, cli_rows[i].summary);
	}
	printf("\n\"otatool help %s COMMAND\" explains one.\n", group);
}

/* "  -k, --key KEY" and the help text beside it, or below when it is long. */
static void print_option(const struct cli_option *option, char short_name)
{
	char letter[8] = "    ";
	char left[96];
	int n;

	if (short_name)
		(void)snprintf(letter, sizeof(letter), "-%c, ", short_name);
	n = snprintf(left, sizeof(left), "  %s--%s%s%s", letter, option->name,
		     option->value ? " " : "", option->value ? option->value : "");
	if (n >= OPTION_COLUMN)
		printf("%s\n%*s%s\n", left, OPTION_COLUMN, "", option->help);
	else
		printf("%-*s%s\n", OPTION_COLUMN, left, option->help);
}

static void print_options(const struct cli_row *row)
{
	const struct cli_command *command = row->command;

	if (command->n_options > 0)
		printf("\nOptions:\n");
	for (unsigned i = 0; i < command->n_options; i++) {
		char letter = command->options[i].letter;

		/* One that stands for something else in a fork of imgtool's is not taken. */
		if (imgtool_fork_of_letter(row, letter))
			letter = '\0';
		print_option(&command->options[i], letter);
	}
}

void cli_print_help(const struct cli_row *row)
{
	const struct cli_command *command = row->command;

	printf("otatool %s: %s\n", row->name, row->summary ? row->summary : "see its full name");
	printf("\nUsage: otatool %s\n\nExamples:\n", command->usage);
	for (const struct cli_example *e = command->examples; e->line; e++)
		printf("  %s\n      %s\n", e->line, e->what);
	if (command->about)
		printf("\n%s\n", command->about);
	print_options(row);
}

void cli_print_imgtool_help(const struct cli_row *row, const char *arguments)
{
	printf("Usage: imgtool %s [OPTIONS]%s%s\n\n  imgtool %s: %s\n", row->name,
	       arguments[0] ? " " : "", arguments, row->name, row->summary);
	print_options(row);
	printf("%s  -h, --help                  show this text\n",
	       row->command->n_options > 0 ? "" : "\nOptions:\n");
}

/* Text for man(7): a leading dot or quote is text, a minus is a minus, a backslash a backslash. */
static void print_man_text(const char *text)
{
	bool at_start = true;

	for (; *text; text++) {
		if (at_start && (*text == '.' || *text == '\''))
			printf("\\&");
		if (*text == '-')
			printf("\\-");
		else if (*text == '\\')
			printf("\\e");
		else
			putchar(*text);
		at_start = *text == '\n';
	}
}

static void print_man_option(const struct cli_option *option)
{
	printf(".TP\n");
	if (option->letter)
		printf("\\fB\\-%c\\fR, ", option->letter);
	printf("\\fB\\-\\-");
	print_man_text(option->name);
	printf("\\fR");
	if (option->value) {
		printf(" \\fI");
		print_man_text(option->value);
		printf("\\fR");
	}
	printf("\n");
	print_man_text(option->help);
	printf("\n");
}

static void print_man_command(const struct cli_row *row)
{
	const struct cli_command *command = row->command;

	printf(".SS otatool ");
	print_man_text(command->usage);
	printf("\n");
	print_man_text(row->summary);
	printf(".\n");
	for (const struct cli_example *e = command->examples; e->line; e++) {
		printf(".PP\n.nf\n    ");
		print_man_text(e->line);
		printf("\n.fi\n.PP\n");
		print_man_text(e->what);
		printf("\n");
	}
	if (command->about) {
		printf(".PP\n");
		print_man_text(command->about);
		printf("\n");
	}
	for (unsigned i = 0; i < command->n_options; i++)
		print_man_option(&command->options[i]);
}

void cli_print_man(void)
{
	printf(".TH OTATOOL 1 \"\" \"otatool " OTATOOL_VERSION "\" \"User Commands\"\n"
	       ".SH NAME\notatool \\- MCUboot images, patches and the proof that they fit\n"
	       ".SH SYNOPSIS\n.B otatool\n.I COMMAND\n[\\fIOPTION\\fR...] [\\fIFILE\\fR...]\n"
	       ".SH DESCRIPTION\n"
	       "Takes a microcontroller firmware build to a proven over\\-the\\-air update: makes\n"
	       "MCUboot images, signs them, makes patches between two of them, and checks to the\n"
	       "byte that an update fits its device.\n.PP\n"
	       "Options and files may stand in any order. \\fB\\-\\fR is standard input or "
	       "output.\n"
	       "Of an option given twice, the last one counts. Long options are not abbreviated.\n"
	       "Sizes are written 4096, 0x1000, 4K or 1MiB (K = KiB = 1024).\n"
	       ".SH COMMANDS\n");
	for (unsigned i = 0; i < cli_n_rows; i++) {
		if (cli_rows[i].summary)
			print_man_command(&cli_rows[i]);
	}
	printf(".SH EXIT STATUS\n"
	       ".TP\n0\ndone\n"
	       ".TP\n1\nthe answer is no: does not verify, does not fit, wrong old image\n"
	       ".TP\n2\nthe command line is wrong\n"
	       ".TP\n3\nthe input is malformed, truncated or not supported\n"
	       ".TP\n4\nthe environment failed: files, memory, crypto library\n"
	       ".SH FILES\n"
	       "An output is written whole or not at all: to a temporary file beside it, which "
	       "then\n"
	       "takes its name. Only a kill that cannot be caught leaves the temporary file, whose "
	       "name\n"
	       "starts with .otatool\\-; a new private key has no name before it is whole, where "
	       "the\n"
	       "system can do that. Outputs that are devices or pipes are written directly. New\n"
	       "private keys have mode 0600 and never replace a file unless "
	       "\\fB\\-\\-force\\fR is\n"
	       "given.\n"
	       ".SH REPRODUCIBILITY\n"
	       "The same inputs give the same bytes on every machine. ECDSA signatures are\n"
	       "deterministic (RFC 6979), Ed25519 signatures always are. Exceptions: "
	       "\\fBkeygen\\fR,\n"
	       "encryption, \\fB\\-\\-random\\-nonce\\fR, RSA signatures, whose salt is "
	       "random, and\n"
	       "signatures that a PKCS#11 token or another program makes. Compressed images "
	       "depend on\n"
	       "the version of liblzma.\n"
	       ".SH SEE ALSO\n"
	       "otatool-target(5), bsdiff(1), bspatch(1), openssl(1)\n");
}
