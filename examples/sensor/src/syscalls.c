// SPDX-License-Identifier: Apache-2.0
/* What newlib expects from an operating system: one console and a heap, no files. */
#include <errno.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "board.h"
#include "memory.h"
#include "uart.h"

extern char heap_start[], heap_end[];

static char *heap_break = heap_start;

int _write(int fd, const char *buf, int len);
int _read(int fd, char *buf, int len);
int _close(int fd);
int _fstat(int fd, struct stat *st);
int _isatty(int fd);
off_t _lseek(int fd, off_t offset, int whence);
void *_sbrk(ptrdiff_t step);
int _kill(int pid, int sig);
int _getpid(void);
_Noreturn void _exit(int code);

int _write(int fd, const char *buf, int len)
{
	(void)fd;
	for (int i = 0; i < len; i++) {
		if (buf[i] == '\n')
			uart_putc('\r');
		uart_putc(buf[i]);
	}
	return len;
}

int _read(int fd, char *buf, int len)
{
	(void)fd;
	(void)buf;
	(void)len;
	return 0;
}

int _close(int fd)
{
	(void)fd;
	errno = EBADF;
	return -1;
}

int _fstat(int fd, struct stat *st)
{
	(void)fd;
	st->st_mode = S_IFCHR;
	return 0;
}

int _isatty(int fd)
{
	return fd >= 0 && fd <= 2;
}

off_t _lseek(int fd, off_t offset, int whence)
{
	(void)fd;
	(void)offset;
	(void)whence;
	errno = ESPIPE;
	return -1;
}

void *_sbrk(ptrdiff_t step)
{
	char *old = heap_break;

	if (step > heap_end - heap_break || step < heap_start - heap_break) {
		errno = ENOMEM;
		return (void *)-1;
	}
	heap_break += step;
	return old;
}

int _kill(int pid, int sig)
{
	(void)pid;
	(void)sig;
	errno = EINVAL;
	return -1;
}

int _getpid(void)
{
	return 1;
}

_Noreturn void _exit(int code)
{
	board_exit(code);
}

size_t memory_heap_size(void)
{
	return (size_t)(heap_end - heap_start);
}

size_t memory_heap_claimed(void)
{
	return (size_t)(heap_break - heap_start);
}
