// SPDX-License-Identifier: Apache-2.0
/*
 * Two firmwares from one input: ELF files with their tables, or binaries with an ELF file beside.
 * What is told must tile both and add up.
 */
#include <stdlib.h>

#include <ota/compare.h>

#define OLD_MAX      4096U
#define FIRMWARE_MAX 0x4000U
/* otd looks for code and addresses, which takes its time: one run in so many. */
#define OTD_SELDOM     32U
#define SPENT_PER_BYTE 2048U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ota_compare *compare)
{
	uint64_t new_size = 0;
	uint64_t old_size = 0;
	uint64_t changed = 0;
	uint64_t spent = compare->patch_header * SPENT_PER_BYTE;

	for (size_t i = 0; i < compare->parts.n; i++) {
		new_size += compare->parts.row[i].new_size;
		old_size += compare->parts.row[i].old_size;
		changed += compare->parts.row[i].changed;
		spent += compare->parts.row[i].spent;
	}
	if (new_size != compare->new_size || changed != compare->changed ||
	    (compare->knows_old && old_size != compare->old_size))
		abort();
	if (compare->has_account && spent != compare->patch_size * SPENT_PER_BYTE)
		abort();
}

/* One stray section makes many bytes of holes: not what is looked for here. */
static bool is_small(const struct ota_compare_file *file)
{
	struct ota_firmware firmware;
	enum ota_err err =
		ota_firmware_read(file->bytes, file->kind, FIRMWARE_MAX, &firmware, NULL);

	ota_firmware_free(&firmware);
	return err == OTA_OK;
}

static enum ota_err read_side(struct ota_span file, struct ota_span elf,
			      struct ota_compare_side *side)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_compare_file it = {
		.bytes = file, .kind = ota_firmware_kind_of("firmware.bin", file), .elf = elf};
	enum ota_err err;

	*side = (struct ota_compare_side){.is_image = false};
	if (!is_small(&it))
		return OTA_E_UNSUPPORTED;
	err = ota_compare_read(&it, side, &diag);
	if (err != OTA_OK && diag.text[0] == '\0')
		abort();
	return err;
}

/* The first byte: how, and odd: files are only read; the next two: how long old is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ota_rd rd = ota_rd_init(ota_span_of(data, size));
	unsigned how = ota_rd_u8(&rd);
	struct ota_span old_file = ota_rd_bytes(&rd, ota_rd_u16(&rd) % OLD_MAX);
	struct ota_span new_file = ota_rd_bytes(&rd, ota_rd_left(&rd));
	struct ota_compare_plan plan = {.format = how / 8 % OTD_SELDOM == 1 ? "otd" : "vcdiff",
					.region = 64};
	struct ota_span none = {NULL, 0};
	struct ota_compare_side old_side;
	struct ota_compare_side new_side;
	struct ota_compare compare;
	struct ota_diag diag = {.err = OTA_OK};

	if (rd.err != OTA_OK)
		return 0;
	if (read_side(old_file, how & 2 ? new_file : none, &old_side) == OTA_OK) {
		if (read_side(new_file, how & 4 ? old_file : none, &new_side) == OTA_OK) {
			if (how & 1)
				compare = (struct ota_compare){.n_hints = 0};
			else if (ota_compare_make(&plan, &old_side, &new_side, &compare, &diag) ==
				 OTA_OK)
				check(&compare);
			else if (diag.text[0] == '\0')
				abort();
			ota_compare_free(&compare);
		}
		ota_compare_side_free(&new_side);
	}
	ota_compare_side_free(&old_side);
	return 0;
}
