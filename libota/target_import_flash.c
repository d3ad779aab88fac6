// SPDX-License-Identifier: Apache-2.0
/* The imported profile's chip: which built-in one it builds on, and its flashes. */
#include <inttypes.h>
#include <stdio.h>

#include "target_import_parts.h"

/* What drivers have where the devicetree says nothing: Zephyr, drivers/flash. */
#define NORDIC_QSPI_WRITE 4U    /* nrf_qspi_nor.c */
#define SPI_NOR_WRITE     1U    /* jedec,spi-nor-common.yaml */
#define NOR_SECTOR        4096U /* the smallest that serial NOR erases, JESD216 */

/* -- the chip ---------------------------------------------------------------------------------- */

/* A chip by how its compatible, or CONFIG_SOC, begins. */
static const struct {
	const char *start;
	const char *profile;
	bool whole; /* letters or digits behind it make it another chip */
} chips[] = {
	{"efr32mg21", "efr32mg21", false},
	{"efr32mg24", "efr32mg24", false},
	{"esp32", "esp32", true},
	{"esp32c3", "esp32c3", true},
	{"lpc55s69", "lpc55s69", false},
	{"mimxrt1060", "rt1060", false},
	{"mimxrt1062", "rt1060", false},
	{"nrf52832", "nrf52832", false},
	{"nrf52840", "nrf52840", false},
	{"nrf5340-cpuapp", "nrf5340_app", false},
	{"nrf5340_cpuapp", "nrf5340_app", false},
	{"nrf9160", "nrf9160", false},
	{"rp2040", "rp2040", false},
	{"samd51j20", "samd51j20", false},
	{"stm32f407", "stm32f407vg", false},
	{"stm32h743", "stm32h743zi", false},
	{"stm32l476", "stm32l476rg", false},
	{"stm32u585", "stm32u585ai", false},
	{"stm32wle5", "stm32wle5jc", false},
};

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

static bool chip_begins(const char *word, size_t chip)
{
	const char *start = chips[chip].start;

	for (; *start; start++, word++) {
		if (lower(*word) != *start)
			return false;
	}
	return !chips[chip].whole || !is_alnum(*word);
}

/* "st,stm32l476g-disco": the part behind the vendor counts. */
static const char *profile_of(const char *word)
{
	const char *comma = strchr(word, ',');

	for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++) {
		if (chip_begins(comma ? comma + 1 : word, i))
			return chips[i].profile;
	}
	return NULL;
}

/* False: no profile is of such a chip. */
static bool take_base(struct ota_import *import, const char *word, const char *what)
{
	const char *profile = profile_of(word);

	if (!profile)
		return false;
	(void)snprintf(import->base, sizeof(import->base), "%s", profile);
	(void)snprintf(import->base_why, sizeof(import->base_why), "%s \"%s\"", what, word);
	return true;
}

/* By the devicetree, or by CONFIG_SOC for an older one that does not name the chip. */
static void find_base(struct ota_import *import)
{
	const struct ota_import_file *files[] = {&import->configs.boot, &import->configs.app};
	struct ota_span soc;
	char word[64];

	for (unsigned i = 0; i < import->dt.n_compatibles; i++) {
		if (take_base(import, import->dt.compatible[i], "compatible"))
			return;
	}
	for (unsigned i = 0; i < 2; i++) {
		if (!ota_import_config_value(files[i], "CONFIG_SOC", &soc) || soc.len == 0)
			continue;
		(void)snprintf(word, sizeof(word), "%.*s", soc.len < 63 ? (int)soc.len : 63,
			       (const char *)soc.data);
		if (take_base(import, word, "CONFIG_SOC"))
			return;
	}
}

enum ota_err ota_import_choose_base(struct ota_import *import, struct ota_target *target,
				    struct ota_diag *diag)
{
	struct ota_diag why = {.err = OTA_OK};

	if (!import->plan->chip)
		find_base(import);
	else {
		(void)snprintf(import->base, sizeof(import->base), "%s", import->plan->chip);
		(void)snprintf(import->base_why, sizeof(import->base_why), "--chip");
	}
	if (import->base[0] == '\0')
		return OTA_OK;
	if (ota_target_builtin(import->base, target, &why) != OTA_OK) {
		(void)ota_fail(diag, why.err == OTA_E_ABSENT ? OTA_E_USAGE : why.err, "%s",
			       why.text);
		ota_hint(diag, "%s", why.hint);
		return diag ? diag->err : OTA_E_USAGE;
	}
	if (target->has_mcuboot)
		return ota_fail(diag, OTA_E_USAGE,
				"%s is a board's profile: a chip's is needed to build on",
				import->base);
	import->base_target = target;
	return OTA_OK;
}

/* -- which flash is which ---------------------------------------------------------------------- */

static enum ota_err take_external(struct ota_import *import, const struct ota_import_area *area,
				  struct ota_diag *diag)
{
	if (!area->found || area->flash == import->own || area->flash == import->external)
		return OTA_OK;
	if (import->external < import->dt.n_flashes)
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"slots in three flashes, a profile has two: %.60s, %.60s, %.60s",
				import->dt.flash[import->own].path,
				import->dt.flash[import->external].path,
				import->dt.flash[area->flash].path);
	import->external = area->flash;
	return OTA_OK;
}

enum ota_err ota_import_choose_flashes(struct ota_import *import, struct ota_diag *diag)
{
	const struct ota_import_dt *dt = &import->dt;
	enum ota_err err = OTA_OK;

	import->own = dt->boot.found ? dt->boot.flash : dt->slot[0].flash;
	import->external = dt->n_flashes;
	for (unsigned i = 0; i < 2 * import->n_images && err == OTA_OK; i++)
		err = take_external(import, &dt->slot[i], diag);
	if (err == OTA_OK && import->mode == OTA_MODE_SWAP_SCRATCH)
		err = take_external(import, &dt->scratch, diag);
	return err;
}

/* -- sectors ----------------------------------------------------------------------------------- */

/* The first `size` bytes of the chip's sectors as text; false when they do not end there. */
static bool cut_sectors(const struct ota_sectors *chip, uint64_t size, char *text, size_t cap)
{
	size_t at = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < chip->n && size > 0; i++) {
		uint64_t count = size / chip->run[i].size;

		if (count > chip->run[i].count)
			count = chip->run[i].count;
		if (count == 0)
			return false;
		size -= count * chip->run[i].size;
		at += (size_t)snprintf(text + at, cap - at, "%s%" PRIu64 "*%" PRIu32, i ? ", " : "",
				       count, chip->run[i].size);
		if (at >= cap)
			return false;
	}
	return size == 0;
}

static enum ota_err write_chip_sectors(const struct ota_import *import,
				       const struct ota_import_flash *flash,
				       struct ota_import_text *text)
{
	char sectors[256], field[300];

	if (!import->base_target) {
		(void)ota_fail(text->diag, OTA_E_ABSENT,
			       "%.100s: the devicetree does not say the sizes of the sectors, and "
			       "no built-in profile is of this chip",
			       flash->path);
		ota_hint(text->diag, "give --chip with a profile that has the same sectors "
				     "(otatool targets lists them)");
		return OTA_E_ABSENT;
	}
	if (!cut_sectors(&import->base_target->flash.sectors, flash->size, sectors,
			 sizeof(sectors))) {
		(void)ota_fail(text->diag, OTA_E_ABSENT,
			       "%.100s: the devicetree does not say the sizes of the sectors, and "
			       "those of %s do not end at its %" PRIu64 " bytes",
			       flash->path, import->base, flash->size);
		ota_hint(text->diag, "give --chip with a profile that has the same sectors "
				     "(otatool targets lists them)");
		return OTA_E_ABSENT;
	}
	(void)snprintf(field, sizeof(field), "  sectors: [%s]", sectors);
	ota_import_field(text, field, OTA_IMPORT_READ,
			 "%s, cut to reg of %s: the devicetree has no sector sizes", import->base,
			 flash->path);
	return text->err;
}

/* Erase size of serial NOR is how its driver is built. */
static enum ota_err nor_erase(const struct ota_import *import, const struct ota_import_flash *flash,
			      uint64_t *erase, const char **key, struct ota_diag *diag)
{
	enum ota_err err;

	*key = flash->kind == OTA_IMPORT_NORDIC_QSPI
		       ? "CONFIG_NORDIC_QSPI_NOR_FLASH_LAYOUT_PAGE_SIZE"
		       : "CONFIG_SPI_NOR_FLASH_LAYOUT_PAGE_SIZE";
	err = ota_import_config_number(&import->configs.boot, *key, UINT32_MAX, erase, diag);
	if (err == OTA_E_ABSENT)
		err = ota_import_config_number(&import->configs.app, *key, UINT32_MAX, erase, diag);
	if (err != OTA_E_ABSENT)
		return err;
	(void)ota_fail(diag, OTA_E_ABSENT,
		       "%.100s: the size of its sectors is %s, which no --config has", flash->path,
		       *key);
	ota_hint(diag, "give MCUboot's .config: --config build/mcuboot/zephyr/.config");
	return OTA_E_ABSENT;
}

static enum ota_err write_sectors(const struct ota_import *import,
				  const struct ota_import_flash *flash,
				  struct ota_import_text *text)
{
	enum ota_import_origin origin = OTA_IMPORT_READ;
	const char *key = "erase-block-size";
	uint64_t erase = flash->erase;
	bool own = flash == &import->dt.flash[import->own];
	char field[80];
	enum ota_err err = OTA_OK;

	if (flash->size == 0 || flash->size > UINT32_MAX)
		return ota_fail(text->diag, OTA_E_ABSENT,
				"%.100s: the devicetree has no size from 1 to %" PRIu32
				" bytes for it",
				flash->path, UINT32_MAX);
	if (flash->mixed || (erase == 0 && own))
		return write_chip_sectors(import, flash, text);
	if (erase == 0 && flash->kind == OTA_IMPORT_OTHER_FLASH) {
		erase = NOR_SECTOR;
		origin = OTA_IMPORT_ASSUMED;
		key = "its driver's smallest erase (no erase-block-size)";
	} else if (erase == 0)
		err = nor_erase(import, flash, &erase, &key, text->diag);
	if (err != OTA_OK)
		return err;
	if (erase == 0 || flash->size % erase != 0)
		return ota_fail(text->diag, OTA_E_MALFORMED,
				"%.100s: %" PRIu64 " bytes are no number of sectors of %" PRIu64
				" (%s)",
				flash->path, flash->size, erase, key);
	(void)snprintf(field, sizeof(field), "  sectors: [%" PRIu64 "*%" PRIu64 "]",
		       flash->size / erase, erase);
	ota_import_field(text, field, origin, "%s: %s", flash->path, key);
	return text->err;
}

static enum ota_err write_unit(const struct ota_import *import,
			       const struct ota_import_flash *flash, struct ota_import_text *text)
{
	bool own = flash == &import->dt.flash[import->own];
	uint32_t write = flash->write;
	enum ota_import_origin origin = OTA_IMPORT_READ;
	const char *why = "write-block-size";
	char field[40];

	if (write == 0 && flash->kind == OTA_IMPORT_NORDIC_QSPI) {
		write = NORDIC_QSPI_WRITE;
		why = "what the driver of nordic,qspi-nor has";
	} else if (write == 0 && flash->kind == OTA_IMPORT_SPI_NOR) {
		write = SPI_NOR_WRITE;
		why = "what every jedec,spi-nor has";
	} else if (write == 0 && own && import->base_target) {
		write = import->base_target->flash.write;
		why = "the base's: no write-block-size";
	} else if (write == 0 && !own) {
		write = SPI_NOR_WRITE;
		origin = OTA_IMPORT_ASSUMED;
		why = "what most drivers of serial flash have (no write-block-size)";
	}
	if (write == 0)
		return ota_fail(text->diag, OTA_E_ABSENT,
				"%.100s: the devicetree has no write-block-size for it",
				flash->path);
	(void)snprintf(field, sizeof(field), "  write: %" PRIu32, write);
	ota_import_field(text, field, origin, "%s", why);
	return text->err;
}

/* A file's name between quotes. */
static void write_source(const struct ota_import *import, struct ota_import_text *text)
{
	const char *slash = strrchr(import->plan->devicetree.name, '/');
	char name[64];

	(void)snprintf(name, sizeof(name), "%s", slash ? slash + 1 : import->plan->devicetree.name);
	for (char *c = name; *c; c++) {
		if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '_';
	}
	ota_import_line(text, "  source: {geometry: \"Zephyr devicetree, %s\"}", name);
}

/* The base's times are of its own sectors; other ones would just have none. */
static void write_times(const struct ota_import *import, const struct ota_import_flash *flash,
			struct ota_import_text *text)
{
	const struct ota_flash *base = import->base_target ? &import->base_target->flash : NULL;
	bool known = false;

	if (!base) {
		ota_import_line(text,
				"  # erase-ms, program-us, endurance: the datasheet has them; "
				"without them check counts erases but no time and no lifetime");
		return;
	}
	for (unsigned i = 0; i < base->n_erase_times; i++)
		known = known || flash->erase == 0 || flash->mixed ||
			base->erase_time[i].sector == flash->erase;
	if (!known)
		ota_import_warn(text->report,
				"%s has no erase time for sectors of %" PRIu32
				" bytes: check tells no time",
				import->base, flash->erase);
	ota_import_line(text,
			"  # erase-ms, program-us, endurance, rewrite: those of %s; its times are "
			"%s, its endurance is %s",
			import->base,
			base->unread & OTA_FACT_TIMES ? "NOT READ from a datasheet"
						      : "from a datasheet",
			base->unread & OTA_FACT_ENDURANCE ? "NOT READ from a datasheet"
							  : "from a datasheet");
}

enum ota_err ota_import_write_flashes(const struct ota_import *import, struct ota_import_text *text)
{
	const struct ota_import_flash *flash = &import->dt.flash[import->own];
	enum ota_err err;

	ota_import_line(text, "flash:");
	err = write_sectors(import, flash, text);
	if (err == OTA_OK)
		err = write_unit(import, flash, text);
	if (err != OTA_OK)
		return err;
	write_source(import, text);
	write_times(import, flash, text);
	if (import->external == import->dt.n_flashes)
		return text->err;
	flash = &import->dt.flash[import->external];
	ota_import_line(text, "external-flash:");
	err = write_sectors(import, flash, text);
	if (err == OTA_OK)
		err = write_unit(import, flash, text);
	write_source(import, text);
	ota_import_line(text, "  # erase-ms, program-us, endurance: the datasheet has them");
	return err == OTA_OK ? text->err : err;
}
