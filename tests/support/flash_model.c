// SPDX-License-Identifier: Apache-2.0
#include "flash_model.h"

#include <string.h>

/* Xorshift, 32 bits; never 0 when it begins with another value. */
static uint32_t next_random(uint32_t *state)
{
	uint32_t x = *state ? *state : 1;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	*state = x;
	return x;
}

/* Of each bit, what it was or what it was to become. */
static uint8_t half_done(uint8_t was, uint8_t becomes, uint32_t *state)
{
	uint8_t mask = (uint8_t)(next_random(state) >> 11);

	return (uint8_t)((was & (uint8_t)~mask) | (becomes & mask));
}

void flash_part_init(struct flash_part *part)
{
	uint32_t units = 0;

	part->size = 0;
	for (uint32_t i = 0; i < FLASH_RUNS_MAX && part->run[i].n > 0; i++) {
		part->size += part->run[i].size * part->run[i].n;
		units += part->run[i].n;
	}
	memset(part->bytes, part->erased, part->size);
	memset(part->written, 0, part->size / part->write);
	memset(part->erases, 0, units * sizeof(*part->erases));
}

bool flash_part_load(struct flash_part *part, uint32_t at, const void *from, uint32_t len)
{
	if (at > part->size || len > part->size - at)
		return false;
	if (len == 0)
		return true;
	memcpy(part->bytes + at, from, len);
	memset(part->written + at / part->write, 1,
	       (at + len - 1) / part->write - at / part->write + 1);
	return true;
}

bool flash_part_unit(const struct flash_part *part, uint32_t at, uint32_t *unit, uint32_t *start,
		     uint32_t *len)
{
	uint32_t run_at = 0;
	uint32_t before = 0;

	for (uint32_t i = 0; i < FLASH_RUNS_MAX && part->run[i].n > 0; i++) {
		uint32_t size = part->run[i].size;
		uint32_t n = part->run[i].n;

		if (at - run_at < size * n) {
			*unit = before + (at - run_at) / size;
			*start = run_at + (at - run_at) / size * size;
			*len = size;
			return true;
		}
		run_at += size * n;
		before += n;
	}
	return false;
}

uint32_t flash_part_units(const struct flash_part *part)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < FLASH_RUNS_MAX && part->run[i].n > 0; i++)
		n += part->run[i].n;
	return n;
}

uint32_t flash_part_hottest(const struct flash_part *part, uint32_t *unit)
{
	uint32_t most = 0;
	uint32_t n = flash_part_units(part);

	*unit = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (part->erases[i] > most) {
			most = part->erases[i];
			*unit = i;
		}
	}
	return most;
}

static enum flash_result refuse(struct flash_model *model, enum flash_result why, uint32_t part,
				uint32_t at, uint32_t len)
{
	model->refused = why;
	model->refused_part = part;
	model->refused_at = at;
	model->refused_len = len;
	return why;
}

static bool is_inside(const struct flash_model *model, uint32_t part, uint32_t at, uint32_t len)
{
	return part < model->parts && at <= model->part[part].size &&
	       len <= model->part[part].size - at;
}

/* Begins an operation. True: power is lost in it. */
static bool begin(struct flash_model *model, uint32_t what)
{
	if (model->trace && model->ops < model->trace_cap)
		model->trace[model->ops] = (uint8_t)what;
	model->ops++;
	return model->ops == model->cut_at;
}

/* The seed and the operation decide what is left. */
static uint32_t random_of(const struct flash_model *model)
{
	return (model->seed + 1) * 0x9e3779b1U + model->ops * 0x85ebca6bU;
}

static void lose_power(struct flash_model *model)
{
	model->cut_at = 0;
	flash_model_power_lost(model);
}

/* What a write of `len` bytes leaves when power is lost; see enum flash_cut. */
static void cut_write(struct flash_model *model, struct flash_part *part, uint32_t at,
		      const uint8_t *from, uint32_t len)
{
	uint32_t state = random_of(model);
	uint32_t units = len / part->write;
	uint32_t whole = next_random(&state) % units;
	bool all_at_once = next_random(&state) % 4 == 0;
	uint8_t *to = part->bytes + at;
	uint32_t touched = all_at_once ? units : whole + 1;

	if (model->cut == FLASH_CUT_CLEAN)
		return;
	memset(part->written + at / part->write, 1, touched);
	if (model->cut == FLASH_CUT_WEAK)
		return;
	if (all_at_once)
		whole = 0;
	memcpy(to, from, whole * part->write);
	for (uint32_t i = whole * part->write; i < touched * part->write; i++)
		to[i] = half_done(to[i], from[i], &state);
}

/* Likewise an erase of one unit. */
static void cut_erase(struct flash_model *model, struct flash_part *part, uint32_t at, uint32_t len)
{
	uint32_t state = random_of(model);
	uint32_t gone = next_random(&state) % len;
	bool garbage = next_random(&state) % 2 == 0;
	uint8_t *bytes = part->bytes + at;

	if (model->cut == FLASH_CUT_CLEAN)
		return;
	memset(part->written + at / part->write, 1, len / part->write);
	if (model->cut == FLASH_CUT_WEAK)
		gone = len;
	memset(bytes, part->erased, gone);
	for (uint32_t i = gone; garbage && i < len; i++)
		bytes[i] = half_done(bytes[i], part->erased, &state);
}

enum flash_result flash_model_read(struct flash_model *model, uint32_t part, uint32_t at, void *to,
				   uint32_t len)
{
	if (!is_inside(model, part, at, len))
		return refuse(model, FLASH_RANGE, part, at, len);
	if (len > 0)
		memcpy(to, model->part[part].bytes + at, len);
	return FLASH_OK;
}

enum flash_result flash_model_write(struct flash_model *model, uint32_t part, uint32_t at,
				    const void *from, uint32_t len)
{
	struct flash_part *p;
	uint32_t first;

	if (!is_inside(model, part, at, len))
		return refuse(model, FLASH_RANGE, part, at, len);
	p = &model->part[part];
	first = at / p->write;
	if (at % p->write != 0 || len % p->write != 0)
		return refuse(model, FLASH_UNALIGNED, part, at, len);
	for (uint32_t i = 0; i < len / p->write; i++) {
		if (p->written[first + i])
			return refuse(model, FLASH_NOT_ERASED, part, at, len);
	}
	if (len == 0)
		return FLASH_OK;
	if (begin(model, part)) {
		cut_write(model, p, at, (const uint8_t *)from, len);
		lose_power(model);
	}
	memcpy(p->bytes + at, from, len);
	memset(p->written + first, 1, len / p->write);
	return FLASH_OK;
}

/* One unit, which is inside. */
static void erase_unit(struct flash_model *model, uint32_t part, uint32_t at, uint32_t len)
{
	struct flash_part *p = &model->part[part];
	uint32_t unit = 0;

	(void)flash_part_unit(p, at, &unit, &at, &len);
	if (begin(model, part | FLASH_TRACE_ERASE)) {
		p->erases[unit] += model->cut != FLASH_CUT_CLEAN;
		cut_erase(model, p, at, len);
		lose_power(model);
	}
	p->erases[unit]++;
	memset(p->bytes + at, p->erased, len);
	memset(p->written + at / p->write, 0, len / p->write);
}

enum flash_result flash_model_erase(struct flash_model *model, uint32_t part, uint32_t at,
				    uint32_t len)
{
	uint32_t end = at;

	if (!is_inside(model, part, at, len))
		return refuse(model, FLASH_RANGE, part, at, len);
	while (end - at < len) {
		uint32_t unit, start, size = 0;

		if (!flash_part_unit(&model->part[part], end, &unit, &start, &size))
			return refuse(model, FLASH_RANGE, part, at, len);
		if (start != end || size > len - (end - at))
			return refuse(model, FLASH_PARTIAL_UNIT, part, at, len);
		end += size;
	}
	while (at < end) {
		uint32_t unit, start, size = 0;

		(void)flash_part_unit(&model->part[part], at, &unit, &start, &size);
		erase_unit(model, part, at, size);
		at += size;
	}
	return FLASH_OK;
}
