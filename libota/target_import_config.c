// SPDX-License-Identifier: Apache-2.0
/* Lines NAME=value, as Kconfig and Nordic's partition manager write them. */
#include <inttypes.h>

#include <ota/number.h>

#include "target_import_parts.h"

/* Takes the next line, without its end. */
static bool next_line(struct ota_span *text, struct ota_span *line)
{
	const uint8_t *end;
	size_t len;

	if (text->len == 0)
		return false;
	end = memchr(text->data, '\n', text->len);
	len = end ? (size_t)(end - text->data) : text->len;
	*line = ota_span_head(*text, len);
	*text = ota_span_tail(*text, end ? len + 1 : len);
	if (line->len > 0 && line->data[line->len - 1] == '\r')
		*line = ota_span_head(*line, line->len - 1);
	return true;
}

static bool starts_with(struct ota_span line, const char *word)
{
	size_t len = strlen(word);

	return ota_span_equal(ota_span_head(line, len), ota_span_of(word, len));
}

static struct ota_span without_quotes(struct ota_span value)
{
	if (value.len >= 2 && value.data[0] == '"' && value.data[value.len - 1] == '"')
		return ota_span_sub(value, 1, value.len - 2);
	return value;
}

bool ota_import_config_value(const struct ota_import_file *file, const char *key,
			     struct ota_span *value)
{
	struct ota_span text = file->bytes;
	struct ota_span line;
	size_t len = strlen(key);
	bool found = false;

	while (next_line(&text, &line)) {
		if (!starts_with(line, key) || line.len <= len || line.data[len] != '=')
			continue;
		*value = without_quotes(ota_span_tail(line, len + 1));
		found = true;
	}
	return found;
}

bool ota_import_config_set(const struct ota_import_file *file, const char *key)
{
	struct ota_span value;

	return ota_import_config_value(file, key, &value) && value.len == 1 && value.data[0] == 'y';
}

bool ota_import_config_unset(const struct ota_import_file *file, const char *key)
{
	struct ota_span text = file->bytes;
	struct ota_span line;

	while (next_line(&text, &line)) {
		if (!starts_with(line, "# "))
			continue;
		line = ota_span_tail(line, 2);
		if (starts_with(line, key) &&
		    ota_span_equal(ota_span_tail(line, strlen(key)),
				   ota_span_of(" is not set", strlen(" is not set"))))
			return true;
	}
	return false;
}

enum ota_err ota_import_config_number(const struct ota_import_file *file, const char *key,
				      uint64_t max, uint64_t *number, struct ota_diag *diag)
{
	struct ota_span value;

	if (!ota_import_config_value(file, key, &value))
		return OTA_E_ABSENT;
	if (ota_number_parse(value, max, number) == OTA_OK)
		return OTA_OK;
	return ota_fail(diag, OTA_E_MALFORMED, "%s: %s=%.*s is not a number of at most %" PRIu64,
			file->name, key, (int)(value.len < 40 ? value.len : 40),
			(const char *)value.data, max);
}

/* -- which is which ---------------------------------------------------------------------------- */

static bool has_line(struct ota_span text, const char *start)
{
	struct ota_span line;

	while (next_line(&text, &line)) {
		if (starts_with(line, start) && memchr(line.data, '=', line.len))
			return true;
	}
	return false;
}

static enum ota_err sort_one(const struct ota_import_file *file, struct ota_import_configs *configs,
			     struct ota_diag *diag)
{
	struct ota_import_file *place = &configs->app;
	const char *what = "an application's .config";

	if (file->bytes.len > OTA_IMPORT_CONFIG_MAX)
		return ota_fail(diag, OTA_E_MALFORMED, "%s: %zu bytes, at most %u are read",
				file->name, file->bytes.len, OTA_IMPORT_CONFIG_MAX);
	if (!has_line(file->bytes, "CONFIG_")) {
		place = &configs->pm;
		what = "a partition manager's pm.config";
		if (!has_line(file->bytes, "PM_"))
			return ota_fail(diag, OTA_E_MALFORMED,
					"%s: no line is CONFIG_NAME=value: not a .config of a "
					"Zephyr build",
					file->name);
	} else if (ota_import_config_set(file, "CONFIG_MCUBOOT")) {
		place = &configs->boot;
		what = "MCUboot's .config";
	}
	if (place->name)
		return ota_fail(diag, OTA_E_USAGE, "%s and %s are both %s", place->name, file->name,
				what);
	*place = *file;
	return OTA_OK;
}

enum ota_err ota_import_configs_sort(const struct ota_import_plan *plan,
				     struct ota_import_configs *configs, struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	*configs = (struct ota_import_configs){.boot = {.name = NULL}};
	for (unsigned i = 0; i < plan->n_configs && err == OTA_OK; i++)
		err = sort_one(&plan->config[i], configs, diag);
	return err;
}
