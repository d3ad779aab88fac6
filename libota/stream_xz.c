// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>

#include "stream_xz.h"

#define PRESET 9U
#define PIECE  65536U /* bytes the output grows by */

/* Runs liblzma until it has taken all or, finishing or flushing, has written all. */
static enum ota_err run(lzma_stream *xz, lzma_action action, struct ota_buf *out,
			struct ota_diag *diag)
{
	lzma_ret status = LZMA_OK;

	while (status == LZMA_OK && (action != LZMA_RUN || xz->avail_in > 0)) {
		size_t left = out->ceiling - out->len;
		size_t piece = left > 0 && left < PIECE ? left : PIECE;
		enum ota_err err = ota_buf_reserve(out, piece, diag);

		if (err != OTA_OK)
			return err;
		xz->next_out = out->data + out->len;
		xz->avail_out = piece;
		status = lzma_code(xz, action);
		out->len += piece - xz->avail_out;
	}
	if (status != (action == LZMA_RUN ? LZMA_OK : LZMA_STREAM_END))
		return ota_fail(diag, OTA_E_MEMORY, "LZMA2 encoder failed with %d", (int)status);
	return OTA_OK;
}

enum ota_err ota_xz_compress(struct ota_span plain, bool arm_thumb, struct ota_buf *out,
			     struct ota_diag *diag)
{
	lzma_options_lzma options;
	lzma_filter filters[] = {
		{.id = LZMA_FILTER_ARMTHUMB, .options = NULL},
		{.id = LZMA_FILTER_LZMA2, .options = &options},
		{.id = LZMA_VLI_UNKNOWN, .options = NULL},
	};
	lzma_stream xz = LZMA_STREAM_INIT;
	enum ota_err err;

	if (lzma_lzma_preset(&options, PRESET))
		return ota_fail(diag, OTA_E_USAGE, "liblzma has no preset %u", PRESET);
	options.dict_size = OTA_XZ_DICTIONARY;
	options.lc = OTA_XZ_LC;
	options.lp = OTA_XZ_LP;
	options.pb = OTA_XZ_PB;
	if (lzma_raw_encoder(&xz, arm_thumb ? filters : filters + 1) != LZMA_OK)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for LZMA2");
	xz.next_in = plain.data;
	xz.avail_in = plain.len;
	/* All bytes first, the end then: as Python does, whose output this is compared with. */
	err = run(&xz, LZMA_RUN, out, diag);
	if (err == OTA_OK)
		err = run(&xz, LZMA_FINISH, out, diag);
	lzma_end(&xz);
	return err;
}

enum ota_err ota_xz_writer_open(struct ota_xz_writer *writer, struct ota_diag *diag)
{
	lzma_options_lzma options;
	lzma_filter filters[] = {
		{.id = LZMA_FILTER_LZMA2, .options = &options},
		{.id = LZMA_VLI_UNKNOWN, .options = NULL},
	};

	*writer = (struct ota_xz_writer){.xz = LZMA_STREAM_INIT};
	if (lzma_lzma_preset(&options, PRESET | LZMA_PRESET_EXTREME))
		return ota_fail(diag, OTA_E_USAGE, "liblzma has no preset %u", PRESET);
	options.dict_size = OTA_XZ_SECTION_DICTIONARY;
	if (lzma_stream_encoder(&writer->xz, filters, LZMA_CHECK_NONE) != LZMA_OK)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for LZMA2");
	writer->open = true;
	return OTA_OK;
}

enum ota_err ota_xz_write_section(struct ota_xz_writer *writer, struct ota_span plain,
				  struct ota_buf *out, struct ota_diag *diag)
{
	writer->xz.next_in = plain.data;
	writer->xz.avail_in = plain.len;
	return run(&writer->xz, LZMA_SYNC_FLUSH, out, diag);
}

void ota_xz_writer_close(struct ota_xz_writer *writer)
{
	if (writer->open)
		lzma_end(&writer->xz);
	*writer = (struct ota_xz_writer){.open = false};
}

enum ota_err ota_xz_memory(struct ota_span stream, uint64_t *need, struct ota_diag *diag)
{
	lzma_stream xz = LZMA_STREAM_INIT;
	uint64_t without;
	lzma_ret status;
	uint8_t byte;

	*need = 0;
	if (stream.len == 0)
		return OTA_OK;
	if (lzma_stream_decoder(&xz, OTA_XZ_MEMORY_MAX, 0) != LZMA_OK)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for LZMA2");
	without = lzma_memusage(&xz);
	xz.next_in = stream.data;
	xz.avail_in = stream.len;
	xz.next_out = &byte;
	/* Without room it gets as far as the headers, where the need is known. */
	status = lzma_code(&xz, LZMA_RUN);
	if (lzma_memusage(&xz) > without)
		*need = lzma_memusage(&xz);
	lzma_end(&xz);
	if (*need == 0 && status == LZMA_MEM_ERROR)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for LZMA2");
	return OTA_OK;
}

/* What is told of a decoder's memory goes by the stream's beginning: no later block gets more. */
static enum ota_err open_reader(struct ota_xz_reader *reader, struct ota_span stored,
				struct ota_diag *diag)
{
	uint64_t need;
	enum ota_err err = ota_xz_memory(stored, &need, diag);

	if (err != OTA_OK)
		return err;
	reader->xz = (lzma_stream)LZMA_STREAM_INIT;
	if (need == 0)
		return ota_fail(diag, OTA_E_MALFORMED,
				"%s section of %zu bytes does not begin as an xz stream",
				reader->name, stored.len);
	if (need > OTA_XZ_MEMORY_MAX)
		need = OTA_XZ_MEMORY_MAX;
	if (lzma_stream_decoder(&reader->xz, need, 0) != LZMA_OK)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for LZMA2");
	reader->open = true;
	return OTA_OK;
}

enum ota_err ota_xz_begin_section(struct ota_xz_reader *reader, struct ota_span stored,
				  const char *name, struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;

	reader->name = name;
	if (!reader->open)
		err = open_reader(reader, stored, diag);
	if (err != OTA_OK)
		return err;
	reader->xz.next_in = stored.data;
	reader->xz.avail_in = stored.len;
	return OTA_OK;
}

static enum ota_err fail_status(const struct ota_xz_reader *reader, lzma_ret status,
				struct ota_diag *diag)
{
	if (status == LZMA_MEM_ERROR)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory for the %s section's LZMA2",
				reader->name);
	if (status == LZMA_MEMLIMIT_ERROR)
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"%s section's LZMA2 asks for %" PRIu64
				" bytes of memory, at most %" PRIu64 " are given",
				reader->name, lzma_memusage(&reader->xz),
				lzma_memlimit_get(&reader->xz));
	if (status == LZMA_OK || status == LZMA_BUF_ERROR || status == LZMA_STREAM_END)
		return ota_fail(diag, OTA_E_MALFORMED,
				"%s section's LZMA2 ends before the size it claims", reader->name);
	return ota_fail(diag, OTA_E_MALFORMED,
			"%s section has bad LZMA2 data, %zu bytes before its "
			"end",
			reader->name, reader->xz.avail_in);
}

enum ota_err ota_xz_read(struct ota_xz_reader *reader, struct ota_wr *out, struct ota_diag *diag)
{
	lzma_stream *xz = &reader->xz;

	while (out->at < out->cap) {
		lzma_ret status;

		xz->next_out = out->data + out->at;
		xz->avail_out = out->cap - out->at;
		status = lzma_code(xz, LZMA_RUN);
		out->at = out->cap - xz->avail_out;
		if (out->at < out->cap && (status != LZMA_OK || xz->avail_in == 0))
			return fail_status(reader, status, diag);
	}
	return OTA_OK;
}

enum ota_err ota_xz_end_section(struct ota_xz_reader *reader, struct ota_diag *diag)
{
	lzma_ret status;
	uint8_t byte;

	/* The last plain byte may be out before the last compressed one is in, and the reverse. */
	reader->xz.next_out = &byte;
	reader->xz.avail_out = sizeof(byte);
	status = lzma_code(&reader->xz, LZMA_RUN);
	if (status != LZMA_OK && status != LZMA_BUF_ERROR && status != LZMA_STREAM_END)
		return fail_status(reader, status, diag);
	if (reader->xz.avail_out == 0)
		return ota_fail(diag, OTA_E_MALFORMED,
				"%s section's LZMA2 goes on behind the size it claims",
				reader->name);
	if (reader->xz.avail_in > 0)
		return ota_fail(diag, OTA_E_MALFORMED,
				"%s section holds %zu compressed bytes more than it needs",
				reader->name, reader->xz.avail_in);
	return OTA_OK;
}

void ota_xz_reader_close(struct ota_xz_reader *reader)
{
	if (reader->open)
		lzma_end(&reader->xz);
	*reader = (struct ota_xz_reader){.open = false};
}
