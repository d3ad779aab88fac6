// SPDX-License-Identifier: Apache-2.0
#include <ota/mcuboot.h>

static const struct {
	enum ota_tlv_type type;
	const char *name; /* imgtool's: scripts/imgtool/image.py, TLV_VALUES */
} names[] = {
	{OTA_TLV_KEYHASH, "KEYHASH"},
	{OTA_TLV_PUBKEY, "PUBKEY"},
	{OTA_TLV_SHA256, "SHA256"},
	{OTA_TLV_SHA384, "SHA384"},
	{OTA_TLV_SHA512, "SHA512"},
	{OTA_TLV_RSA2048_PSS, "RSA2048"},
	{OTA_TLV_ECDSA_SIG, "ECDSASIG"},
	{OTA_TLV_RSA3072_PSS, "RSA3072"},
	{OTA_TLV_ED25519, "ED25519"},
	{OTA_TLV_SIG_PURE, "SIG_PURE"},
	{OTA_TLV_ENC_RSA2048, "ENCRSA2048"},
	{OTA_TLV_ENC_KW, "ENCKW"},
	{OTA_TLV_ENC_EC256, "ENCEC256"},
	{OTA_TLV_ENC_X25519, "ENCX25519"},
	{OTA_TLV_ENC_X25519_SHA512, "ENCX25519_SHA512"},
	{OTA_TLV_DEPENDENCY, "DEPENDENCY"},
	{OTA_TLV_SEC_CNT, "SEC_CNT"},
	{OTA_TLV_BOOT_RECORD, "BOOT_RECORD"},
	{OTA_TLV_DECOMP_SIZE, "DECOMP_SIZE"},
	{OTA_TLV_DECOMP_SHA, "DECOMP_SHA"},
	{OTA_TLV_DECOMP_SIGNATURE, "DECOMP_SIGNATURE"},
	{OTA_TLV_COMP_DEC_SIZE, "COMP_DEC_SIZE"},
	{OTA_TLV_UUID_VID, "UUID_VID"},
	{OTA_TLV_UUID_CID, "UUID_CID"},
};

const char *ota_tlv_name(uint16_t type)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].type == type)
			return names[i].name;
	}
	return NULL;
}

void ota_tlv_info_write(struct ota_wr *wr, uint16_t magic, uint16_t total)
{
	ota_wr_u16(wr, magic);
	ota_wr_u16(wr, total);
}

void ota_tlv_write(struct ota_wr *wr, uint16_t type, struct ota_span value)
{
	if (ota_tlv_name(type)) {
		/* imgtool packs a predefined type as one byte and a zero, in either byte order. */
		ota_wr_u8(wr, (uint8_t)type);
		ota_wr_u8(wr, 0);
	} else {
		ota_wr_u16(wr, type);
	}
	ota_wr_u16(wr, (uint16_t)value.len);
	ota_wr_bytes(wr, value);
}

/* A type as it stands in the file; undoes what ota_tlv_write does to predefined ones. */
static uint16_t read_type(struct ota_rd *rd)
{
	uint16_t type = ota_rd_u16(rd);

	if (rd->big && (type & 0xff) == 0 && ota_tlv_name(type >> 8))
		return type >> 8;
	return type;
}

/* The info header at `*at` and the whole area behind it. `*magic` says which area it is. */
static enum ota_err read_area(struct ota_span image, size_t at, bool big, uint16_t *magic,
			      struct ota_span *area)
{
	struct ota_rd rd = ota_rd_init(ota_span_tail(image, at));
	uint16_t total;

	rd.big = big;
	*magic = ota_rd_u16(&rd);
	total = ota_rd_u16(&rd);
	if (rd.err != OTA_OK)
		return rd.err;
	if (*magic != OTA_TLV_INFO_MAGIC && *magic != OTA_TLV_PROT_INFO_MAGIC)
		return OTA_E_MALFORMED;
	if (total < OTA_TLV_INFO_SIZE)
		return OTA_E_MALFORMED;
	*area = ota_rd_bytes(&rd, total - OTA_TLV_INFO_SIZE);
	return rd.err;
}

enum ota_err ota_tlv_areas_find(struct ota_span image, const struct ota_image_header *header,
				bool big, struct ota_tlv_areas *areas, size_t *at)
{
	uint64_t body_end = (uint64_t)header->hdr_size + header->img_size;
	uint16_t magic = 0;
	struct ota_span area = {NULL, 0};
	enum ota_err err;

	*areas = (struct ota_tlv_areas){.big = big};
	*at = image.len;
	if (body_end > image.len)
		return OTA_E_TRUNCATED;
	*at = (size_t)body_end;
	err = read_area(image, *at, big, &magic, &area);
	if (err != OTA_OK)
		return err;
	areas->prot_at = *at;
	if (magic == OTA_TLV_PROT_INFO_MAGIC) {
		if (area.len + OTA_TLV_INFO_SIZE != header->protect_tlv_size)
			return OTA_E_MALFORMED;
		areas->prot = area;
		*at += header->protect_tlv_size;
		err = read_area(image, *at, big, &magic, &area);
		if (err != OTA_OK)
			return err;
	} else if (header->protect_tlv_size != 0) {
		return OTA_E_MALFORMED;
	}
	if (magic != OTA_TLV_INFO_MAGIC)
		return OTA_E_MALFORMED;
	areas->unprot_at = *at;
	areas->unprot = area;
	areas->end = *at + OTA_TLV_INFO_SIZE + area.len;
	areas->image = ota_span_head(image, areas->end);
	return OTA_OK;
}

struct ota_tlv_iter ota_tlv_iter_init(const struct ota_tlv_areas *areas)
{
	/* Without a protected area prot_at is the unprotected one's. */
	return (struct ota_tlv_iter){.areas = areas, .next = areas->prot_at + OTA_TLV_INFO_SIZE};
}

enum ota_err ota_tlv_next(struct ota_tlv_iter *iter, struct ota_tlv *tlv)
{
	const struct ota_tlv_areas *areas = iter->areas;
	size_t limit = areas->end;
	struct ota_rd rd;

	if (areas->prot_at < areas->unprot_at && iter->next == areas->unprot_at)
		iter->next += OTA_TLV_INFO_SIZE;
	if (iter->next >= areas->end)
		return OTA_E_ABSENT;
	tlv->at = iter->next;
	tlv->is_protected = iter->next < areas->unprot_at;
	/* A protected record must end inside the protected area, or a caller asking for protected
	 * data would be handed unprotected. */
	if (tlv->is_protected && !iter->as_bootloader)
		limit = areas->unprot_at;
	rd = ota_rd_init(ota_span_sub(areas->image, iter->next, limit - iter->next));
	rd.big = areas->big;
	tlv->type = read_type(&rd);
	tlv->value = ota_rd_bytes(&rd, ota_rd_u16(&rd));
	if (rd.err != OTA_OK)
		return OTA_E_MALFORMED;
	iter->next += rd.at;
	return OTA_OK;
}
