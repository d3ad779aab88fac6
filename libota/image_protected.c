// SPDX-License-Identifier: Apache-2.0
/* The protected TLVs, in the order of scripts/imgtool/image.py, Image.create. */
#include "image_draft.h"

static enum ota_err add_u32(struct tlv_area *area, uint16_t type, uint32_t number,
			    struct ota_diag *diag)
{
	uint8_t value[sizeof(number)];
	struct ota_wr wr = ota_wr_init(value, sizeof(value));

	wr.big = area->big;
	ota_wr_u32(&wr, number);
	return ota_area_add(area, type, ota_wr_span(&wr), diag);
}

static enum ota_err add_dependency(struct tlv_area *area, const struct ota_dependency *dep,
				   struct ota_diag *diag)
{
	uint8_t value[OTA_TLV_DEPENDENCY_SIZE];
	struct ota_wr wr = ota_wr_init(value, sizeof(value));

	wr.big = area->big;
	ota_wr_u8(&wr, dep->image_id);
	ota_wr_fill(&wr, 0, 3);
	ota_wr_u8(&wr, dep->version.major);
	ota_wr_u8(&wr, dep->version.minor);
	ota_wr_u16(&wr, dep->version.revision);
	ota_wr_u32(&wr, dep->version.build);
	return ota_area_add(area, OTA_TLV_DEPENDENCY, ota_wr_span(&wr), diag);
}

static enum ota_err add_boot_record(const struct image_draft *draft, struct tlv_area *area,
				    struct ota_diag *diag)
{
	uint8_t value[BOOT_RECORD_MAX];
	struct ota_wr wr = ota_wr_init(value, sizeof(value));
	enum ota_err err = ota_boot_record_write(draft->plan, draft->hash, &wr, diag);

	if (err == OTA_OK)
		err = ota_area_add(area, OTA_TLV_BOOT_RECORD, ota_wr_span(&wr), diag);
	return err;
}

static enum ota_err add_origin(const struct image_origin *origin, struct tlv_area *area,
			       struct ota_diag *diag)
{
	enum ota_err err = add_u32(area, OTA_TLV_DECOMP_SIZE, origin->size, diag);

	if (err == OTA_OK)
		err = ota_area_add(area, OTA_TLV_DECOMP_SHA, ota_digest_span(&origin->digest),
				   diag);
	if (err == OTA_OK && origin->sig.len > 0)
		err = ota_area_add(area, OTA_TLV_DECOMP_SIGNATURE,
				   ota_span_of(origin->sig.data, origin->sig.len), diag);
	if (err == OTA_OK && origin->stream_size > 0)
		err = add_u32(area, OTA_TLV_COMP_DEC_SIZE, origin->stream_size, diag);
	return err;
}

enum ota_err ota_protected_write(const struct image_draft *draft, struct tlv_area *area,
				 struct ota_diag *diag)
{
	const struct ota_image_plan *plan = draft->plan;
	enum ota_err err = OTA_OK;

	if (plan->has_security_counter)
		err = add_u32(area, OTA_TLV_SEC_CNT, plan->security_counter, diag);
	if (err == OTA_OK && plan->boot_record)
		err = add_boot_record(draft, area, diag);
	for (size_t i = 0; err == OTA_OK && i < plan->n_dependencies; i++)
		err = add_dependency(area, &plan->dependencies[i], diag);
	if (err == OTA_OK && draft->compressed)
		err = add_origin(&draft->origin, area, diag);
	if (err == OTA_OK && plan->vid)
		err = ota_area_add(area, OTA_TLV_UUID_VID,
				   ota_span_of(plan->vid, OTA_TLV_UUID_SIZE), diag);
	if (err == OTA_OK && plan->cid)
		err = ota_area_add(area, OTA_TLV_UUID_CID,
				   ota_span_of(plan->cid, OTA_TLV_UUID_SIZE), diag);
	for (size_t i = 0; err == OTA_OK && i < plan->n_custom_tlvs; i++)
		err = ota_area_add(area, plan->custom_tlvs[i].type, plan->custom_tlvs[i].value,
				   diag);
	return err;
}
