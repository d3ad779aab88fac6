// SPDX-License-Identifier: Apache-2.0
#include "vcdiff_code.h"

#define HDR_KNOWN   (HDR_SECONDARY | HDR_CODE_TABLE | HDR_APP_HEADER)
#define WIN_KNOWN   (WIN_SOURCE | WIN_TARGET | WIN_ADLER)
#define DELTA_KNOWN 0x07U /* a bit for each section, in their order */
#define VARINT_MAX  5U    /* bytes */
/* Target length, Delta_Indicator and three section lengths are a byte each at least. */
#define DELTA_LEN_MIN 5U
#define ADLER_BASE    65521U
/* As many bytes as cannot overflow 32 bits, as in zlib. */
#define ADLER_RUN 5552U

_Static_assert(sizeof(struct ota_vcdiff_dec) == OTA_VCDIFF_DEC_RAM, "publish the real size");

static const uint8_t magic[4] = {0xd6, 0xc3, 0xc4, 0x00};

/* -- headers ----------------------------------------------------------------------------------- */

bool ota_vcdiff_probe(struct ota_span patch)
{
	return ota_span_equal(ota_span_head(patch, sizeof(magic)),
			      ota_span_of(magic, sizeof(magic)));
}

/* One more byte of a number of at most 5 bytes and 32 bits; false when it is too much. */
static bool number_add(uint32_t *value, unsigned len, uint8_t byte)
{
	if (len >= VARINT_MAX || *value > UINT32_MAX >> VARINT_BITS)
		return false;
	*value = *value << VARINT_BITS | (byte & ~VARINT_MORE);
	return true;
}

enum ota_err ota_vcdiff_number_read(struct ota_rd *rd, uint32_t *value)
{
	uint8_t byte = VARINT_MORE;

	*value = 0;
	for (unsigned len = 0; byte & VARINT_MORE; len++) {
		byte = ota_rd_u8(rd);
		if (rd->err != OTA_OK)
			return rd->err;
		if (!number_add(value, len, byte))
			return OTA_E_MALFORMED;
	}
	return OTA_OK;
}

enum ota_err ota_vcdiff_header_read(struct ota_rd *rd, struct ota_vcdiff_header *header)
{
	struct ota_span start = ota_rd_bytes(rd, sizeof(magic));
	unsigned indicator = ota_rd_u8(rd);
	enum ota_err err = rd->err;
	uint32_t len;

	memset(header, 0, sizeof(*header));
	if (err != OTA_OK)
		return err;
	if (!ota_vcdiff_probe(start) || indicator & ~HDR_KNOWN)
		return OTA_E_MALFORMED;
	if (indicator & HDR_SECONDARY) {
		header->secondary = ota_rd_u8(rd);
		if (rd->err == OTA_OK && header->secondary == OTA_VCDIFF_PLAIN)
			return OTA_E_MALFORMED;
	}
	if (indicator & HDR_CODE_TABLE)
		return rd->err != OTA_OK ? rd->err : OTA_E_UNSUPPORTED;
	if (indicator & HDR_APP_HEADER) {
		err = ota_vcdiff_number_read(rd, &len);
		if (err == OTA_OK)
			header->app_header = ota_rd_bytes(rd, len);
	}
	return err != OTA_OK ? err : rd->err;
}

/* The segment's length and place; zero without one. */
static enum ota_err read_source(struct ota_rd *rd, unsigned indicator,
				struct ota_vcdiff_window *window)
{
	enum ota_err err = OTA_OK;

	if (indicator & ~WIN_KNOWN || (indicator & WIN_SOURCE && indicator & WIN_TARGET))
		return OTA_E_MALFORMED;
	if (indicator & WIN_TARGET)
		return OTA_E_UNSUPPORTED;
	if (indicator & WIN_SOURCE)
		err = ota_vcdiff_number_read(rd, &window->source_len);
	if (err == OTA_OK && indicator & WIN_SOURCE)
		err = ota_vcdiff_number_read(rd, &window->source_at);
	return err;
}

/* What lies between the delta length and the data section. */
static enum ota_err read_lengths(struct ota_rd *rd, struct ota_vcdiff_window *window)
{
	enum ota_err err = ota_vcdiff_number_read(rd, &window->new_len);
	unsigned indicator = ota_rd_u8(rd);

	if (err == OTA_OK && indicator & ~DELTA_KNOWN)
		return OTA_E_MALFORMED;
	for (unsigned i = 0; err == OTA_OK && i < OTA_VCDIFF_SECTIONS; i++) {
		window->compressed[i] = indicator >> i & 1;
		err = ota_vcdiff_number_read(rd, &window->section_len[i]);
	}
	if (err != OTA_OK)
		return err;
	if (window->has_adler) {
		struct ota_span adler = ota_rd_bytes(rd, ADLER_SIZE);

		for (size_t i = 0; i < adler.len; i++)
			window->adler = window->adler << 8 | adler.data[i];
	}
	return rd->err;
}

static bool lengths_agree(const struct ota_vcdiff_window *window, uint32_t delta_len, size_t taken)
{
	if (taken > delta_len)
		return false;
	delta_len -= (uint32_t)taken;
	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS; i++) {
		if (window->section_len[i] > delta_len)
			return false;
		delta_len -= window->section_len[i];
	}
	return delta_len == 0;
}

enum ota_err ota_vcdiff_window_read(struct ota_rd *rd, uint64_t old_size, uint64_t new_left,
				    struct ota_vcdiff_window *window)
{
	unsigned indicator = ota_rd_u8(rd);
	uint32_t delta_len = 0;
	enum ota_err err = rd->err;
	size_t start;

	memset(window, 0, sizeof(*window));
	if (err != OTA_OK)
		return err;
	window->has_adler = indicator & WIN_ADLER;
	err = read_source(rd, indicator, window);
	if (err == OTA_OK)
		err = ota_vcdiff_number_read(rd, &delta_len);
	if (err == OTA_OK && delta_len < DELTA_LEN_MIN)
		err = OTA_E_MALFORMED;
	start = rd->at;
	if (err == OTA_OK)
		err = read_lengths(rd, window);
	if (err != OTA_OK)
		return err;
	if (!lengths_agree(window, delta_len, rd->at - start) || window->new_len > new_left ||
	    window->new_len > UINT32_MAX - window->source_len)
		return OTA_E_MALFORMED;
	if (window->source_len > old_size || window->source_at > old_size - window->source_len)
		return OTA_E_WRONG_BASE;
	return OTA_OK;
}

uint32_t ota_adler32(uint32_t adler, struct ota_span bytes)
{
	uint32_t a = adler & 0xffff;
	uint32_t b = adler >> 16;

	while (bytes.len > 0) {
		struct ota_span run = ota_span_head(bytes, ADLER_RUN);

		for (size_t i = 0; i < run.len; i++) {
			a += run.data[i];
			b += a;
		}
		a %= ADLER_BASE;
		b %= ADLER_BASE;
		bytes = ota_span_tail(bytes, run.len);
	}
	return b << 16 | a;
}

/* -- code table -------------------------------------------------------------------------------- */

enum kind { NOOP, RUN, ADD, COPY };

struct instruction {
	enum kind kind;
	uint8_t size; /* 0: in the instruction section */
	uint8_t mode; /* COPY */
};

static struct instruction instruction_of(enum kind kind, unsigned size, unsigned mode)
{
	struct instruction it = {kind, (uint8_t)size, (uint8_t)mode};

	return it;
}

/* ADD 1 to 4, then COPY: the copy's size changes fastest, the mode slowest. */
static struct instruction add_copy(unsigned half, unsigned at, unsigned copies, unsigned mode)
{
	unsigned per_mode = OTA_VCDIFF_PAIR_ADD_MAX * copies;

	while (at >= per_mode) {
		at -= per_mode;
		mode++;
	}
	if (half == 0)
		return instruction_of(ADD, 1 + at / copies, 0);
	return instruction_of(COPY, OTA_VCDIFF_COPY_CODED_MIN + at % copies, mode);
}

/* The table's entry, computed: a device need not carry 1,536 bytes of it. */
static struct instruction code_table(unsigned code, unsigned half)
{
	if (code >= CODE_COPY_4_ADD)
		return half == 0 ? instruction_of(COPY, OTA_VCDIFF_COPY_CODED_MIN,
						  code - CODE_COPY_4_ADD)
				 : instruction_of(ADD, 1, 0);
	if (code >= CODE_ADD_COPY_4)
		return add_copy(half, code - CODE_ADD_COPY_4, 1, MODE_SAME);
	if (code >= CODE_ADD_COPY)
		return add_copy(half, code - CODE_ADD_COPY, PAIR_COPY_SIZES, MODE_SELF);
	if (half != 0)
		return instruction_of(NOOP, 0, 0);
	if (code >= CODE_COPY) {
		unsigned size = (code - CODE_COPY) % COPY_CODES;

		return instruction_of(COPY, size > 0 ? size + OTA_VCDIFF_COPY_CODED_MIN - 1 : 0,
				      (code - CODE_COPY) / COPY_CODES);
	}
	return instruction_of(code == CODE_RUN ? RUN : ADD, code == CODE_RUN ? 0 : code - CODE_ADD,
			      0);
}

/* -- decoder ----------------------------------------------------------------------------------- */

/* What is read next; the last three make new bytes until none of `size` is left. */
enum state { AT_CODE = 0, AT_SIZE, AT_BYTE, AT_ADDRESS, AT_RUN, AT_ADD, AT_COPY };

void ota_vcdiff_dec_init(struct ota_vcdiff_dec *dec, const struct ota_vcdiff_window *window,
			 const uint32_t section_len[OTA_VCDIFF_SECTIONS])
{
	memset(dec, 0, sizeof(*dec));
	ota_vcdiff_cache_init(&dec->cache);
	dec->source_at = window->source_at;
	dec->source_len = window->source_len;
	dec->new_len = window->new_len;
	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS; i++)
		dec->section_left[i] = section_len[i];
	/* ota_vcdiff_window_read lets none of this through. */
	if (window->source_len > UINT32_MAX - window->source_at ||
	    window->new_len > UINT32_MAX - window->source_len)
		dec->err = OTA_E_MALFORMED;
	dec->half = 1; /* as after a whole pair: a code comes next */
}

static uint32_t smaller(uint32_t a, size_t b)
{
	return b < a ? (uint32_t)b : a;
}

static enum ota_want stop(struct ota_vcdiff_dec *dec, enum ota_err err)
{
	dec->err = (uint8_t)err;
	return OTA_WANT_STOP;
}

/* OTA_WANT_NONE here and below: go on. */
static enum ota_want want_section(struct ota_vcdiff_dec *dec, struct ota_dec_io *io,
				  unsigned section)
{
	io->stream = section;
	if (dec->section_left[section] == 0)
		return stop(dec, OTA_E_TRUNCATED);
	return io->patch[section].len == 0 ? OTA_WANT_PATCH : OTA_WANT_NONE;
}

/* `n` bytes of a section have been used. */
static void took(struct ota_vcdiff_dec *dec, struct ota_dec_io *io, unsigned section, uint32_t n)
{
	io->patch[section] = ota_span_tail(io->patch[section], n);
	dec->section_left[section] -= n;
}

static enum ota_want take_byte(struct ota_vcdiff_dec *dec, struct ota_dec_io *io, unsigned section,
			       uint8_t *byte)
{
	enum ota_want want = want_section(dec, io, section);

	if (want == OTA_WANT_NONE) {
		*byte = io->patch[section].data[0];
		took(dec, io, section, 1);
	}
	return want;
}

/* A number into dec->varint, as many bytes as there are; it may be a good while between two. */
static enum ota_want take_number(struct ota_vcdiff_dec *dec, struct ota_dec_io *io,
				 unsigned section)
{
	uint8_t byte = VARINT_MORE;

	while (byte & VARINT_MORE) {
		enum ota_want want = take_byte(dec, io, section, &byte);

		if (want != OTA_WANT_NONE)
			return want;
		if (!number_add(&dec->varint, dec->varint_len, byte))
			return stop(dec, OTA_E_MALFORMED);
		dec->varint_len++;
	}
	return OTA_WANT_NONE;
}

/* The size is known: on to what the instruction needs besides. */
static enum ota_want start_instruction(struct ota_vcdiff_dec *dec, enum kind kind, uint32_t size)
{
	/* One that makes nothing would keep the window from coming nearer to its end. */
	if (size == 0 || size > dec->new_len - dec->new_at)
		return stop(dec, OTA_E_MALFORMED);
	dec->size = size;
	dec->varint = 0;
	dec->varint_len = 0;
	if (kind == COPY)
		dec->state = AT_ADDRESS;
	else
		dec->state = kind == RUN ? AT_BYTE : AT_ADD;
	return OTA_WANT_NONE;
}

/* The second half of a pair, or a new code. */
static enum ota_want next_instruction(struct ota_vcdiff_dec *dec, struct ota_dec_io *io)
{
	struct instruction it = instruction_of(NOOP, 0, 0);

	if (dec->half == 0) {
		dec->half = 1;
		it = code_table(dec->code, 1);
	}
	if (it.kind == NOOP) {
		enum ota_want want = take_byte(dec, io, OTA_VCDIFF_INST, &dec->code);

		if (want != OTA_WANT_NONE)
			return want;
		dec->half = 0;
		it = code_table(dec->code, 0);
	}
	if (it.size > 0)
		return start_instruction(dec, it.kind, it.size);
	dec->varint = 0;
	dec->varint_len = 0;
	dec->state = AT_SIZE;
	return OTA_WANT_NONE;
}

static enum ota_want take_size(struct ota_vcdiff_dec *dec, struct ota_dec_io *io)
{
	enum ota_want want = take_number(dec, io, OTA_VCDIFF_INST);

	if (want != OTA_WANT_NONE)
		return want;
	return start_instruction(dec, code_table(dec->code, dec->half).kind, dec->varint);
}

static enum ota_want take_run_byte(struct ota_vcdiff_dec *dec, struct ota_dec_io *io)
{
	enum ota_want want = take_byte(dec, io, OTA_VCDIFF_DATA, &dec->byte);

	if (want == OTA_WANT_NONE)
		dec->state = AT_RUN;
	return want;
}

/* RFC 3284 section 5.3. False for an address that is not before `here`. */
static bool resolve_address(struct ota_vcdiff_dec *dec, unsigned mode)
{
	uint32_t here = dec->source_len + dec->new_at;
	uint32_t addr = dec->varint;

	if (mode >= MODE_SAME) {
		addr = dec->cache.same[(mode - MODE_SAME) * OTA_VCDIFF_SAME_PART + addr];
	} else if (mode >= MODE_NEAR) {
		if (addr > UINT32_MAX - dec->cache.near[mode - MODE_NEAR])
			return false;
		addr += dec->cache.near[mode - MODE_NEAR];
	} else if (mode == MODE_HERE) {
		if (addr > here)
			return false;
		addr = here - addr;
	}
	if (addr >= here)
		return false;
	dec->addr = addr;
	return true;
}

static enum ota_want take_address(struct ota_vcdiff_dec *dec, struct ota_dec_io *io)
{
	unsigned mode = code_table(dec->code, dec->half).mode;
	enum ota_want want;
	uint8_t byte;

	if (mode >= MODE_SAME) {
		want = take_byte(dec, io, OTA_VCDIFF_ADDR, &byte);
		if (want == OTA_WANT_NONE)
			dec->varint = byte;
	} else {
		want = take_number(dec, io, OTA_VCDIFF_ADDR);
	}
	if (want != OTA_WANT_NONE)
		return want;
	if (!resolve_address(dec, mode))
		return stop(dec, OTA_E_MALFORMED);
	ota_vcdiff_cache_update(&dec->cache, dec->addr);
	io->old = ota_span_of(NULL, 0);
	dec->state = AT_COPY;
	return OTA_WANT_NONE;
}

/* `n` bytes of the instruction at work are done, `made` or skipped. */
static void advance(struct ota_vcdiff_dec *dec, uint32_t n)
{
	dec->new_at += n;
	dec->size -= n;
	dec->addr += n;
	if (dec->size == 0)
		dec->state = AT_CODE;
}

static void made(struct ota_vcdiff_dec *dec, struct ota_dec_io *io, uint32_t n)
{
	io->out += n;
	io->room -= n;
	advance(dec, n);
}

static enum ota_want run(struct ota_vcdiff_dec *dec, struct ota_dec_io *io)
{
	uint32_t n = smaller(dec->size, io->room);

	if (n == 0)
		return OTA_WANT_ROOM;
	memset(io->out, dec->byte, n);
	made(dec, io, n);
	return OTA_WANT_NONE;
}

/* How much of an ADD there is at hand. */
static uint32_t add_now(const struct ota_vcdiff_dec *dec, const struct ota_dec_io *io)
{
	uint32_t n = smaller(dec->size, dec->section_left[OTA_VCDIFF_DATA]);

	return smaller(n, io->patch[OTA_VCDIFF_DATA].len);
}

static enum ota_want add(struct ota_vcdiff_dec *dec, struct ota_dec_io *io)
{
	enum ota_want want = want_section(dec, io, OTA_VCDIFF_DATA);
	uint32_t n = smaller(add_now(dec, io), io->room);

	if (want != OTA_WANT_NONE)
		return want;
	if (n == 0)
		return OTA_WANT_ROOM;
	memcpy(io->out, io->patch[OTA_VCDIFF_DATA].data, n);
	took(dec, io, OTA_VCDIFF_DATA, n);
	made(dec, io, n);
	return OTA_WANT_NONE;
}

static enum ota_want copy_old(struct ota_vcdiff_dec *dec, struct ota_dec_io *io)
{
	uint32_t n = smaller(dec->size, dec->source_len - dec->addr);

	if (io->old.len == 0) {
		io->old_at = dec->source_at + dec->addr;
		io->old_len = n;
		return OTA_WANT_OLD;
	}
	n = smaller(smaller(n, io->old.len), io->room);
	memcpy(io->out, io->old.data, n);
	io->old = ota_span_tail(io->old, n);
	made(dec, io, n);
	return OTA_WANT_NONE;
}

/* May read what it has just made: then a period that is repeated, twice as much every time. */
static enum ota_want copy_new(struct ota_vcdiff_dec *dec, struct ota_dec_io *io)
{
	uint32_t distance = dec->new_at - (dec->addr - dec->source_len);
	uint32_t left = smaller(dec->size, io->room);
	const uint8_t *from = io->out - distance;

	while (left > 0) {
		uint32_t n = smaller(left, distance);

		memcpy(io->out, from, n);
		made(dec, io, n);
		left -= n;
		distance += n;
	}
	return OTA_WANT_NONE;
}

static enum ota_want copy(struct ota_vcdiff_dec *dec, struct ota_dec_io *io)
{
	if (io->room == 0)
		return OTA_WANT_ROOM;
	return dec->addr < dec->source_len ? copy_old(dec, io) : copy_new(dec, io);
}

static enum ota_want do_state(struct ota_vcdiff_dec *dec, struct ota_dec_io *io)
{
	switch ((enum state)dec->state) {
	case AT_CODE:
		return next_instruction(dec, io);
	case AT_SIZE:
		return take_size(dec, io);
	case AT_BYTE:
		return take_run_byte(dec, io);
	case AT_ADDRESS:
		return take_address(dec, io);
	case AT_RUN:
		return run(dec, io);
	case AT_ADD:
		return add(dec, io);
	case AT_COPY:
		return copy(dec, io);
	}
	return stop(dec, OTA_E_MALFORMED);
}

/* The window is made: nothing may be left over, not even half of a pair. */
static enum ota_want finish(struct ota_vcdiff_dec *dec)
{
	if (dec->half == 0 && code_table(dec->code, 1).kind != NOOP)
		return stop(dec, OTA_E_MALFORMED);
	for (unsigned i = 0; i < OTA_VCDIFF_SECTIONS; i++) {
		if (dec->section_left[i] > 0)
			return stop(dec, OTA_E_MALFORMED);
	}
	return OTA_WANT_NONE;
}

enum ota_want ota_vcdiff_dec_step(struct ota_vcdiff_dec *dec, struct ota_dec_io *io)
{
	enum ota_want want = OTA_WANT_NONE;

	if (dec->err != OTA_OK)
		return OTA_WANT_STOP;
	while (want == OTA_WANT_NONE && dec->new_at < dec->new_len)
		want = do_state(dec, io);
	return want == OTA_WANT_NONE ? finish(dec) : want;
}

struct ota_op ota_vcdiff_dec_skip(struct ota_vcdiff_dec *dec, struct ota_dec_io *io)
{
	struct ota_op op = {OTA_OP_RUN, dec->size, 0};

	if (dec->state == AT_ADD) {
		op.kind = OTA_OP_INSERT;
		op.len = add_now(dec, io);
		took(dec, io, OTA_VCDIFF_DATA, op.len);
	} else if (dec->state == AT_COPY && dec->addr < dec->source_len) {
		op.kind = OTA_OP_COPY_OLD;
		op.at = dec->source_at + dec->addr;
		op.len = smaller(dec->size, dec->source_len - dec->addr);
	} else if (dec->state == AT_COPY) {
		op.kind = OTA_OP_COPY_NEW;
		op.at = dec->addr - dec->source_len;
	}
	advance(dec, op.len);
	return op;
}
