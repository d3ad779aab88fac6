// SPDX-License-Identifier: Apache-2.0
/*
 * The update agent of examples/device, on the host, over a flash that counts: makes one update in
 * place and says what was erased. kit_counts.sh holds that against what check has said.
 *
 *     kit_counts OLD PATCH NEW SECTOR SLOT JOURNAL EVERY WRITE
 *
 * SECTOR and WRITE are bytes, SLOT and JOURNAL sectors, EVERY blocks.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "flash_model.h"

enum { SLOT, JOURNAL, PATCH, PARTS };

#define FILE_MAX (1U << 20)
#define TRAILER  48U /* of BOOT_MAX_ALIGN 8, without swap status */

struct file {
	uint8_t bytes[FILE_MAX];
	uint32_t len;
};

static struct flash_model model;

/* -- what a product supplies ------------------------------------------------------------------- */

_Noreturn void flash_model_power_lost(struct flash_model *lost)
{
	(void)lost;
	abort();
}

int kit_flash_open(uint8_t id, struct kit_flash *flash)
{
	if (id >= model.parts)
		return -1;
	*flash = (struct kit_flash){.size = model.part[id].size,
				    .align = (uint16_t)model.part[id].write,
				    .erased = model.part[id].erased,
				    .id = id};
	return 0;
}

int kit_flash_read(const struct kit_flash *flash, uint32_t at, void *to, uint32_t len)
{
	return flash_model_read(&model, flash->id, at, to, len) == FLASH_OK ? 0 : -1;
}

int kit_flash_write(const struct kit_flash *flash, uint32_t at, const void *from, uint32_t len)
{
	return flash_model_write(&model, flash->id, at, from, len) == FLASH_OK ? 0 : -1;
}

int kit_flash_erase(const struct kit_flash *flash, uint32_t at, uint32_t len)
{
	return flash_model_erase(&model, flash->id, at, len) == FLASH_OK ? 0 : -1;
}

int kit_flash_sector(const struct kit_flash *flash, uint32_t at, struct kit_sector *sector)
{
	uint32_t unit;

	return flash_part_unit(&model.part[flash->id], at, &unit, &sector->at, &sector->len) ? 0
											     : -1;
}

const uint8_t *kit_flash_map(const struct kit_flash *flash)
{
	(void)flash;
	return NULL;
}

int kit_patch_pull(uint32_t at, const uint8_t **bytes, uint32_t *len)
{
	(void)at;
	(void)bytes;
	(void)len;
	return -1;
}

/* -- one update -------------------------------------------------------------------------------- */

static void read_file(const char *name, struct file *file)
{
	FILE *stream = fopen(name, "rb");

	if (!stream) {
		perror(name);
		exit(2);
	}
	file->len = (uint32_t)fread(file->bytes, 1, FILE_MAX, stream);
	(void)fclose(stream);
}

static void make_part(unsigned number, uint32_t sector, uint32_t n, uint32_t write)
{
	struct flash_part *part = &model.part[number];

	part->bytes = malloc((size_t)sector * n);
	part->written = calloc(n, sector / write);
	part->erases = calloc(n, sizeof(*part->erases));
	part->run[0] = (struct flash_run){.size = sector, .n = n};
	part->write = write;
	part->erased = 0xff;
	if (!part->bytes || !part->written || !part->erases)
		abort();
	flash_part_init(part);
}

static uint64_t count(unsigned number, uint32_t *hottest)
{
	const struct flash_part *part = &model.part[number];
	uint64_t sum = 0;
	uint32_t unit;

	for (uint32_t i = 0; i < part->run[0].n; i++)
		sum += part->erases[i];
	*hottest = flash_part_hottest(part, &unit);
	return sum;
}

/* `number` are the arguments. */
static bool make_device(const uint32_t number[9], const struct file *old_file,
			const struct file *patch)
{
	model.parts = PARTS;
	make_part(SLOT, number[4], number[5], number[8]);
	make_part(JOURNAL, number[4], number[6], number[8]);
	make_part(PATCH, number[4], patch->len / number[4] + 1, number[8]);
	return flash_part_load(&model.part[SLOT], 0, old_file->bytes, old_file->len) &&
	       flash_part_load(&model.part[PATCH], 0, patch->bytes, patch->len);
}

int main(int argc, char **argv)
{
	static struct agent agent;
	static struct file old_file, patch, new_file;
	uint32_t number[9] = {0};
	uint32_t slot, journal;
	enum agent_err err;

	for (int i = 4; i < argc && i < 9; i++)
		number[i] = (uint32_t)strtoul(argv[i], NULL, 10);
	if (argc != 9 || number[4] == 0 || number[8] == 0)
		return 2;
	read_file(argv[1], &old_file);
	read_file(argv[2], &patch);
	read_file(argv[3], &new_file);
	if (!make_device(number, &old_file, &patch))
		return 2;
	const struct agent_job job = {.primary = SLOT,
				      .secondary = AGENT_NO_AREA,
				      .journal = JOURNAL,
				      .patch = PATCH,
				      .patch_size = patch.len,
				      .reserved = TRAILER,
				      .max_align = 8,
				      .every = (uint8_t)number[7],
				      .takes_unsigned = true};

	err = agent_begin(&agent, &job);
	if (err == AGENT_OK)
		err = agent_run(&agent);
	if (err != AGENT_OK) {
		printf("%s\n", agent_err_str(err));
		return 1;
	}
	if (memcmp(model.part[SLOT].bytes, new_file.bytes, new_file.len) != 0)
		return 2;
	printf("slot %" PRIu64, count(SLOT, &slot));
	printf(" journal %" PRIu64, count(JOURNAL, &journal));
	printf(" hottest %" PRIu32 " %" PRIu32 "\n", slot, journal);
	return 0;
}
