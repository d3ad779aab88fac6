// SPDX-License-Identifier: Apache-2.0
/* The versions of a plan, as they are named: files, folders, release lists. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include <ota/file.h>
#include <ota/matrix_plan.h>

#include "matrix_list.h"
#include "yaml_reader.h"

#define FOLDER_MAX 65536U /* entries: what is no firmware counts too */

/* -- the number in a name ---------------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The length of "1.2.3" or "1.2.3+4" that `text` begins with, or of a longer run of the kind. */
static size_t number_run(const char *text, unsigned *parts)
{
	size_t len = 0;

	*parts = 0;
	while (is_digit(text[len])) {
		while (is_digit(text[len]))
			len++;
		++*parts;
		if (text[len] != '.' || !is_digit(text[len + 1]))
			break;
		len++;
	}
	if (*parts == 3 && text[len] == '+' && is_digit(text[len + 1])) {
		len++;
		while (is_digit(text[len]))
			len++;
	}
	return len;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/*
 * "1.2.3b3", "1.2.3-rc1": comes before 1.2.3, and no number of MCUboot's says so. `text` is what
 * follows the number.
 */
static bool is_pre_release(const char *text)
{
	static const char *const words[] = {"rc",         "alpha", "beta",     "pre",
					    "prerelease", "dev",   "snapshot", "nightly"};

	if (is_letter(*text))
		return true;
	if (*text == '\0' || !strchr("-_.~", *text))
		return false;
	text++;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);

		if (strncasecmp(text, words[i], len) == 0 && !is_letter(text[len]))
			return true;
	}
	return false;
}

bool ota_matrix_version_in_name(const char *path, struct ota_version *version)
{
	const char *slash = strrchr(path, '/');
	const char *at = slash ? slash + 1 : path;
	struct ota_span found = {NULL, 0};
	bool whole = true; /* nothing behind it makes it another version */
	unsigned n = 0;

	while (*at) {
		unsigned parts = 0;
		size_t len = number_run(at, &parts);

		if (parts == 3) {
			found = ota_span_of(at, len);
			whole = !is_pre_release(at + len);
			n++;
		}
		at += len > 0 ? len : 1;
	}
	return n == 1 && whole && ota_version_parse(found, version) == OTA_OK;
}

/* -- the list of names ------------------------------------------------------------------------- */

enum ota_err ota_matrix_names_put(struct ota_matrix_names *names,
				  const struct ota_matrix_name *name, const char *path,
				  struct ota_diag *diag)
{
	if (names->n == OTA_MATRIX_VERSIONS_MAX)
		return ota_fail(diag, OTA_E_UNSUPPORTED, "more than %u versions are not planned",
				OTA_MATRIX_VERSIONS_MAX);
	if (names->n == names->room) {
		size_t more = names->room > 0 ? 2 * names->room : 16;
		void *grown = realloc(names->name, more * sizeof(*names->name));

		if (!grown)
			return ota_fail(diag, OTA_E_MEMORY, "out of memory");
		names->name = grown;
		names->room = more;
	}
	names->name[names->n] = *name;
	names->name[names->n].path = strdup(path);
	if (!names->name[names->n].path)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory");
	names->n++;
	return OTA_OK;
}

void ota_matrix_names_free(struct ota_matrix_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->name[i].path);
	free(names->name);
	*names = (struct ota_matrix_names){.n = 0};
}

/* -- a folder ---------------------------------------------------------------------------------- */

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text);

	return len >= strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

static bool is_list_name(const char *path)
{
	return ends_in(path, ".yaml") || ends_in(path, ".yml") || ends_in(path, ".json");
}

/* Plans, release lists and profiles lie beside firmware. A link to nothing is a lost version. */
static bool is_left_out(const struct ota_file_entry *entry)
{
	return entry->name[0] == '.' || entry->kind == OTA_FILE_FOLDER ||
	       entry->kind == OTA_FILE_OTHER || is_list_name(entry->name);
}

static void tell_left_out(const struct ota_file_listing *listing, const char *path,
			  const struct ota_matrix_tell *tell)
{
	char list[192] = "";
	char words[320];
	unsigned n = 0;

	for (size_t i = 0; i < listing->n; i++) {
		if (!is_left_out(&listing->entry[i]))
			continue;
		if (n++ < 5)
			ota_list_add(list, sizeof(list), listing->entry[i].name);
	}
	if (n == 0 || !tell || !tell->say)
		return;
	(void)snprintf(words, sizeof(words),
		       "of %zu entries, those that are no firmware are left out: %s%s", listing->n,
		       list, n > 5 ? ", ..." : "");
	tell->say(tell->context, false, path, words);
}

static enum ota_err add_folder(struct ota_matrix_names *names, const char *path,
			       const struct ota_matrix_tell *tell, struct ota_diag *diag)
{
	const struct ota_matrix_name name = {.relative = path[0] != '/'};
	struct ota_file_listing listing;
	enum ota_err err = ota_file_list(path, FOLDER_MAX, &listing, diag);

	names->has_folder = true;
	for (size_t i = 0; i < listing.n && err == OTA_OK; i++) {
		char *file;

		if (is_left_out(&listing.entry[i]))
			continue;
		file = ota_file_join(path, listing.entry[i].name);
		err = file ? ota_matrix_names_put(names, &name, file, diag)
			   : ota_fail(diag, OTA_E_MEMORY, "out of memory");
		free(file);
	}
	if (err == OTA_OK)
		tell_left_out(&listing, path, tell);
	ota_file_listing_free(&listing);
	return err;
}

/* -- what a path stands for -------------------------------------------------------------------- */

static enum ota_err add_list(struct ota_matrix_names *names, const char *path,
			     struct ota_diag *diag)
{
	struct ota_buf text = ota_buf_init(OTA_YAML_TEXT_MAX);
	enum ota_err err = ota_file_read(path, &text, diag);

	if (err == OTA_OK)
		err = ota_matrix_names_list(names, path, ota_buf_span(&text), diag);
	ota_buf_free(&text);
	return err;
}

enum ota_err ota_matrix_names_add(struct ota_matrix_names *names, const char *path,
				  const struct ota_matrix_tell *tell, struct ota_diag *diag)
{
	const struct ota_matrix_name name = {.relative = path[0] != '/'};

	if (ota_file_kind_of(path) == OTA_FILE_FOLDER)
		return add_folder(names, path, tell, diag);
	if (is_list_name(path))
		return add_list(names, path, diag);
	return ota_matrix_names_put(names, &name, path, diag);
}
