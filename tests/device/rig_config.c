// SPDX-License-Identifier: Apache-2.0
/*
 * The words of a rig's file, one order a line, numbers decimal or 0x:
 *
 *	part NAME WRITE ERASED SIZE N [SIZE N]...   NAME is primary, secondary, journal or patch
 *	load NAME FILE                              what the part holds
 *	patch stored|streamed|tail FILE
 *	expect FILE                                 new; without it a refusal is wanted
 *	in-place | permanent | signed               the agent's job
 *	resumes                                     it fails when a cut costs more than a part of it
 *	every N | first BYTES | trailer BYTES | max-align N | floor N
 *	verify COMMAND                              one word; see rig_hooks.c
 *	seed N
 *	dump PREFIX                                 writes PREFIX.primary and so on
 *	cut journal|every|random|twice N            N is a step, or a number of points
 *	points N...                                 points of one's own
 */
#include <string.h>

#include "rig.h"
#include "rig_rt.h"

#define TEXT_MAX 16384U

/* The rest of a line, word by word. */
struct words {
	char *at;
};

static const char *const part_name[RIG_PARTS] = {"primary", "secondary", "journal", "patch"};

static _Noreturn void complain(const char *about, const char *word)
{
	rig_say("rig: ");
	rig_say(about);
	rig_say(": ");
	rig_die(word);
}

/* The next word, with a NUL behind it, or NULL at the line's end. */
static const char *next_word(struct words *words)
{
	char *word = words->at;

	while (*word == ' ')
		word++;
	if (*word == '\0')
		return NULL;
	words->at = word;
	while (*words->at != '\0' && *words->at != ' ')
		words->at++;
	if (*words->at != '\0')
		*words->at++ = '\0';
	return word;
}

static const char *must_word(struct words *words)
{
	const char *word = next_word(words);

	if (!word)
		rig_die("rig: a word is missing");
	return word;
}

static uint32_t number_of(const char *word)
{
	uint32_t base = strncmp(word, "0x", 2) == 0 ? 16 : 10;
	const char *at = base == 16 ? word + 2 : word;
	uint32_t value = 0;

	do {
		static const char digits[] = "0123456789abcdef";
		const char *found = *at ? strchr(digits, *at) : NULL;
		uint32_t digit = found ? (uint32_t)(found - digits) : base;

		if (digit >= base || value > (UINT32_MAX - digit) / base)
			complain("no number", word);
		value = value * base + digit;
	} while (*++at);
	return value;
}

static uint32_t must_number(struct words *words)
{
	return number_of(must_word(words));
}

static uint32_t part_of(const char *word)
{
	for (uint32_t i = 0; i < RIG_PARTS; i++) {
		if (strcmp(word, part_name[i]) == 0)
			return i;
	}
	complain("no part", word);
}

static struct rig_file file_of(const char *name)
{
	struct rig_file file = {NULL, 0};
	uint32_t room;
	uint8_t *bytes = rig_memory_left(&room);

	if (!rig_file_read(name, bytes, room, &file.len))
		complain("can not read it, or there is no room", name);
	file.bytes = rig_memory(file.len);
	return file;
}

static void copy_word(char *to, const char *word)
{
	if (strlen(word) >= RIG_NAME_MAX)
		complain("too long", word);
	memcpy(to, word, strlen(word) + 1);
}

static void read_part(struct words *words, struct flash_model *model)
{
	struct flash_part *part = &model->part[part_of(must_word(words))];
	uint32_t size = 0;
	uint32_t units = 0;
	uint32_t n = 0;
	const char *word;

	part->write = must_number(words);
	part->erased = (uint8_t)must_number(words);
	while ((word = next_word(words)) && n < FLASH_RUNS_MAX) {
		part->run[n].size = number_of(word);
		part->run[n].n = must_number(words);
		size += part->run[n].size * part->run[n].n;
		units += part->run[n].n;
		n++;
	}
	part->bytes = rig_memory(size);
	part->written = rig_memory(size / part->write);
	part->erases = rig_memory(units * sizeof(*part->erases));
	flash_part_init(part);
}

static void read_patch(struct words *words, struct rig_config *config)
{
	const char *word = must_word(words);

	if (strcmp(word, "stored") == 0)
		config->source = RIG_STORED;
	else if (strcmp(word, "streamed") == 0)
		config->source = RIG_STREAMED;
	else if (strcmp(word, "tail") == 0)
		config->source = RIG_TAIL;
	else
		complain("no source", word);
	config->patch = file_of(must_word(words));
}

static void read_cut(struct words *words, struct rig_config *config)
{
	static const char *const choices[] = {"journal", "every", "random", "twice"};
	const char *word = must_word(words);
	struct rig_wish *wish = &config->wish[config->wishes];

	if (config->wishes == RIG_WISHES)
		complain("one wish too many", word);
	for (uint32_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		if (strcmp(word, choices[i]) == 0) {
			wish->choice = (enum rig_choice)i;
			wish->n = must_number(words);
			if (wish->n == 0)
				complain("not a step, or number of points", "0");
			config->wishes++;
			return;
		}
	}
	complain("no such cut", word);
}

static void read_points(struct words *words, struct rig_config *config)
{
	const char *word;

	while ((word = next_word(words))) {
		if (config->points == RIG_POINTS)
			complain("one point too many", word);
		config->point[config->points++] = number_of(word);
	}
}

/* Orders with one number or none. False: it is another. */
static bool read_setting(const char *order, struct words *words, struct rig_config *config)
{
	if (strcmp(order, "in-place") == 0)
		config->in_place = true;
	else if (strcmp(order, "permanent") == 0)
		config->permanent = true;
	else if (strcmp(order, "signed") == 0)
		config->is_signed = true;
	else if (strcmp(order, "resumes") == 0)
		config->resumes = true;
	else if (strcmp(order, "every") == 0)
		config->every = must_number(words);
	else if (strcmp(order, "first") == 0)
		config->first = must_number(words);
	else if (strcmp(order, "trailer") == 0)
		config->trailer = must_number(words);
	else if (strcmp(order, "max-align") == 0)
		config->max_align = must_number(words);
	else if (strcmp(order, "floor") == 0)
		config->floor = must_number(words);
	else if (strcmp(order, "seed") == 0)
		config->seed = must_number(words);
	else
		return false;
	return true;
}

static void read_line(char *line, struct rig_config *config, struct flash_model *model)
{
	struct words words = {line};
	const char *order = next_word(&words);

	if (!order || *order == '#' || read_setting(order, &words, config))
		return;
	if (strcmp(order, "part") == 0) {
		read_part(&words, model);
	} else if (strcmp(order, "load") == 0) {
		uint32_t part = part_of(must_word(&words));

		config->load[part] = file_of(must_word(&words));
	} else if (strcmp(order, "patch") == 0) {
		read_patch(&words, config);
	} else if (strcmp(order, "expect") == 0) {
		config->expect = file_of(must_word(&words));
	} else if (strcmp(order, "verify") == 0) {
		copy_word(config->verify, must_word(&words));
	} else if (strcmp(order, "dump") == 0) {
		copy_word(config->dump, must_word(&words));
	} else if (strcmp(order, "cut") == 0) {
		read_cut(&words, config);
	} else if (strcmp(order, "points") == 0) {
		read_points(&words, config);
	} else {
		complain("no such order", order);
	}
}

void rig_config_read(const char *name, struct rig_config *config, struct flash_model *model)
{
	static char text[TEXT_MAX];
	uint32_t len;
	char *line = text;

	if (!rig_file_read(name, text, sizeof(text) - 1, &len))
		complain("can not read", name);
	text[len] = '\0';
	model->parts = RIG_PARTS;
	while (*line) {
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		read_line(line, config, model);
		line = end ? end + 1 : line + strlen(line);
	}
}
