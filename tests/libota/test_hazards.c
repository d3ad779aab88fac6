// SPDX-License-Identifier: Apache-2.0
/* Each hazard: one case where it is there, and one close by where it is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "hazards.h"

/* -- what is asked ----------------------------------------------------------------------------- */

struct question {
	struct ota_update update;
	struct ota_target target;
	struct ota_budget_options options;
	struct ota_budget budget;
};

static struct ota_sectors sectors(const char *text)
{
	struct ota_sectors list = {.n = 0};

	if (text)
		assert_int_equal(ota_sectors_parse(text, &list, NULL), OTA_OK);
	return list;
}

/* Slots of the same sectors, one behind the other from 0x10000 on. */
static struct question *ask(enum ota_mode mode, const char *slots, const char *scratch)
{
	static struct question question;
	struct ota_flash_layout *layout = &question.target.layout;
	uint32_t bytes;

	question = (struct question){.update = {.old_len = 50000, .new_len = 50000}};
	question.target.has_mcuboot = true;
	question.target.n_images = 1;
	*layout = (struct ota_flash_layout){
		.mode = mode, .write_size = 8, .max_align = 8, .max_sectors = 64};
	layout->primary = sectors(slots);
	layout->secondary = sectors(slots);
	layout->scratch = sectors(scratch);
	bytes = (uint32_t)ota_sectors_bytes(&layout->primary);
	question.target.primary = (struct ota_area){.at = 0x10000, .len = bytes};
	question.target.secondary = (struct ota_area){.at = 0x10000 + bytes, .len = bytes};
	return &question;
}

static void find(struct question *question)
{
	struct ota_diag diag = {.err = OTA_OK};
	const struct ota_flash_layout *layout = &question->target.layout;

	question->budget = (struct ota_budget){.applier = question->options.applier};
	if (ota_flash_limits(layout, &question->budget.limits, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
	ota_hazards_of_layout(&question->update, &question->target, layout, &question->budget);
	ota_hazards_of_images(&question->update, &question->target, &question->options,
			      &question->budget);
}

static const struct ota_budget_finding *named(const struct question *question, const char *id)
{
	for (unsigned i = 0; i < question->budget.n_findings; i++) {
		if (strcmp(question->budget.finding[i].id, id) == 0)
			return &question->budget.finding[i];
	}
	return NULL;
}

static const struct ota_budget_finding *assert_finds(struct question *question, const char *id,
						     enum ota_budget_severity severity,
						     const char *text)
{
	const struct ota_budget_finding *finding;

	find(question);
	finding = named(question, id);
	if (!finding)
		fail_msg("no finding %s", id);
	assert_string_equal(finding->text, text);
	assert_int_equal(finding->severity, severity);
	/* Who is told no is told why, and what to do. */
	if (severity == OTA_SEVERITY_FAILURE) {
		assert_true(finding->why[0] != '\0');
		assert_true(finding->remedy[0] != '\0');
		assert_non_null(finding->source);
	}
	return finding;
}

static void assert_silent(struct question *question, const char *id)
{
	find(question);
	if (named(question, id))
		fail_msg("%s", named(question, id)->text);
}

/* -- images, record by record ------------------------------------------------------------------ */

struct record {
	uint16_t type;
	bool is_protected;
	uint16_t len;
	const uint8_t *value; /* NULL: zeros */
};

#define BODY_SIZE 64U

static size_t area_size(const struct record *records, size_t n, bool is_protected)
{
	size_t size = 0;

	for (size_t i = 0; i < n; i++) {
		if (records[i].is_protected == is_protected)
			size += ota_tlv_size(records[i].len);
	}
	return size == 0 && is_protected ? 0 : size + OTA_TLV_INFO_SIZE;
}

static void write_area(struct ota_wr *wr, const struct record *records, size_t n, bool is_protected)
{
	static const uint8_t zeros[128];
	size_t size = area_size(records, n, is_protected);

	if (size == 0)
		return;
	ota_tlv_info_write(wr, is_protected ? OTA_TLV_PROT_INFO_MAGIC : OTA_TLV_INFO_MAGIC,
			   (uint16_t)size);
	for (size_t i = 0; i < n; i++) {
		const uint8_t *value = records[i].value ? records[i].value : zeros;

		if (records[i].is_protected == is_protected)
			ota_tlv_write(wr, records[i].type, ota_span_of(value, records[i].len));
	}
}

struct made {
	uint8_t bytes[512];
	struct ota_image image;
};

static void make(struct made *made, struct ota_image_header header, const struct record *records,
		 size_t n)
{
	static const uint8_t body[BODY_SIZE];
	struct ota_wr wr = ota_wr_init(made->bytes, sizeof(made->bytes));
	struct ota_diag diag = {.err = OTA_OK};

	header.hdr_size = OTA_IMAGE_HEADER_SIZE;
	header.img_size = BODY_SIZE;
	header.protect_tlv_size = (uint16_t)area_size(records, n, true);
	ota_image_header_write(&wr, &header);
	ota_wr_bytes(&wr, ota_span_of(body, sizeof(body)));
	write_area(&wr, records, n, true);
	write_area(&wr, records, n, false);
	if (ota_image_open(ota_wr_span(&wr), &made->image, &diag) != OTA_OK)
		fail_msg("%s", diag.text);
}

/* The new image of the question is of these. */
#define NEW(question, header, ...)                                                                 \
	do {                                                                                       \
		static struct made made_new;                                                       \
		const struct record of[] = {__VA_ARGS__};                                          \
		make(&made_new, header, of, sizeof(of) / sizeof(of[0]));                           \
		(question)->update.new_image = &made_new.image;                                    \
	} while (0)

#define OLD(question, header, ...)                                                                 \
	do {                                                                                       \
		static struct made made_old;                                                       \
		const struct record of[] = {__VA_ARGS__};                                          \
		make(&made_old, header, of, sizeof(of) / sizeof(of[0]));                           \
		(question)->update.old_image = &made_old.image;                                    \
	} while (0)

#define DIGEST                                                                                     \
	{                                                                                          \
		OTA_TLV_SHA256, false, 32, NULL                                                    \
	}

static struct ota_image_header plain(void)
{
	return (struct ota_image_header){.version = {.major = 1, .minor = 2}};
}

static struct ota_image_header flagged(uint32_t flags, uint32_t load_addr)
{
	return (struct ota_image_header){
		.flags = flags, .load_addr = load_addr, .version = {.major = 2}};
}

/* -- sizes ------------------------------------------------------------------------------------- */

static void swap_offset_bricks_images_of_one_sector(void **state)
{
	struct question *question = ask(OTA_MODE_SWAP_OFFSET, "4*131072", NULL);

	(void)state;
	question->update.new_len = 100000;
	assert_finds(question, "swap-offset-one-sector", OTA_SEVERITY_FAILURE,
		     "both images are at most 100,000 bytes, within one sector of 131,072");
	question->update.old_len = 131072;
	assert_finds(question, "swap-offset-one-sector", OTA_SEVERITY_FAILURE,
		     "both images are at most 131,072 bytes, within one sector of 131,072");
	/* One of them is enough: the larger decides how much is swapped. */
	question->update.old_len = 131073;
	assert_silent(question, "swap-offset-one-sector");
	question->update.old_len = 0;
	/* An old image of two sectors is well; nobody said what it is. */
	assert_finds(
		question, "swap-offset-one-sector", OTA_SEVERITY_WARNING,
		"the new image is 100,000 bytes, within one sector of 131,072, and the old one "
		"is not known");
	question->target.layout.mode = OTA_MODE_SWAP_MOVE;
	assert_silent(question, "swap-offset-one-sector");
}

static void swap_offset_asserts_from_plain_to_encrypted(void **state)
{
	struct question *question = ask(OTA_MODE_SWAP_OFFSET, "32*4096", NULL);

	(void)state;
	question->target.layout.enc_key = 16;
	OLD(question, plain(), DIGEST);
	NEW(question, flagged(OTA_IMAGE_F_ENCRYPTED_AES128, 0), DIGEST);
	assert_finds(question, "swap-offset-plain-to-encrypted", OTA_SEVERITY_FAILURE,
		     "the old image is plain and the new one encrypted");
	OLD(question, flagged(OTA_IMAGE_F_ENCRYPTED_AES128, 0), DIGEST);
	assert_silent(question, "swap-offset-plain-to-encrypted");
	OLD(question, plain(), DIGEST);
	question->target.layout.mode = OTA_MODE_SWAP_MOVE;
	assert_silent(question, "swap-offset-plain-to-encrypted");
	/* Refused before anything is swapped. */
	question->target.layout.mode = OTA_MODE_SWAP_OFFSET;
	question->target.layout.enc_key = 0;
	assert_finds(question, "encrypted-for-plain-bootloader", OTA_SEVERITY_FAILURE,
		     "the new image is encrypted, the profile says encryption: none");
	assert_silent(question, "swap-offset-plain-to-encrypted");
}

static void an_image_is_encrypted_as_the_bootloader_was_built(void **state)
{
	struct question *question = ask(OTA_MODE_SWAP_MOVE, "32*4096", NULL);

	(void)state;
	NEW(question, flagged(OTA_IMAGE_F_ENCRYPTED_AES256, 0), DIGEST,
	    {OTA_TLV_ENC_X25519, false, 96, NULL});
	question->target.layout.enc_key = 16;
	assert_finds(question, "encryption-differs", OTA_SEVERITY_FAILURE,
		     "the new image is encrypted with AES-256, the profile says encryption: "
		     "aes128");
	question->target.layout.enc_key = 32;
	assert_silent(question, "encryption-differs");
	/* Whole TLVs are kept: of X25519 with AES-128, and with AES-256. */
	question->target.layout.enc_key = 80;
	assert_finds(question, "encryption-differs", OTA_SEVERITY_FAILURE,
		     "the new image's key comes in a TLV of 96 bytes, by the profile the "
		     "bootloader takes one of 80");
	question->target.layout.enc_key = 96;
	assert_silent(question, "encryption-differs");
	/* A plain image is taken as well. */
	NEW(question, plain(), DIGEST);
	question->target.layout.enc_key = 16;
	assert_silent(question, "encryption-differs");
}

static void swap_scratch_warns_of_a_torn_erase_in_the_trailers_sector(void **state)
{
	/* Trailer 64*3*8 + 48 = 1584, in the last sector, which starts at 126976. */
	struct question *question = ask(OTA_MODE_SWAP_SCRATCH, "32*4096", "1*4096");

	(void)state;
	question->update.new_len = 126977;
	assert_finds(question, "swap-scratch-torn-erase", OTA_SEVERITY_WARNING,
		     "an image of 126,977 bytes shares the sector at 126,976 with the trailer");
	question->update.new_len = 126976;
	assert_silent(question, "swap-scratch-torn-erase");
	question->update.old_len = 127000;
	assert_finds(question, "swap-scratch-torn-erase", OTA_SEVERITY_WARNING,
		     "an image of 127,000 bytes shares the sector at 126,976 with the trailer");
	/* What does not fit is not swapped: 131072 - 1584 is the limit. */
	question->update.new_len = 129489;
	assert_silent(question, "swap-scratch-torn-erase");
	question->update.new_len = 129488;
	assert_finds(question, "swap-scratch-torn-erase", OTA_SEVERITY_WARNING,
		     "an image of 129,488 bytes shares the sector at 126,976 with the trailer");
}

static void swap_scratch_reads_too_far_when_an_old_image_covers_the_status(void **state)
{
	/* The status starts 1584 before the end of 131072. */
	struct question *question = ask(OTA_MODE_SWAP_SCRATCH, "32*4096", "1*4096");

	(void)state;
	question->update.old_len = 129489;
	assert_finds(
		question, "swap-scratch-status-overlap", OTA_SEVERITY_FAILURE,
		"the old image ends at 129,489, inside the swap status that starts at 129,488");
	question->update.old_len = 129488;
	assert_silent(question, "swap-scratch-status-overlap");
}

static void an_old_image_over_the_limit_is_a_failure_where_it_is_swapped(void **state)
{
	struct question *question = ask(OTA_MODE_SWAP_MOVE, "32*4096", NULL);

	(void)state;
	question->update.old_len = 122881;
	assert_finds(question, "old-image-over-limit", OTA_SEVERITY_FAILURE,
		     "the old image is 122,881 bytes, the largest that can be swapped is 122,880");
	question->update.old_len = 122880;
	assert_silent(question, "old-image-over-limit");
	question->update.old_len = 122881;
	question->target.layout.mode = OTA_MODE_OVERWRITE_FAST;
	assert_silent(question, "old-image-over-limit");
}

static void an_old_image_that_is_not_given_is_said(void **state)
{
	struct question *question = ask(OTA_MODE_SWAP_MOVE, "32*4096", NULL);

	(void)state;
	assert_silent(question, "old-image-not-given");
	question->update.old_len = 0;
	assert_finds(question, "old-image-not-given", OTA_SEVERITY_NOTE,
		     "the old image is not known: only the new one was checked");
	question->target.layout.mode = OTA_MODE_OVERWRITE_FAST;
	assert_silent(question, "old-image-not-given");
}

static void a_trailer_larger_than_the_slot_is_refused(void **state)
{
	struct question *question = ask(OTA_MODE_SWAP_SCRATCH, "1*1024", "1*1024");

	(void)state;
	question->update.old_len = question->update.new_len = 100;
	assert_finds(question, "trailer-larger-than-slot", OTA_SEVERITY_FAILURE,
		     "the trailer is 1,584 bytes, the primary slot has 1,024");
	question->target.layout.mode = OTA_MODE_SWAP_MOVE;
	assert_finds(question, "trailer-larger-than-slot", OTA_SEVERITY_FAILURE,
		     "the trailer's sectors take 2,048 bytes, the primary slot has 1,024");
	/* Overwriting keeps no swap status. */
	question->target.layout.mode = OTA_MODE_OVERWRITE_ONLY;
	assert_silent(question, "trailer-larger-than-slot");
	question = ask(OTA_MODE_SWAP_SCRATCH, "2*1024", "1*1024");
	question->update.old_len = question->update.new_len = 100;
	assert_silent(question, "trailer-larger-than-slot");
}

static void slots_that_do_not_match_are_refused(void **state)
{
	struct question *question = ask(OTA_MODE_SWAP_MOVE, "32*4096", NULL);

	(void)state;
	assert_silent(question, "slots-do-not-match");
	question->target.layout.secondary = sectors("30*4096");
	assert_finds(question, "slots-do-not-match", OTA_SEVERITY_FAILURE,
		     "primary has 32 sectors, secondary 30: swap-move needs as many, or one more "
		     "in primary");
	question->target.layout.mode = OTA_MODE_OVERWRITE_FAST;
	question->target.layout.primary = sectors("1*65536+3*131072");
	question->target.layout.secondary = sectors("3*131072+1*65536");
	assert_finds(question, "slots-do-not-match", OTA_SEVERITY_FAILURE,
		     "sector boundaries of the slots cross near 131,072 bytes");
}

static void scratch_must_hold_its_own_trailer(void **state)
{
	struct question *question = ask(OTA_MODE_SWAP_SCRATCH, "128*512", "1*512");

	(void)state;
	question->target.layout.max_sectors = 128;
	assert_silent(question, "scratch-smaller-than-its-trailer");
	/* 24 for the status, 48 for the fields and 2 x 256 for RSA's TLVs. */
	question->target.layout.enc_key = 256;
	assert_finds(question, "scratch-smaller-than-its-trailer", OTA_SEVERITY_FAILURE,
		     "scratch has 512 bytes, its own trailer takes 584");
}

static void an_oversize_image_erases_the_slot_it_lies_in(void **state)
{
	struct question *question = ask(OTA_MODE_SWAP_MOVE, "32*4096", NULL);

	(void)state;
	question->update.new_len = 122885;
	assert_finds(question, "oversize-erases-secondary", OTA_SEVERITY_FAILURE,
		     "the new image is 122,885 bytes, 5 over the largest that MCUboot takes");
	question->update.new_len = 122880;
	assert_silent(question, "oversize-erases-secondary");
	question->update.new_len = 200000;
	question->target.layout.mode = OTA_MODE_SINGLE_SLOT;
	assert_silent(question, "oversize-erases-secondary");
}

static void swap_offset_wants_the_first_sector_of_secondary_left_alone(void **state)
{
	static const char belongs[] =
		"the new image belongs 4,096 bytes into the secondary slot, not at its start";
	static const char kept[] =
		"the update is kept in the first 4,096 bytes of the secondary slot";
	struct question *question = ask(OTA_MODE_SWAP_OFFSET, "32*4096", NULL);
	struct ota_target *target = &question->target;

	(void)state;
	/* A full image, or one that the updater makes of a bare patch. */
	assert_finds(question, "swap-offset-first-sector", OTA_SEVERITY_NOTE, belongs);
	question->update.format = "otd";
	question->update.sent_len = 6000;
	assert_finds(question, "swap-offset-first-sector", OTA_SEVERITY_NOTE, belongs);
	OLD(question, plain(), DIGEST);
	question->update.delta_image = question->update.old_image;
	assert_finds(question, "swap-offset-first-sector", OTA_SEVERITY_WARNING,
		     "the profile does not say where the delta update is kept: it must not be the "
		     "first 4,096 bytes of the secondary slot");
	target->has_patch_place = true;
	assert_finds(question, "swap-offset-first-sector", OTA_SEVERITY_NOTE, belongs);
	target->patch_place = OTA_PATCH_SECONDARY;
	assert_finds(question, "swap-offset-first-sector", OTA_SEVERITY_NOTE, belongs);
	/* 31 sectors, and the trailer takes one: it begins with the slot. */
	question->update.sent_len = 122881;
	assert_finds(question, "swap-offset-first-sector", OTA_SEVERITY_FAILURE, kept);
	question->update.sent_len = 122880;
	assert_finds(question, "swap-offset-first-sector", OTA_SEVERITY_NOTE, belongs);
	/* The gateway keeps it, not the device. */
	question->update.sent_len = 122881;
	question->options.applier = OTA_APPLIED_BY_GATEWAY;
	assert_finds(question, "swap-offset-first-sector", OTA_SEVERITY_NOTE, belongs);
	question->options.applier = OTA_APPLIED_ON_DEVICE;
	assert_finds(question, "swap-offset-first-sector", OTA_SEVERITY_FAILURE, kept);
	/* A bare patch has no image header that MCUboot would find there. */
	question->update.sent_len = 122881;
	question->update.delta_image = NULL;
	assert_finds(question, "swap-offset-first-sector", OTA_SEVERITY_NOTE, belongs);
	target->layout.mode = OTA_MODE_SWAP_MOVE;
	assert_silent(question, "swap-offset-first-sector");
}

static void swap_scratch_loses_a_sector_that_scratch_splits(void **state)
{
	/* Five of the primary's sectors fit in scratch, and four of them are one of the other's. */
	struct question *question = ask(OTA_MODE_SWAP_SCRATCH, "32*4096", "5*4096");

	(void)state;
	assert_silent(question, "swap-scratch-splits-sector");
	question->target.layout.secondary = sectors("8*16384");
	find(question);
	assert_non_null(named(question, "swap-scratch-splits-sector"));
	assert_int_equal(named(question, "swap-scratch-splits-sector")->severity,
			 OTA_SEVERITY_FAILURE);
	question->target.layout.scratch = sectors("4*4096");
	assert_silent(question, "swap-scratch-splits-sector");
}

static void overwrite_fast_writes_a_unit_past_a_sectors_end(void **state)
{
	struct question *question = ask(OTA_MODE_OVERWRITE_FAST, "32*4096", NULL);

	(void)state;
	question->update.new_len = 32768;
	question->target.flash.rewrite = OTA_REWRITE_NEVER;
	assert_finds(question, "overwrite-fast-writes-past", OTA_SEVERITY_FAILURE,
		     "the new image ends at 32,768, on a sector's boundary, and 8 bytes more are "
		     "written to the next sector, which is not erased");
	question->target.flash.rewrite = OTA_REWRITE_CLEAR_BITS;
	assert_finds(question, "overwrite-fast-writes-past", OTA_SEVERITY_NOTE,
		     "the new image ends at 32,768, on a sector's boundary, and 8 bytes more are "
		     "written to the next sector, which is not erased");
	/* Not on a boundary; over a shorter image; before the trailer's sector, which is erased. */
	question->update.new_len = 32769;
	assert_silent(question, "overwrite-fast-writes-past");
	question->update.new_len = 32768;
	question->update.old_len = 32768;
	assert_silent(question, "overwrite-fast-writes-past");
	question->update.old_len = 130000;
	question->update.new_len = 126976;
	assert_silent(question, "overwrite-fast-writes-past");
}

/* -- images ------------------------------------------------------------------------------------ */

/* A trailer for `align` behind the new image, `len` bytes in all. */
static void pad(struct question *question, uint32_t align, size_t len)
{
	static struct made padded;

	make(&padded, plain(), NULL, 0);
	padded.image.has_trailer = true;
	padded.image.trailer.max_align = align;
	padded.image.rest.len = len - padded.image.bytes.len;
	question->update.new_image = &padded.image;
}

static void padding_for_another_alignment_or_slot_triggers_nothing(void **state)
{
	struct question *question = ask(OTA_MODE_SWAP_MOVE, "32*4096", NULL);

	(void)state;
	pad(question, 8, 131072);
	assert_silent(question, "pad-other-align");
	assert_silent(question, "pad-other-place");
	pad(question, 16, 131072);
	assert_finds(question, "pad-other-align", OTA_SEVERITY_FAILURE,
		     "the image is padded with a trailer for alignment 16, the device has "
		     "BOOT_MAX_ALIGN 8");
	pad(question, 8, 126976);
	assert_finds(question, "pad-other-place", OTA_SEVERITY_FAILURE,
		     "the image is padded to 126,976 bytes, the slot has 131,072 for it");
	/* It lies one sector in. */
	question->target.layout.mode = OTA_MODE_SWAP_OFFSET;
	assert_silent(question, "pad-other-place");
	/* There it is erased: it was never marked as good. */
	question->target.layout.mode = OTA_MODE_DIRECT_XIP_REVERT;
	assert_string_equal(
		assert_finds(question, "pad-other-place", OTA_SEVERITY_FAILURE,
			     "the image is padded to 126,976 bytes, the slot has 131,072 for it")
			->why,
		"MCUboot looks for the trailer at the slot's end alone: the bootloader sees no "
		"request and erases the image before it was ever started");
	/* It may be meant for either slot. */
	question->target.layout.primary = sectors("31*4096");
	assert_silent(question, "pad-other-place");
	/* These ask no trailer. */
	pad(question, 16, 5000);
	question->target.layout.mode = OTA_MODE_DIRECT_XIP;
	assert_silent(question, "pad-other-align");
	assert_silent(question, "pad-other-place");
	question->target.layout.mode = OTA_MODE_RAM_LOAD;
	assert_silent(question, "pad-other-align");
	question->target.layout.mode = OTA_MODE_SINGLE_SLOT;
	assert_silent(question, "pad-other-align");
	assert_silent(question, "pad-other-place");
	question->target.layout.mode = OTA_MODE_SWAP_MOVE;
	/* A patch makes the image without its padding. */
	question->update.format = "otd";
	assert_silent(question, "pad-other-align");
	assert_silent(question, "pad-other-place");
}

static const uint8_t seven[] = {7, 0, 0, 0};
static const uint8_t nine[] = {9, 0, 0, 0};

static void security_counters_are_one_and_protected(void **state)
{
	struct question *question = ask(OTA_MODE_SWAP_MOVE, "32*4096", NULL);

	(void)state;
	NEW(question, plain(), {OTA_TLV_SEC_CNT, true, 4, seven}, DIGEST);
	assert_silent(question, "security-counter");
	NEW(question, plain(), {OTA_TLV_SEC_CNT, true, 4, seven}, {OTA_TLV_SEC_CNT, true, 4, nine},
	    DIGEST);
	assert_finds(question, "security-counter", OTA_SEVERITY_FAILURE,
		     "the new image has 2 security counters");
	NEW(question, plain(), {OTA_TLV_SEC_CNT, false, 4, seven}, DIGEST);
	assert_finds(question, "security-counter", OTA_SEVERITY_FAILURE,
		     "the new image's security counter is not protected by its signature");
	NEW(question, plain(), {OTA_TLV_SEC_CNT, true, 3, seven}, DIGEST);
	assert_string_equal(
		assert_finds(question, "security-counter", OTA_SEVERITY_FAILURE,
			     "the new image's security counter has another length than 4 bytes")
			->why,
		"a bootloader with rollback protection refuses the image");
}

static void a_lower_security_counter_is_a_warning(void **state)
{
	struct question *question = ask(OTA_MODE_SWAP_MOVE, "32*4096", NULL);

	(void)state;
	OLD(question, plain(), {OTA_TLV_SEC_CNT, true, 4, nine}, DIGEST);
	NEW(question, plain(), {OTA_TLV_SEC_CNT, true, 4, nine}, DIGEST);
	assert_silent(question, "security-counter-lower");
	NEW(question, plain(), {OTA_TLV_SEC_CNT, true, 4, seven}, DIGEST);
	assert_finds(question, "security-counter-lower", OTA_SEVERITY_WARNING,
		     "the new image's security counter is 7, the old one's 9");
	NEW(question, plain(), DIGEST);
	assert_finds(question, "security-counter-missing", OTA_SEVERITY_WARNING,
		     "the old image has security counter 9, the new one has none");
	OLD(question, plain(), DIGEST);
	assert_silent(question, "security-counter-missing");
}

static void an_empty_last_protected_tlv_fails_the_allow_list(void **state)
{
	struct question *question = ask(OTA_MODE_SWAP_MOVE, "32*4096", NULL);

	(void)state;
	NEW(question, plain(), {0x00a1, true, 0, NULL}, DIGEST);
	assert_finds(question, "empty-protected-tlv", OTA_SEVERITY_FAILURE,
		     "the last protected TLV, 0x00a1, has no value");
	question->target.no_allow_list = true;
	assert_silent(question, "empty-protected-tlv");
	question->target.no_allow_list = false;
	NEW(question, plain(), {0x00a1, true, 0, NULL}, {0x00a2, true, 1, NULL}, DIGEST);
	assert_silent(question, "empty-protected-tlv");
	NEW(question, plain(), {0x00a1, true, 1, NULL}, {0x00a2, false, 0, NULL}, DIGEST);
	assert_silent(question, "empty-protected-tlv");
}

static void a_pure_signatures_long_key_hash_fails_a_sha256_build(void **state)
{
	static const uint8_t one[] = {1};
	struct question *question = ask(OTA_MODE_SWAP_MOVE, "32*4096", NULL);

	(void)state;
	NEW(question, plain(), {OTA_TLV_KEYHASH, false, 64, NULL},
	    {OTA_TLV_SIG_PURE, false, 1, one});
	assert_finds(question, "pure-key-hash", OTA_SEVERITY_WARNING,
		     "the image has a pure signature and a key hash of 64 bytes, and the profile "
		     "does not name the bootloader's hash");
	question->target.boot_hash = OTA_HASH_SHA256;
	assert_finds(question, "pure-key-hash", OTA_SEVERITY_FAILURE,
		     "the image has a pure signature and a key hash of 64 bytes");
	question->target.boot_hash = OTA_HASH_SHA512;
	assert_silent(question, "pure-key-hash");
	question->target.boot_hash = OTA_HASH_SHA256;
	NEW(question, plain(), {OTA_TLV_KEYHASH, false, 32, NULL},
	    {OTA_TLV_SIG_PURE, false, 1, one});
	assert_silent(question, "pure-key-hash");
}

static void zeros_behind_a_signature_fail_on_mbed_tls(void **state)
{
	static const uint8_t sig[] = {0x30, 6, 2, 1, 5, 2, 1, 5, 0, 0};
	struct question *question = ask(OTA_MODE_SWAP_MOVE, "32*4096", NULL);

	(void)state;
	question->target.boot_crypto = OTA_BOOT_MBEDTLS;
	NEW(question, plain(), {OTA_TLV_ECDSA_SIG, false, 10, sig});
	assert_finds(question, "padded-signature", OTA_SEVERITY_FAILURE,
		     "the image has an ECDSA signature with zeros behind it");
	NEW(question, plain(), {OTA_TLV_ECDSA_SIG, false, 8, sig});
	assert_silent(question, "padded-signature");
	/* The profile may not have said it: that is the default. */
	question->target.boot_crypto = OTA_BOOT_TINYCRYPT;
	assert_silent(question, "padded-signature");
	NEW(question, plain(), {OTA_TLV_ECDSA_SIG, false, 10, sig});
	assert_finds(question, "padded-signature", OTA_SEVERITY_NOTE,
		     "the image has an ECDSA signature with zeros behind it");
}

static void an_image_has_the_hash_that_the_bootloader_checks(void **state)
{
	static const uint8_t one[] = {1};
	struct question *question = ask(OTA_MODE_SWAP_MOVE, "32*4096", NULL);

	(void)state;
	NEW(question, plain(), DIGEST);
	assert_silent(question, "image-hash-differs");
	question->target.boot_hash = OTA_HASH_SHA256;
	assert_silent(question, "image-hash-differs");
	question->target.boot_hash = OTA_HASH_SHA512;
	assert_finds(question, "image-hash-differs", OTA_SEVERITY_FAILURE,
		     "the new image has a SHA256 hash, the bootloader checks SHA512");
	/* A pure signature stands for itself. */
	NEW(question, plain(), DIGEST, {OTA_TLV_SIG_PURE, false, 1, one});
	assert_silent(question, "image-hash-differs");
}

static void a_non_bootable_image_never_boots(void **state)
{
	struct question *question = ask(OTA_MODE_SWAP_MOVE, "32*4096", NULL);

	(void)state;
	NEW(question, flagged(OTA_IMAGE_F_NON_BOOTABLE, 0), DIGEST);
	assert_finds(question, "image-not-bootable", OTA_SEVERITY_FAILURE,
		     "the new image is flagged NON_BOOTABLE");
	NEW(question, plain(), DIGEST);
	assert_silent(question, "image-not-bootable");
}

static void another_header_size_is_a_warning(void **state)
{
	struct question *question = ask(OTA_MODE_SWAP_MOVE, "32*4096", NULL);

	(void)state;
	NEW(question, plain(), DIGEST);
	assert_silent(question, "header-size-differs");
	question->target.header_size = 512;
	assert_finds(question, "header-size-differs", OTA_SEVERITY_WARNING,
		     "the new image has a header area of 32 bytes, the profile says 512: is the "
		     "firmware linked for it?");
	question->target.header_size = 32;
	assert_silent(question, "header-size-differs");
}

static void direct_xip_wants_the_address_of_the_other_slot(void **state)
{
	struct question *question = ask(OTA_MODE_DIRECT_XIP, "32*4096", NULL);

	(void)state;
	OLD(question, flagged(OTA_IMAGE_F_ROM_FIXED, 0x10000), DIGEST);
	question->update.old_image = NULL;
	NEW(question, flagged(OTA_IMAGE_F_ROM_FIXED, 0x30000), DIGEST);
	assert_silent(question, "xip-address");
	NEW(question, flagged(OTA_IMAGE_F_ROM_FIXED, 0x20000), DIGEST);
	assert_finds(question, "xip-address", OTA_SEVERITY_FAILURE,
		     "the new image is built for 0x00020000, the slots are at 0x00010000 and "
		     "0x00030000");
	NEW(question, plain(), DIGEST);
	assert_finds(question, "xip-address-unknown", OTA_SEVERITY_WARNING,
		     "the new image does not say for which slot it is built");
	NEW(question, flagged(OTA_IMAGE_F_PIC, 0), DIGEST);
	assert_silent(question, "xip-address-unknown");
	OLD(question, flagged(OTA_IMAGE_F_ROM_FIXED, 0x30000), DIGEST);
	NEW(question, flagged(OTA_IMAGE_F_ROM_FIXED, 0x30000), DIGEST);
	assert_finds(question, "xip-same-slot", OTA_SEVERITY_FAILURE,
		     "both images are built for the slot at 0x00030000");
	NEW(question, flagged(OTA_IMAGE_F_ROM_FIXED, 0x10000), DIGEST);
	assert_silent(question, "xip-same-slot");
}

static void direct_xip_runs_the_higher_version(void **state)
{
	struct question *question = ask(OTA_MODE_DIRECT_XIP, "32*4096", NULL);

	(void)state;
	OLD(question, flagged(OTA_IMAGE_F_PIC, 0), DIGEST);
	NEW(question, plain(), DIGEST);
	assert_finds(question, "version-not-higher", OTA_SEVERITY_FAILURE,
		     "the new image is version 1.2.0, the old one 2.0.0");
	NEW(question, flagged(OTA_IMAGE_F_PIC, 0), DIGEST);
	assert_finds(question, "version-not-higher", OTA_SEVERITY_WARNING,
		     "the new image is version 2.0.0, the old one 2.0.0");
	OLD(question, plain(), DIGEST);
	assert_silent(question, "version-not-higher");
	NEW(question, plain(), DIGEST);
	question->target.layout.mode = OTA_MODE_SWAP_MOVE;
	assert_silent(question, "version-not-higher");
}

static void ram_load_wants_an_address_in_executable_ram(void **state)
{
	struct question *question = ask(OTA_MODE_RAM_LOAD, "32*4096", NULL);

	(void)state;
	NEW(question, plain(), DIGEST);
	assert_finds(question, "ram-load-no-address", OTA_SEVERITY_FAILURE,
		     "the new image has no load address");
	NEW(question, flagged(OTA_IMAGE_F_RAM_LOAD, 0x20004000), DIGEST);
	assert_silent(question, "ram-load-no-address");
	assert_finds(question, "ram-load-range-unknown", OTA_SEVERITY_WARNING,
		     "the new image is copied to 0x20004000, and the profile does not say where "
		     "images may run");
	question->target.exec_ram = (struct ota_area){.at = 0x20000000, .len = 0x4000 + 50000};
	assert_silent(question, "ram-load-range-unknown");
	assert_silent(question, "ram-load-address");
	question->target.exec_ram.len--;
	assert_finds(question, "ram-load-address", OTA_SEVERITY_FAILURE,
		     "the new image takes 0x20004000 to 0x20010350, executable RAM is 0x20000000 "
		     "to 0x2001034f");
	question->target.exec_ram = (struct ota_area){.at = 0x20004001, .len = 0x20000};
	assert_finds(question, "ram-load-address", OTA_SEVERITY_FAILURE,
		     "the new image takes 0x20004000 to 0x20010350, executable RAM is 0x20004001 "
		     "to 0x20024001");
}

static void several_images_in_ram_may_overlap(void **state)
{
	struct question *question = ask(OTA_MODE_RAM_LOAD, "32*4096", NULL);

	(void)state;
	NEW(question, flagged(OTA_IMAGE_F_RAM_LOAD, 0x20004000), DIGEST);
	assert_silent(question, "ram-load-overlap");
	question->target.n_images = 2;
	assert_finds(question, "ram-load-overlap", OTA_SEVERITY_NOTE,
		     "the device has 2 images: whether their places in RAM overlap was not "
		     "checked");
}

static void a_lower_version_is_a_note_where_images_are_moved(void **state)
{
	struct question *question = ask(OTA_MODE_SWAP_MOVE, "32*4096", NULL);

	(void)state;
	OLD(question, flagged(0, 0), DIGEST);
	NEW(question, plain(), DIGEST);
	assert_finds(question, "version-lower", OTA_SEVERITY_NOTE,
		     "the new image is version 1.2.0, the old one 2.0.0");
	NEW(question, flagged(0, 0), DIGEST);
	assert_silent(question, "version-lower");
}

static void a_compressed_image_is_a_warning(void **state)
{
	struct question *question = ask(OTA_MODE_SWAP_MOVE, "32*4096", NULL);

	(void)state;
	NEW(question, flagged(OTA_IMAGE_F_COMPRESSED_LZMA2, 0), DIGEST);
	assert_finds(question, "compressed-image", OTA_SEVERITY_WARNING,
		     "the new image is compressed, and the profile does not say whether the "
		     "bootloader takes that");
	NEW(question, plain(), DIGEST);
	assert_silent(question, "compressed-image");
}

/* -- dependencies ------------------------------------------------------------------------------ */

static const uint8_t needs_1_at_3_4_5[12] = {1, 0, 0, 0, 3, 4, 5};
static const uint8_t needs_0_at_2_1_0[12] = {0, 0, 0, 0, 2, 1};
static const uint8_t needs_7_at_0_0_0[12] = {7};

static struct question *ask_two_images(void)
{
	struct question *question = ask(OTA_MODE_SWAP_MOVE, "32*4096", NULL);

	question->target.n_images = 2;
	NEW(question, flagged(0, 0), {OTA_TLV_DEPENDENCY, true, 12, needs_1_at_3_4_5}, DIGEST);
	return question;
}

static void a_dependency_is_held_against_what_is_installed(void **state)
{
	struct question *question = ask_two_images();
	struct ota_installed installed = {.image_id = 1, .version = {3, 4, 5, 0}};

	(void)state;
	assert_string_equal(
		assert_finds(question, "dependency-unknown", OTA_SEVERITY_WARNING,
			     "the new image needs image 1 at version 3.4.5 or higher, and what is "
			     "installed is not known")
			->remedy,
		"give --installed 1=VERSION, or its version in the profile's images");
	question->target.image[1].has_version = true;
	question->target.image[1].version = (struct ota_version){3, 4, 4, 9};
	assert_finds(question, "dependency-not-met", OTA_SEVERITY_FAILURE,
		     "the new image needs image 1 at version 3.4.5 or higher, it will be 3.4.4");
	assert_silent(question, "dependency-unknown");
	/* The command line wins over the profile. */
	question->options.installed = &installed;
	question->options.n_installed = 1;
	assert_finds(question, "dependency-met", OTA_SEVERITY_NOTE,
		     "the new image needs image 1 at version 3.4.5 or higher, it will be 3.4.5");
	assert_silent(question, "dependency-not-met");
}

static void what_other_images_need_is_said_of_a_lower_version_alone(void **state)
{
	struct question *question = ask_two_images();

	(void)state;
	assert_finds(question, "dependencies-of-others", OTA_SEVERITY_NOTE,
		     "the device has 2 images: what the others need of this one was not checked, "
		     "and its version before is not known");
	OLD(question, plain(), DIGEST);
	assert_silent(question, "dependencies-of-others");
	OLD(question, flagged(0, 0), DIGEST);
	assert_silent(question, "dependencies-of-others");
	NEW(question, plain(), DIGEST);
	assert_finds(question, "dependencies-of-others", OTA_SEVERITY_NOTE,
		     "the device has 2 images: what the others need of this one was not checked, "
		     "and its version is lower than before");
}

static void a_dependency_that_is_not_met_stops_an_upgrade_or_a_slot(void **state)
{
	struct question *question = ask_two_images();

	(void)state;
	NEW(question, flagged(0, 0), {OTA_TLV_DEPENDENCY, true, 12, needs_7_at_0_0_0}, DIGEST);
	find(question);
	assert_string_equal(named(question, "dependency-not-met")->why,
			    "MCUboot takes such a dependency for never met: it upgrades none of "
			    "its images, and the old ones go on");
	question->target.layout.mode = OTA_MODE_DIRECT_XIP;
	find(question);
	assert_string_equal(named(question, "dependency-not-met")->why,
			    "MCUboot takes such a dependency for never met: it passes over the new "
			    "image, and runs what the other slot has");
}

static void a_dependency_on_itself_counts_the_new_version(void **state)
{
	struct question *question = ask_two_images();

	(void)state;
	NEW(question, flagged(0, 0), {OTA_TLV_DEPENDENCY, true, 12, needs_0_at_2_1_0}, DIGEST);
	assert_finds(question, "dependency-not-met", OTA_SEVERITY_FAILURE,
		     "the new image needs image 0 at version 2.1.0 or higher, it will be 2.0.0");
}

static void a_dependency_on_no_image_or_of_no_length_is_never_met(void **state)
{
	struct question *question = ask_two_images();

	(void)state;
	NEW(question, flagged(0, 0), {OTA_TLV_DEPENDENCY, true, 12, needs_7_at_0_0_0}, DIGEST);
	assert_finds(question, "dependency-not-met", OTA_SEVERITY_FAILURE,
		     "the new image needs image 7, the device has images 0 to 1");
	NEW(question, flagged(0, 0), {OTA_TLV_DEPENDENCY, true, 11, needs_1_at_3_4_5}, DIGEST);
	assert_finds(question, "dependency-not-met", OTA_SEVERITY_FAILURE,
		     "a dependency of the new image is 11 bytes, not 12");
	/* An unprotected one is not read. */
	NEW(question, flagged(0, 0), {OTA_TLV_DEPENDENCY, false, 11, NULL}, DIGEST);
	assert_silent(question, "dependency-not-met");
}

static void a_bootloader_for_one_image_ignores_dependencies(void **state)
{
	struct question *question = ask_two_images();

	(void)state;
	question->target.n_images = 1;
	assert_finds(question, "dependency-ignored", OTA_SEVERITY_NOTE,
		     "the new image has 1 dependency, the device one image");
	assert_silent(question, "dependency-unknown");
	assert_silent(question, "dependencies-of-others");
}

static void a_thousand_bad_records_are_few_findings(void **state)
{
	static uint8_t bytes[32 + BODY_SIZE + 8 + 1000 * 16];
	static const uint8_t body[BODY_SIZE];
	struct question *question = ask_two_images();
	struct ota_image_header header = {.hdr_size = 32, .img_size = BODY_SIZE};
	struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));
	struct ota_image image;

	(void)state;
	header.protect_tlv_size = 4 + 1000 * 16;
	ota_image_header_write(&wr, &header);
	ota_wr_bytes(&wr, ota_span_of(body, sizeof(body)));
	ota_tlv_info_write(&wr, OTA_TLV_PROT_INFO_MAGIC, header.protect_tlv_size);
	for (unsigned i = 0; i < 1000; i++)
		ota_tlv_write(&wr, OTA_TLV_DEPENDENCY,
			      ota_span_of(i % 2 ? needs_7_at_0_0_0 : needs_1_at_3_4_5, 12));
	ota_tlv_info_write(&wr, OTA_TLV_INFO_MAGIC, 4);
	assert_int_equal(ota_image_open(ota_wr_span(&wr), &image, NULL), OTA_OK);
	question->update.new_image = &image;
	find(question);
	assert_true(question->budget.n_findings <= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(swap_offset_bricks_images_of_one_sector),
		cmocka_unit_test(swap_offset_asserts_from_plain_to_encrypted),
		cmocka_unit_test(an_image_is_encrypted_as_the_bootloader_was_built),
		cmocka_unit_test(swap_scratch_warns_of_a_torn_erase_in_the_trailers_sector),
		cmocka_unit_test(swap_scratch_reads_too_far_when_an_old_image_covers_the_status),
		cmocka_unit_test(an_old_image_over_the_limit_is_a_failure_where_it_is_swapped),
		cmocka_unit_test(an_old_image_that_is_not_given_is_said),
		cmocka_unit_test(a_trailer_larger_than_the_slot_is_refused),
		cmocka_unit_test(slots_that_do_not_match_are_refused),
		cmocka_unit_test(scratch_must_hold_its_own_trailer),
		cmocka_unit_test(an_oversize_image_erases_the_slot_it_lies_in),
		cmocka_unit_test(swap_offset_wants_the_first_sector_of_secondary_left_alone),
		cmocka_unit_test(swap_scratch_loses_a_sector_that_scratch_splits),
		cmocka_unit_test(overwrite_fast_writes_a_unit_past_a_sectors_end),
		cmocka_unit_test(padding_for_another_alignment_or_slot_triggers_nothing),
		cmocka_unit_test(security_counters_are_one_and_protected),
		cmocka_unit_test(a_lower_security_counter_is_a_warning),
		cmocka_unit_test(an_empty_last_protected_tlv_fails_the_allow_list),
		cmocka_unit_test(a_pure_signatures_long_key_hash_fails_a_sha256_build),
		cmocka_unit_test(zeros_behind_a_signature_fail_on_mbed_tls),
		cmocka_unit_test(an_image_has_the_hash_that_the_bootloader_checks),
		cmocka_unit_test(a_non_bootable_image_never_boots),
		cmocka_unit_test(another_header_size_is_a_warning),
		cmocka_unit_test(direct_xip_wants_the_address_of_the_other_slot),
		cmocka_unit_test(direct_xip_runs_the_higher_version),
		cmocka_unit_test(ram_load_wants_an_address_in_executable_ram),
		cmocka_unit_test(several_images_in_ram_may_overlap),
		cmocka_unit_test(a_lower_version_is_a_note_where_images_are_moved),
		cmocka_unit_test(a_compressed_image_is_a_warning),
		cmocka_unit_test(a_dependency_is_held_against_what_is_installed),
		cmocka_unit_test(what_other_images_need_is_said_of_a_lower_version_alone),
		cmocka_unit_test(a_dependency_that_is_not_met_stops_an_upgrade_or_a_slot),
		cmocka_unit_test(a_dependency_on_itself_counts_the_new_version),
		cmocka_unit_test(a_dependency_on_no_image_or_of_no_length_is_never_met),
		cmocka_unit_test(a_bootloader_for_one_image_ignores_dependencies),
		cmocka_unit_test(a_thousand_bad_records_are_few_findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
