// SPDX-License-Identifier: Apache-2.0
/*
 * Which part of old a part of new was: by name, in passes from sure to likely. Within a pass parts
 * of the same key are paired in the order they lie in.
 */
#include <ctype.h>
#include <stdlib.h>

#include "compare_parts.h"

/* How much of a part's name and file counts. */
enum pass {
	EXACT, /* name and source file */
	BARE,  /* without what compilers put behind: "count.3", "walk.isra.0" */
	LONE,  /* the name alone, where just one of it is left on each side */
	PASSES,
};

struct key {
	const char *name;
	size_t name_len;
	const char *file;
	bool is_symbol;
	bool is_strings;
	uint32_t at;
	uint32_t part;
};

static bool is_symbol(enum ota_compare_what what)
{
	return what == OTA_COMPARE_FUNCTION || what == OTA_COMPARE_OBJECT ||
	       what == OTA_COMPARE_SYMBOL;
}

/* Bytes of "name" in "name.word", or `len`. */
static size_t without_word(const char *name, size_t len)
{
	static const char *const words[] = {".constprop", ".isra", ".part", ".cold", ".lto_priv"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t word_len = strlen(words[i]);

		if (len > word_len && memcmp(name + len - word_len, words[i], word_len) == 0)
			return len - word_len;
	}
	return len;
}

/* Bytes of "name" in "name.12", or `len`. */
static size_t without_number(const char *name, size_t len)
{
	size_t at = len;

	while (at > 0 && isdigit((unsigned char)name[at - 1]))
		at--;
	return at < len && at > 1 && name[at - 1] == '.' ? at - 1 : len;
}

/* Without all that: "count.lto_priv.3" was "count". */
static size_t bare_len(const char *name)
{
	size_t len = strlen(name);
	size_t last;

	do {
		last = len;
		len = without_word(name, without_number(name, len));
	} while (len < last);
	return len;
}

static struct key key_of(const struct ota_parts *parts, uint32_t index, enum pass pass)
{
	const struct ota_part *part = &parts->part[index];
	bool symbol = is_symbol(part->what);

	return (struct key){
		.name = part->name,
		.name_len = symbol && pass != EXACT ? bare_len(part->name) : strlen(part->name),
		.file = symbol && pass != LONE && part->file ? part->file : "",
		.is_symbol = symbol,
		.is_strings = part->what == OTA_COMPARE_STRINGS,
		.at = part->at,
		.part = index,
	};
}

static int compare_names(const struct key *a, const struct key *b)
{
	size_t len = a->name_len < b->name_len ? a->name_len : b->name_len;
	int order = memcmp(a->name, b->name, len);

	if (a->is_symbol != b->is_symbol)
		return a->is_symbol ? -1 : 1;
	if (a->is_strings != b->is_strings)
		return a->is_strings ? -1 : 1;
	if (order != 0)
		return order;
	if (a->name_len != b->name_len)
		return a->name_len < b->name_len ? -1 : 1;
	return strcmp(a->file, b->file);
}

static int compare_keys(const void *left, const void *right)
{
	const struct key *a = left;
	const struct key *b = right;
	int order = compare_names(a, b);

	if (order != 0)
		return order;
	return a->at < b->at ? -1 : a->at > b->at;
}

/* A key for each part that is there and not taken yet, sorted. */
static size_t collect(const struct ota_parts *parts, const bool *taken, enum pass pass,
		      struct key *key)
{
	size_t n = 0;

	for (uint32_t i = 0; i < parts->n; i++) {
		if (parts->part[i].size > 0 && parts->part[i].name && !taken[i])
			key[n++] = key_of(parts, i, pass);
	}
	if (n > 1)
		qsort(key, n, sizeof(*key), compare_keys);
	return n;
}

/* How many keys from the first on are of one name. */
static size_t run_of(const struct key *key, size_t n)
{
	size_t len = 1;

	while (len < n && compare_names(&key[0], &key[len]) == 0)
		len++;
	return len;
}

struct matching {
	struct key *old_key; /* owned */
	struct key *new_key; /* owned */
	bool *old_taken;     /* owned */
	bool *new_taken;     /* owned */
	uint32_t *old_of;    /* borrowed */
};

static void pair(struct matching *m, const struct key *old_key, const struct key *new_key, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		m->old_of[new_key[i].part] = old_key[i].part;
		m->old_taken[old_key[i].part] = true;
		m->new_taken[new_key[i].part] = true;
	}
}

static void run_pass(struct matching *m, const struct ota_parts *old_parts,
		     const struct ota_parts *new_parts, enum pass pass)
{
	size_t n_old = collect(old_parts, m->old_taken, pass, m->old_key);
	size_t n_new = collect(new_parts, m->new_taken, pass, m->new_key);
	size_t i = 0;
	size_t k = 0;

	while (i < n_old && k < n_new) {
		int order = compare_names(&m->old_key[i], &m->new_key[k]);
		size_t old_run = order <= 0 ? run_of(&m->old_key[i], n_old - i) : 0;
		size_t new_run = order >= 0 ? run_of(&m->new_key[k], n_new - k) : 0;
		size_t both = old_run < new_run ? old_run : new_run;

		if (pass != LONE || (old_run == 1 && new_run == 1))
			pair(m, &m->old_key[i], &m->new_key[k], both);
		i += old_run;
		k += new_run;
	}
}

enum ota_err ota_parts_match(const struct ota_parts *old_parts, const struct ota_parts *new_parts,
			     uint32_t *old_of, struct ota_diag *diag)
{
	size_t n_old = old_parts->n > 0 ? old_parts->n : 1;
	size_t n_new = new_parts->n > 0 ? new_parts->n : 1;
	struct matching m = {.old_of = old_of};
	enum ota_err err = OTA_OK;

	m.old_key = calloc(n_old, sizeof(*m.old_key));
	m.new_key = calloc(n_new, sizeof(*m.new_key));
	m.old_taken = calloc(n_old, sizeof(*m.old_taken));
	m.new_taken = calloc(n_new, sizeof(*m.new_taken));
	for (size_t i = 0; i < new_parts->n; i++)
		old_of[i] = OTA_PART_NONE;
	if (!m.old_key || !m.new_key || !m.old_taken || !m.new_taken) {
		err = ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu and %zu parts to match",
			       n_old, n_new);
		goto out;
	}
	for (unsigned pass = 0; pass < PASSES; pass++)
		run_pass(&m, old_parts, new_parts, (enum pass)pass);
out:
	free(m.old_key);
	free(m.new_key);
	free(m.old_taken);
	free(m.new_taken);
	return err;
}
