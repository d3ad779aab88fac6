// SPDX-License-Identifier: Apache-2.0
/*
 * Reads what a profile needs from a devicetree blob: flashes, MCUboot's partitions, RAM. The names
 * are Zephyr's: dts/bindings/mtd there, and boot/zephyr/include/sysflash/sysflash.h in MCUboot.
 * libfdt checks the structure; what properties say is checked here.
 */
#include <inttypes.h>
#include <stdio.h>

#include <libfdt.h>

#include "target_import_parts.h"

#define ANCESTORS_MAX 12 /* from a partition to its flash */
#define DEPTH_MAX     32 /* of a partition below the root */
#define CELL          4U /* bytes */

struct reader {
	const void *fdt;
	const char *file;
	struct ota_import_dt *dt;
	int flash_node[OTA_IMPORT_FLASHES];
	struct ota_diag *diag;
};

/* An address and a length, as in `reg`. */
struct region {
	uint64_t at, len;
	bool has_len;
};

bool ota_devicetree_library(char *text, size_t cap)
{
	(void)snprintf(text, cap, "libfdt");
	return true;
}

/* -- properties -------------------------------------------------------------------------------- */

static struct ota_span property(const struct reader *reader, int node, const char *name)
{
	int len = 0;
	const void *data = fdt_getprop(reader->fdt, node, name, &len);

	return data && len > 0 ? ota_span_of(data, (size_t)len) : ota_span_of(NULL, 0);
}

static bool has_property(const struct reader *reader, int node, const char *name)
{
	return fdt_getprop(reader->fdt, node, name, NULL) != NULL;
}

/* Big-endian cells, taken off `bytes`; false when they are too few or the number too large. */
static bool take_cells(struct ota_span *bytes, int cells, uint64_t *number)
{
	*number = 0;
	for (int i = 0; i < cells; i++) {
		if (bytes->len < CELL || *number > UINT32_MAX)
			return false;
		*number = *number << 32 | (uint64_t)bytes->data[0] << 24 |
			  (uint64_t)bytes->data[1] << 16 | (uint64_t)bytes->data[2] << 8 |
			  bytes->data[3];
		*bytes = ota_span_tail(*bytes, CELL);
	}
	return true;
}

/* 0 when there is none. */
static uint32_t number_of(const struct reader *reader, int node, const char *name)
{
	struct ota_span bytes = property(reader, node, name);
	uint64_t number = 0;

	return take_cells(&bytes, 1, &number) ? (uint32_t)number : 0;
}

static bool is_compatible(const struct reader *reader, int node, const char *word)
{
	return fdt_node_check_compatible(reader->fdt, node, word) == 0;
}

static bool is_enabled(const struct reader *reader, int node)
{
	int len = 0;
	const char *status = fdt_stringlist_get(reader->fdt, node, "status", 0, &len);

	return !status || strcmp(status, "okay") == 0 || strcmp(status, "ok") == 0;
}

/*
 * The node that a path in a property leads to, or negative. Only a path from the root: libfdt looks
 * other words up among the aliases, and an alias of itself would never end.
 */
static int node_at(const struct reader *reader, struct ota_span path)
{
	if (path.len < 2 || path.data[0] != '/' ||
	    memchr(path.data, '\0', path.len) != path.data + path.len - 1)
		return -FDT_ERR_BADPATH;
	return fdt_path_offset(reader->fdt, (const char *)path.data);
}

static int chosen(const struct reader *reader, const char *name)
{
	int node = fdt_path_offset(reader->fdt, "/chosen");

	return node < 0 ? node : node_at(reader, property(reader, node, name));
}

static void path_of(const struct reader *reader, int node, char path[OTA_IMPORT_PATH])
{
	if (fdt_get_path(reader->fdt, node, path, OTA_IMPORT_PATH) != 0)
		(void)snprintf(path, OTA_IMPORT_PATH, "(a node with a long path)");
}

static enum ota_err fail_node(const struct reader *reader, int node, const char *what)
{
	char path[OTA_IMPORT_PATH];

	path_of(reader, node, path);
	return ota_fail(reader->diag, OTA_E_MALFORMED, "%s: %.120s: %s", reader->file, path, what);
}

/* The first region of `reg`, counted in the parent's cells. */
static enum ota_err read_reg(const struct reader *reader, int node, struct region *region)
{
	int parent = fdt_parent_offset(reader->fdt, node);
	int at_cells = parent < 0 ? -1 : fdt_address_cells(reader->fdt, parent);
	int len_cells = parent < 0 ? -1 : fdt_size_cells(reader->fdt, parent);
	struct ota_span bytes = property(reader, node, "reg");

	*region = (struct region){.has_len = len_cells > 0};
	if (at_cells < 0 || len_cells < 0)
		return fail_node(reader, node,
				 "the parent's #address-cells or #size-cells make "
				 "no sense");
	if (!take_cells(&bytes, at_cells, &region->at) ||
	    !take_cells(&bytes, len_cells, &region->len))
		return fail_node(reader, node, "reg is missing, too short, or beyond 64 bits");
	return OTA_OK;
}

/* -- from a partition to its place in a flash -------------------------------------------------- */

/* `ranges` of `node` take an address in it to one in its parent. */
static enum ota_err translate(const struct reader *reader, int node, uint64_t *at)
{
	struct ota_span bytes = property(reader, node, "ranges");
	int parent = fdt_parent_offset(reader->fdt, node);
	int cells = fdt_address_cells(reader->fdt, node);
	int len_cells = fdt_size_cells(reader->fdt, node);
	int up_cells = parent < 0 ? -1 : fdt_address_cells(reader->fdt, parent);
	uint64_t from, to, len;

	if (bytes.len == 0) /* empty: the same addresses */
		return OTA_OK;
	if (cells <= 0 || up_cells <= 0 || len_cells <= 0)
		return fail_node(reader, node, "ranges without sizes of its cells");
	while (bytes.len > 0) {
		if (!take_cells(&bytes, cells, &from) || !take_cells(&bytes, up_cells, &to) ||
		    !take_cells(&bytes, len_cells, &len))
			return fail_node(reader, node, "ranges is cut short, or beyond 64 bits");
		if (*at < from || *at - from >= len)
			continue;
		if (*at - from > UINT64_MAX - to)
			return fail_node(reader, node, "ranges lead beyond 64 bits");
		*at = to + (*at - from);
		return OTA_OK;
	}
	return fail_node(reader, node, "ranges do not have the partition's address");
}

static bool is_partition_group(const struct reader *reader, int node)
{
	return is_compatible(reader, node, "fixed-subpartitions") ||
	       is_compatible(reader, node, "zephyr,mapped-partition");
}

/* A node of a kind of its own that partitions lie in. */
static bool is_memory(const struct reader *reader, int node)
{
	return has_property(reader, node, "compatible") && !is_partition_group(reader, node);
}

/* Partitions of a mapped flash have addresses as the chip sees them: back to the first byte. */
static enum ota_err from_memory(const struct reader *reader, int memory, uint64_t *at)
{
	struct region region = {.at = 0};
	enum ota_err err;

	if (!has_property(reader, memory, "ranges"))
		return OTA_OK;
	err = translate(reader, memory, at);
	if (err == OTA_OK)
		err = read_reg(reader, memory, &region);
	if (err == OTA_OK && *at < region.at)
		return fail_node(reader, memory, "a partition in it lies before its first byte");
	*at -= region.at;
	return err;
}

/* A partition inside one: its address counts from there. */
static enum ota_err from_group(const struct reader *reader, int group, uint64_t *at)
{
	struct region region;
	enum ota_err err;

	if (has_property(reader, group, "ranges"))
		return translate(reader, group, at);
	if (!is_partition_group(reader, group))
		return OTA_OK;
	err = read_reg(reader, group, &region);
	if (err == OTA_OK && region.at > UINT64_MAX - *at)
		return fail_node(reader, group, "reg is beyond 64 bits");
	*at += region.at;
	return err;
}

/* Finds the flash that `node` is a part of, and makes `at` count from its first byte. */
static enum ota_err find_memory(const struct reader *reader, int node, uint64_t *at, int *memory)
{
	int up = node;
	enum ota_err err = OTA_OK;

	for (unsigned i = 0; i < ANCESTORS_MAX && err == OTA_OK; i++) {
		up = fdt_parent_offset(reader->fdt, up);
		if (up <= 0)
			break;
		if (is_compatible(reader, up, "fixed-partitions")) {
			*memory = fdt_parent_offset(reader->fdt, up);
			return *memory > 0 ? OTA_OK : fail_node(reader, node, "is in no flash");
		}
		if (is_memory(reader, up)) {
			*memory = up;
			return from_memory(reader, up, at);
		}
		err = from_group(reader, up, at);
	}
	return err != OTA_OK ? err : fail_node(reader, node, "is in no flash");
}

/* -- flashes ----------------------------------------------------------------------------------- */

static enum ota_import_flash_kind kind_of(const struct reader *reader, int node)
{
	if (is_compatible(reader, node, "soc-nv-flash"))
		return OTA_IMPORT_SOC_FLASH;
	if (is_compatible(reader, node, "nordic,qspi-nor"))
		return OTA_IMPORT_NORDIC_QSPI;
	if (is_compatible(reader, node, "jedec,spi-nor"))
		return OTA_IMPORT_SPI_NOR;
	return OTA_IMPORT_OTHER_FLASH;
}

static enum ota_err read_flash(const struct reader *reader, int node,
			       struct ota_import_flash *flash)
{
	struct region region = {.at = 0};
	enum ota_err err = OTA_OK;

	*flash = (struct ota_import_flash){.kind = kind_of(reader, node)};
	path_of(reader, node, flash->path);
	flash->mixed = is_compatible(reader, node, "st,stm32f2-nv-flash") ||
		       is_compatible(reader, node, "st,stm32f4-nv-flash") ||
		       is_compatible(reader, node, "st,stm32f7-nv-flash");
	flash->erase = number_of(reader, node, "erase-block-size");
	flash->write = number_of(reader, node, "write-block-size");
	/* A chip behind a bus has its size in a property: `reg` is then its chip select. */
	flash->size = number_of(reader, node, "size-in-bytes");
	if (flash->size == 0 && flash->kind != OTA_IMPORT_SOC_FLASH)
		flash->size = number_of(reader, node, "size") / 8; /* bits */
	if (flash->size > 0)
		return OTA_OK;
	err = read_reg(reader, node, &region);
	flash->size = region.has_len ? region.len : 0;
	return err;
}

/* The flash's index; it is read when it is met first. */
static enum ota_err flash_at(struct reader *reader, int node, unsigned *index)
{
	struct ota_import_dt *dt = reader->dt;

	for (*index = 0; *index < dt->n_flashes; (*index)++) {
		if (reader->flash_node[*index] == node)
			return OTA_OK;
	}
	if (*index == OTA_IMPORT_FLASHES)
		return ota_fail(reader->diag, OTA_E_UNSUPPORTED,
				"%s: partitions in more than %d flashes", reader->file,
				OTA_IMPORT_FLASHES);
	reader->flash_node[*index] = node;
	dt->n_flashes++;
	return read_flash(reader, node, &dt->flash[*index]);
}

static enum ota_err chosen_flash(struct reader *reader, const char *name, int *flash)
{
	int node = chosen(reader, name);
	unsigned index = 0;
	enum ota_err err;

	*flash = -1;
	if (node <= 0)
		return OTA_OK;
	err = flash_at(reader, node, &index);
	*flash = (int)index;
	return err;
}

/* -- partitions -------------------------------------------------------------------------------- */

/* By the node's own label, which is what MCUboot asks for; blobs have it when built with -@. */
static int by_symbol(const struct reader *reader, const char *symbol)
{
	int symbols = fdt_path_offset(reader->fdt, "/__symbols__");

	return symbols < 0 ? symbols : node_at(reader, property(reader, symbols, symbol));
}

static bool is_partition(const struct reader *reader, int node, int parent)
{
	return is_enabled(reader, node) &&
	       (is_partition_group(reader, node) || is_partition_group(reader, parent) ||
		is_compatible(reader, parent, "fixed-partitions"));
}

/*
 * By the property `label`. The way down is kept here: libfdt would look for each node's parent from
 * the root, and a blob of nothing but labels would take hours.
 */
static int by_label(const struct reader *reader, const char *label)
{
	struct ota_span wanted = ota_span_of(label, strlen(label) + 1);
	int above[DEPTH_MAX] = {0};
	int depth = 0;

	for (int node = 0; node >= 0 && depth >= 0;
	     node = fdt_next_node(reader->fdt, node, &depth)) {
		if (depth >= DEPTH_MAX)
			continue;
		above[depth] = node;
		if (depth > 0 && ota_span_equal(property(reader, node, "label"), wanted) &&
		    is_partition(reader, node, above[depth - 1]))
			return node;
	}
	return -FDT_ERR_NOTFOUND;
}

static enum ota_err find_area(struct reader *reader, const char *symbol, const char *label,
			      struct ota_import_area *area)
{
	int node = by_symbol(reader, symbol);
	struct region region = {.at = 0};
	int memory = -1;
	enum ota_err err;

	if (node < 0 || !is_enabled(reader, node))
		node = by_label(reader, label);
	if (node < 0)
		return OTA_OK;
	path_of(reader, node, area->path);
	err = read_reg(reader, node, &region);
	if (err == OTA_OK && region.len == 0)
		err = fail_node(reader, node, "a partition of no bytes");
	if (err == OTA_OK)
		err = find_memory(reader, node, &region.at, &memory);
	if (err == OTA_OK)
		err = flash_at(reader, memory, &area->flash);
	area->at = region.at;
	area->len = region.len;
	area->found = err == OTA_OK;
	return err;
}

static enum ota_err read_partitions(struct reader *reader)
{
	struct ota_import_dt *dt = reader->dt;
	char symbol[32], label[32];
	enum ota_err err = find_area(reader, "boot_partition", "mcuboot", &dt->boot);

	for (unsigned i = 0; i < OTA_IMPORT_SLOTS && err == OTA_OK; i++) {
		(void)snprintf(symbol, sizeof(symbol), "slot%u_partition", i);
		(void)snprintf(label, sizeof(label), "image-%u", i);
		err = find_area(reader, symbol, label, &dt->slot[i]);
	}
	if (err == OTA_OK)
		err = find_area(reader, "scratch_partition", "image-scratch", &dt->scratch);
	return err;
}

/* -- the rest ---------------------------------------------------------------------------------- */

static void read_compatible(const struct reader *reader, int node)
{
	struct ota_import_dt *dt = reader->dt;

	for (int i = 0; node >= 0 && dt->n_compatibles < OTA_IMPORT_WORDS; i++) {
		int len = 0;
		const char *word = fdt_stringlist_get(reader->fdt, node, "compatible", i, &len);

		if (!word)
			return;
		(void)snprintf(dt->compatible[dt->n_compatibles++], sizeof(dt->compatible[0]), "%s",
			       word);
		if (node == 0 && i == 0)
			(void)snprintf(dt->board, sizeof(dt->board), "%s", word);
	}
}

static enum ota_err read_ram(const struct reader *reader)
{
	int node = chosen(reader, "zephyr,sram");
	struct region region = {.at = 0};
	enum ota_err err;

	if (node <= 0)
		return OTA_OK;
	err = read_reg(reader, node, &region);
	path_of(reader, node, reader->dt->ram_path);
	reader->dt->ram = region.has_len ? region.len : 0;
	return err;
}

static enum ota_err check(const struct reader *reader, struct ota_span bytes)
{
	int why = bytes.len < sizeof(struct fdt_header) ? -FDT_ERR_TRUNCATED
							: fdt_check_full(reader->fdt, bytes.len);

	if (why == 0)
		return OTA_OK;
	return ota_fail(reader->diag, why == -FDT_ERR_TRUNCATED ? OTA_E_TRUNCATED : OTA_E_MALFORMED,
			"%s: not a devicetree blob in order: %s", reader->file, fdt_strerror(why));
}

static enum ota_err read_all(struct reader *reader)
{
	struct ota_import_dt *dt = reader->dt;
	enum ota_err err = read_partitions(reader);

	if (err == OTA_OK)
		err = chosen_flash(reader, "zephyr,flash", &dt->chosen_flash);
	if (err == OTA_OK)
		err = chosen_flash(reader, "nordic,pm-ext-flash", &dt->pm_ext_flash);
	if (err == OTA_OK)
		err = read_ram(reader);
	read_compatible(reader, fdt_path_offset(reader->fdt, "/soc"));
	read_compatible(reader, 0);
	return err;
}

enum ota_err ota_import_devicetree(const struct ota_import_file *file, struct ota_import_dt *dt,
				   struct ota_diag *diag)
{
	/* libfdt wants it aligned: a copy is. */
	struct ota_buf copy = ota_buf_init(OTA_IMPORT_DTB_MAX);
	struct reader reader = {.file = file->name, .dt = dt, .diag = diag};
	enum ota_err err = OTA_OK;

	*dt = (struct ota_import_dt){.chosen_flash = -1, .pm_ext_flash = -1};
	if (file->bytes.len > OTA_IMPORT_DTB_MAX)
		return ota_fail(diag, OTA_E_MALFORMED, "%s: %zu bytes, at most %u are read",
				file->name, file->bytes.len, OTA_IMPORT_DTB_MAX);
	err = ota_buf_append(&copy, file->bytes, diag);
	reader.fdt = copy.data;
	if (err == OTA_OK)
		err = check(&reader, file->bytes);
	if (err == OTA_OK)
		err = read_all(&reader);
	ota_buf_free(&copy);
	return err;
}
