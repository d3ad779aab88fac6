// SPDX-License-Identifier: Apache-2.0
/*
 * An index from a file: taken as it is, or as the entries of a file whose sizes and hashes are
 * right, so that they are searched. Whatever they say, a patch made with them is a right one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <ota/delta.h>
#include <ota/digest.h>
#include <ota/file.h>

#define OLD_MAX   1024
#define NEW_MAX   1024
#define FILE_MAX  16384
#define PATCH_MAX 65536
#define SPARE     8U /* bytes behind the entries: see libota/index_file.c */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *write_file(struct ota_span bytes)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0) {
		FILE *file = tmpfile(); /* never closed: the process is the fuzzer's */

		if (!file)
			abort();
		fd = fileno(file);
		(void)snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	}
	if (ftruncate(fd, (off_t)bytes.len) != 0 ||
	    pwrite(fd, bytes.data, bytes.len, 0) != (ssize_t)bytes.len)
		abort();
	return path;
}

static void make_patch(const struct ota_index *index, struct ota_span new_image)
{
	const struct ota_delta_plan plan = {.format = "bsdiff"};
	struct ota_buf patch = ota_buf_init(PATCH_MAX);

	if (ota_delta_make(&plan, index, new_image, &patch, NULL) != OTA_OK)
		abort();
	ota_buf_free(&patch);
}

/* False when it was refused. */
static bool load(struct ota_span file, struct ota_span old_image, struct ota_span new_image)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_index *index;
	enum ota_err err = ota_index_load(write_file(file), old_image, &index, &diag);

	if (err == OTA_OK)
		make_patch(index, new_image);
	else if (index || diag.err != err || diag.text[0] == '\0')
		abort();
	ota_index_free(index);
	return err == OTA_OK;
}

static void put_hash(struct ota_wr *wr, struct ota_span bytes)
{
	struct ota_digest digest;

	if (ota_digest_of(OTA_HASH_SHA256, bytes, &digest, NULL) != OTA_OK)
		abort();
	ota_wr_bytes(wr, ota_digest_span(&digest));
}

/* `lies`, over and over, for entries; the file around them is right. */
static void load_lies(struct ota_span old_image, struct ota_span lies, struct ota_span new_image)
{
	static uint8_t entries[OLD_MAX * 2 + SPARE];
	static uint8_t bytes[sizeof(entries) + 96];
	struct ota_wr wr = ota_wr_init(bytes, sizeof(bytes));
	unsigned width = 1;
	size_t size;

	while (old_image.len > (size_t)1 << width)
		width++;
	size = (old_image.len * width + 7) / 8 + SPARE;
	for (size_t i = 0; i < size; i++)
		entries[i] = lies.len > 0 ? lies.data[i % lies.len] : 0;
	ota_wr_bytes(&wr, ota_span_of("OTAINDEX", 8));
	ota_wr_u32(&wr, 1);
	ota_wr_u32(&wr, width);
	ota_wr_u64(&wr, old_image.len);
	ota_wr_u64(&wr, size);
	put_hash(&wr, old_image);
	put_hash(&wr, ota_span_of(entries, size));
	ota_wr_bytes(&wr, ota_span_of(entries, size));
	if (wr.err != OTA_OK || !load(ota_wr_span(&wr), old_image, new_image))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ota_span input = ota_span_of(data, len);
	struct ota_span rest = ota_span_tail(input, 2);
	size_t old_len = len < 2 ? 0 : (data[0] * 256U + data[1]) % OLD_MAX;

	/* Its hashes are not guessed: it gets as far as they do. */
	(void)load(ota_span_head(input, FILE_MAX), ota_span_of("0123456789", 10), rest);
	load_lies(ota_span_head(rest, old_len), ota_span_tail(rest, old_len),
		  ota_span_head(rest, NEW_MAX));
	return 0;
}
