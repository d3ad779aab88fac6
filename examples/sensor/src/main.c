// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "app.h"
#include "board.h"
#include "shell.h"
#include "tick.h"
#include "uart.h"
#include "version.h"

#define CONSOLE_BAUD	115200

int main(void)
{
	int c;

	uart_init(CONSOLE_BAUD);
	tick_init();
	setvbuf(stdout, NULL, _IOLBF, 256);
	app_init();
	printf("\n%s %s, type help for the commands\n", VERSION_NAME, VERSION_TEXT);
	shell_init();
	for (;;) {
		while ((c = uart_getc()) >= 0)
			shell_input((char)c);
		app_poll();
		board_idle();
	}
}
