// SPDX-License-Identifier: Apache-2.0
/*
 * scan_memory PID NEEDLES: looks for secrets in another process's memory. Each line of NEEDLES is
 * a name, a space and bytes in hex; each line of the output is a name and how often it was found.
 * Exit code 0 when all could be looked at, 77 when this user may not, 1 otherwise.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NEEDLES_MAX 256
#define NEEDLE_MAX  128
#define LABEL_MAX   64
#define STEP        (1U << 20)

struct needle {
	char name[LABEL_MAX];
	uint8_t bytes[NEEDLE_MAX];
	size_t len;
	unsigned hits;
};

static struct needle needles[NEEDLES_MAX];
static size_t n_needles;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void read_needle(const char *line)
{
	struct needle *needle = &needles[n_needles];
	char hex[2 * NEEDLE_MAX + 1];

	if (n_needles == NEEDLES_MAX || sscanf(line, "%63s %256s", needle->name, hex) != 2) {
		(void)fprintf(stderr, "bad needle: %s", line);
		exit(1);
	}
	needle->len = strlen(hex) / 2;
	for (size_t i = 0; i < needle->len; i++) {
		char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		needle->bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	n_needles++;
}

static void read_needles(const char *path)
{
	char line[LABEL_MAX + 2 * NEEDLE_MAX + 8];
	FILE *file = fopen(path, "r");

	if (!file)
		die(path);
	while (fgets(line, sizeof(line), file))
		read_needle(line);
	(void)fclose(file);
}

static void count(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < n_needles; i++) {
		struct needle *needle = &needles[i];
		const uint8_t *at = bytes;
		const uint8_t *end = bytes + len;

		while ((size_t)(end - at) >= needle->len) {
			at = memchr(at, needle->bytes[0], (size_t)(end - at) - needle->len + 1);
			if (!at)
				break;
			if (memcmp(at, needle->bytes, needle->len) == 0)
				needle->hits++;
			at++;
		}
	}
}

/* Whatever its permissions: guarded memory cannot be read by its own process. */
static void scan(int mem, uint64_t from, uint64_t to)
{
	static uint8_t buf[STEP + NEEDLE_MAX];
	size_t kept = 0; /* a needle may lie across two steps */

	while (from < to) {
		size_t want = to - from < STEP ? (size_t)(to - from) : STEP;
		ssize_t got = pread(mem, buf + kept, want, (off_t)from);
		size_t len;

		if (got <= 0)
			return;
		len = kept + (size_t)got;
		count(buf, len);
		kept = len < NEEDLE_MAX ? 0 : NEEDLE_MAX - 1;
		memmove(buf, buf + len - kept, kept);
		from += (uint64_t)got;
	}
}

int main(int argc, char **argv)
{
	char path[64];
	char line[512];
	FILE *maps;
	int mem;

	if (argc != 3) {
		(void)fprintf(stderr, "usage: scan_memory PID NEEDLES\n");
		return 1;
	}
	read_needles(argv[2]);
	(void)snprintf(path, sizeof(path), "/proc/%s/mem", argv[1]);
	mem = open(path, O_RDONLY);
	(void)snprintf(path, sizeof(path), "/proc/%s/maps", argv[1]);
	maps = fopen(path, "r");
	if (mem < 0 || !maps) {
		perror(path);
		return 77;
	}
	while (fgets(line, sizeof(line), maps)) {
		char *dash = strchr(line, '-');

		if (dash && !strstr(line, "[v")) /* vvar, vsyscall */
			scan(mem, strtoull(line, NULL, 16), strtoull(dash + 1, NULL, 16));
	}
	for (size_t i = 0; i < n_needles; i++)
		printf("%s %u\n", needles[i].name, needles[i].hits);
	return 0;
}
