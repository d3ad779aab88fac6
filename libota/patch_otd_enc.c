// SPDX-License-Identifier: Apache-2.0
/*
 * otd made: the pair is parsed, and the parse written in more ways than one; the smallest patch is
 * kept, of equal ones the first.
 */
#include <stdlib.h>

#include "esp_image.h"
#include "match_otd.h"
#include "otd_base.h"
#include "patch_otd.h"

/* The second parse has the first one's references to go by; a third gains nothing worth its time.
 */
#define PASSES 2U
/*
 * A patch over this part of new may be larger than one that makes no use of old at all: then that
 * is made too.
 */
#define LARGE_PART 4U
#define LARGE_MIN  256U
/* Of bytes that nothing foretells a patch takes a little more than they are, at worst many times.
 */
#define ROOM_SPARE   1024U
#define ROOM_AT_MOST 16U

/* What the parse takes for the price of things. */
static const struct ota_otd_prices *const prices[OTA_OTD_ARCHS] = {
	[OTA_OTD_NONE] = &ota_otd_prices_usual,
	[OTA_OTD_THUMB] = &ota_otd_prices_usual,
	[OTA_OTD_RV32] = &ota_otd_prices_usual,
	[OTA_OTD_XTENSA] = &ota_otd_prices_bytewise,
};

struct maker {
	struct ota_span old_image;
	struct ota_span new_image;
	/* What the patch may say of the code in the images, and what the parses go by. */
	bool may_be[OTA_OTD_ARCHS];
	enum ota_otd_arch parsed_as;
	struct ota_otd_header header; /* its tier is the largest; without arch and reads_new */
	enum ota_otd_tier least;      /* the tier with the least memory */
	size_t memory_size;
	void *memory;         /* owned: the encoder's */
	struct ota_buf best;  /* a whole patch; empty: none yet */
	struct ota_buf trial; /* the one at work */
};

/* -- what the images are ----------------------------------------------------------------------- */

/* The architecture in the patch that `arch` stands for, once it is found. */
static enum ota_otd_arch arch_of(enum ota_delta_arch arch)
{
	switch (arch) {
	case OTA_DELTA_ARCH_THUMB:
		return OTA_OTD_THUMB;
	case OTA_DELTA_ARCH_RV32:
		return OTA_OTD_RV32;
	case OTA_DELTA_ARCH_XTENSA:
		return OTA_OTD_XTENSA;
	case OTA_DELTA_ARCH_NONE:
	case OTA_DELTA_ARCH_AUTO:
		break;
	}
	return OTA_OTD_NONE;
}

/* The same architecture in both, by the code itself. */
static enum ota_delta_arch find_arch(struct ota_span old_image, struct ota_span new_image)
{
	if (ota_otd_is_thumb(old_image) && ota_otd_is_thumb(new_image))
		return OTA_DELTA_ARCH_THUMB;
	if (ota_otd_is_rv32(old_image) && ota_otd_is_rv32(new_image))
		return OTA_DELTA_ARCH_RV32;
	if (ota_otd_is_xtensa(old_image) && ota_otd_is_xtensa(new_image))
		return OTA_DELTA_ARCH_XTENSA;
	return OTA_DELTA_ARCH_NONE;
}

/*
 * True when both images are Espressif's, for one kind of core. Fills their places, of as many
 * segments.
 */
static bool read_esp(struct ota_span old_image, struct ota_span new_image,
		     struct ota_esp_image *old_esp, struct ota_esp_image *new_esp)
{
	if (ota_esp_image_read(old_image, old_esp) != OTA_OK ||
	    ota_esp_image_read(new_image, new_esp) != OTA_OK || old_esp->arch != new_esp->arch)
		return false;
	ota_esp_image_pair(&old_esp->place, &new_esp->place);
	return true;
}

static void use_esp(const struct ota_esp_image *old_esp, const struct ota_esp_image *new_esp,
		    struct ota_delta_code *code)
{
	if (code->arch == OTA_DELTA_ARCH_AUTO)
		code->arch =
			new_esp->arch == OTA_OTD_RV32 ? OTA_DELTA_ARCH_RV32 : OTA_DELTA_ARCH_XTENSA;
	if (code->arch == OTA_DELTA_ARCH_NONE)
		return;
	code->segmented = true;
	code->old_base = (struct ota_delta_base){true, old_esp->place.segment[0].addr};
	code->new_base = (struct ota_delta_base){true, new_esp->place.segment[0].addr};
	code->base_from = "from the image header";
}

/* Fills what is not known yet, if it can be told. Fills `how` then. */
static enum ota_err find_base(struct ota_span image, struct ota_delta_base *base, const char **how)
{
	enum ota_err err;

	*how = "given";
	if (base->known)
		return OTA_OK;
	err = ota_otd_find_base(image, &base->addr, how);
	base->known = err == OTA_OK;
	if (!base->known)
		*how = NULL;
	return err == OTA_E_ABSENT ? OTA_OK : err;
}

/* Both images of most pairs are for one slot: where one does not tell, the other does. */
static enum ota_err find_bases(struct ota_span old_image, struct ota_span new_image,
			       struct ota_delta_code *code)
{
	const char *old_from = NULL;
	const char *new_from = NULL;
	enum ota_err err = find_base(new_image, &code->new_base, &new_from);

	if (err == OTA_OK)
		err = find_base(old_image, &code->old_base, &old_from);
	if (!code->new_base.known)
		code->new_base = code->old_base;
	if (!code->old_base.known)
		code->old_base = code->new_base;
	code->base_from = new_from ? new_from : old_from;
	return err;
}

enum ota_err ota_delta_find_code(const struct ota_delta_plan *plan, struct ota_span old_image,
				 struct ota_span new_image, struct ota_delta_code *code,
				 struct ota_diag *diag)
{
	struct ota_esp_image old_esp, new_esp;
	/* Nano has Thumb code in one segment only. */
	bool in_one = plan->arch == OTA_DELTA_ARCH_THUMB && plan->tier == OTA_DELTA_TIER_NANO;
	bool is_esp = !in_one && read_esp(old_image, new_image, &old_esp, &new_esp);

	*code = (struct ota_delta_code){
		.arch = plan->arch, .old_base = plan->old_base, .new_base = plan->new_base};
	if (is_esp && !plan->old_base.known && !plan->new_base.known) {
		use_esp(&old_esp, &new_esp, code);
		return OTA_OK;
	}
	if (code->arch == OTA_DELTA_ARCH_AUTO)
		code->arch = find_arch(old_image, new_image);
	if (code->arch == OTA_DELTA_ARCH_NONE || find_bases(old_image, new_image, code) == OTA_OK)
		return OTA_OK;
	return ota_fail(diag, OTA_E_MEMORY, "out of memory, to find the images' address");
}

static struct ota_otd_image place_of(struct ota_span image, struct ota_delta_base base)
{
	/* Without a base branches still tell how they moved; only pointers cannot be known. */
	return (struct ota_otd_image){.size = (uint32_t)image.len, /* at most OTA_DELTA_MAX */
				      .n_segments = 1,
				      .segment = {{.addr = base.known ? base.addr : 0}}};
}

/* Where the images of the pair lie, into the header. */
static void find_places(struct maker *m, const struct ota_delta_code *code)
{
	struct ota_esp_image old_esp, new_esp;

	m->header.old_image = place_of(m->old_image, code->old_base);
	m->header.new_image = place_of(m->new_image, code->new_base);
	if (code->segmented && read_esp(m->old_image, m->new_image, &old_esp, &new_esp)) {
		m->header.old_image = old_esp.place;
		m->header.new_image = new_esp.place;
	}
}

/* -- one patch --------------------------------------------------------------------------------- */

/* Whether any byte is predicted by one of new itself. */
static bool reads_new(const struct maker *m, struct ota_otd_path path)
{
	uint32_t old_len = (uint32_t)m->old_image.len;
	uint32_t new_at = 0;
	uint32_t from = 0;

	for (size_t i = 0; i <= path.n; i++) {
		uint32_t end = i < path.n ? path.turn[i].new_at : (uint32_t)m->new_image.len;

		if (end > new_at && (from > old_len || end - new_at > old_len - from))
			return true;
		new_at = end;
		from = i < path.n ? path.turn[i].from : 0;
	}
	return false;
}

/* Header and stream into the trial's buffer, if they take no more than `room` bytes. */
static enum ota_err write_in(struct maker *m, const struct ota_otd_header *header,
			     struct ota_otd_path path, size_t room, struct ota_diag *diag)
{
	const struct ota_otd_work work = {.header = header,
					  .old_image = m->old_image,
					  .new_image = m->new_image,
					  .memory = m->memory,
					  .size = m->memory_size};
	struct ota_wr wr;
	enum ota_err err;

	m->trial.len = 0;
	err = ota_buf_reserve(&m->trial, room, diag);
	if (err != OTA_OK)
		return err;
	wr = ota_wr_init(m->trial.data, room);
	ota_otd_header_write(&wr, header);
	err = wr.err;
	if (err == OTA_OK)
		err = ota_otd_encode(&work, path, &wr);
	m->trial.len = wr.at;
	if (err != OTA_OK && err != OTA_E_ROOM)
		return ota_fail(diag, err, "the matcher's path does not make the new file");
	return err;
}

/* The first patch gets what room it needs, a later one only what makes it smaller. */
static enum ota_err write_trial(struct maker *m, const struct ota_otd_header *header,
				struct ota_otd_path path, struct ota_diag *diag)
{
	size_t room = m->new_image.len + m->new_image.len / LARGE_PART + ROOM_SPARE;
	size_t most = ROOM_AT_MOST * m->new_image.len + ROOM_SPARE;
	enum ota_err err;

	if (m->best.len > 0)
		return write_in(m, header, path, m->best.len - 1, diag);
	err = write_in(m, header, path, room, diag);
	while (err == OTA_E_ROOM && room < most) {
		room *= 2;
		err = write_in(m, header, path, room, diag);
	}
	if (err == OTA_E_ROOM)
		return ota_fail(diag, err, "a patch of more than %zu bytes", room);
	return err;
}

static void keep(struct maker *m)
{
	struct ota_buf worse = m->best;

	m->best = m->trial;
	m->trial = worse;
}

/*
 * In place: the least lead with which no byte is gone that the part of the path is predicted by.
 * The first block counts from where it is entered, any other from its start.
 */
static uint32_t lead_of(const struct maker *m, uint32_t new_at, uint32_t from, uint32_t end)
{
	uint32_t block = m->header.block;
	uint32_t old_len = (uint32_t)m->old_image.len;
	uint32_t erased = (new_at | (block - 1)) + 1;

	if (from >= old_len || end == new_at)
		return 0;
	if (end - new_at > old_len - from)
		end = new_at + (old_len - from);
	if (end > erased)
		erased = new_at + block;
	return erased > from ? erased - from : 0;
}

static uint32_t lead_for(const struct maker *m, struct ota_otd_path path)
{
	uint32_t block = m->header.block;
	uint32_t most = block;
	uint32_t new_at = 0;
	uint32_t from = 0;

	for (size_t i = 0; i <= path.n; i++) {
		uint32_t end = i < path.n ? path.turn[i].new_at : (uint32_t)m->new_image.len;
		uint32_t lead = lead_of(m, new_at, from, end);

		most = lead > most ? lead : most;
		new_at = end;
		from = i < path.n ? path.turn[i].from : 0;
	}
	return (most + block - 1) & ~(block - 1);
}

/* The same with old moved up no farther than it must be, if that takes no more. */
static enum ota_err try_less_lead(struct maker *m, const struct ota_otd_header *header,
				  struct ota_otd_path path, struct ota_diag *diag)
{
	struct ota_otd_header less = *header;
	enum ota_err err;

	less.lead = lead_for(m, path);
	if (less.lead >= header->lead)
		return OTA_OK;
	err = write_in(m, &less, path, m->best.len, diag);
	if (err == OTA_OK)
		keep(m);
	return err == OTA_E_ROOM ? OTA_OK : err;
}

/* Writes the path in one way and keeps the result if it is the smallest. */
static enum ota_err try_way(struct maker *m, enum ota_otd_arch arch, enum ota_otd_tier tier,
			    struct ota_otd_path path, struct ota_diag *diag)
{
	struct ota_otd_header header = m->header;
	enum ota_err err;

	header.arch = arch;
	header.tier = tier;
	/* The header of such a patch holds no addresses, and the decoder must know all that we do.
	 */
	if (arch == OTA_OTD_NONE) {
		header.old_image = place_of(m->old_image, (struct ota_delta_base){.known = false});
		header.new_image = place_of(m->new_image, (struct ota_delta_base){.known = false});
	}
	header.reads_new = reads_new(m, path);
	err = write_trial(m, &header, path, diag);
	if (err == OTA_E_ROOM && m->best.len > 0)
		return OTA_OK;
	if (err != OTA_OK)
		return err;
	keep(m);
	return header.block > 0 ? try_less_lead(m, &header, path, diag) : OTA_OK;
}

/* Every way to write one path: the code-aware ones first, and those with least memory. */
static enum ota_err try_path(struct maker *m, struct ota_otd_path path, struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	for (unsigned arch = OTA_OTD_ARCHS; arch > 0; arch--) {
		if (!m->may_be[arch - 1])
			continue;
		for (unsigned tier = (unsigned)m->least;
		     err == OTA_OK && tier <= (unsigned)m->header.tier; tier++)
			err = try_way(m, (enum ota_otd_arch)(arch - 1), (enum ota_otd_tier)tier,
				      path, diag);
	}
	return err;
}

/* -- parses ------------------------------------------------------------------------------------ */

static enum ota_err try_parse(struct maker *m, const struct ota_index *index, struct ota_diag *diag)
{
	struct ota_otd_match_job job = {.index = index,
					.new_image = m->new_image,
					.arch = m->parsed_as,
					.old_place = &m->header.old_image,
					.new_place = &m->header.new_image,
					.reads_new = true,
					.block = m->header.block,
					.lead = m->header.lead,
					.passes = PASSES};
	struct ota_otd_matcher *matcher = NULL;
	struct ota_otd_turns turns = {.turn = NULL};
	enum ota_err err = ota_otd_matcher_new(&job, &matcher, diag);

	if (err == OTA_OK)
		err = ota_otd_match(matcher, prices[m->parsed_as], &turns, diag);
	if (err == OTA_OK)
		err = try_path(m, ota_otd_turns_path(&turns), diag);
	ota_otd_turns_free(&turns);
	ota_otd_matcher_free(matcher);
	return err;
}

/* The new image as a file that has no old one: predicted by itself alone. */
static enum ota_err try_alone(struct maker *m, struct ota_diag *diag)
{
	struct ota_otd_image nothing = {.n_segments = 1};
	struct ota_index *index = NULL;
	struct ota_otd_matcher *matcher = NULL;
	struct ota_otd_turns turns = {.turn = NULL};
	struct ota_otd_match_job job = {.new_image = m->new_image,
					.arch = OTA_OTD_NONE,
					.old_place = &nothing,
					.new_place = &m->header.new_image,
					.reads_new = true,
					.passes = 1};
	enum ota_err err = ota_index_build(ota_span_of(NULL, 0), &index, diag);

	job.index = index;
	if (err == OTA_OK)
		err = ota_otd_matcher_new(&job, &matcher, diag);
	if (err == OTA_OK)
		err = ota_otd_match(matcher, &ota_otd_prices_usual, &turns, diag);
	ota_otd_matcher_free(matcher);
	ota_index_free(index);
	/* What is before in new lies behind all of old. */
	for (size_t i = 0; err == OTA_OK && i < turns.n; i++)
		turns.turn[i].from += (uint32_t)m->old_image.len;
	if (err == OTA_OK)
		err = try_path(m, ota_otd_turns_path(&turns), diag);
	ota_otd_turns_free(&turns);
	return err;
}

/* -- all of it --------------------------------------------------------------------------------- */

static enum ota_otd_tier largest_tier(enum ota_delta_tier tier)
{
	switch (tier) {
	case OTA_DELTA_TIER_AUTO:
	case OTA_DELTA_TIER_XS:
		return OTA_OTD_XS;
	case OTA_DELTA_TIER_M:
		return OTA_OTD_M;
	case OTA_DELTA_TIER_NANO:
		return OTA_OTD_NANO;
	}
	return OTA_OTD_XS;
}

/* A lead beyond new's end is of no use. */
static uint32_t most_lead(uint32_t block, size_t new_size)
{
	size_t blocks = new_size / block + (new_size % block > 0);

	if (blocks > OTA_OTD_IMAGE_MAX / block)
		blocks = OTA_OTD_IMAGE_MAX / block;
	return blocks > 0 ? (uint32_t)blocks * block : block;
}

uint32_t ota_delta_lead(uint32_t block, size_t old_size, size_t new_size, size_t distance)
{
	uint32_t most = most_lead(block, new_size);
	size_t growth = new_size > old_size ? new_size - old_size : 0;
	size_t blocks = growth / block + (growth % block > 0) + 1;

	if (distance / block >= most / block || blocks >= most / block - distance / block)
		return most;
	blocks += distance / block + (distance % block > 0);
	return (uint32_t)blocks * block;
}

uint32_t ota_delta_safe_distance(uint32_t block, size_t old_size, size_t new_size, uint32_t lead)
{
	uint32_t least = ota_delta_lead(block, old_size, new_size, 0);

	return lead > least ? lead - least : 0;
}

static void set_place(struct ota_otd_header *header, const struct ota_delta_plan *plan)
{
	uint32_t most;

	if (!plan->in_place)
		return;
	header->block = plan->block > 0 ? plan->block : OTA_DELTA_BLOCK;
	most = most_lead(header->block, header->new_image.size);
	header->lead = plan->lead > 0 && plan->lead < most ? plan->lead : most;
}

static enum ota_err begin(struct maker *m, const struct ota_delta_plan *plan, struct ota_diag *diag)
{
	struct ota_delta_plan open = *plan;
	struct ota_delta_code code;
	enum ota_err err;

	/* A patch that is to know no code is parsed by it all the same: the path is a better one.
	 */
	if (open.arch == OTA_DELTA_ARCH_NONE)
		open.arch = OTA_DELTA_ARCH_AUTO;
	err = ota_delta_find_code(&open, m->old_image, m->new_image, &code, diag);
	if (err != OTA_OK)
		return err;
	m->parsed_as = arch_of(code.arch);
	m->may_be[m->parsed_as] = plan->arch != OTA_DELTA_ARCH_NONE;
	m->may_be[OTA_OTD_NONE] =
		plan->arch == OTA_DELTA_ARCH_NONE || plan->arch == OTA_DELTA_ARCH_AUTO;
	m->header = (struct ota_otd_header){.tier = largest_tier(plan->tier),
					    .old_crc = ota_crc32(0, m->old_image),
					    .new_crc = ota_crc32(0, m->new_image)};
	find_places(m, &code);
	/* A decoder for M takes what is for XS; nano stands alone. */
	m->least = m->header.tier == OTA_OTD_NANO ? OTA_OTD_NANO : OTA_OTD_XS;
	/* Nano knows no other code; what is that is parsed as it, all the same. */
	if (m->least == OTA_OTD_NANO && m->parsed_as > OTA_OTD_THUMB)
		m->may_be[m->parsed_as] = false;
	set_place(&m->header, plan);
	m->memory_size = OTA_OTD_ENC_RAM(m->header.tier);
	m->memory = malloc(m->memory_size);
	if (!m->memory)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted",
				m->memory_size);
	return OTA_OK;
}

enum ota_err ota_otd_make(const struct ota_delta_plan *plan, const struct ota_index *index,
			  struct ota_span new_image, struct ota_buf *out, struct ota_diag *diag)
{
	struct maker m = {.old_image = ota_index_old(index),
			  .new_image = new_image,
			  .best = ota_buf_init(SIZE_MAX),
			  .trial = ota_buf_init(SIZE_MAX)};
	enum ota_err err = begin(&m, plan, diag);

	if (err == OTA_OK)
		err = try_parse(&m, index, diag);
	ota_index_spend(plan->spent);
	if (err == OTA_OK && m.best.len > LARGE_MIN && m.best.len > new_image.len / LARGE_PART)
		err = try_alone(&m, diag);
	if (err == OTA_OK)
		err = ota_buf_append(out, ota_buf_span(&m.best), diag);
	ota_buf_free(&m.trial);
	ota_buf_free(&m.best);
	free(m.memory);
	return err;
}

/* -- for a device ------------------------------------------------------------------------------ */

/*
 * One of no tier takes all. For a gateway the largest will do: of M and XS the smaller patch is
 * kept anyway.
 */
unsigned ota_otd_variants(const struct ota_patch_room *room,
			  struct ota_delta_plan plan[OTA_VARIANTS_MAX])
{
	static const struct {
		enum ota_otd_tier tier;
		enum ota_delta_tier plan;
	} by_memory[OTA_OTD_TIERS] = {{OTA_OTD_NANO, OTA_DELTA_TIER_NANO},
				      {OTA_OTD_XS, OTA_DELTA_TIER_XS},
				      {OTA_OTD_M, OTA_DELTA_TIER_M}};
	unsigned n = 0;

	for (size_t i = 0; i < OTA_OTD_TIERS; i++) {
		bool wanted = room->decoder
				      ? ota_otd_decoder_takes(room->decoder, by_memory[i].tier)
				      : by_memory[i].tier == OTA_OTD_M;

		if (wanted)
			plan[n++] =
				(struct ota_delta_plan){.format = "otd", .tier = by_memory[i].plan};
	}
	return n;
}

/* -- what it takes ----------------------------------------------------------------------------- */

/* Nanoseconds for each byte of both images, of code of which some to much has changed. */
#define NS_PER_BYTE 1500U
#define US_AT_LEAST 2000U
/* For each byte of both: units, seeds, lanes and the ways through them. */
#define MEMORY_PER_BYTE 36U
#define TABLES          2000000U

void ota_otd_effort(const struct ota_delta_plan *plan, size_t old_len, size_t new_len,
		    struct ota_delta_effort *effort)
{
	uint64_t both = (uint64_t)old_len + new_len;

	(void)plan;
	effort->us = US_AT_LEAST + both * NS_PER_BYTE / 1000;
	effort->memory = TABLES + both * MEMORY_PER_BYTE;
}
