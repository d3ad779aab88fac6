// SPDX-License-Identifier: Apache-2.0
#include <ota/bsdiff.h>

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

enum ota_err ota_bsdiff_enc_init(struct ota_bsdiff_enc *enc, enum ota_bsdiff_stream stream,
				 struct ota_ops ops, struct ota_span old_image,
				 struct ota_span new_image)
{
	memset(enc, 0, sizeof(*enc));
	if (!ops_tile(ops, old_image, new_image))
		return OTA_E_USAGE;
	enc->stream = stream;
	enc->ops = ops;
	enc->old_image = old_image;
	enc->new_image = new_image;
	return OTA_OK;
}

static bool is_blend(const struct ota_bsdiff_enc *enc)
{
	return enc->op < enc->ops.n && enc->ops.op[enc->op].kind == OTA_OP_BLEND;
}

/* At most one blend, the inserts behind it, and the way to the next blend. */
static struct ota_bsdiff_record next_record(struct ota_bsdiff_enc *enc)
{
	struct ota_bsdiff_record record = {0};

	if (is_blend(enc) && enc->ops.op[enc->op].at == enc->old_at) {
		record.add = enc->ops.op[enc->op++].len;
		enc->old_at += (size_t)record.add;
	}
	while (enc->op < enc->ops.n && !is_blend(enc))
		record.insert += enc->ops.op[enc->op++].len;
	if (is_blend(enc)) {
		record.seek = (int64_t)enc->ops.op[enc->op].at - (int64_t)enc->old_at;
		enc->old_at = enc->ops.op[enc->op].at;
	}
	return record;
}

static void write_diff(struct ota_wr *wr, struct ota_span old_part, struct ota_span new_part)
{
	uint8_t *room = ota_wr_room(wr, new_part.len);

	for (size_t i = 0; room && i < old_part.len && i < new_part.len; i++)
		room[i] = (uint8_t)(new_part.data[i] - old_part.data[i]);
}

/* As much of the edit at hand as there is room for, when it belongs to the stream. */
static void write_part(struct ota_bsdiff_enc *enc, struct ota_wr *out)
{
	const struct ota_op *op = &enc->ops.op[enc->op];
	size_t left = op->len - enc->done;
	size_t len = left < out->cap - out->at ? left : out->cap - out->at;
	struct ota_span part = ota_span_sub(enc->new_image, enc->new_at + enc->done, len);

	if (is_blend(enc) != (enc->stream == OTA_BSDIFF_DIFF))
		len = left;
	else if (is_blend(enc))
		write_diff(out, ota_span_sub(enc->old_image, op->at + enc->done, len), part);
	else
		ota_wr_bytes(out, part);
	enc->done += len;
	if (enc->done < op->len)
		return;
	enc->new_at += op->len;
	enc->done = 0;
	enc->op++;
}

void ota_bsdiff_enc_read(struct ota_bsdiff_enc *enc, struct ota_wr *out)
{
	while (enc->op < enc->ops.n && out->at < out->cap) {
		if (enc->stream != OTA_BSDIFF_CONTROL)
			write_part(enc, out);
		else if (out->cap - out->at >= OTA_BSDIFF_RECORD_SIZE)
			ota_bsdiff_record_write(out, next_record(enc));
		else
			return;
	}
}
