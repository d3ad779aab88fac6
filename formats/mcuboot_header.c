// SPDX-License-Identifier: Apache-2.0
#include <ota/mcuboot.h>

/* One decimal part: "0" or digits without a leading zero, at most `max`. */
static enum ota_err version_part(struct ota_span text, size_t *at, uint32_t max, uint32_t *part)
{
	uint64_t value = 0;
	size_t start = *at;

	while (*at < text.len && text.data[*at] >= '0' && text.data[*at] <= '9') {
		value = value * 10 + (uint64_t)(text.data[*at] - '0');
		if (value > UINT32_MAX)
			return OTA_E_ROOM;
		(*at)++;
	}
	if (*at == start || (text.data[start] == '0' && *at > start + 1))
		return OTA_E_MALFORMED;
	if (value > max)
		return OTA_E_ROOM;
	*part = (uint32_t)value;
	return OTA_OK;
}

enum ota_err ota_version_parse(struct ota_span text, struct ota_version *version)
{
	static const uint32_t max[] = {UINT8_MAX, UINT8_MAX, UINT16_MAX, UINT32_MAX};
	uint32_t part[4] = {0, 0, 0, 0};
	size_t at = 0;

	for (size_t i = 0; i < 4; i++) {
		enum ota_err err = version_part(text, &at, max[i], &part[i]);

		if (err != OTA_OK)
			return err;
		if (at == text.len)
			break;
		if (i == 3 || text.data[at] != (i == 2 ? '+' : '.'))
			return OTA_E_MALFORMED;
		at++;
	}
	version->major = (uint8_t)part[0];
	version->minor = (uint8_t)part[1];
	version->revision = (uint16_t)part[2];
	version->build = part[3];
	return OTA_OK;
}

enum ota_err ota_image_header_read(struct ota_span image, bool big, struct ota_image_header *header)
{
	struct ota_rd rd = ota_rd_init(image);
	uint32_t magic;

	rd.big = big;
	magic = ota_rd_u32(&rd);
	header->load_addr = ota_rd_u32(&rd);
	header->hdr_size = ota_rd_u16(&rd);
	header->protect_tlv_size = ota_rd_u16(&rd);
	header->img_size = ota_rd_u32(&rd);
	header->flags = ota_rd_u32(&rd);
	header->version = ota_version_read(&rd);
	(void)ota_rd_u32(&rd); /* ih_pad1: written as 0, ignored by bootutil */
	if (rd.err != OTA_OK)
		return rd.err;
	return magic == OTA_IMAGE_MAGIC ? OTA_OK : OTA_E_MALFORMED;
}

void ota_image_header_write(struct ota_wr *wr, const struct ota_image_header *header)
{
	ota_wr_u32(wr, OTA_IMAGE_MAGIC);
	ota_wr_u32(wr, header->load_addr);
	ota_wr_u16(wr, header->hdr_size);
	ota_wr_u16(wr, header->protect_tlv_size);
	ota_wr_u32(wr, header->img_size);
	ota_wr_u32(wr, header->flags);
	ota_version_write(wr, &header->version);
	ota_wr_u32(wr, 0);
}
