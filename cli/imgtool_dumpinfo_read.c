// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "imgtool_dumpinfo.h"

#define MAGIC_TAIL 14 /* bytes of a trailer's magic behind its alignment */

static const uint8_t boot_magic[OTA_TRAILER_MAGIC_SIZE] = {0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2,
							   0xef, 0x7f, 0x35, 0x52, 0x50, 0x0f,
							   0x2c, 0xb6, 0x79, 0x80};
static const uint8_t boot_magic_tail[MAGIC_TAIL] = {0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b, 0x8d,
						    0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a};

static enum ota_err fail_short(struct ota_diag *diag, struct ota_span file, size_t at,
			       const char *what)
{
	return ota_fail(diag, OTA_E_MALFORMED, "the file of %zu bytes has no %s at 0x%zx", file.len,
			what, at);
}

/* Not formats' reader: the magic is shown, whatever it is. */
static enum ota_err read_header(struct ota_span file, struct dump *dump, struct ota_diag *diag)
{
	struct ota_rd rd = ota_rd_init(file);
	struct ota_image_header *header = &dump->header;

	dump->magic = ota_rd_u32(&rd);
	header->load_addr = ota_rd_u32(&rd);
	header->hdr_size = ota_rd_u16(&rd);
	header->protect_tlv_size = ota_rd_u16(&rd);
	header->img_size = ota_rd_u32(&rd);
	header->flags = ota_rd_u32(&rd);
	header->version.major = ota_rd_u8(&rd);
	header->version.minor = ota_rd_u8(&rd);
	header->version.revision = ota_rd_u16(&rd);
	header->version.build = ota_rd_u32(&rd);
	return rd.err == OTA_OK ? OTA_OK : fail_short(diag, file, 0, "whole image header");
}

static enum ota_err add_tlv(struct dump_area *area, const struct dump_tlv *tlv,
			    struct ota_diag *diag)
{
	/* Grown by doubling, whenever the number is a power of two. */
	if ((area->n_tlvs & (area->n_tlvs - 1)) == 0) {
		size_t cap = area->n_tlvs ? 2 * area->n_tlvs : 1;
		struct dump_tlv *more = realloc(area->tlvs, cap * sizeof(*more));

		if (!more)
			return ota_fail(diag, OTA_E_MEMORY, "out of memory for %zu records", cap);
		area->tlvs = more;
	}
	area->tlvs[area->n_tlvs++] = *tlv;
	return OTA_OK;
}

/* Reads an area at `*at` and moves `*at` behind its last record; `*end` is where it ends. */
static enum ota_err read_area(struct ota_span file, size_t *at, size_t *end, struct dump_area *area,
			      struct ota_diag *diag)
{
	struct ota_rd info = ota_rd_init(ota_span_sub(file, *at, OTA_TLV_INFO_SIZE));

	area->magic = ota_rd_u16(&info);
	area->total = ota_rd_u16(&info);
	if (info.err != OTA_OK)
		return fail_short(diag, file, *at, "TLV area");
	*end = *at + area->total;
	*at += OTA_TLV_INFO_SIZE;
	while (*at < *end) {
		struct ota_rd rd = ota_rd_init(ota_span_sub(file, *at, OTA_TLV_HEADER_SIZE));
		struct dump_tlv tlv = {.type = ota_rd_u16(&rd), .len = 0};
		enum ota_err err;

		tlv.len = ota_rd_u16(&rd);
		if (rd.err != OTA_OK)
			return fail_short(diag, file, *at, "TLV");
		tlv.name = ota_tlv_name(tlv.type);
		if (!tlv.name)
			tlv.name = "UNKNOWN";
		tlv.data = ota_span_sub(file, *at + OTA_TLV_HEADER_SIZE, tlv.len);
		err = add_tlv(area, &tlv, diag);
		if (err != OTA_OK)
			return err;
		*at += ota_tlv_size(tlv.len);
	}
	return OTA_OK;
}

/* The alignment that the magic stands for; false: it is none. */
static bool read_align(struct ota_span magic, uint32_t *align)
{
	struct ota_rd rd = ota_rd_init(magic);

	*align = OTA_TRAILER_ALIGN_MIN;
	if (ota_span_equal(magic, ota_span_of(boot_magic, sizeof(boot_magic))))
		return true;
	*align = ota_rd_u16(&rd);
	return ota_span_equal(ota_span_tail(magic, 2),
			      ota_span_of(boot_magic_tail, sizeof(boot_magic_tail)));
}

/* One byte, `back` bytes before the end of the file. */
static enum ota_err read_flag(struct ota_span file, size_t back, uint8_t *flag,
			      struct ota_diag *diag)
{
	if (back > file.len)
		return ota_fail(diag, OTA_E_MALFORMED,
				"the file of %zu bytes is shorter than its trailer says", file.len);
	*flag = file.data[file.len - back];
	return OTA_OK;
}

/* Four bytes there, or what the file has of them. */
static uint32_t read_swap_size(struct ota_span file, size_t back)
{
	size_t first = back > file.len ? 0 : file.len - back;
	size_t last = back - 4 > file.len ? 0 : file.len - (back - 4);
	struct ota_rd rd = ota_rd_init(ota_span_sub(file, first, last - first));

	return (uint32_t)ota_rd_uint(&rd, (unsigned)(last - first));
}

static enum ota_err read_fields(struct ota_span file, uint32_t align, uint32_t flags,
				struct dump_trailer *trailer, struct ota_diag *diag)
{
	size_t back = OTA_TRAILER_MAGIC_SIZE;
	enum ota_err err;

	if (align > OTA_TRAILER_MAGIC_SIZE)
		back = align;
	err = read_flag(file, back += align, &trailer->image_ok, diag);
	if (err == OTA_OK)
		err = read_flag(file, back += align, &trailer->copy_done, diag);
	if (err == OTA_OK)
		err = read_flag(file, back += align, &trailer->swap_info, diag);
	if (err != OTA_OK)
		return err;
	trailer->swap_size = read_swap_size(file, back + align);
	trailer->has_fields = true;
	if ((flags & (OTA_IMAGE_F_ENCRYPTED_AES128 | OTA_IMAGE_F_ENCRYPTED_AES256)) == 0)
		return OTA_OK;
	if (!ota_is_power_of_two(align))
		return ota_fail(diag, OTA_E_MALFORMED,
				"the trailer's alignment is %u, which is no power of two", align);
	trailer->key_field_len = 2 * (uint32_t)ota_align_up(16, align);
	return OTA_OK;
}

/* The trailer is what the file ends with, when it does not end with the image. */
static enum ota_err read_trailer(struct ota_span file, struct dump *dump, struct ota_diag *diag)
{
	struct dump_trailer *trailer = &dump->trailer;
	uint32_t align;

	trailer->magic = ota_span_tail(file, file.len - OTA_TRAILER_MAGIC_SIZE);
	if (!read_align(trailer->magic, &align))
		return OTA_OK;
	return read_fields(file, align, dump->header.flags, trailer, diag);
}

enum ota_err dump_read(const char *path, struct ota_span file, struct dump *dump,
		       struct ota_diag *diag)
{
	const char *slash = strrchr(path, '/');
	size_t at;
	size_t end = 0;
	enum ota_err err;

	*dump = (struct dump){.filename = slash ? slash + 1 : path};
	err = read_header(file, dump, diag);
	if (err != OTA_OK)
		return err;
	at = (size_t)dump->header.hdr_size + dump->header.img_size;
	if (dump->header.protect_tlv_size != 0)
		err = read_area(file, &at, &end, &dump->prot, diag);
	if (err == OTA_OK)
		err = read_area(file, &at, &end, &dump->unprot, diag);
	if (err == OTA_OK && end != file.len)
		err = read_trailer(file, dump, diag);
	return err;
}

void dump_free(struct dump *dump)
{
	free(dump->prot.tlvs);
	free(dump->unprot.tlvs);
	dump->prot.tlvs = NULL;
	dump->unprot.tlvs = NULL;
}
