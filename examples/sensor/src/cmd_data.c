// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "cbor.h"
#include "cmd.h"
#include "errors.h"
#include "eventlog.h"
#include "flash.h"
#include "hex.h"
#include "i2c.h"
#include "store.h"
#include "telemetry.h"

static void print_setting(const struct setting *d)
{
	char value[32];

	setting_format(&app.settings, d, value, sizeof(value));
	printf("%-14s %s %s\n", d->name, value, d->unit);
}

int cmd_get(int argc, char **argv)
{
	const struct setting *d;

	if (argc > 1) {
		d = setting_find(argv[1]);
		if (!d)
			return ERR_NOENT;
		print_setting(d);
		return ERR_OK;
	}
	for (size_t i = 0; i < setting_count; i++)
		print_setting(&setting_table[i]);
	return ERR_OK;
}

int cmd_set(int argc, char **argv)
{
	const struct setting *d;
	int err;

	if (argc != 3)
		return ERR_USAGE;
	d = setting_find(argv[1]);
	if (!d)
		return ERR_NOENT;
	err = setting_parse(&app.settings, d, argv[2]);
	if (!err)
		print_setting(d);
	return err;
}

int cmd_save(int argc, char **argv)
{
	int err = settings_save(&app.settings);

	(void)argc;
	(void)argv;
	if (err)
		return err;
	app_save_totals();
	event_add(EV_SETTINGS_SAVED, (float)store_state().seq);
	return ERR_OK;
}

int cmd_reset(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	settings_default(&app.settings);
	event_add(EV_SETTINGS_RESET, 0.0f);
	return ERR_OK;
}

static int cal_change(int argc, char **argv)
{
	double lph, error;
	int err = arg_number(argv[2], 0.0, 10000.0, &lph);

	if (err)
		return err;
	if (argc == 3 && !strcmp(argv[1], "del"))
		return calib_remove(&app.calib, (float)lph);
	if (argc != 4 || strcmp(argv[1], "set"))
		return ERR_USAGE;
	err = arg_number(argv[3], -100.0, 100.0, &error);
	return err ? err : calib_set(&app.calib, (float)lph, (float)error);
}

int cmd_cal(int argc, char **argv)
{
	if (argc > 2)
		return cal_change(argc, argv);
	if (argc == 2 && !strcmp(argv[1], "save"))
		return calib_save(&app.calib);
	if (argc == 2 && strcmp(argv[1], "reset"))
		return ERR_USAGE;
	if (argc == 2)
		calib_default(&app.calib);
	for (uint32_t i = 0; i < app.calib.count; i++)
		printf("%8.1f l/h %+6.2f %%\n", (double)app.calib.point[i].lph,
		       (double)app.calib.point[i].error_pct);
	printf("at present %+.3f %%\n",
	       (double)calib_error(&app.calib, app.flow.rate_lph));
	return ERR_OK;
}

static void print_flash_state(void)
{
	struct store_state s = store_state();

	for (uint32_t page = 0; page < FLASH_PAGES; page++)
		printf("page %lu: %lu erases%s\n", (unsigned long)page,
		       (unsigned long)flash_erases(page), page == s.page ? ", in use" : "");
	printf("record %lu, %lu of %u bytes used, %lu bad\n", (unsigned long)s.seq,
	       (unsigned long)s.used, FLASH_PAGE_SIZE, (unsigned long)s.bad);
}

int cmd_flash(int argc, char **argv)
{
	const double end = FLASH_PAGES * FLASH_PAGE_SIZE;
	double addr, len = 64.0;
	int err;

	if (argc == 1) {
		print_flash_state();
		return ERR_OK;
	}
	err = arg_number(argv[1], 0.0, end - 1.0, &addr);
	if (!err && argc > 2)
		err = arg_number(argv[2], 1.0, 512.0, &len);
	if (err)
		return err;
	if (addr + len > end)
		len = end - addr;
	hex_dump((uint32_t)addr, flash_at((uint32_t)addr), (size_t)len);
	return ERR_OK;
}

static void i2c_scan(void)
{
	struct i2c_counters c = i2c_counters();

	for (uint8_t addr = 8; addr < 0x78; addr++) {
		const char *name = i2c_probe(addr);

		if (name)
			printf("0x%02x %s\n", addr, name);
	}
	printf("%lu transfers, %lu bytes, %lu failed\n", (unsigned long)c.transfers,
	       (unsigned long)c.bytes, (unsigned long)c.nacks);
}

static int i2c_read(char **argv)
{
	uint8_t data[64];
	double addr, reg, len;
	int err = arg_number(argv[2], 8.0, 0x77, &addr);

	if (!err)
		err = arg_number(argv[3], 0.0, 255.0, &reg);
	if (!err)
		err = arg_number(argv[4], 1.0, sizeof(data), &len);
	if (!err)
		err = i2c_read_regs((uint8_t)addr, (uint8_t)reg, data, (size_t)len);
	if (!err)
		hex_dump((uint32_t)reg, data, (size_t)len);
	return err;
}

int cmd_i2c(int argc, char **argv)
{
	double addr;
	int err;

	if (argc == 5 && !strcmp(argv[1], "read"))
		return i2c_read(argv);
	if (argc == 3 && !strcmp(argv[1], "fault")) {
		err = arg_number(argv[2], 0.0, 255.0, &addr);
		if (!err)
			i2c_set_fault((uint8_t)addr);
		return err;
	}
	if (argc > 2 || (argc == 2 && strcmp(argv[1], "scan")))
		return ERR_USAGE;
	i2c_scan();
	return ERR_OK;
}

int cmd_sim(int argc, char **argv)
{
	double value;
	int err;

	if (argc == 1) {
		printf("flow %.1f l/h, leak %.1f l/h, line %.1f kPa, frost %.1f K\n",
		       (double)app.world.flow_lph, (double)app.world.leak_lph,
		       (double)app.world.line_kpa, (double)app.world.frost_c);
		return ERR_OK;
	}
	if (argc != 3)
		return ERR_USAGE;
	err = arg_number(argv[2], -3000.0, 3000.0, &value);
	if (err)
		return err;
	if (!strcmp(argv[1], "leak"))
		app.world.leak_lph = (float)value;
	else if (!strcmp(argv[1], "frost"))
		app.world.frost_c = (float)value;
	else
		return ERR_USAGE;
	return ERR_OK;
}

static int tele_decode(const char *text)
{
	uint8_t wire[FRAME_WIRE_MAX];
	struct frame f;
	int n = hex_parse(text, wire, sizeof(wire));
	int err = n < 0 ? n : frame_decode(&f, wire, (size_t)n);

	if (err)
		return err;
	printf("%s schema %u seq %u, %u bytes\n", frame_type_name(f.type), f.schema, f.seq,
	       f.len);
	return cbor_print(f.payload, f.len);
}

int cmd_tele(int argc, char **argv)
{
	uint8_t wire[FRAME_WIRE_MAX];
	struct frame f;
	int n;

	if (argc == 2)
		return tele_decode(argv[1]);
	n = telemetry_build(&f);
	if (!n)
		n = frame_encode(&f, wire, sizeof(wire));
	if (n < 0)
		return n;
	hex_print(wire, (size_t)n);
	printf("%d bytes on the wire\n", n);
	return cbor_print(f.payload, f.len);
}
