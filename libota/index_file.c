// SPDX-License-Identifier: Apache-2.0
/*
 * An index on disk. All numbers are little-endian, so that every machine reads it.
 *
 *     0        8         12      16         24           32         64          96
 *     +--------+---------+-------+----------+------------+----------+-----------+---------+
 *     |OTAINDEX| version | width | old size | entry size | old hash | entr. hash| entries |
 *     +--------+---------+-------+----------+------------+----------+-----------+---------+
 *
 * version: 1. width: bits of an entry, the fewest that hold every offset into old. old size, entry
 * size: bytes of the old file, and of the entries with the 8 zeros behind them, which end the file.
 * Hashes: SHA-256 of the old file and of the entries.
 *
 * A reader rejects a file with another magic or version, with a width or an entry size that is not
 * the old size's, of another length than it says, and with a wrong hash. The hashes find damage and
 * mistakes, not malice: what an entry says is never believed, see suffix_sort.c.
 */
#include <inttypes.h>

#include <ota/delta.h>
#include <ota/digest.h>

#include "suffix_sort.h"

#define MAGIC       "OTAINDEX"
#define MAGIC_SIZE  8U
#define VERSION     1U
#define HASH_SIZE   32U
#define HEADER_SIZE 96U
#define MODE        0666U

struct header {
	uint32_t version;
	uint32_t width;
	uint64_t old_size;
	uint64_t entry_size;
	struct ota_span old_hash;
	struct ota_span entry_hash;
};

static enum ota_err write_header(struct ota_wr *wr, const struct ota_index *index,
				 struct ota_span entries, struct ota_diag *diag)
{
	struct ota_digest old_hash;
	struct ota_digest entry_hash;
	enum ota_err err = ota_digest_of(OTA_HASH_SHA256, index->old_image, &old_hash, diag);

	if (err == OTA_OK)
		err = ota_digest_of(OTA_HASH_SHA256, entries, &entry_hash, diag);
	if (err != OTA_OK)
		return err;
	ota_wr_bytes(wr, ota_span_of(MAGIC, MAGIC_SIZE));
	ota_wr_u32(wr, VERSION);
	ota_wr_u32(wr, index->width);
	ota_wr_u64(wr, index->old_image.len);
	ota_wr_u64(wr, entries.len);
	ota_wr_bytes(wr, ota_digest_span(&old_hash));
	ota_wr_bytes(wr, ota_digest_span(&entry_hash));
	return wr->err;
}

enum ota_err ota_index_save(const struct ota_index *index, const char *path, struct ota_diag *diag)
{
	const struct ota_file_rules rules = {.mode = MODE};
	struct ota_span entries =
		ota_span_of(index->entries, ota_index_bytes(index->old_image.len));
	struct ota_buf file = ota_buf_init(HEADER_SIZE + entries.len);
	struct ota_wr wr;
	enum ota_err err;

	if (!index->entries)
		return ota_fail(diag, OTA_E_USAGE, "the index has been spent on a patch");
	err = ota_buf_reserve(&file, HEADER_SIZE + entries.len, diag);
	if (err != OTA_OK)
		return err;
	wr = ota_wr_init(file.data, HEADER_SIZE);
	err = write_header(&wr, index, entries, diag);
	file.len = wr.at;
	if (err == OTA_OK)
		err = ota_buf_append(&file, entries, diag);
	if (err == OTA_OK)
		err = ota_file_write(path, ota_buf_span(&file), &rules, diag);
	ota_buf_free(&file);
	return err;
}

static enum ota_err read_header(struct ota_rd *rd, struct header *header, struct ota_diag *diag)
{
	struct ota_span magic = ota_rd_bytes(rd, MAGIC_SIZE);

	header->version = ota_rd_u32(rd);
	header->width = ota_rd_u32(rd);
	header->old_size = ota_rd_u64(rd);
	header->entry_size = ota_rd_u64(rd);
	header->old_hash = ota_rd_bytes(rd, HASH_SIZE);
	header->entry_hash = ota_rd_bytes(rd, HASH_SIZE);
	if (rd->err != OTA_OK)
		return ota_fail(diag, rd->err, "index is %zu bytes, its header alone needs %u",
				rd->span.len, HEADER_SIZE);
	if (!ota_span_equal(magic, ota_span_of(MAGIC, MAGIC_SIZE)))
		return ota_fail(diag, OTA_E_MALFORMED, "is no index of an old file");
	if (header->version != VERSION)
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"index is of version %" PRIu32 ", this program reads version %u",
				header->version, VERSION);
	return OTA_OK;
}

static enum ota_err check_hash(struct ota_span bytes, struct ota_span hash, bool *good,
			       struct ota_diag *diag)
{
	struct ota_digest digest;
	enum ota_err err = ota_digest_of(OTA_HASH_SHA256, bytes, &digest, diag);

	*good = err == OTA_OK && ota_span_equal(ota_digest_span(&digest), hash);
	return err;
}

/* Is it this old file's? Nothing else in the file has a meaning when it is not. */
static enum ota_err check_old(const struct header *header, struct ota_span old_image,
			      struct ota_diag *diag)
{
	bool good;
	enum ota_err err;

	if (header->old_size != old_image.len)
		return ota_fail(diag, OTA_E_WRONG_BASE,
				"index is for an old file of %" PRIu64 " bytes, this is %zu",
				header->old_size, old_image.len);
	err = check_hash(old_image, header->old_hash, &good, diag);
	if (err == OTA_OK && !good)
		err = ota_fail(diag, OTA_E_WRONG_BASE, "index is for another old file of %zu bytes",
			       old_image.len);
	return err;
}

static enum ota_err check_entries(const struct header *header, size_t old_len,
				  struct ota_span entries, struct ota_diag *diag)
{
	bool good;
	enum ota_err err;

	if (header->width != ota_index_width(old_len) ||
	    header->entry_size != ota_index_bytes(old_len))
		return ota_fail(diag, OTA_E_MALFORMED,
				"index has %" PRIu64 " bytes of %" PRIu32
				" bit entries, where %zu of %u bits are right",
				header->entry_size, header->width, ota_index_bytes(old_len),
				ota_index_width(old_len));
	if (entries.len < header->entry_size)
		return ota_fail(diag, OTA_E_TRUNCATED,
				"index holds %zu of %" PRIu64 " bytes of entries", entries.len,
				header->entry_size);
	if (entries.len > header->entry_size)
		return ota_fail(diag, OTA_E_MALFORMED, "%zu bytes follow the index",
				entries.len - (size_t)header->entry_size);
	err = check_hash(entries, header->entry_hash, &good, diag);
	if (err == OTA_OK && !good)
		err = ota_fail(diag, OTA_E_MALFORMED, "index is damaged: its hash is wrong");
	return err;
}

static enum ota_err read_index(struct ota_index *index, struct ota_diag *diag)
{
	struct ota_rd rd = ota_rd_init(index->map.bytes);
	struct header header;
	struct ota_span entries;
	enum ota_err err = read_header(&rd, &header, diag);

	entries = ota_rd_bytes(&rd, ota_rd_left(&rd));
	if (err == OTA_OK)
		err = check_old(&header, index->old_image, diag);
	if (err == OTA_OK)
		err = check_entries(&header, index->old_image.len, entries, diag);
	index->entries = entries.data;
	return err;
}

enum ota_err ota_index_load(const char *path, struct ota_span old_image, struct ota_index **index,
			    struct ota_diag *diag)
{
	enum ota_err err = ota_index_begin(old_image, index, diag);

	if (err != OTA_OK)
		return err;
	err = ota_file_map(path, &(*index)->map, diag);
	if (err == OTA_OK)
		err = read_index(*index, diag);
	if (err != OTA_OK) {
		ota_index_free(*index);
		*index = NULL;
	}
	return err;
}
