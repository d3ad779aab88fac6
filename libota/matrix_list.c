// SPDX-License-Identifier: Apache-2.0
/* The release list: YAML, of which JSON is a part. Described in docs/matrix.md. */
#include <stdlib.h>

#include <ota/file.h>

#include "matrix_list.h"
#include "yaml_reader.h"

#define PATH_TEXT_MAX 4096U
#define SHARE_MAX     24U /* characters */
#define DECIMALS      6U
#define DIGITS_MAX    12U /* before the point: times a million it stays inside 63 bits */
#define TEN           10U

/* One list being read. */
struct list {
	struct ota_matrix_names *names;
	const char *path;            /* of the list */
	struct ota_matrix_name name; /* of the item */
	char *file;                  /* owned: the item's, as it is written */
};

/* -- one version ------------------------------------------------------------------------------- */

static enum ota_err read_name(const struct ota_yaml_value *value, void *into)
{
	struct list *list = into;

	return ota_yaml_text(value, list->name.name, sizeof(list->name.name));
}

static enum ota_err read_version(const struct ota_yaml_value *value, void *into)
{
	struct list *list = into;

	list->name.has_version = true;
	if (ota_version_parse(ota_yaml_scalar(value), &list->name.version) == OTA_OK)
		return OTA_OK;
	return ota_yaml_fail(value, "is not a version, as 1.2.3+4, of at most 255.255.65535");
}

static enum ota_err read_file(const struct ota_yaml_value *value, void *into)
{
	struct list *list = into;
	enum ota_err err;

	list->file = malloc(PATH_TEXT_MAX);
	if (!list->file)
		return ota_fail(value->yaml->diag, OTA_E_MEMORY, "out of memory");
	err = ota_yaml_text(value, list->file, PATH_TEXT_MAX);
	if (err == OTA_OK && list->file[0] == '\0')
		err = ota_yaml_fail(value, "is not a file's path");
	return err;
}

/* Digits at `*at`, at most so many, into `value`; false: there is none, or more. */
static bool read_digits(struct ota_span text, size_t *at, unsigned most, uint64_t *value)
{
	unsigned n = 0;

	for (; *at < text.len && text.data[*at] >= '0' && text.data[*at] <= '9'; ++*at, n++) {
		if (n == most)
			return false;
		*value = *value * TEN + (uint64_t)(text.data[*at] - '0');
	}
	return n > 0;
}

/* "40", "12.5", "40%", "40 %": millionths. */
static bool parse_share(struct ota_span text, uint64_t *share, bool *percent)
{
	size_t at = 0;
	uint64_t whole = 0;

	if (!read_digits(text, &at, DIGITS_MAX, &whole))
		return false;
	if (at < text.len && text.data[at] == '.') {
		size_t from = ++at;

		if (!read_digits(text, &at, DECIMALS, &whole))
			return false;
		for (size_t n = at - from; n < DECIMALS; n++)
			whole *= TEN;
	} else {
		for (unsigned n = 0; n < DECIMALS; n++)
			whole *= TEN;
	}
	if (at < text.len && text.data[at] == ' ')
		at++;
	*percent = at < text.len && text.data[at] == '%';
	*share = whole;
	return at + *percent == text.len && (*percent || text.data[text.len - 1] != ' ');
}

static enum ota_err read_fleet(const struct ota_yaml_value *value, void *into)
{
	struct list *list = into;

	list->name.has_fleet = true;
	if (parse_share(ota_yaml_scalar(value), &list->name.fleet, &list->name.percent))
		return OTA_OK;
	return ota_yaml_fail(value, "is not a share of the fleet, as 40%% or 12.5%% or a count of "
				    "devices");
}

static const struct ota_yaml_field fields[] = {
	{"name", read_name},
	{"version", read_version},
	{"file", read_file},
	{"fleet", read_fleet},
};

/* The file lies where the list does. */
static enum ota_err put(struct list *list, struct ota_diag *diag)
{
	const char *slash = strrchr(list->path, '/');
	size_t len = slash ? (size_t)(slash - list->path) + 1 : 0;
	char *folder = strndup(list->path, len);
	char *path = folder ? ota_file_join(folder, list->file) : NULL;
	enum ota_err err;

	list->name.relative = list->file[0] != '/';
	if (path)
		err = ota_matrix_names_put(list->names, &list->name, path, diag);
	else
		err = ota_fail(diag, OTA_E_MEMORY, "out of memory");
	free(folder);
	free(path);
	return err;
}

static enum ota_err read_item(const struct ota_yaml_value *value, void *into)
{
	struct list *list = into;
	enum ota_err err;

	list->name = (struct ota_matrix_name){.has_version = false};
	list->file = NULL;
	err = ota_yaml_map(value, fields, sizeof(fields) / sizeof(fields[0]), list);
	if (!list->file)
		return err != OTA_OK ? err
				     : ota_yaml_fail_at(value->yaml, ota_yaml_line(value),
							value->path, "has no file");
	if (err == OTA_OK)
		err = put(list, value->yaml->diag);
	free(list->file);
	list->file = NULL;
	return err;
}

/* -- the whole --------------------------------------------------------------------------------- */

static enum ota_err read_versions(const struct ota_yaml_value *value, void *into)
{
	return ota_yaml_list(value, OTA_MATRIX_VERSIONS_MAX, read_item, into);
}

enum ota_err ota_matrix_names_list(struct ota_matrix_names *names, const char *path,
				   struct ota_span text, struct ota_diag *diag)
{
	static const struct ota_yaml_field outer[] = {{"versions", read_versions}};
	struct list list = {.names = names, .path = path};
	struct ota_yaml_value root;
	struct ota_yaml_value versions;
	struct ota_yaml yaml;
	enum ota_err err = ota_yaml_open(path, text, &yaml, diag);

	if (err == OTA_OK) {
		root = ota_yaml_root(&yaml);
		if (root.node->type == YAML_SEQUENCE_NODE)
			err = read_versions(&root, &list);
		else
			err = ota_yaml_map(&root, outer, 1, &list);
		if (err == OTA_OK && root.node->type == YAML_MAPPING_NODE &&
		    !ota_yaml_get(&root, "versions", &versions))
			err = ota_yaml_fail_at(&yaml, 1, "versions", "missing");
	}
	ota_yaml_close(&yaml);
	return err;
}
