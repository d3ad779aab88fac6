// SPDX-License-Identifier: Apache-2.0
#include "image_area.h"

struct tlv_area ota_area_init(const char *name, uint16_t magic, bool big)
{
	return (struct tlv_area){
		.bytes = ota_buf_init(SIZE_MAX), .name = name, .magic = magic, .big = big};
}

enum ota_err ota_area_room(struct tlv_area *area, size_t len, struct ota_wr *wr,
			   struct ota_diag *diag)
{
	static const uint8_t info[OTA_TLV_INFO_SIZE];
	enum ota_err err = OTA_OK;

	if (area->bytes.len == 0)
		err = ota_buf_append(&area->bytes, ota_span_of(info, sizeof(info)), diag);
	if (err == OTA_OK)
		err = ota_buf_reserve(&area->bytes, len, diag);
	if (err != OTA_OK)
		return err;
	*wr = ota_wr_init(area->bytes.data + area->bytes.len, len);
	wr->big = area->big;
	return OTA_OK;
}

void ota_area_took(struct tlv_area *area, const struct ota_wr *wr)
{
	area->bytes.len += wr->at;
}

enum ota_err ota_area_add(struct tlv_area *area, uint16_t type, struct ota_span value,
			  struct ota_diag *diag)
{
	struct ota_wr wr;
	enum ota_err err;

	if (value.len > UINT16_MAX)
		return ota_fail(diag, OTA_E_USAGE, "TLV 0x%02x is %zu bytes, a TLV holds %u", type,
				value.len, UINT16_MAX);
	err = ota_area_room(area, ota_tlv_size(value.len), &wr, diag);
	if (err != OTA_OK)
		return err;
	ota_tlv_write(&wr, type, value);
	ota_area_took(area, &wr);
	return wr.err;
}

enum ota_err ota_area_close(struct tlv_area *area, struct ota_diag *diag)
{
	struct ota_wr wr = ota_wr_init(area->bytes.data, OTA_TLV_INFO_SIZE);

	if (area->bytes.len == 0)
		return OTA_OK;
	if (area->bytes.len > UINT16_MAX)
		return ota_fail(diag, OTA_E_USAGE, "%s TLVs take %zu bytes, an area holds %u",
				area->name, area->bytes.len, UINT16_MAX);
	wr.big = area->big;
	ota_tlv_info_write(&wr, area->magic, (uint16_t)area->bytes.len);
	return wr.err;
}
