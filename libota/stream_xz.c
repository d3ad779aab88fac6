// SPDX-License-Identifier: Apache-2.0
#include <lzma.h>

#include "stream_xz.h"

#define PRESET 9U
#define PIECE  65536U /* bytes the output grows by */

/* Runs liblzma until it has taken all or, finishing, has written all. */
static enum ota_err run(lzma_stream *xz, lzma_action action, struct ota_buf *out,
			struct ota_diag *diag)
{
	lzma_ret status = LZMA_OK;

	while (status == LZMA_OK && (action == LZMA_FINISH || xz->avail_in > 0)) {
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
	if (status != (action == LZMA_FINISH ? LZMA_STREAM_END : LZMA_OK))
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
