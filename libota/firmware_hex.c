// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include <ota/ihex.h>

#include "firmware_runs.h"

#define ADDRESS_END 0x100000000U
#define BLOCK_SIZE  0x10000U /* what addresses without a record of type 04 reach */

/* -- reading ---------------------------------------------------------------------------------- */

/* A fault in words: "line 7 " BEFORE got BETWEEN want AFTER; without `after` no want is said. */
static const struct {
	const char *before;
	const char *between;
	const char *after;
	bool got_hex;
	bool want_hex;
} faults[] = {
	[OTA_IHEX_NO_COLON] = {"starts with byte ", ", not ':'", NULL, true, false},
	[OTA_IHEX_DIGIT] = {"has byte ", " in column ", ", which is no hex digit", true, false},
	[OTA_IHEX_ODD] = {"has ", " hex digits, an odd number", NULL, false, false},
	[OTA_IHEX_SHORT] = {"has ", " bytes, a record has ", " at the least", false, false},
	[OTA_IHEX_LENGTH] = {"has ", " data bytes, its length says ", "", false, false},
	[OTA_IHEX_CHECKSUM] = {"has checksum ", ", should be ", "", true, true},
	[OTA_IHEX_TYPE] = {"has record type ", ", none of 0 to 5", NULL, false, false},
	[OTA_IHEX_TYPE_LENGTH] = {"has ", " data bytes, its type has ", "", false, false},
	[OTA_IHEX_TYPE_OFFSET] = {"has address field ", ", its type has 0", NULL, true, false},
	[OTA_IHEX_ENTRY_TWICE] = {"has start address ", ", the second one", NULL, true, false},
	[OTA_IHEX_ADDRESS] = {"has data at ", " that runs beyond 4 GiB", NULL, true, false},
};

static const char *number(uint32_t value, bool hex, char text[16])
{
	(void)snprintf(text, 16, hex ? "0x%02" PRIx32 : "%" PRIu32, value);
	return text;
}

/* Puts the reader's fault into words. */
static enum ota_err fail_line(const struct ota_ihex_rd *rd, struct ota_diag *diag)
{
	const char *after;
	char want[16];
	char got[16];

	after = faults[rd->fault].after;
	return ota_fail(diag, rd->err, "line %zu %s%s%s%s%s", rd->line, faults[rd->fault].before,
			number(rd->got, faults[rd->fault].got_hex, got), faults[rd->fault].between,
			after ? number(rd->want, faults[rd->fault].want_hex, want) : "",
			after ? after : "");
}

/* Says which two lines hold the byte at `at`; the file was read without a fault before. */
static enum ota_err fail_overlap(struct ota_span file, uint32_t at, struct ota_diag *diag)
{
	struct ota_ihex_rd rd = ota_ihex_rd_init(file);
	struct ota_ihex_record record;
	size_t lines[2] = {0, 0};
	unsigned n = 0;

	while (n < 2 && ota_ihex_next(&rd, &record) == OTA_OK) {
		if (at >= record.at && at - record.at < record.len)
			lines[n++] = rd.line;
	}
	return ota_fail(diag, OTA_E_MALFORMED,
			"lines %zu and %zu both have data for address 0x%08" PRIx32, lines[0],
			lines[1], at);
}

/* Every record's bytes to the end of `data`, which has room for all, and their places. */
static enum ota_err collect(struct ota_ihex_rd *rd, struct ota_buf *data, struct ota_runs *runs,
			    struct ota_diag *diag)
{
	struct ota_ihex_record record;
	enum ota_err err;

	while ((err = ota_ihex_next(rd, &record)) == OTA_OK) {
		size_t from = data->len;

		err = ota_buf_append(data, ota_span_of(record.bytes, record.len), diag);
		if (err == OTA_OK)
			err = ota_runs_add(runs, record.at, ota_span_tail(ota_buf_span(data), from),
					   diag);
		if (err != OTA_OK)
			return err;
	}
	if (err == OTA_E_ABSENT || rd->fault == OTA_IHEX_NO_END)
		return OTA_OK;
	return fail_line(rd, diag);
}

enum ota_err ota_firmware_read_hex(struct ota_span file, size_t ceiling,
				   struct ota_firmware *firmware, struct ota_diag *diag)
{
	struct ota_ihex_rd rd = ota_ihex_rd_init(file);
	struct ota_buf data = ota_buf_init(file.len / 2); /* two digits are a byte */
	struct ota_runs runs = {.n = 0};
	enum ota_err err;
	uint32_t at = 0;

	/* All at once: the runs borrow it, so it must not move. */
	err = ota_buf_reserve(&data, file.len / 2, diag);
	if (err == OTA_OK)
		err = collect(&rd, &data, &runs, diag);
	if (err == OTA_OK && ota_runs_sort(&runs, &at))
		err = fail_overlap(file, at, diag);
	if (err == OTA_OK)
		err = ota_runs_join(&runs, ceiling, firmware, diag);
	firmware->cut_off = rd.fault == OTA_IHEX_NO_END;
	firmware->has_entry = rd.has_entry;
	firmware->entry = rd.entry;
	ota_runs_free(&runs);
	ota_buf_free(&data);
	return err;
}

/* -- writing ---------------------------------------------------------------------------------- */

/* Checks that the runs are what was promised, and finds whether an address needs type 04. */
static enum ota_err check_runs(const struct ota_hex_run *runs, size_t n_runs, bool *far,
			       struct ota_diag *diag)
{
	uint64_t end = 0;

	for (size_t i = 0; i < n_runs; i++) {
		uint64_t at = runs[i].at;

		if (runs[i].bytes.len == 0)
			continue;
		if (runs[i].bytes.len > ADDRESS_END - at)
			return ota_fail(diag, OTA_E_ROOM,
					"%zu bytes at 0x%08" PRIx64 " run beyond 4 GiB",
					runs[i].bytes.len, at);
		if (at < end)
			return ota_fail(diag, OTA_E_USAGE,
					"data at 0x%08" PRIx64 " begins before 0x%08" PRIx64
					", the end of the data before it",
					at, end);
		end = at + runs[i].bytes.len;
	}
	*far = end > BLOCK_SIZE;
	return OTA_OK;
}

/* How many of the first runs touch: records go on from one into the next. */
static size_t count_touching(const struct ota_hex_run *runs, size_t n_runs)
{
	size_t n = 1;

	while (n < n_runs && runs[n - 1].bytes.len == runs[n].at - runs[n - 1].at)
		n++;
	return n;
}

static uint64_t total_len(const struct ota_hex_run *runs, size_t n_runs)
{
	uint64_t len = 0;

	for (size_t i = 0; i < n_runs; i++)
		len += runs[i].bytes.len;
	return len;
}

static enum ota_err write_touching(struct ota_ihex_wr *place, const struct ota_hex_run *runs,
				   size_t n_runs, struct ota_wr *wr, struct ota_diag *diag)
{
	struct ota_buf joined = ota_buf_init((size_t)total_len(runs, n_runs));
	enum ota_err err = ota_buf_reserve(&joined, joined.ceiling, diag);

	for (size_t i = 0; err == OTA_OK && i < n_runs; i++)
		err = ota_buf_append(&joined, runs[i].bytes, diag);
	if (err == OTA_OK)
		ota_ihex_write(place, runs->at, ota_buf_span(&joined), wr);
	ota_buf_free(&joined);
	return err;
}

static uint64_t measure(const struct ota_hex_run *runs, size_t n_runs, bool far)
{
	struct ota_ihex_wr place = {.far = far};
	uint64_t size = OTA_IHEX_END_SIZE;
	size_t n;

	for (size_t i = 0; i < n_runs; i += n) {
		n = count_touching(runs + i, n_runs - i);
		size += ota_ihex_size(&place, runs[i].at, total_len(runs + i, n));
	}
	return size;
}

static enum ota_err write_all(const struct ota_hex_run *runs, size_t n_runs, bool far,
			      struct ota_wr *wr, struct ota_diag *diag)
{
	struct ota_ihex_wr place = {.far = far};
	enum ota_err err = OTA_OK;
	size_t n;

	for (size_t i = 0; err == OTA_OK && i < n_runs; i += n) {
		n = count_touching(runs + i, n_runs - i);
		if (n == 1)
			ota_ihex_write(&place, runs[i].at, runs[i].bytes, wr);
		else
			err = write_touching(&place, runs + i, n, wr, diag);
	}
	ota_ihex_end_write(wr);
	return err == OTA_OK ? wr->err : err;
}

enum ota_err ota_firmware_write_hex(const struct ota_hex_run *runs, size_t n_runs,
				    struct ota_buf *out, struct ota_diag *diag)
{
	enum ota_err err;
	struct ota_wr wr;
	bool far = false;
	uint64_t size;

	err = check_runs(runs, n_runs, &far, diag);
	if (err != OTA_OK)
		return err;
	size = measure(runs, n_runs, far);
	if (size > SIZE_MAX)
		return ota_fail(diag, OTA_E_MEMORY, "%" PRIu64 " bytes of Intel HEX are too many",
				size);
	err = ota_buf_reserve(out, (size_t)size, diag);
	if (err != OTA_OK)
		return err;
	wr = ota_wr_init(out->data + out->len, (size_t)size);
	err = write_all(runs, n_runs, far, &wr, diag);
	if (err == OTA_OK)
		out->len += wr.at;
	return err;
}
