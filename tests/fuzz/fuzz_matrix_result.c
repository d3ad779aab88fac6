// SPDX-License-Identifier: Apache-2.0
/*
 * A hostile result: no crash, no hang, and what is taken is what would be written, to the byte. Its
 * seal is not guessed, so the text is also cut into the fields of a result, which must come back.
 */
#include <stdlib.h>

#include <ota/matrix.h>

#define TEXT_MAX 0x10000U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_and_write(struct ota_span text)
{
	struct ota_buf again = ota_buf_init(TEXT_MAX);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_matrix_result result;
	enum ota_err err = ota_matrix_result_read(text, &result, &diag);

	if (err != OTA_OK && (diag.err != err || diag.text[0] == '\0'))
		abort();
	if (err == OTA_OK && (ota_matrix_result_write(&result, &again, NULL) != OTA_OK ||
			      !ota_span_equal(text, ota_buf_span(&again))))
		abort();
	ota_buf_free(&again);
	return err == OTA_OK;
}

/* The next bytes as a text, which ends early at a NUL. */
static void take_text(struct ota_rd *rd, char *text, size_t cap)
{
	size_t left = ota_rd_left(rd);
	struct ota_span bytes = ota_rd_bytes(rd, left < cap - 1 ? left : cap - 1);

	memset(text, 0, cap);
	if (bytes.len > 0)
		memcpy(text, bytes.data, bytes.len);
}

static void invent(struct ota_span input)
{
	struct ota_matrix_result result = {.made = true, .format = "otd", .judged = true};
	struct ota_buf text = ota_buf_init(TEXT_MAX);
	struct ota_rd rd = ota_rd_init(input);

	memset(result.id, 'a', sizeof(result.id) - 1);
	result.patch_len = ota_rd_u8(&rd);
	result.sent_len = result.patch_len + ota_rd_u8(&rd);
	result.n_deliveries = ota_rd_u8(&rd) % (OTA_LINKS_MAX + 1);
	result.erases = (uint64_t)ota_rd_u32(&rd) << 31;
	take_text(&rd, result.how, sizeof(result.how));
	take_text(&rd, result.delivery[0].link, sizeof(result.delivery[0].link));
	take_text(&rd, result.reason, sizeof(result.reason));
	if (ota_matrix_result_write(&result, &text, NULL) != OTA_OK ||
	    !read_and_write(ota_buf_span(&text)))
		abort();
	ota_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ota_span input = ota_span_of(data, size);

	(void)read_and_write(input);
	invent(input);
	return 0;
}
