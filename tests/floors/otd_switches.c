// SPDX-License-Identifier: Apache-2.0
/*
 * otd_switches PATCH OLD NEW: decodes as a device would that was built with the same switches. What
 * the switches leave out must be refused before a byte is made, everything else must give new. Says
 * which of the two it was. otd_switches save PATCH puts out a state that is just begun,
 * otd_switches resume STATE says whether this build takes it up.
 */
#include <stdio.h>
#include <stdlib.h>

#include <ota/otd.h>

#define FILE_MAX 0x100000U
#define PIECE    100U

/* Byte 3 of a patch, by hand: what the build has must not be asked of the build. */
#define WHAT_AT    3U
#define ARCH_MASK  7U
#define TIER_AT    3U
#define TIER_MASK  3U
#define PLACE_MASK 0x40U

static struct ota_span load(const char *path)
{
	uint8_t *bytes = malloc(FILE_MAX);
	FILE *file = fopen(path, "rb");
	size_t len;

	if (!bytes || !file)
		abort();
	len = fread(bytes, 1, FILE_MAX, file);
	(void)fclose(file);
	return ota_span_of(bytes, len);
}

static bool has_tier(unsigned tier)
{
#if defined(OTA_OTD_ONLY_XS)
	return tier == OTA_OTD_XS;
#elif defined(OTA_OTD_ONLY_NANO)
	return tier == OTA_OTD_NANO;
#else
	return tier < OTA_OTD_TIERS;
#endif
}

static bool has_arch(unsigned arch)
{
#if defined(OTA_OTD_ONLY_NONE)
	return arch == OTA_OTD_NONE;
#elif defined(OTA_OTD_ONLY_THUMB)
	return arch == OTA_OTD_NONE || arch == OTA_OTD_THUMB;
#elif defined(OTA_OTD_ONLY_RV32)
	return arch == OTA_OTD_NONE || arch == OTA_OTD_RV32;
#elif defined(OTA_OTD_ONLY_XTENSA)
	return arch == OTA_OTD_NONE || arch == OTA_OTD_XTENSA;
#else
	return arch < OTA_OTD_ARCHS;
#endif
}

static bool has_all(unsigned what)
{
#ifdef OTA_OTD_TWO_SLOTS
	if ((what & PLACE_MASK) != 0)
		return false;
#endif
	return has_tier(what >> TIER_AT & TIER_MASK) && has_arch(what & ARCH_MASK);
}

/* Everything but the room for new is at hand at once. */
static bool gives(struct ota_otd_dec *dec, struct ota_span stream, struct ota_span old_image,
		  struct ota_span new_image)
{
	static uint8_t out[FILE_MAX];
	struct ota_dec_io io = {.patch = {stream}};
	enum ota_want want;

	while ((want = ota_otd_dec_step(dec, &io)) < OTA_WANT_NONE) {
		uint32_t at = ota_otd_dec_progress(dec).new_at;

		if (want == OTA_WANT_PATCH)
			return false;
		if (want == OTA_WANT_ROOM) {
			io.out = out + at;
			io.room = PIECE;
		} else {
			io.old = ota_span_tail(
				want == OTA_WANT_OLD ? old_image : ota_span_of(out, at), io.old_at);
		}
	}
	return want == OTA_WANT_NONE && ota_span_equal(ota_span_of(out, new_image.len), new_image);
}

static uint32_t memory[OTA_OTD_DEC_RAM_M / sizeof(uint32_t)];

static enum ota_err begin(struct ota_rd *rd, struct ota_otd_dec **dec)
{
	struct ota_otd_header header;
	enum ota_err err = ota_otd_header_read(rd, &header);

	if (err != OTA_OK)
		return err;
	return ota_otd_dec_init(memory, OTA_OTD_DEC_RAM(header.tier), &header,
				(uint32_t)(rd->span.len - rd->at), dec);
}

static bool save(struct ota_span patch)
{
	struct ota_rd rd = ota_rd_init(patch);
	struct ota_otd_dec *dec;

	if (begin(&rd, &dec) != OTA_OK)
		return false;
	ota_otd_dec_seal(dec);
	return fwrite(memory, sizeof(memory), 1, stdout) == 1;
}

static bool resume(struct ota_span state)
{
	struct ota_otd_dec *dec;

	memcpy(memory, state.data, sizeof(memory));
	return ota_otd_dec_resume(memory, sizeof(memory), &dec) == OTA_OK;
}

static bool decode(struct ota_span patch, const char *old_path, const char *new_path)
{
	struct ota_rd rd = ota_rd_init(patch);
	struct ota_otd_dec *dec = NULL;
	enum ota_err err = begin(&rd, &dec);
	bool right;

	if (!has_all(patch.data[WHAT_AT])) {
		right = err == OTA_E_UNSUPPORTED;
		puts(right ? "refused" : "not refused");
	} else {
		right = err == OTA_OK &&
			gives(dec, ota_span_tail(patch, rd.at), load(old_path), load(new_path));
		puts(right ? "new" : "not new");
	}
	return right;
}

int main(int argc, char **argv)
{
	bool right = false;

	if (argc == 3 && strcmp(argv[1], "save") == 0)
		right = save(load(argv[2]));
	else if (argc == 3 && strcmp(argv[1], "resume") == 0)
		right = resume(load(argv[2]));
	else if (argc == 4)
		right = decode(load(argv[1]), argv[2], argv[3]);
	return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
