// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <ota/file.h>
#include <ota/key.h>

#include "io.h"
#include "prompt.h"

#define PROMPT_MAX    512 /* characters of a question */
#define STDIN_WAIT_MS 1000

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define N_SIGNALS (sizeof(ending_signals) / sizeof(ending_signals[0]))

/* What the handler needs; it ends the process, so nobody sees it change. */
static struct {
	int fd;
	struct termios before;
} terminal;

/* A shell without echo is what an interrupted prompt must not leave behind. */
static void restore_and_end(int number)
{
	struct sigaction action = {.sa_handler = SIG_DFL};

	(void)tcsetattr(terminal.fd, TCSANOW, &terminal.before);
	(void)sigaction(number, &action, NULL);
	(void)raise(number); /* taken when the handler returns */
}

static void catch_signals(struct sigaction before[N_SIGNALS])
{
	struct sigaction action = {.sa_handler = restore_and_end};

	for (size_t i = 0; i < N_SIGNALS; i++) {
		(void)sigaction(ending_signals[i], NULL, &before[i]);
		/* One that is ignored, as under nohup, stays so. */
		if (before[i].sa_handler != SIG_IGN)
			(void)sigaction(ending_signals[i], &action, NULL);
	}
}

static void release_signals(const struct sigaction before[N_SIGNALS])
{
	for (size_t i = 0; i < N_SIGNALS; i++)
		(void)sigaction(ending_signals[i], &before[i], NULL);
}

/* A name in the question may come from a token; it must not steer the terminal. */
static enum cli_exit ask(int fd, const char *text)
{
	struct ota_diag diag = {.err = OTA_OK};
	char shown[PROMPT_MAX];
	size_t len = 0;

	while (len < sizeof(shown) && text[len]) {
		bool control = (unsigned char)text[len] < 0x20 || text[len] == 0x7f;

		shown[len] = text[len];
		if (control)
			shown[len] = '?';
		len++;
	}
	if (ota_file_write_fd(fd, ota_span_of(shown, len), &diag) != OTA_OK)
		return cli_fail("terminal", &diag);
	return CLI_DONE;
}

/* Asks on one descriptor and reads the line from another, without its end. */
static enum cli_exit ask_and_read(const char *text, int out, int in, const char *name,
				  struct ota_buf *line)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf raw = ota_buf_init(OTA_PASSPHRASE_MAX + 1);
	enum cli_exit status = ask(out, text);

	if (status == CLI_DONE)
		status = cli_read_line(in, name, &raw);
	if (raw.len > 0 && raw.data[raw.len - 1] == '\n')
		raw.len--;
	else if (status == CLI_DONE && raw.len == raw.ceiling)
		status = cli_error(CLI_BAD_INPUT, name, "more than the %u bytes that are taken",
				   OTA_PASSPHRASE_MAX);
	if (status == CLI_DONE && raw.len == 0)
		status = cli_error(CLI_BAD_INPUT, name, "nothing was entered");
	if (status == CLI_DONE && ota_buf_append(line, ota_buf_span(&raw), &diag) != OTA_OK)
		status = cli_fail(name, &diag);
	ota_buf_wipe(&raw);
	return status;
}

enum cli_exit cli_prompt(const char *text, struct ota_buf *line)
{
	struct sigaction before[N_SIGNALS];
	struct termios unseen;
	enum cli_exit status;
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction stop;

	terminal.fd = cli_open_terminal();
	if (terminal.fd < 0)
		return CLI_USAGE;
	if (tcgetattr(terminal.fd, &terminal.before) != 0) {
		(void)close(terminal.fd);
		return CLI_USAGE;
	}
	unseen = terminal.before;
	unseen.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	/* Stopped and continued, the program would find the shell's settings, echo and all; and
	 * stopped at the end of it, with the passphrase in memory. */
	(void)sigaction(SIGTSTP, &ignore, &stop);
	catch_signals(before);
	/* Without echo or not at all; what was typed ahead was seen and does not count. */
	if (tcsetattr(terminal.fd, TCSAFLUSH, &unseen) != 0)
		status = cli_error(CLI_ENVIRONMENT, "terminal", "cannot turn its echo off");
	else
		status = ask_and_read(text, terminal.fd, terminal.fd, "terminal", line);
	(void)tcsetattr(terminal.fd, TCSAFLUSH, &terminal.before);
	release_signals(before);
	(void)sigaction(SIGTSTP, &stop, NULL);
	/* The newline that was typed was not shown. */
	(void)!write(terminal.fd, "\n", 1);
	(void)close(terminal.fd);
	return status;
}

enum cli_exit cli_prompt_or_stdin(const char *text, struct ota_buf *line)
{
	enum cli_exit status = cli_prompt(text, line);

	if (status != CLI_USAGE)
		return status;
	status = ask_and_read(text, STDERR_FILENO, STDIN_FILENO, "standard input", line);
	/* No one typed a newline behind the question. */
	(void)!write(STDERR_FILENO, "\n", 1);
	return status;
}

/* True when standard input is a pipe or a file that something can be read from. */
static bool stdin_offers(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	struct stat st;

	return fstat(STDIN_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode)) &&
	       poll(&in, 1, STDIN_WAIT_MS) == 1 && (in.revents & POLLIN) != 0;
}

enum cli_exit cli_prompt_or_piped(const char *text, struct ota_buf *line)
{
	enum cli_exit status = cli_prompt(text, line);

	if (status != CLI_USAGE || !stdin_offers())
		return status;
	return ask_and_read(text, STDERR_FILENO, STDIN_FILENO, "standard input", line);
}
