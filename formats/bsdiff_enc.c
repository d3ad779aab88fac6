// SPDX-License-Identifier: Apache-2.0
#include <ota/bsdiff.h>

/* Gathers edits into records: at most one blend, then at most one insert. */
struct gather {
	struct ota_bsdiff_sizes size; /* so far */
	uint64_t old_at;              /* where the decoder will stand in old */
	struct ota_bsdiff_record record;
	bool open;              /* `record` holds edits that are not written yet */
	struct ota_wr *control; /* NULL: only count */
};

static void write_offset(struct ota_wr *wr, int64_t value)
{
	uint64_t sign = value < 0 ? UINT64_C(1) << 63 : 0;

	ota_wr_u64(wr, sign | (uint64_t)(value < 0 ? -value : value));
}

void ota_bsdiff_header_write(struct ota_wr *wr, const struct ota_bsdiff_header *header)
{
	ota_wr_bytes(wr, ota_span_of("BSDIFF40", 8));
	write_offset(wr, header->control_size);
	write_offset(wr, header->diff_size);
	write_offset(wr, header->new_size);
}

void ota_bsdiff_record_write(struct ota_wr *wr, struct ota_bsdiff_record record)
{
	write_offset(wr, record.add);
	write_offset(wr, record.insert);
	write_offset(wr, record.seek);
}

static void close_record(struct gather *g)
{
	g->size.control += OTA_BSDIFF_RECORD_SIZE;
	if (g->control)
		ota_bsdiff_record_write(g->control, g->record);
	g->record = (struct ota_bsdiff_record){0};
	g->open = false;
}

/* A blend starts a record, so the one before it carries the way there. */
static void add_blend(struct gather *g, const struct ota_op *op)
{
	if (op->at != g->old_at)
		g->record.seek = (int64_t)op->at - (int64_t)g->old_at;
	if (g->open || op->at != g->old_at)
		close_record(g);
	g->record.add = op->len;
	g->old_at = (uint64_t)op->at + op->len;
	g->size.diff += op->len;
	g->open = true;
}

static void add_insert(struct gather *g, const struct ota_op *op)
{
	g->record.insert += op->len;
	g->size.extra += op->len;
	g->open = true;
}

static void gather(struct gather *g, struct ota_ops ops)
{
	for (size_t i = 0; i < ops.n; i++) {
		if (ops.op[i].kind == OTA_OP_BLEND)
			add_blend(g, &ops.op[i]);
		else
			add_insert(g, &ops.op[i]);
	}
	if (g->open)
		close_record(g);
}

struct ota_bsdiff_sizes ota_bsdiff_measure(struct ota_ops ops)
{
	struct gather g = {.control = NULL};

	gather(&g, ops);
	return g.size;
}

static bool op_is_good(const struct ota_op *op, struct ota_span old_image, size_t new_left)
{
	if (op->len == 0 || op->len > new_left)
		return false;
	if (op->kind == OTA_OP_INSERT)
		return true;
	return op->kind == OTA_OP_BLEND && op->at <= old_image.len &&
	       op->len <= old_image.len - op->at;
}

static bool ops_tile(struct ota_ops ops, struct ota_span old_image, struct ota_span new_image)
{
	size_t left = new_image.len;

	for (size_t i = 0; i < ops.n; i++) {
		if (!op_is_good(&ops.op[i], old_image, left))
			return false;
		left -= ops.op[i].len;
	}
	return left == 0;
}

static void write_diff(struct ota_wr *wr, struct ota_span old_part, struct ota_span new_part)
{
	uint8_t *room = ota_wr_room(wr, new_part.len);

	for (size_t i = 0; room && i < old_part.len; i++)
		room[i] = (uint8_t)(new_part.data[i] - old_part.data[i]);
}

enum ota_err ota_bsdiff_encode(struct ota_ops ops, struct ota_span old_image,
			       struct ota_span new_image, struct ota_bsdiff_streams *streams)
{
	struct gather g = {.control = &streams->control};
	size_t at = 0;

	if (!ops_tile(ops, old_image, new_image))
		return OTA_E_USAGE;
	gather(&g, ops);
	for (size_t i = 0; i < ops.n; i++) {
		struct ota_span part = ota_span_sub(new_image, at, ops.op[i].len);

		if (ops.op[i].kind == OTA_OP_BLEND)
			write_diff(&streams->diff, ota_span_sub(old_image, ops.op[i].at, part.len),
				   part);
		else
			ota_wr_bytes(&streams->extra, part);
		at += part.len;
	}
	if (streams->control.err != OTA_OK)
		return streams->control.err;
	return streams->diff.err != OTA_OK ? streams->diff.err : streams->extra.err;
}
