// SPDX-License-Identifier: Apache-2.0
/* dumpinfo's text for people, 60 columns wide, to the byte. */
#include <stdarg.h>

#include "imgtool_dumpinfo.h"

#define WIDTH  60
#define INDENT (WIDTH / 8)

static void put_repeated(char c, int n, FILE *out)
{
	for (int i = 0; i < n; i++)
		(void)fputc(c, out);
}

static void put_row(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "#### TEXT #####...", a section's first line. */
static void put_row(FILE *out, const char *format, ...)
{
	va_list args;
	int n;

	(void)fputs("#### ", out);
	va_start(args, format);
	n = vfprintf(out, format, args);
	va_end(args);
	(void)fputc(' ', out);
	put_repeated('#', WIDTH - 6 - n, out);
	(void)fputc('\n', out);
}

static void put_rule(FILE *out)
{
	put_repeated('#', WIDTH, out);
	(void)fputc('\n', out);
}

/* A boxed line; no text: an empty one. */
static void put_boxed(const char *text, FILE *out)
{
	int len = (int)strlen(text);
	int before = (WIDTH - len) / 2 - 1;

	(void)fputc('|', out);
	put_repeated(' ', before, out);
	(void)fputs(text, out);
	put_repeated(' ', WIDTH - 2 - before - len, out);
	(void)fputs("|\n", out);
}

/* The flags that imgtool knows, one a line. */
static void put_flags(uint32_t flags, FILE *out)
{
	static const struct {
		const char *name;
		uint32_t flag;
	} names[] = {
		{"PIC", OTA_IMAGE_F_PIC},
		{"ENCRYPTED_AES128", OTA_IMAGE_F_ENCRYPTED_AES128},
		{"ENCRYPTED_AES256", OTA_IMAGE_F_ENCRYPTED_AES256},
		{"NON_BOOTABLE", OTA_IMAGE_F_NON_BOOTABLE},
		{"RAM_LOAD", OTA_IMAGE_F_RAM_LOAD},
		{"ROM_FIXED", OTA_IMAGE_F_ROM_FIXED},
		{"COMPRESSED_LZMA1", OTA_IMAGE_F_COMPRESSED_LZMA1},
		{"COMPRESSED_LZMA2", OTA_IMAGE_F_COMPRESSED_LZMA2},
		{"COMPRESSED_ARM_THUMB", OTA_IMAGE_F_COMPRESSED_ARM_THUMB},
	};
	const char *before = "";

	if (flags == 0)
		(void)fputs("0x0", out);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((flags & names[i].flag) == 0)
			continue;
		(void)fprintf(out, "%s%s (0x%x)", before, names[i].name, names[i].flag);
		before = "\n                    ";
	}
	(void)fputc('\n', out);
}

/* "magic:              0x96f3b83d" */
static void put_field(const char *name, uint32_t value, FILE *out)
{
	(void)fprintf(out, "%s:%*s0x%x\n", name, 19 - (int)strlen(name), "", value);
}

static void put_header(const struct dump *dump, FILE *out)
{
	const struct ota_image_header *header = &dump->header;
	char frame[48];

	put_row(out, "Image header (offset: 0x0)");
	put_field("magic", dump->magic, out);
	put_field("load_addr", header->load_addr, out);
	put_field("hdr_size", header->hdr_size, out);
	put_field("protected_tlv_size", header->protect_tlv_size, out);
	put_field("img_size", header->img_size, out);
	(void)fprintf(out, "%-20s", "flags:");
	put_flags(header->flags, out);
	(void)fprintf(out, "%-20s%u.%u.%u+%lu\n", "version:", header->version.major,
		      header->version.minor, header->version.revision,
		      (unsigned long)header->version.build);
	put_rule(out);
	put_row(out, "Payload (offset: 0x%x)", header->hdr_size);
	put_boxed("", out);
	(void)snprintf(frame, sizeof(frame), "FW image (size: 0x%x Bytes)", header->img_size);
	put_boxed(frame, out);
	put_boxed("", out);
	put_rule(out);
}

static void put_tlv(const struct dump_tlv *tlv, FILE *out)
{
	(void)fprintf(out, "%*s ", INDENT, "");
	put_repeated('-', 45, out);
	(void)fprintf(out, "\n%*s type: %s (0x%x)\n", INDENT, "", tlv->name, tlv->type);
	(void)fprintf(out, "%*s len:  0x%x\n%*s data: ", INDENT, "", tlv->len, INDENT, "");
	for (size_t i = 0; i < tlv->data.len; i++) {
		(void)fprintf(out, "0x%02x ", tlv->data.data[i]);
		if ((i + 1) % 8 == 0 && i + 1 != tlv->data.len)
			(void)fprintf(out, "\n%*s", INDENT + 7, "");
	}
	(void)fputc('\n', out);
}

static void put_area(const char *title, uint64_t at, const struct dump_area *area, FILE *out)
{
	put_row(out, "%s (offset: 0x%llx)", title, (unsigned long long)at);
	(void)fprintf(out, "magic:     0x%x\narea size: 0x%x\n", area->magic, area->total);
	for (size_t i = 0; i < area->n_tlvs; i++)
		put_tlv(&area->tlvs[i], out);
	if (area->n_tlvs == 0)
		(void)fputc('\n', out);
	put_rule(out);
}

static void put_status(const char *name, uint8_t value, FILE *out)
{
	static const char *const words[] = {NULL, "SET", "BAD", "UNSET", "ANY"};
	const char *word = value < sizeof(words) / sizeof(words[0]) ? words[value] : NULL;

	(void)fprintf(out, "%-12s %s (0x%x)\n", name, word ? word : "INVALID", value);
}

static void put_trailer(const struct dump_trailer *trailer, FILE *out)
{
	put_row(out, "Image trailer (offset: unknown)");
	/* Cut after 60 characters, as imgtool does. */
	(void)fputs("(Note: some fields may not be used, depending on the update \nstrategy)\n\n",
		    out);
	(void)fputs("swap status: (len: unknown)\nenc. keys:   ", out);
	if (trailer->key_field_len)
		(void)fprintf(out, "(len: 0x%x, if BOOT_SWAP_SAVE_ENCTLV is unset)\n",
			      trailer->key_field_len);
	else
		(void)fputs("Image not encrypted\n", out);
	if (trailer->has_fields && trailer->swap_size == UINT32_MAX)
		(void)fputs("swap size:   unknown\n", out);
	else if (trailer->has_fields)
		(void)fprintf(out, "swap size:   0x%x octal: %lu\n", trailer->swap_size,
			      (unsigned long)trailer->swap_size);
	if (trailer->has_fields) {
		put_status("swap_info:", trailer->swap_info, out);
		put_status("copy_done:", trailer->copy_done, out);
		put_status("image_ok:", trailer->image_ok, out);
	}
	(void)fputs("boot magic:  ", out);
	for (size_t i = 0; i < trailer->magic.len; i++)
		(void)fprintf(out, "0x%02x %s", trailer->magic.data[i],
			      i == 7 ? "\n             " : "");
	(void)fputs("\n\n", out);
}

void dump_print_human(const struct dump *dump, FILE *out)
{
	uint64_t at = (uint64_t)dump->header.hdr_size + dump->header.img_size;

	(void)fprintf(out, "Printing content of signed image: %s \n\n", dump->filename);
	put_header(dump, out);
	if (dump->header.protect_tlv_size != 0)
		put_area("Protected TLV area", at, &dump->prot, out);
	put_area("TLV area", at + dump->header.protect_tlv_size, &dump->unprot, out);
	if (dump->trailer.magic.len > 0)
		put_trailer(&dump->trailer, out);
	put_row(out, "End of Image ");
}
