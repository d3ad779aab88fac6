// SPDX-License-Identifier: Apache-2.0
#include "esp_image.h"

#define MAGIC         0xe9U
#define HEADER_LEN    8U  /* magic, number of segments, flash mode and size, entry point */
#define EXTENDED_LEN  16U /* ESP32 and later: behind it */
#define CHIP_AT       4U  /* in that */
#define SEGMENT_LEN   8U  /* a segment's header: address, bytes; no segment is shorter */
#define SEGMENTS_READ 16U /* most of an image */
/* The checksum is the last byte of a block: of all segments' bytes, by exclusive or. */
#define BLOCK         16U
#define CHECKSUM_INIT 0xefU

/* ESP8266: flash is mapped from here on; a file begins where flash does, or at its first sector. */
#define FLASH_AT     0x40200000U
#define SECTOR       0x1000U
#define V2_MAGIC     0xeaU /* code in flash comes first, as a segment without address */
#define V2_SEGMENTS  4U
#define ESP8266_CHIP "ESP8266"

/* As many as there may be in a boot loader, an image, and between and behind them. */
#define LIST_MAX (2U * SEGMENTS_READ + 2U)
struct list {
	size_t n;
	struct ota_otd_segment segment[LIST_MAX];
};

static const struct chip {
	uint16_t id;
	enum ota_otd_arch arch;
	const char *name;
} chips[] = {
	{0, OTA_OTD_XTENSA, "ESP32"},    {2, OTA_OTD_XTENSA, "ESP32-S2"},
	{5, OTA_OTD_RV32, "ESP32-C3"},   {9, OTA_OTD_XTENSA, "ESP32-S3"},
	{12, OTA_OTD_RV32, "ESP32-C2"},  {13, OTA_OTD_RV32, "ESP32-C6"},
	{16, OTA_OTD_RV32, "ESP32-H2"},  {18, OTA_OTD_RV32, "ESP32-P4"},
	{20, OTA_OTD_RV32, "ESP32-C61"}, {23, OTA_OTD_RV32, "ESP32-C5"},
	{25, OTA_OTD_RV32, "ESP32-H21"}, {28, OTA_OTD_RV32, "ESP32-H4"},
};

static const struct chip *find_chip(uint32_t id)
{
	for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
		if (chips[i].id == id)
			return &chips[i];
	}
	return NULL;
}

/* The bytes from offset `at` on lie from `addr` on. */
static void list_add(struct list *list, size_t at, uint32_t addr)
{
	list->segment[list->n++] = (struct ota_otd_segment){.at = (uint32_t)at, .addr = addr};
}

/*
 * `n` segments, whose headers begin at the cursor; the first one takes what is before it from
 * `start` on. The cursor moves to the end of the checksum's block. False: this is no image.
 */
static bool read_segments(struct ota_rd *rd, size_t start, unsigned n, struct list *list)
{
	uint8_t sum = CHECKSUM_INIT;

	if (n == 0 || n > SEGMENTS_READ)
		return false;
	for (unsigned i = 0; i < n; i++) {
		size_t at = i == 0 ? start : rd->at;
		uint32_t addr = ota_rd_u32(rd);
		uint32_t len = ota_rd_u32(rd);
		uint32_t before = (uint32_t)(rd->at - at);
		struct ota_span body = ota_rd_bytes(rd, len);

		if (rd->err != OTA_OK)
			return false;
		for (size_t j = 0; j < body.len; j++)
			sum ^= body.data[j];
		list_add(list, at, addr - before);
	}
	(void)ota_rd_bytes(rd, BLOCK - 1 - rd->at % BLOCK);
	return ota_rd_u8(rd) == sum && rd->err == OTA_OK;
}

/* ESP8266, at the cursor: an image with a plain header. False: none; list is as it was. */
static bool read_plain(struct ota_rd *rd, struct list *list)
{
	size_t start = rd->at;
	size_t n = list->n;
	uint8_t magic = ota_rd_u8(rd);
	uint8_t segments = ota_rd_u8(rd);

	(void)ota_rd_bytes(rd, HEADER_LEN - 2);
	if (magic == MAGIC && rd->err == OTA_OK && read_segments(rd, start, segments, list))
		return true;
	list->n = n;
	return false;
}

/* Code in flash, then a plain image. It is made to lie in flash's second sector. */
static bool read_v2(struct ota_rd *rd, struct list *list)
{
	uint8_t magic = ota_rd_u8(rd);
	uint8_t segments = ota_rd_u8(rd);
	uint32_t addr, len;

	(void)ota_rd_bytes(rd, HEADER_LEN - 2);
	addr = ota_rd_u32(rd);
	len = ota_rd_u32(rd);
	(void)ota_rd_bytes(rd, len);
	if (rd->err != OTA_OK || magic != V2_MAGIC || segments != V2_SEGMENTS || addr != 0)
		return false;
	list_add(list, 0, FLASH_AT + SECTOR);
	return read_plain(rd, list);
}

/* Behind an image: code that is read from flash, and another image at a sector's start. */
static void read_behind(struct ota_rd *rd, struct list *list)
{
	size_t end = rd->at;
	size_t gap = (SECTOR - end % SECTOR) % SECTOR;

	if (gap > 0)
		list_add(list, end, FLASH_AT + (uint32_t)end);
	(void)ota_rd_bytes(rd, gap);
	if (!read_plain(rd, list) && gap == 0)
		list_add(list, end, FLASH_AT + (uint32_t)end);
}

/* A boot loader, an image behind it, or code that is read from flash. */
static bool read_esp8266(struct ota_span image, struct list *list)
{
	struct ota_rd rd = ota_rd_init(image);

	if (read_v2(&rd, list))
		return true;
	rd = ota_rd_init(image);
	if (!read_plain(&rd, list))
		return false;
	/* So few are no code, and could not be split. */
	if (image.len - rd.at >= SEGMENT_LEN)
		read_behind(&rd, list);
	return true;
}

static bool read_extended(struct ota_span image, struct list *list, uint16_t *chip)
{
	struct ota_rd rd = ota_rd_init(image);
	uint8_t magic = ota_rd_u8(&rd);
	uint8_t segments = ota_rd_u8(&rd);

	(void)ota_rd_bytes(&rd, HEADER_LEN - 2 + CHIP_AT);
	*chip = ota_rd_u16(&rd);
	(void)ota_rd_bytes(&rd, EXTENDED_LEN - CHIP_AT - 2);
	return magic == MAGIC && rd.err == OTA_OK && read_segments(&rd, 0, segments, list);
}

/* A segment's bytes count as more of the one before it; the first one's as what is before the next.
 */
static void list_drop(struct list *list, size_t i)
{
	struct ota_otd_segment *segment = list->segment;

	if (i == 0) {
		segment[1].addr -= segment[1].at;
		segment[1].at = 0;
	}
	list->n--;
	for (; i < list->n; i++)
		segment[i] = segment[i + 1];
}

static size_t smallest(const struct list *list, uint32_t size)
{
	uint32_t least = UINT32_MAX;
	size_t found = 0;

	for (size_t i = 0; i < list->n; i++) {
		uint32_t end = i + 1 < list->n ? list->segment[i + 1].at : size;

		if (end - list->segment[i].at < least) {
			least = end - list->segment[i].at;
			found = i;
		}
	}
	return found;
}

static void settle(struct list *list, size_t size, struct ota_otd_image *place)
{
	while (list->n > OTA_OTD_SEGMENTS_MAX)
		list_drop(list, smallest(list, (uint32_t)size));
	*place = (struct ota_otd_image){.size = (uint32_t)size, .n_segments = (uint32_t)list->n};
	for (size_t i = 0; i < list->n; i++)
		place->segment[i] = list->segment[i];
}

enum ota_err ota_esp_image_read(struct ota_span image, struct ota_esp_image *esp)
{
	struct list list = {0};
	const struct chip *chip;
	uint16_t id;

	*esp = (struct ota_esp_image){.chip = NULL};
	if (image.len > OTA_OTD_IMAGE_MAX)
		return OTA_E_ABSENT;
	if (read_extended(image, &list, &id)) {
		chip = find_chip(id);
		if (!chip)
			return OTA_E_UNSUPPORTED;
		esp->chip = chip->name;
		esp->arch = chip->arch;
	} else {
		list.n = 0;
		if (!read_esp8266(image, &list))
			return OTA_E_ABSENT;
		esp->chip = ESP8266_CHIP;
		esp->arch = OTA_OTD_XTENSA;
	}
	settle(&list, image.len, &esp->place);
	return OTA_OK;
}

/* -- two of them ------------------------------------------------------------------------------- */

/* The last bytes of the last segment become segments, at the addresses that they have. */
static void split(struct ota_otd_image *image, uint32_t n)
{
	uint32_t extra = n - image->n_segments;

	for (; extra > 0; extra--) {
		uint32_t at = image->size - extra;

		uint32_t addr = ota_otd_addr(image, at);

		image->segment[image->n_segments++] =
			(struct ota_otd_segment){.at = at, .addr = addr};
	}
}

void ota_esp_image_pair(struct ota_otd_image *a, struct ota_otd_image *b)
{
	if (a->n_segments < b->n_segments)
		split(a, b->n_segments);
	else
		split(b, a->n_segments);
}
