// SPDX-License-Identifier: Apache-2.0
/* A device profile from a Zephyr build: brings the parts together and reads the result back. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "target_import_parts.h"

#define DTB_MAGIC 0xd00dfeedU
#define NAME_ROOM 64U /* of a profile's name */

bool ota_is_devicetree_blob(struct ota_span bytes)
{
	static const uint8_t magic[] = {DTB_MAGIC >> 24, (DTB_MAGIC >> 16) & 0xff,
					(DTB_MAGIC >> 8) & 0xff, DTB_MAGIC & 0xff};

	return bytes.len >= sizeof(magic) && memcmp(bytes.data, magic, sizeof(magic)) == 0;
}

/* -- the head of the profile ------------------------------------------------------------------- */

/* What a profile's name may have at `n`. */
static bool fits_name(char c, size_t n)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (n > 0 && (c == '.' || c == '_' || c == '-'));
}

/* "nordic,nrf52840-dk-nrf52840" without the vendor, as a name of a profile. */
static void name_of_board(const char *board, char name[NAME_ROOM])
{
	const char *comma = strchr(board, ',');
	size_t n = 0;

	for (const char *c = comma ? comma + 1 : board; *c && n < NAME_ROOM - 1; c++) {
		bool fits = fits_name(*c, n);

		if (fits || n > 0) {
			name[n] = (char)(fits ? *c : '-');
			n++;
		}
	}
	name[n] = '\0';
	if (n == 0)
		(void)snprintf(name, NAME_ROOM, "board");
}

/* The caller's own name: in the profile it would be an error in a line that nobody has seen. */
static enum ota_err check_name(const char *name, struct ota_diag *diag)
{
	size_t n = 0;

	while (name && n < NAME_ROOM && fits_name(name[n], n))
		n++;
	if (!name || (n > 0 && n < NAME_ROOM && name[n] == '\0'))
		return OTA_OK;
	return ota_fail(diag, OTA_E_USAGE,
			"\"%.80s\" is not a name of at most %u letters, digits, -, _ and .", name,
			NAME_ROOM - 1);
}

static void write_made_by(const struct ota_import *import, struct ota_import_text *text)
{
	ota_import_line(text, "# Made by otatool targets import from");
	ota_import_line(text, "#   %s", import->plan->devicetree.name);
	for (unsigned i = 0; i < import->plan->n_configs; i++)
		ota_import_line(text, "#   %s", import->plan->config[i].name);
	ota_import_line(text, "# Behind a value stands what it was read from; check those that are "
			      "ASSUMED.");
}

static enum ota_err write_ram(const struct ota_import *import, struct ota_import_text *text)
{
	const struct ota_import_dt *dt = &import->dt;
	char field[40];

	if (dt->ram > UINT32_MAX)
		return ota_fail(text->diag, OTA_E_MALFORMED,
				"%.100s: %" PRIu64 " bytes of RAM, at most %" PRIu32, dt->ram_path,
				dt->ram, UINT32_MAX);
	if (dt->ram == 0 && !import->base_target)
		return ota_fail(text->diag, OTA_E_ABSENT,
				"%s: no RAM: zephyr,sram is not chosen, or has no size",
				import->plan->devicetree.name);
	if (dt->ram == 0) {
		ota_import_line(text, "# ram: that of %s", import->base);
		return text->err;
	}
	(void)snprintf(field, sizeof(field), "ram: %" PRIu64, dt->ram);
	ota_import_field(text, field, OTA_IMPORT_READ, "%s: reg (zephyr,sram)", dt->ram_path);
	return text->err;
}

static enum ota_err write_head(const struct ota_import *import, struct ota_import_text *text)
{
	char name[NAME_ROOM], field[96];

	write_made_by(import, text);
	name_of_board(import->dt.board, name);
	(void)snprintf(field, sizeof(field), "name: %s",
		       import->plan->name ? import->plan->name : name);
	ota_import_field(text, field, OTA_IMPORT_READ, "compatible \"%s\"", import->dt.board);
	if (import->base_target) {
		(void)snprintf(field, sizeof(field), "base: %s", import->base);
		ota_import_field(text, field, OTA_IMPORT_READ, "%s", import->base_why);
	} else {
		ota_import_line(text, "# base: no built-in chip profile is of this chip; "
				      "otatool targets lists them");
	}
	return text->err;
}

static void write_updater(struct ota_import_text *text)
{
	ota_import_line(text,
			"# What the updater may use is in no build. Fill it in for patches that "
			"the device applies:");
	ota_import_line(text,
			"# updater: {ram: 16384, stack: 2048, old: mapped, decoders: [{format: "
			"otd, tier: xs}]}");
	ota_import_line(text, "# And how updates come, for the time that takes, as check --link "
			      "says it:");
	ota_import_line(text, "# links: [{kind: ble}]");
}

/* -- all of it --------------------------------------------------------------------------------- */

static enum ota_err decide(struct ota_import *import, struct ota_target *base,
			   struct ota_diag *diag)
{
	enum ota_err err = check_name(import->plan->name, diag);

	if (err == OTA_OK)
		err = ota_import_configs_sort(import->plan, &import->configs, diag);
	if (err == OTA_OK)
		err = ota_import_devicetree(&import->plan->devicetree, &import->dt, diag);
	if (err == OTA_OK)
		err = ota_import_take_pm(import, diag);
	if (err == OTA_OK)
		err = ota_import_choose_mode(import, diag);
	if (err == OTA_OK)
		err = ota_import_choose_images(import, diag);
	if (err == OTA_OK)
		err = ota_import_choose_flashes(import, diag);
	return err == OTA_OK ? ota_import_choose_base(import, base, diag) : err;
}

static enum ota_err write_all(const struct ota_import *import, struct ota_import_text *text)
{
	enum ota_err err = write_head(import, text);

	if (err == OTA_OK)
		err = ota_import_write_flashes(import, text);
	if (err == OTA_OK)
		err = write_ram(import, text);
	if (err == OTA_OK)
		err = ota_import_write_boot(import, text);
	write_updater(text);
	return err == OTA_OK ? text->err : err;
}

/* What a profile cannot say shows here: a slot off its sectors, an alignment no MCUboot has. */
static enum ota_err read_back(struct ota_span yaml, struct ota_import_report *report,
			      struct ota_target *target, struct ota_diag *diag)
{
	struct ota_flash_limits limits;

	if (ota_target_parse("the imported profile", yaml, target, diag) != OTA_OK)
		return diag->err;
	if (ota_flash_limits(&target->layout, &limits, diag) != OTA_OK)
		return diag->err;
	if (!limits.compatible)
		ota_import_warn(report, "MCUboot does not upgrade between these slots: %s",
				limits.reason);
	else if (limits.caution[0])
		ota_import_warn(report, "MCUboot would not upgrade here: %s", limits.caution);
	return OTA_OK;
}

enum ota_err ota_target_import(const struct ota_import_plan *plan, struct ota_buf *yaml,
			       struct ota_import_report *report, struct ota_diag *diag)
{
	struct ota_diag own = {.err = OTA_OK};
	struct ota_import_text text = {.yaml = yaml, .report = report, .diag = diag ? diag : &own};
	struct ota_import *import = calloc(1, sizeof(*import));
	struct ota_target *target = calloc(2, sizeof(*target));
	size_t before = yaml->len;
	enum ota_err err;

	*report = (struct ota_import_report){.n = 0};
	if (!import || !target) {
		err = ota_fail(text.diag, OTA_E_MEMORY, "out of memory");
		goto out;
	}
	import->plan = plan;
	err = decide(import, &target[0], text.diag);
	report->lacks_boot_config = !import->configs.boot.name;
	if (err == OTA_OK)
		err = write_all(import, &text);
	if (err == OTA_OK)
		err = read_back(ota_span_tail(ota_buf_span(yaml), before), report, &target[1],
				text.diag);
out:
	free(target);
	free(import);
	return err;
}
