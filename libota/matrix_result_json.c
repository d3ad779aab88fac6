// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>

#include <ota/digest.h>
#include <ota/matrix.h>

#include "json_tools.h"

#define SCHEMA   "otatool.matrix-result/1"
#define TEXT_MAX 0x10000U /* bytes; with every text at its longest it is a fifth of this */

/* -- writing ----------------------------------------------------------------------------------- */

static json_t *patch_json(struct ota_json_writer *writer, const struct ota_matrix_result *result)
{
	json_t *patch = ota_json_new_object(writer);

	ota_json_put_line(writer, patch, "format", result->format);
	ota_json_put_line(writer, patch, "how", result->how);
	ota_json_put_uint(writer, patch, "patch_bytes", result->patch_len);
	ota_json_put_uint(writer, patch, "bytes", result->sent_len);
	ota_json_put_hex(writer, patch, "sha256",
			 ota_span_of(result->sha256, sizeof(result->sha256)));
	ota_json_put_uint(writer, patch, "decoder_ram_bytes", result->ram);
	ota_json_put_uint(writer, patch, "decoder_stack_bytes", result->stack);
	return patch;
}

static json_t *delivery_json(struct ota_json_writer *writer,
			     const struct ota_matrix_delivery *delivery)
{
	json_t *item = ota_json_new_object(writer);

	ota_json_put_line(writer, item, "link", delivery->link);
	ota_json_put_bool(writer, item, "carries", delivery->carries);
	ota_json_put_uint(writer, item, "packets", delivery->packets);
	ota_json_put_uint(writer, item, "airtime_us", delivery->airtime_us);
	ota_json_put_uint(writer, item, "duration_us", delivery->duration_us);
	return item;
}

static json_t *target_json(struct ota_json_writer *writer, const struct ota_matrix_result *result)
{
	json_t *target = ota_json_new_object(writer);
	json_t *deliveries = ota_json_new_list(writer);

	ota_json_put_bool(writer, target, "fits", result->fits);
	ota_json_put_bool(writer, target, "on_device", result->on_device);
	ota_json_put_uint(writer, target, "received_bytes", result->received_len);
	for (size_t i = 0; i < result->n_deliveries && i < OTA_LINKS_MAX; i++)
		ota_json_append(writer, deliveries, delivery_json(writer, &result->delivery[i]));
	ota_json_put(writer, target, "deliveries", deliveries);
	ota_json_put_uint(writer, target, "erases", result->erases);
	ota_json_put_uint(writer, target, "upgrade_us", result->upgrade_us);
	return target;
}

static json_t *full_json(struct ota_json_writer *writer, const struct ota_matrix_full *full)
{
	json_t *item = ota_json_new_object(writer);

	ota_json_put_bool(writer, item, "fits", full->fits);
	ota_json_put_line(writer, item, "reason", full->reason);
	return item;
}

/* Without the seal. */
static json_t *result_json(struct ota_json_writer *writer, const struct ota_matrix_result *result)
{
	json_t *root = ota_json_new_object(writer);

	ota_json_put_line(writer, root, "schema", SCHEMA);
	ota_json_put_line(writer, root, "id", result->id);
	ota_json_put_bool(writer, root, "made", result->made);
	if (result->made)
		ota_json_put(writer, root, "patch", patch_json(writer, result));
	ota_json_put_line(writer, root, "reason", result->reason);
	ota_json_put_line(writer, root, "remedy", result->remedy);
	if (result->judged)
		ota_json_put(writer, root, "target", target_json(writer, result));
	if (result->full.judged)
		ota_json_put(writer, root, "full", full_json(writer, &result->full));
	return root;
}

enum ota_err ota_matrix_result_write(const struct ota_matrix_result *result, struct ota_buf *out,
				     struct ota_diag *diag)
{
	struct ota_json_writer writer = {.failed = false};
	struct ota_buf open_text = ota_buf_init(TEXT_MAX);
	json_t *root = result_json(&writer, result);
	struct ota_digest seal;
	enum ota_err err;

	/* A bit that flips in a result must not become another patch size on a server. */
	err = ota_json_finish(&writer, json_incref(root), &open_text, diag);
	if (err == OTA_OK)
		err = ota_digest_of(OTA_HASH_SHA256, ota_buf_span(&open_text), &seal, diag);
	if (err == OTA_OK) {
		ota_json_put_hex(&writer, root, "seal", ota_digest_span(&seal));
		err = ota_json_finish(&writer, root, out, diag);
	} else {
		json_decref(root);
	}
	ota_buf_free(&open_text);
	return err;
}

/* -- reading ----------------------------------------------------------------------------------- */

static void read_id(struct ota_json_at *at, struct ota_matrix_result *result)
{
	uint8_t bytes[(OTA_MATRIX_ID_SIZE - 1) / 2];

	ota_json_hex(at, "id", bytes, sizeof(bytes));
	ota_json_line(at, "id", result->id, sizeof(result->id));
}

static void read_patch(struct ota_json_at *root, struct ota_matrix_result *result)
{
	struct ota_json_at at = ota_json_object(root, "patch");
	const char *known;

	ota_json_line(&at, "format", result->format, sizeof(result->format));
	ota_json_line(&at, "how", result->how, sizeof(result->how));
	result->patch_len = ota_json_uint(&at, "patch_bytes", OTA_DELTA_MAX);
	result->sent_len = ota_json_uint(&at, "bytes", OTA_DELTA_MAX);
	ota_json_hex(&at, "sha256", result->sha256, sizeof(result->sha256));
	result->ram = ota_json_uint(&at, "decoder_ram_bytes", INT64_MAX);
	result->stack = ota_json_uint(&at, "decoder_stack_bytes", INT64_MAX);
	/* It becomes the end of a file's name. */
	known = ota_delta_format_find(result->format);
	if (!known || strcmp(known, result->format) != 0)
		ota_json_fail(&at, "format", "is \"%s\", no patch format of this version",
			      result->format);
	if (result->sent_len < result->patch_len)
		ota_json_fail(&at, "bytes", "is %" PRIu64 ", fewer than the patch's %" PRIu64,
			      result->sent_len, result->patch_len);
	ota_json_end(&at);
}

static void read_delivery(struct ota_json_at *list, size_t index,
			  struct ota_matrix_delivery *delivery)
{
	struct ota_json_at at = ota_json_item(list, index);

	ota_json_line(&at, "link", delivery->link, sizeof(delivery->link));
	delivery->carries = ota_json_bool(&at, "carries");
	delivery->packets = ota_json_uint(&at, "packets", INT64_MAX);
	delivery->airtime_us = ota_json_uint(&at, "airtime_us", INT64_MAX);
	delivery->duration_us = ota_json_uint(&at, "duration_us", INT64_MAX);
	ota_json_end(&at);
}

static void read_target(struct ota_json_at *root, struct ota_matrix_result *result)
{
	struct ota_json_at at = ota_json_object(root, "target");
	struct ota_json_at list;
	size_t n = 0;

	result->judged = true;
	result->fits = ota_json_bool(&at, "fits");
	result->on_device = ota_json_bool(&at, "on_device");
	result->received_len = ota_json_uint(&at, "received_bytes", INT64_MAX);
	list = ota_json_list(&at, "deliveries", 0, OTA_LINKS_MAX, &n);
	for (size_t i = 0; i < n; i++)
		read_delivery(&list, i, &result->delivery[i]);
	result->n_deliveries = (uint32_t)n;
	result->erases = ota_json_uint(&at, "erases", INT64_MAX);
	result->upgrade_us = ota_json_uint(&at, "upgrade_us", INT64_MAX);
	ota_json_end(&at);
}

static void read_full(struct ota_json_at *root, struct ota_matrix_full *full)
{
	struct ota_json_at at = ota_json_object(root, "full");

	full->judged = true;
	full->fits = ota_json_bool(&at, "fits");
	ota_json_line(&at, "reason", full->reason, sizeof(full->reason));
	ota_json_end(&at);
}

static void read_all(struct ota_json_at *at, struct ota_matrix_result *result)
{
	uint8_t seal[32];

	ota_json_schema(at, SCHEMA);
	read_id(at, result);
	result->made = ota_json_bool(at, "made");
	if (result->made)
		read_patch(at, result);
	ota_json_line(at, "reason", result->reason, sizeof(result->reason));
	ota_json_line(at, "remedy", result->remedy, sizeof(result->remedy));
	if (ota_json_has(at, "target"))
		read_target(at, result);
	if (ota_json_has(at, "full"))
		read_full(at, &result->full);
	ota_json_hex(at, "seal", seal, sizeof(seal));
	ota_json_end(at);
}

/* A result has one form, and its seal is in it: what is written again is what was read. */
static enum ota_err check_form(struct ota_span text, const struct ota_matrix_result *result,
			       struct ota_diag *diag)
{
	struct ota_buf again = ota_buf_init(TEXT_MAX);
	enum ota_err err = ota_matrix_result_write(result, &again, diag);

	if (err == OTA_OK &&
	    (again.len != text.len || memcmp(again.data, text.data, text.len) != 0))
		err = ota_fail(diag, OTA_E_MALFORMED, "has been changed since it was written");
	ota_buf_free(&again);
	return err;
}

enum ota_err ota_matrix_result_read(struct ota_span text, struct ota_matrix_result *result,
				    struct ota_diag *diag)
{
	struct ota_json_reader reader;
	struct ota_json_at at;
	enum ota_err err;

	*result = (struct ota_matrix_result){.made = false};
	err = ota_json_open(text, &reader, diag);
	if (err == OTA_OK) {
		at = ota_json_root(&reader);
		read_all(&at, result);
		err = reader.err;
	}
	ota_json_close(&reader);
	if (err == OTA_OK)
		err = check_form(text, result, diag);
	return err;
}
