// SPDX-License-Identifier: Apache-2.0
/*
 * The command line's shared words: what a command is, what it was given, how it speaks. Commands
 * are rows of commands.def and one file cmd_<verb>.c each.
 */
#ifndef CLI_H
#define CLI_H

#include <ota/diag.h>
#include <ota/number.h>

/* Exit codes: design rule, the same for every command. */
enum cli_exit {
	CLI_DONE = 0,
	CLI_NO = 1, /* does not verify, does not fit, wrong base */
	CLI_USAGE = 2,
	CLI_BAD_INPUT = 3,   /* malformed, truncated, unsupported */
	CLI_ENVIRONMENT = 4, /* input, output, memory, token */
};

struct cli_option {
	const char *name;  /* long name without dashes */
	char letter;       /* 0: none */
	const char *value; /* what it takes, for the help; NULL: a flag */
	const char *help;
	bool two_values;
};

struct cli_given {
	unsigned option; /* index into the command's options */
	const char *value[2];
};

struct cli_example {
	const char *line;
	const char *what;
};

struct cli_args;

struct cli_command {
	const char *usage;                  /* behind "otatool " */
	const struct cli_example *examples; /* ends with a NULL line */
	const char *about;                  /* prose, wrapped by hand at 76 columns; NULL: none */
	const struct cli_option *options;
	unsigned n_options;
	unsigned min_positionals;
	unsigned max_positionals;
	const char *positionals; /* their names, for messages: "IN and OUT" */
	bool raw;                /* all words are positionals: it reads its options itself */
	bool asks_nothing;       /* no passphrase is asked for: exit 2 where one is missing */
	enum cli_exit (*run)(const struct cli_args *args);
};

/* A row of commands.def. */
struct cli_row {
	const char *name;
	const char *summary; /* NULL: an alias, not shown in the list */
	const struct cli_command *command;
	bool imgtool; /* of imgtool's commands: its numbers, defaults and refusals (imgtool.c) */
};

extern const struct cli_row cli_rows[];
extern const unsigned cli_n_rows;

/* The row of that name, or NULL. */
const struct cli_row *cli_find_command(const char *name);
/*
 * The row that the first words name, one or two ("matrix plan"), or NULL; `*n_words` is how many
 * they are.
 */
const struct cli_row *cli_find_words(int argc, const char *const *argv, int *n_words);
/* True when commands begin with that word and another follows. */
bool cli_is_group(const char *name);
bool cli_in_group(const struct cli_row *row, const char *group);
/* Says that there is no such command, and which one is near. Returns CLI_USAGE. */
enum cli_exit cli_unknown_command(const char *name);
/* The same for the second word; NULL: there is none. */
enum cli_exit cli_unknown_in_group(const char *group, const char *name);

/* What a command was given. Owns its arrays; strings are argv's. */
struct cli_args {
	const struct cli_row *row;
	struct cli_given *given;
	unsigned n_given;
	const char **positional;
	unsigned n_positionals;
	bool help;
};

/* args.c -- reading argv ---------------------------------------------------------------------- */

/*
 * Splits argv[0..argc) by the row's table: options anywhere, `--opt value`, `--opt=value`,
 * `-S0x1000`, `--`. Says what is wrong, and what was meant, and returns CLI_USAGE.
 */
enum cli_exit cli_args_read(const struct cli_row *row, int argc, const char *const *argv,
			    struct cli_args *args);
void cli_args_free(struct cli_args *args);

bool cli_has(const struct cli_args *args, unsigned option);
/* The last value given, or NULL. */
const char *cli_value(const struct cli_args *args, unsigned option);
/* The option's index in the command's table; false: the command has none of that name. */
bool cli_find_option(const struct cli_args *args, const char *name, unsigned *option);
/* The same; false also when it was not given. */
bool cli_given(const struct cli_args *args, const char *name, unsigned *option);
/* How often it was given. */
unsigned cli_count(const struct cli_args *args, unsigned option);

/*
 * The option's last value as a number of at most `max`; `*value` is left alone when it was not
 * given. cli_size also takes K, KiB, M and MiB. For a command of imgtool's both read what imgtool
 * reads (imgtool_number.c). Says what is wrong and returns CLI_USAGE.
 */
enum cli_exit cli_number(const struct cli_args *args, unsigned option, uint64_t max,
			 uint64_t *value);
enum cli_exit cli_size(const struct cli_args *args, unsigned option, uint64_t max, uint64_t *value);

/* The same for one given text, which messages call `name`. */
enum cli_exit cli_parse_number(const char *name, const char *text, uint64_t max, uint64_t *value);
enum cli_exit cli_parse_size(const char *name, const char *text, uint64_t max, uint64_t *value);

/* The index of the option's last value among `words` (NULL at the end); CLI_USAGE names them. */
enum cli_exit cli_choice(const struct cli_args *args, unsigned option, const char *const *words,
			 unsigned *index);

/* print.c -- words on stderr ------------------------------------------------------------------ */

/*
 * From now on words are imgtool's: "Error: SUBJECT: text", and before a usage error how `command`
 * is used: its name and `arguments`. Both are kept, not copied; `command` may be empty.
 */
void cli_speak_as_imgtool(const char *command, const char *arguments);

/* `otatool: error: SUBJECT: text`; subject may be NULL. Returns `code`. */
enum cli_exit cli_error(enum cli_exit code, const char *subject, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void cli_hint(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_warning(const char *subject, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Says what the library says, with its hint, and returns the exit code that goes with it. */
enum cli_exit cli_fail(const char *subject, const struct ota_diag *diag);
enum cli_exit cli_exit_of(enum ota_err err);

/* "a, b, c" from a table's name function into `out`, which is returned. */
const char *cli_list(const char *(*name)(size_t index), char out[128]);
/* Of `whole`; 0 of nothing. */
double cli_percent(uint64_t part, uint64_t whole);
/* The bytes as hex digits on stdout. */
void cli_print_hex(struct ota_span bytes);

/* help.c -------------------------------------------------------------------------------------- */

void cli_print_overview(void);
void cli_print_help(const struct cli_row *row);
/* The commands of a group. */
void cli_print_group(const char *group);
/* The same in imgtool's form; `arguments` are the names of its positionals. */
void cli_print_imgtool_help(const struct cli_row *row, const char *arguments);
/* The manual page, in man(7) source. */
void cli_print_man(void);

#endif
