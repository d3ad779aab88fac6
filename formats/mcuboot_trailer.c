// SPDX-License-Identifier: Apache-2.0
#include <ota/mcuboot.h>

/* bootutil_public.c, boot_img_magic: for BOOT_MAX_ALIGN 8, and what follows the u16 alignment. */
static const uint8_t magic_8[OTA_TRAILER_MAGIC_SIZE] = {0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2,
							0xef, 0x7f, 0x35, 0x52, 0x50, 0x0f,
							0x2c, 0xb6, 0x79, 0x80};
static const uint8_t magic_tail[OTA_TRAILER_MAGIC_SIZE - 2] = {
	0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b, 0x8d, 0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a};

uint32_t ota_trailer_magic_field(uint32_t max_align)
{
	return (uint32_t)ota_align_up(OTA_TRAILER_MAGIC_SIZE, max_align);
}

uint64_t ota_trailer_info_size(const struct ota_trailer_rules *rules)
{
	uint64_t fields = 4 + (rules->tlv_sizes ? 1 : 0);

	return fields * rules->max_align + 2 * ota_align_up(rules->enc_key, rules->max_align) +
	       ota_trailer_magic_field(rules->max_align);
}

uint64_t ota_trailer_status_size(const struct ota_trailer_rules *rules)
{
	return (uint64_t)rules->max_sectors * rules->states * rules->write_size;
}

uint64_t ota_trailer_size(const struct ota_trailer_rules *rules)
{
	return ota_trailer_status_size(rules) + ota_trailer_info_size(rules);
}

uint64_t ota_trailer_scratch_size(const struct ota_trailer_rules *rules)
{
	return (uint64_t)rules->states * rules->write_size + ota_trailer_info_size(rules);
}

bool ota_trailer_fields_find(const struct ota_trailer_rules *rules, uint64_t slot_size,
			     struct ota_trailer_fields *fields)
{
	uint64_t align = rules->max_align;
	uint64_t key = ota_align_up(rules->enc_key, rules->max_align);
	uint64_t above_ok = OTA_TRAILER_MAGIC_SIZE + align;
	uint64_t image_ok = slot_size > above_ok ? (slot_size - above_ok) & ~(align - 1) : 0;
	uint64_t below =
		ota_trailer_info_size(rules) - ota_trailer_magic_field(rules->max_align) - align;

	*fields = (struct ota_trailer_fields){.magic = 0};
	if (image_ok < below)
		return false;
	fields->magic = OTA_TRAILER_MAGIC_SIZE;
	fields->image_ok = slot_size - image_ok;
	fields->copy_done = fields->image_ok + align;
	fields->swap_info = fields->copy_done + align;
	if (rules->tlv_sizes)
		fields->unprotected_tlv_sizes = fields->swap_info + align;
	fields->swap_size = fields->swap_info + (rules->tlv_sizes ? 2 : 1) * align;
	if (key > 0) {
		fields->enc_key[0] = fields->swap_size + key;
		fields->enc_key[1] = fields->swap_size + 2 * key;
	}
	if (ota_trailer_status_size(rules) > 0 && ota_trailer_size(rules) <= slot_size)
		fields->status = ota_trailer_size(rules);
	return true;
}

void ota_trailer_magic_write(struct ota_wr *wr, uint32_t max_align)
{
	if (max_align == OTA_TRAILER_ALIGN_MIN) {
		ota_wr_bytes(wr, ota_span_of(magic_8, sizeof(magic_8)));
		return;
	}
	ota_wr_u16(wr, (uint16_t)max_align);
	ota_wr_bytes(wr, ota_span_of(magic_tail, sizeof(magic_tail)));
}

/* The alignment that a magic stands for, in either byte order; 0 when it is no magic. */
static uint32_t magic_align(struct ota_span magic, bool *is_big)
{
	for (uint32_t align = OTA_TRAILER_ALIGN_MIN; align <= OTA_TRAILER_ALIGN_MAX; align *= 2) {
		for (unsigned big = 0; big < 2; big++) {
			uint8_t bytes[OTA_TRAILER_MAGIC_SIZE];
			struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));

			wr.big = big != 0;
			ota_trailer_magic_write(&wr, align);
			*is_big = wr.big;
			if (ota_span_equal(magic, ota_wr_span(&wr)))
				return align;
		}
	}
	return 0;
}

/* Offset of the first byte that is not `erased`; the length when all are. */
static size_t first_written(struct ota_span bytes, uint8_t erased)
{
	size_t at = 0;

	while (at < bytes.len && bytes.data[at] == erased)
		at++;
	return at;
}

static enum ota_trailer_flag read_flag(uint8_t value, uint8_t erased)
{
	if (value == OTA_TRAILER_FLAG_SET)
		return OTA_TRAILER_SET;
	return value == erased ? OTA_TRAILER_UNSET : OTA_TRAILER_BAD;
}

/* The smallest distance of two written bytes, which is the write size when two entries touch. */
static size_t smallest_step(struct ota_span status, uint8_t erased)
{
	size_t last = status.len;
	size_t step = status.len;

	for (size_t i = 0; i < status.len; i++) {
		if (status.data[i] == erased)
			continue;
		if (last < status.len && i - last < step)
			step = i - last;
		last = i;
	}
	return step;
}

/* Which of the two ways of writing swap status the entries so far can be. */
struct status_shape {
	bool cycles; /* swap-scratch: 1 2 3 1 2 3 ... (swap_misc.c, boot_write_status) */
	bool moves;  /* swap-move: 1 1 1 ..., then 1 2 1 2 ...; swap-offset: the latter alone */
	bool alternating; /* in the second part of `moves` */
	uint8_t last;
	size_t n;
};

/*
 * `gap`: entries that were left out stand before it. swap-move writes its second part behind room
 * for all of the first (swap_move.c:214-228).
 */
static bool see_state(struct status_shape *shape, uint8_t state, bool gap)
{
	shape->cycles &= !gap && state == shape->n % OTA_STATUS_STATES + 1;
	if (gap) {
		shape->moves &= !shape->alternating;
		shape->alternating = true;
		shape->last = 2;
	}
	if (state == 2) {
		shape->moves &= shape->last == 1;
		shape->alternating = true;
	} else {
		shape->moves &= state == 1 && (!shape->alternating || shape->last == 2);
	}
	shape->last = state;
	shape->n++;
	return shape->cycles || shape->moves;
}

/*
 * Swap status: entries of one write each, one byte of state and erased behind it, filled from the
 * first on. The write size is not known here; it is the smallest distance of two entries, and all
 * others are multiples of it.
 */
static bool status_is_well_formed(struct ota_span status, uint8_t erased, size_t *at)
{
	struct status_shape shape = {.cycles = true, .moves = true};
	size_t step = smallest_step(status, erased);
	size_t last = first_written(status, erased);

	for (*at = last; *at < status.len; (*at)++) {
		size_t distance = *at - last;

		if (status.data[*at] == erased)
			continue;
		if (distance % step != 0 || !see_state(&shape, status.data[*at], distance > step))
			return false;
		last = *at;
	}
	return true;
}

/* The fields below the magic, from the slot's end down: bootutil_misc.h. */
enum field {
	FIELD_IMAGE_OK = 1,
	FIELD_COPY_DONE,
	FIELD_SWAP_INFO,
	FIELD_SIZE, /* swap_size, or the TLV sizes in swap-offset */
};

/* One field of max_align bytes: a value, and erased bytes behind it. */
static bool read_field(struct ota_span bytes, enum field field, uint8_t erased,
		       struct ota_trailer *trailer)
{
	struct ota_rd rd = ota_rd_init(bytes);
	uint8_t value = ota_rd_u8(&rd);
	uint8_t type = value & 0x0f;
	size_t used = field == FIELD_SIZE ? sizeof(uint32_t) : 1;

	if (!ota_span_all(ota_span_tail(bytes, used), erased))
		return false;
	switch (field) {
	case FIELD_IMAGE_OK:
		trailer->image_ok = read_flag(value, erased);
		return trailer->image_ok != OTA_TRAILER_BAD;
	case FIELD_COPY_DONE:
		trailer->copy_done = read_flag(value, erased);
		return trailer->copy_done != OTA_TRAILER_BAD;
	case FIELD_SWAP_INFO:
		trailer->swap_info = value;
		return value == erased || (type >= 1 && type <= 4);
	case FIELD_SIZE:
		break;
	}
	return true;
}

/*
 * Reads the fields that lie behind the image: one that ends flush with a small slot leaves no room
 * for the lower ones. `*at` is the start of the last field read, or of the one that is wrong.
 */
static bool read_fields(struct ota_span slot, uint8_t erased, struct ota_trailer *trailer,
			size_t *at)
{
	size_t align = trailer->max_align;
	size_t distance = ota_trailer_magic_field(trailer->max_align);

	if (slot.len < distance)
		return false;
	*at = slot.len - distance;
	if (!ota_span_all(ota_span_sub(slot, *at, distance - OTA_TRAILER_MAGIC_SIZE), erased))
		return false;
	for (unsigned field = FIELD_IMAGE_OK; field <= FIELD_SIZE; field++) {
		if (align > *at)
			return true;
		*at -= align;
		if (!read_field(ota_span_sub(slot, *at, align), (enum field)field, erased, trailer))
			return false;
	}
	return true;
}

/*
 * What lies below the fields: the status, or in swap-offset swap_size and then the status. Which it
 * is does not stand anywhere; whichever reads well is taken.
 */
static bool status_and_size(struct ota_span below, uint8_t erased, struct ota_trailer *trailer,
			    size_t *at)
{
	size_t align = trailer->max_align;

	if (status_is_well_formed(below, erased, at))
		return true;
	if (align > below.len ||
	    !read_field(ota_span_tail(below, below.len - align), FIELD_SIZE, erased, trailer))
		return false;
	return status_is_well_formed(ota_span_head(below, below.len - align), erased, at);
}

enum ota_err ota_trailer_read(struct ota_span slot, uint8_t erased, struct ota_trailer *trailer,
			      size_t *at)
{
	*trailer = (struct ota_trailer){.swap_info = erased};
	*at = first_written(slot, erased);
	if (*at == slot.len)
		return OTA_E_ABSENT;
	trailer->size = slot.len - *at;
	if (slot.len < OTA_TRAILER_MAGIC_SIZE)
		return OTA_E_MALFORMED;
	trailer->max_align =
		magic_align(ota_span_tail(slot, slot.len - OTA_TRAILER_MAGIC_SIZE), &trailer->big);
	if (trailer->max_align == 0 || !read_fields(slot, erased, trailer, at))
		return OTA_E_MALFORMED;
	return status_and_size(ota_span_head(slot, *at), erased, trailer, at) ? OTA_OK
									      : OTA_E_MALFORMED;
}
