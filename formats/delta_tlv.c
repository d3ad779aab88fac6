// SPDX-License-Identifier: Apache-2.0
#include <ota/delta_tlv.h>

#define MAGIC_SIZE (sizeof(OTA_TLV_DELTA_MAGIC) - 1)

static void read_digest(struct ota_rd *rd, uint8_t *digest)
{
	struct ota_span raw = ota_rd_bytes(rd, OTA_DELTA_DIGEST_SIZE);

	if (raw.len > 0)
		memcpy(digest, raw.data, raw.len);
}

enum ota_err ota_delta_tlv_read(struct ota_span value, struct ota_delta_tlv *tlv)
{
	struct ota_rd rd = ota_rd_init(value);
	struct ota_span magic = ota_rd_bytes(&rd, MAGIC_SIZE);
	uint16_t flags;

	memset(tlv, 0, sizeof(*tlv));
	tlv->format = ota_rd_u8(&rd);
	tlv->format_version = ota_rd_u8(&rd);
	flags = ota_rd_u16(&rd);
	tlv->old_size = ota_rd_u32(&rd);
	tlv->new_size = ota_rd_u32(&rd);
	tlv->decoder_ram = ota_rd_u32(&rd);
	tlv->old_version = ota_version_read(&rd);
	read_digest(&rd, tlv->old_digest);
	read_digest(&rd, tlv->new_digest);
	if (rd.err != OTA_OK || ota_rd_left(&rd) > 0 ||
	    memcmp(magic.data, OTA_TLV_DELTA_MAGIC, MAGIC_SIZE) != 0)
		return OTA_E_MALFORMED;
	return flags == 0 ? OTA_OK : OTA_E_UNSUPPORTED;
}

/* Little-endian in an image of either byte order: a decoder need not know the image's. */
void ota_delta_tlv_write(struct ota_wr *wr, const struct ota_delta_tlv *tlv)
{
	bool big = wr->big;

	wr->big = false;
	ota_wr_bytes(wr, ota_span_of(OTA_TLV_DELTA_MAGIC, MAGIC_SIZE));
	ota_wr_u8(wr, tlv->format);
	ota_wr_u8(wr, tlv->format_version);
	ota_wr_u16(wr, 0); /* flags */
	ota_wr_u32(wr, tlv->old_size);
	ota_wr_u32(wr, tlv->new_size);
	ota_wr_u32(wr, tlv->decoder_ram);
	ota_version_write(wr, &tlv->old_version);
	ota_wr_bytes(wr, ota_span_of(tlv->old_digest, OTA_DELTA_DIGEST_SIZE));
	ota_wr_bytes(wr, ota_span_of(tlv->new_digest, OTA_DELTA_DIGEST_SIZE));
	wr->big = big;
}
