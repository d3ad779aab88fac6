// SPDX-License-Identifier: Apache-2.0
#include <ota/bsdiff.h>

/* Where the old position may wander: far outside any image, and no sum of three can overflow. */
#define POSITION_MAX (INT64_C(1) << 61)

/*
 * bsdiff starts a record only after a match of 9 bytes or more, and some of its records make no
 * byte: two and more of them in a row are legal. Without a limit a few hundred bytes of bzip2 could
 * keep a decoder busy for hours.
 */
#define IDLE_MAX(new_size) ((new_size) / 8 + 1)

_Static_assert(sizeof(struct ota_bsdiff_dec) == OTA_BSDIFF_DEC_RAM, "publish the real size");

static const uint8_t magic[8] = {'B', 'S', 'D', 'I', 'F', 'F', '4', '0'};

/* Sign and magnitude, not two's complement; minus zero is zero. */
static int64_t read_offset(struct ota_rd *rd)
{
	uint64_t raw = ota_rd_u64(rd);
	int64_t magnitude = (int64_t)(raw & INT64_MAX);

	return raw >> 63 ? -magnitude : magnitude;
}

bool ota_bsdiff_probe(struct ota_span patch)
{
	return ota_span_equal(ota_span_head(patch, sizeof(magic)),
			      ota_span_of(magic, sizeof(magic)));
}

enum ota_err ota_bsdiff_header_read(struct ota_span patch, struct ota_bsdiff_header *header)
{
	struct ota_rd rd = ota_rd_init(patch);
	bool is_bsdiff = ota_bsdiff_probe(ota_rd_bytes(&rd, sizeof(magic)));
	uint64_t left;

	header->control_size = read_offset(&rd);
	header->diff_size = read_offset(&rd);
	header->new_size = read_offset(&rd);
	if (rd.err != OTA_OK)
		return rd.err;
	if (!is_bsdiff || header->control_size < 0 || header->diff_size < 0 || header->new_size < 0)
		return OTA_E_MALFORMED;
	left = ota_rd_left(&rd);
	if ((uint64_t)header->control_size > left ||
	    (uint64_t)header->diff_size > left - (uint64_t)header->control_size)
		return OTA_E_TRUNCATED;
	return OTA_OK;
}

struct ota_bsdiff_record ota_bsdiff_record_read(struct ota_rd *rd)
{
	struct ota_bsdiff_record record;

	record.add = read_offset(rd);
	record.insert = read_offset(rd);
	record.seek = read_offset(rd);
	return record;
}

enum ota_err ota_bsdiff_dec_init(struct ota_bsdiff_dec *dec, uint64_t old_size, uint64_t new_size)
{
	memset(dec, 0, sizeof(*dec));
	if (old_size > OTA_BSDIFF_IMAGE_MAX || new_size > OTA_BSDIFF_IMAGE_MAX) {
		dec->err = OTA_E_UNSUPPORTED;
		return OTA_E_UNSUPPORTED;
	}
	dec->old_size = (uint32_t)old_size;
	dec->new_size = (uint32_t)new_size;
	dec->idle = IDLE_MAX(dec->new_size);
	return OTA_OK;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static struct ota_bsdiff_record current_record(const struct ota_bsdiff_dec *dec)
{
	struct ota_rd rd = ota_rd_init(ota_span_of(dec->control, sizeof(dec->control)));

	return ota_bsdiff_record_read(&rd);
}

/* CVE-2014-9862 and CVE-2020-14315 are what happens without these. */
static bool record_is_good(struct ota_bsdiff_record record, int64_t old_at, uint32_t new_left)
{
	int64_t left = (int64_t)new_left;
	int64_t end;

	if (record.add < 0 || record.insert < 0)
		return false;
	if (record.add > left || record.insert > left - record.add)
		return false;
	if (record.seek < -POSITION_MAX || record.seek > POSITION_MAX)
		return false;
	end = old_at + record.add + record.seek;
	return end >= -POSITION_MAX && end <= POSITION_MAX;
}

static bool record_is_idle(struct ota_bsdiff_record record)
{
	return record.add == 0 && record.insert == 0;
}

enum ota_err ota_bsdiff_walk_init(struct ota_bsdiff_walk *walk, uint64_t new_size)
{
	memset(walk, 0, sizeof(*walk));
	if (new_size > OTA_BSDIFF_IMAGE_MAX)
		return OTA_E_UNSUPPORTED;
	walk->new_size = (uint32_t)new_size;
	walk->idle = IDLE_MAX(walk->new_size);
	return OTA_OK;
}

enum ota_err ota_bsdiff_walk_step(struct ota_bsdiff_walk *walk, struct ota_bsdiff_record record)
{
	if (!record_is_good(record, walk->old_at, walk->new_size - walk->new_at))
		return OTA_E_MALFORMED;
	if (record_is_idle(record)) {
		if (walk->idle == 0)
			return OTA_E_MALFORMED;
		walk->idle--;
	}
	walk->new_at += (uint32_t)(record.add + record.insert);
	walk->old_at += record.add + record.seek;
	return OTA_OK;
}

static enum ota_want stop(struct ota_bsdiff_dec *dec)
{
	dec->err = OTA_E_MALFORMED;
	return OTA_WANT_STOP;
}

/* OTA_WANT_NONE here and below: go on. */
static enum ota_want start_record(struct ota_bsdiff_dec *dec, struct ota_dec_io *io)
{
	struct ota_bsdiff_record record = current_record(dec);

	if (!record_is_good(record, dec->old_at, dec->new_size - dec->new_at))
		return stop(dec);
	if (record_is_idle(record)) {
		if (dec->idle == 0)
			return stop(dec);
		dec->idle--;
	}
	dec->add = (uint32_t)record.add;
	dec->insert = (uint32_t)record.insert;
	io->old = ota_span_of(NULL, 0);
	return OTA_WANT_NONE;
}

/* Finishes the record in `control`, if there is one, and gathers the bytes of the next. */
static enum ota_want next_record(struct ota_bsdiff_dec *dec, struct ota_dec_io *io)
{
	struct ota_span *in = &io->patch[OTA_BSDIFF_CONTROL];
	size_t n;

	if (dec->control_len == OTA_BSDIFF_RECORD_SIZE) {
		dec->old_at += current_record(dec).seek;
		dec->control_len = 0;
	}
	n = smaller(OTA_BSDIFF_RECORD_SIZE - dec->control_len, in->len);
	if (n > 0)
		memcpy(dec->control + dec->control_len, in->data, n);
	*in = ota_span_tail(*in, n);
	dec->control_len = (uint8_t)(dec->control_len + n);
	if (dec->control_len < OTA_BSDIFF_RECORD_SIZE) {
		io->stream = OTA_BSDIFF_CONTROL;
		return OTA_WANT_PATCH;
	}
	return start_record(dec, io);
}

/* `n` bytes have been put at io->out. */
static void advance(struct ota_bsdiff_dec *dec, struct ota_dec_io *io, size_t n)
{
	struct ota_span *in = &io->patch[io->stream];

	*in = ota_span_tail(*in, n);
	io->out += n;
	io->room -= n;
	dec->new_at += (uint32_t)n;
}

/* Diff bytes where there is no old byte: onto zero. Returns how many. */
static size_t blend_outside(struct ota_bsdiff_dec *dec, struct ota_dec_io *io, size_t n)
{
	dec->outside = 1;
	if (dec->old_at < 0 && (int64_t)n > -dec->old_at)
		n = (size_t)-dec->old_at;
	memcpy(io->out, io->patch[OTA_BSDIFF_DIFF].data, n);
	return n;
}

static size_t blend_inside(struct ota_dec_io *io, size_t n)
{
	const uint8_t *diff = io->patch[OTA_BSDIFF_DIFF].data;

	n = smaller(n, io->old.len);
	for (size_t i = 0; i < n; i++)
		io->out[i] = (uint8_t)(io->old.data[i] + diff[i]);
	io->old = ota_span_tail(io->old, n);
	return n;
}

static enum ota_want blend(struct ota_bsdiff_dec *dec, struct ota_dec_io *io)
{
	size_t n = smaller(dec->add, smaller(io->room, io->patch[OTA_BSDIFF_DIFF].len));

	io->stream = OTA_BSDIFF_DIFF;
	if (io->room == 0)
		return OTA_WANT_ROOM;
	if (n == 0)
		return OTA_WANT_PATCH;
	if (dec->old_at < 0 || dec->old_at >= (int64_t)dec->old_size) {
		n = blend_outside(dec, io, n);
	} else {
		size_t left = dec->old_size - (uint32_t)dec->old_at;

		if (io->old.len == 0) {
			io->old_at = (uint32_t)dec->old_at;
			io->old_len = (uint32_t)smaller(dec->add, left);
			return OTA_WANT_OLD;
		}
		n = blend_inside(io, smaller(n, left));
	}
	advance(dec, io, n);
	dec->old_at += (int64_t)n;
	dec->add -= (uint32_t)n;
	return OTA_WANT_NONE;
}

static enum ota_want insert(struct ota_bsdiff_dec *dec, struct ota_dec_io *io)
{
	struct ota_span in = io->patch[OTA_BSDIFF_EXTRA];
	size_t n = smaller(dec->insert, smaller(io->room, in.len));

	io->stream = OTA_BSDIFF_EXTRA;
	if (io->room == 0)
		return OTA_WANT_ROOM;
	if (n == 0)
		return OTA_WANT_PATCH;
	memcpy(io->out, in.data, n);
	advance(dec, io, n);
	dec->insert -= (uint32_t)n;
	return OTA_WANT_NONE;
}

enum ota_want ota_bsdiff_dec_step(struct ota_bsdiff_dec *dec, struct ota_dec_io *io)
{
	enum ota_want want = OTA_WANT_NONE;

	if (dec->err != OTA_OK)
		return OTA_WANT_STOP;
	while (want == OTA_WANT_NONE && dec->new_at < dec->new_size) {
		if (dec->add > 0)
			want = blend(dec, io);
		else if (dec->insert > 0)
			want = insert(dec, io);
		else
			want = next_record(dec, io);
	}
	return want;
}
