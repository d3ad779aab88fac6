// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ota/mcuboot.h>

static struct ota_span text(const char *s)
{
	return ota_span_of(s, strlen(s));
}

static void reads_versions_as_imgtool_does(void **state)
{
	struct ota_version v;

	(void)state;
	assert_int_equal(ota_version_parse(text("1.2.3+4"), &v), OTA_OK);
	assert_int_equal(v.major, 1);
	assert_int_equal(v.minor, 2);
	assert_int_equal(v.revision, 3);
	assert_int_equal(v.build, 4);
	assert_int_equal(ota_version_parse(text("255.255.65535+4294967295"), &v), OTA_OK);
	assert_int_equal(v.build, UINT32_MAX);
	assert_int_equal(ota_version_parse(text("7"), &v), OTA_OK);
	assert_int_equal(v.minor, 0);
}

static void refuses_what_is_no_version(void **state)
{
	static const char *const bad[] = {
		"",        ".",  "1.", "1.2.",      "1.2+3", "01",  "1.02",   "1.2.3+", "1.2.3+01",
		"1.2.3.4", " 1", "1 ", "1.2.3+4+5", "-1",    "1,2", "v1.2.3", "1.2.3\n"};
	static const char *const large[] = {"256", "1.256", "1.2.65536", "1.2.3+4294967296",
					    "99999999999999999999999999"};
	struct ota_version v;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ota_version_parse(text(bad[i]), &v), OTA_E_MALFORMED);
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
		assert_int_equal(ota_version_parse(text(large[i]), &v), OTA_E_ROOM);
}

static void header_survives_a_round_trip_in_both_byte_orders(void **state)
{
	struct ota_image_header in = {.load_addr = 0x20001000,
				      .hdr_size = 0x200,
				      .protect_tlv_size = 0x1234,
				      .img_size = 0xdeadbeef,
				      .flags = OTA_IMAGE_F_RAM_LOAD,
				      .version = {1, 2, 300, 400000}};

	(void)state;
	for (unsigned big = 0; big < 2; big++) {
		uint8_t bytes[OTA_IMAGE_HEADER_SIZE];
		struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));
		struct ota_image_header out = {0};

		wr.big = big != 0;
		ota_image_header_write(&wr, &in);
		assert_int_equal(wr.err, OTA_OK);
		assert_int_equal(wr.at, sizeof(bytes));
		assert_int_equal(bytes[0], big ? 0x96 : 0x3d);
		assert_int_equal(ota_image_header_read(ota_wr_span(&wr), big != 0, &out), OTA_OK);
		assert_memory_equal(&in, &out, sizeof(in));
		assert_int_equal(ota_image_header_read(ota_wr_span(&wr), big == 0, &out),
				 OTA_E_MALFORMED);
		for (size_t len = 0; len < sizeof(bytes); len++)
			assert_int_equal(
				ota_image_header_read(ota_span_of(bytes, len), big != 0, &out),
				OTA_E_TRUNCATED);
	}
}

/* A 4-byte payload behind a header of 32, and the areas given. */
struct sample {
	uint8_t bytes[128];
	size_t len;
	struct ota_image_header header;
};

static void add(struct sample *s, const char *bytes, size_t len)
{
	memcpy(s->bytes + s->len, bytes, len);
	s->len += len;
}

static struct sample sample(uint16_t protect_tlv_size)
{
	struct sample s = {
		.len = 36,
		.header = {.hdr_size = 32, .img_size = 4, .protect_tlv_size = protect_tlv_size}};

	return s;
}

static enum ota_err find(const struct sample *s, struct ota_tlv_areas *areas)
{
	size_t at = 0;

	return ota_tlv_areas_find(ota_span_of(s->bytes, s->len), &s->header, false, areas, &at);
}

static void walks_protected_records_first(void **state)
{
	struct sample s = sample(9);
	struct ota_tlv_areas areas;
	struct ota_tlv_iter iter;
	struct ota_tlv tlv;

	(void)state;
	add(&s, "\x08\x69\x09\x00\xa0\x00\x01\x00Z", 9);
	add(&s, "\x07\x69\x0a\x00\x10\x00\x02\x00pq", 10);
	assert_int_equal(find(&s, &areas), OTA_OK);
	assert_int_equal(areas.end, s.len);
	iter = ota_tlv_iter_init(&areas);
	assert_int_equal(ota_tlv_next(&iter, &tlv), OTA_OK);
	assert_int_equal(tlv.type, 0xa0);
	assert_true(tlv.is_protected);
	assert_int_equal(tlv.at, 40);
	assert_int_equal(ota_tlv_next(&iter, &tlv), OTA_OK);
	assert_int_equal(tlv.type, OTA_TLV_SHA256);
	assert_false(tlv.is_protected);
	assert_int_equal(tlv.value.len, 2);
	assert_int_equal(ota_tlv_next(&iter, &tlv), OTA_E_ABSENT);
}

static void rejects_protected_tlv_that_spills_into_unprotected_area(void **state)
{
	struct sample s = sample(9);
	struct ota_tlv_areas areas;
	struct ota_tlv_iter iter;
	struct ota_tlv tlv;

	(void)state;
	add(&s, "\x08\x69\x09\x00\xa0\x00\x02\x00Z", 9);
	add(&s, "\x07\x69\x0a\x00\x10\x00\x02\x00pq", 10);
	assert_int_equal(find(&s, &areas), OTA_OK);
	iter = ota_tlv_iter_init(&areas);
	assert_int_equal(ota_tlv_next(&iter, &tlv), OTA_E_MALFORMED);
	assert_int_equal(tlv.at, 40);
}

static void rejects_areas_that_disagree_with_the_header(void **state)
{
	struct ota_tlv_areas areas;
	struct sample missing = sample(9);
	struct sample unannounced = sample(0);
	struct sample other_size = sample(10);
	struct sample tiny = sample(0);

	(void)state;
	add(&missing, "\x07\x69\x04\x00", 4);
	assert_int_equal(find(&missing, &areas), OTA_E_MALFORMED);
	add(&unannounced, "\x08\x69\x04\x00\x07\x69\x04\x00", 8);
	assert_int_equal(find(&unannounced, &areas), OTA_E_MALFORMED);
	add(&other_size, "\x08\x69\x09\x00\xa0\x00\x01\x00Z\x07\x69\x04\x00", 13);
	assert_int_equal(find(&other_size, &areas), OTA_E_MALFORMED);
	add(&tiny, "\x07\x69\x03\x00", 4);
	assert_int_equal(find(&tiny, &areas), OTA_E_MALFORMED);
}

static void big_endian_predefined_types_stay_little(void **state)
{
	uint8_t bytes[32];
	struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));

	(void)state;
	wr.big = true;
	ota_tlv_write(&wr, OTA_TLV_SHA256, text("a"));
	ota_tlv_write(&wr, 0x12a0, text("b"));
	assert_memory_equal(bytes,
			    "\x10\x00\x00\x01"
			    "a\x12\xa0\x00\x01"
			    "b",
			    10);
}

/* spec: imgtool and bootutil agree on these; the tables of the geometry test have thousands more.
 */
static void trailer_sizes_are_bootutils(void **state)
{
	struct ota_trailer_rules rules = {
		.max_align = 8, .write_size = 8, .max_sectors = 128, .states = 3};

	(void)state;
	assert_int_equal(ota_trailer_size(&rules), 3120);
	assert_int_equal(ota_trailer_scratch_size(&rules), 72);
	rules.enc_key = 16;
	assert_int_equal(ota_trailer_size(&rules), 3152);
	rules.enc_key = 32;
	assert_int_equal(ota_trailer_size(&rules), 3184);
	rules.enc_key = 113;
	assert_int_equal(ota_trailer_size(&rules), 3360);
	rules.enc_key = 0;
	rules.states = 2;
	rules.tlv_sizes = true;
	assert_int_equal(ota_trailer_size(&rules), 2104);
}

/* What follows an image in a slot: `len` erased bytes and a magic for `align`. */
static void make_slot(uint8_t *slot, size_t len, uint32_t align, uint8_t erased)
{
	struct ota_wr wr = ota_wr_init(slot + len - OTA_TRAILER_MAGIC_SIZE, OTA_TRAILER_MAGIC_SIZE);

	memset(slot, erased, len);
	ota_trailer_magic_write(&wr, align);
}

static void reads_the_trailers_that_a_bootloader_writes(void **state)
{
	uint8_t slot[1024];
	struct ota_trailer trailer;
	size_t at;

	(void)state;
	for (uint32_t align = 8; align <= 32; align *= 2) {
		size_t magic_at = sizeof(slot) - ota_trailer_magic_field(align);

		make_slot(slot, sizeof(slot), align, 0xff);
		assert_int_equal(
			ota_trailer_read(ota_span_of(slot, sizeof(slot)), 0xff, &trailer, &at),
			OTA_OK);
		assert_int_equal(trailer.max_align, align);
		assert_int_equal(trailer.image_ok, OTA_TRAILER_UNSET);
		slot[magic_at - align] = 1;
		slot[magic_at - 3 * align] = 0x03;
		slot[magic_at - 4 * align] = 0x99; /* swap_size, any value */
		for (size_t i = 0; i < 7; i++)
			slot[512 + i * 4] = (uint8_t)(1 + i % 3); /* status, write size 4 */
		assert_int_equal(
			ota_trailer_read(ota_span_of(slot, sizeof(slot)), 0xff, &trailer, &at),
			OTA_OK);
		assert_int_equal(trailer.image_ok, OTA_TRAILER_SET);
		assert_int_equal(trailer.swap_info, 3);
		assert_int_equal(trailer.size, 512);
	}
}

/* Below swap_size the status begins, in every mode but swap-offset. */
static void a_full_swap_status_reaches_up_to_swap_size(void **state)
{
	uint8_t slot[512];
	struct ota_trailer trailer;
	size_t at;

	(void)state;
	for (size_t write = 1; write <= 8; write *= 2) {
		make_slot(slot, sizeof(slot), 8, 0xff);
		slot[sizeof(slot) - 16 - 4 * 8] = 0x44; /* swap_size */
		for (size_t i = 64, n = 0; i < sizeof(slot) - 16 - 4 * 8; i += write, n++)
			slot[i] = (uint8_t)(1 + n % 3);
		assert_int_equal(
			ota_trailer_read(ota_span_of(slot, sizeof(slot)), 0xff, &trailer, &at),
			OTA_OK);
	}
	/* swap-move: one entry a sector, then, behind room for all, two a sector. */
	for (size_t write = 1; write <= 8; write *= 2) {
		for (size_t used = 1; used <= 3; used++) {
			make_slot(slot, sizeof(slot), 8, 0xff);
			for (size_t i = 0; i < used; i++)
				slot[64 + i * write] = 1;
			for (size_t i = 0; i < 2 * used; i++)
				slot[64 + 16 * write + i * write] = (uint8_t)(1 + i % 2);
			assert_int_equal(ota_trailer_read(ota_span_of(slot, sizeof(slot)), 0xff,
							  &trailer, &at),
					 OTA_OK);
		}
	}
	make_slot(slot, sizeof(slot), 8, 0xff);
	slot[sizeof(slot) - 16 - 4 * 8] = 0x44; /* swap-offset: TLV sizes, */
	slot[sizeof(slot) - 16 - 5 * 8] = 0x99; /* and then swap_size */
	assert_int_equal(ota_trailer_read(ota_span_of(slot, sizeof(slot)), 0xff, &trailer, &at),
			 OTA_OK);
}

/* Entries come in one order; in any other they would be data that nothing protects. */
static void refuses_states_in_an_order_that_is_never_written(void **state)
{
	static const char *const orders[] = {"2",       "3",     "12311", "1231232", "1123",
					     "1212112", "12122", "1113",  "131"};
	uint8_t slot[512];
	struct ota_trailer trailer;
	size_t at;

	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		make_slot(slot, sizeof(slot), 8, 0xff);
		for (size_t n = 0; orders[i][n]; n++)
			slot[64 + n] = (uint8_t)(orders[i][n] - '0');
		if (ota_trailer_read(ota_span_of(slot, sizeof(slot)), 0xff, &trailer, &at) !=
		    OTA_E_MALFORMED)
			fail_msg("states %s are taken", orders[i]);
	}
}

static void refuses_bytes_that_are_neither_erased_nor_trailer(void **state)
{
	uint8_t slot[512];
	struct ota_trailer trailer;
	size_t at;

	(void)state;
	memset(slot, 0xff, sizeof(slot));
	assert_int_equal(ota_trailer_read(ota_span_of(slot, sizeof(slot)), 0xff, &trailer, &at),
			 OTA_E_ABSENT);
	slot[100] = 0x55;
	assert_int_equal(ota_trailer_read(ota_span_of(slot, sizeof(slot)), 0xff, &trailer, &at),
			 OTA_E_MALFORMED);
	assert_int_equal(at, 100);
	make_slot(slot, sizeof(slot), 8, 0xff);
	slot[200] = 0x55; /* no state of a swap */
	assert_int_equal(ota_trailer_read(ota_span_of(slot, sizeof(slot)), 0xff, &trailer, &at),
			 OTA_E_MALFORMED);
	assert_int_equal(at, 200);
	make_slot(slot, sizeof(slot), 8, 0xff);
	slot[sizeof(slot) - 16 - 8 + 1] = 0; /* behind image_ok */
	assert_int_equal(ota_trailer_read(ota_span_of(slot, sizeof(slot)), 0xff, &trailer, &at),
			 OTA_E_MALFORMED);
	make_slot(slot, sizeof(slot), 8, 0xff);
	slot[200] = 1;
	slot[204] = 2;
	slot[209] = 3; /* not at the distance of the first two */
	assert_int_equal(ota_trailer_read(ota_span_of(slot, sizeof(slot)), 0xff, &trailer, &at),
			 OTA_E_MALFORMED);
	assert_int_equal(at, 209);
}

static void reads_trailers_of_any_length_without_stepping_outside(void **state)
{
	(void)state;
	for (size_t len = 1; len < 200; len++) {
		uint8_t *slot = malloc(len);
		struct ota_trailer trailer;
		size_t at;

		assert_non_null(slot);
		memset(slot, 0x55, len);
		assert_int_equal(ota_trailer_read(ota_span_of(slot, len), 0xff, &trailer, &at),
				 OTA_E_MALFORMED);
		if (len >= OTA_TRAILER_MAGIC_SIZE) {
			make_slot(slot, len, 32, 0xff);
			(void)!ota_trailer_read(ota_span_of(slot, len), 0xff, &trailer, &at);
			make_slot(slot, len, 8, 0xff);
			assert_int_equal(
				ota_trailer_read(ota_span_of(slot, len), 0xff, &trailer, &at),
				OTA_OK);
		}
		free(slot);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_versions_as_imgtool_does),
		cmocka_unit_test(refuses_what_is_no_version),
		cmocka_unit_test(header_survives_a_round_trip_in_both_byte_orders),
		cmocka_unit_test(walks_protected_records_first),
		cmocka_unit_test(rejects_protected_tlv_that_spills_into_unprotected_area),
		cmocka_unit_test(rejects_areas_that_disagree_with_the_header),
		cmocka_unit_test(big_endian_predefined_types_stay_little),
		cmocka_unit_test(trailer_sizes_are_bootutils),
		cmocka_unit_test(reads_the_trailers_that_a_bootloader_writes),
		cmocka_unit_test(a_full_swap_status_reaches_up_to_swap_size),
		cmocka_unit_test(refuses_states_in_an_order_that_is_never_written),
		cmocka_unit_test(refuses_bytes_that_are_neither_erased_nor_trailer),
		cmocka_unit_test(reads_trailers_of_any_length_without_stepping_outside),
	};

	return cmocka_run_group_tests_name("formats/mcuboot", tests, NULL, NULL);
}
