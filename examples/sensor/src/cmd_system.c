// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "board.h"
#include "cmd.h"
#include "crc.h"
#include "errors.h"
#include "eventlog.h"
#include "image.h"
#include "memory.h"
#include "rtc.h"
#include "sched.h"
#include "shell.h"
#include "tick.h"
#include "uart.h"
#include "version.h"

#define ADVANCE_MAX	(90.0 * SECONDS_PER_DAY)

int arg_number(const char *text, double min, double max, double *value)
{
	char *end;

	*value = strtod(text, &end);
	if (end == text || *end)
		return ERR_ARG;
	return *value >= min && *value <= max ? ERR_OK : ERR_RANGE;
}

int cmd_help(int argc, char **argv)
{
	const struct shell_command *c;

	if (argc > 1) {
		c = shell_find(argv[1]);
		if (!c)
			return ERR_NOENT;
		printf("%s %s\n  %s\n", c->name, c->args, c->help);
		return ERR_OK;
	}
	for (size_t i = 0; i < shell_command_count; i++)
		printf("  %-10s %s\n", shell_commands[i].name, shell_commands[i].help);
	return ERR_OK;
}

int cmd_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("%s %s\n", VERSION_NAME, VERSION_TEXT);
	return ERR_OK;
}

int cmd_date(int argc, char **argv)
{
	char text[RTC_TEXT_LEN];
	struct rtc_date d;
	uint32_t old = rtc_now();
	uint32_t now = old;
	int err = argc > 1 ? rtc_parse(argv[1], &now) : ERR_OK;

	if (err)
		return err;
	if (argc > 1) {
		rtc_set(now);
		history_init(&app.history, now);
		event_add(EV_TIME_SET, (float)((double)now - (double)old));
	}
	rtc_split(now, &d);
	printf("%s %s, up %.1f s\n", rtc_weekday_name(d.weekday), rtc_format(now, text),
	       tick_ms() / 1000.0);
	return ERR_OK;
}

int cmd_advance(int argc, char **argv)
{
	char text[RTC_TEXT_LEN];
	double seconds;
	int err;

	if (argc != 2)
		return ERR_USAGE;
	err = arg_number(argv[1], 1.0, ADVANCE_MAX, &seconds);
	if (err)
		return err;
	app_advance((uint32_t)seconds);
	printf("now %s\n", rtc_format(rtc_now(), text));
	return ERR_OK;
}

int cmd_mem(int argc, char **argv)
{
	struct uart_counters u = uart_counters();

	(void)argc;
	(void)argv;
	printf("heap  %u of %u bytes claimed\n", (unsigned int)memory_heap_claimed(),
	       (unsigned int)memory_heap_size());
	printf("uart  %lu in, %lu out, %lu stalls\n", (unsigned long)u.rx_bytes,
	       (unsigned long)u.tx_bytes, (unsigned long)u.rx_stalls);
	printf("state %u bytes\n", (unsigned int)sizeof(struct app));
	return ERR_OK;
}

int cmd_image(int argc, char **argv)
{
	struct image_header h;
	uint32_t len;
	uint32_t crc = image_payload_crc(&len);
	int err = image_header(&h);

	(void)argc;
	(void)argv;
	printf("payload %lu bytes, crc32 %08lx\n", (unsigned long)len, (unsigned long)crc);
	if (err == ERR_NOENT) {
		printf("no image header at 0x%x\n", SLOT_ADDR);
		return ERR_OK;
	}
	if (err)
		return err;
	printf("header %u bytes, image %lu bytes, version %u.%u.%u+%lu\n", h.header_size,
	       (unsigned long)h.image_size, h.major, h.minor, h.revision,
	       (unsigned long)h.build);
	return ERR_OK;
}

int cmd_crc(int argc, char **argv)
{
	size_t len;

	if (argc != 2)
		return ERR_USAGE;
	len = strlen(argv[1]);
	printf("crc8 %02x, crc16 %04x, crc32 %08lx\n", crc8_sensor(argv[1], len),
	       crc16_ccitt(CRC16_INIT, argv[1], len),
	       (unsigned long)crc32_ieee(0, argv[1], len));
	return ERR_OK;
}

static void print_jobs(void)
{
	char text[RTC_TEXT_LEN];

	for (uint32_t i = 0; i < SCHED_JOBS; i++) {
		const struct sched_job *j = sched_job(i);

		if (j)
			printf("%lu  next %s  every %6lu s  ran %3lu  %s\n", (unsigned long)i,
			       rtc_format(j->due, text), (unsigned long)j->period,
			       (unsigned long)j->runs, j->command);
	}
}

static int add_job(char **argv)
{
	uint32_t due;
	double period = 0.0;
	int err;

	if (!strcmp(argv[1], "every")) {
		err = arg_number(argv[2], 1.0, 31.0 * SECONDS_PER_DAY, &period);
		due = rtc_now() + (uint32_t)period;
	} else if (!strcmp(argv[1], "at")) {
		err = rtc_parse(argv[2], &due);
	} else {
		return ERR_USAGE;
	}
	return err ? err : sched_add(due, (uint32_t)period, argv[3]);
}

int cmd_job(int argc, char **argv)
{
	double slot;
	int err;

	if (argc == 1) {
		print_jobs();
		return ERR_OK;
	}
	if (argc == 3 && !strcmp(argv[1], "del")) {
		err = arg_number(argv[2], 0.0, SCHED_JOBS - 1, &slot);
		return err ? err : sched_remove((uint32_t)slot);
	}
	return argc == 4 ? add_job(argv) : ERR_USAGE;
}

int cmd_event(int argc, char **argv)
{
	double count = 10.0;
	int err;

	if (argc > 1 && !strcmp(argv[1], "clear")) {
		event_clear();
		return ERR_OK;
	}
	err = argc > 1 ? arg_number(argv[1], 1.0, EVENTLOG_SIZE, &count) : ERR_OK;
	if (err)
		return err;
	if (count > event_count())
		count = event_count();
	for (uint32_t age = (uint32_t)count; age-- > 0;)
		event_print(event_at(age));
	printf("%lu kept, %lu in total\n", (unsigned long)event_count(),
	       (unsigned long)event_total());
	return ERR_OK;
}

int cmd_quit(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("bye\n");
	exit(EXIT_SUCCESS);
}

int cmd_reboot(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fflush(stdout);
	board_reset();
}
