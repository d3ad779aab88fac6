// SPDX-License-Identifier: Apache-2.0
#include "cmd.h"

#include <stdio.h>

#include "app.h"
#include "cmd_pressure.h"
#include "errors.h"
#include "shell.h"

const struct shell_command shell_commands[] = {
	{ "advance", cmd_advance, "SECONDS", "let simulated time pass" },
	{ "battery", cmd_battery, "", "battery voltage, charge and expected life" },
	{ "bill", cmd_bill, "", "volume and cost of this month by tariff band" },
	{ "cal", cmd_cal, "[set LPH ERROR | del LPH | save | reset]", "calibration of the meter" },
	{ "crc", cmd_crc, "TEXT", "checksums of a text" },
	{ "date", cmd_date, "[YYYY-MM-DD[THH:MM:SS]]", "show or set the clock" },
	{ "env", cmd_env, "", "climate inside the housing" },
	{ "event", cmd_event, "[COUNT | clear]", "latest entries of the event log" },
	{ "flash", cmd_flash, "[ADDR [LEN]]", "state or contents of the data flash" },
	{ "flow", cmd_flow, "", "flow rate and volume" },
	{ "get", cmd_get, "[NAME]", "show settings" },
	{ "help", cmd_help, "[COMMAND]", "this list" },
	{ "hist", cmd_hist, "[days]", "use by hour or by day" },
	{ "i2c", cmd_i2c, "[scan | read ADDR REG LEN | fault ADDR]", "the sensor bus" },
	{ "image", cmd_image, "", "image header and checksum of the running image" },
	{ "job", cmd_job, "[every SECS CMD | at TIME CMD | del N]", "commands run by the clock" },
	{ "leak", cmd_leak, "", "state of the leak detection" },
	{ "mem", cmd_mem, "", "heap and UART counters" },
	{ "pct", cmd_pct, "PERCENT [flow | air | line]", "percentile of the latest samples" },
	{ "press", cmd_press, "", "pressure and temperature of the water line" },
	{ "quit", cmd_quit, "", "end the program (emulator only)" },
	{ "reboot", cmd_reboot, "", "restart" },
	{ "report", cmd_report, "", "everything as JSON" },
	{ "reset", cmd_reset, "", "settings back to defaults" },
	{ "save", cmd_save, "", "store settings and totals" },
	{ "selftest", cmd_selftest, "", "check the codecs and algorithms" },
	{ "set", cmd_set, "NAME VALUE", "change a setting" },
	{ "sim", cmd_sim, "[leak LPH | frost KELVIN]", "change the simulated surroundings" },
	{ "stats", cmd_stats, "", "statistics of flow and temperature" },
	{ "tele", cmd_tele, "[HEX]", "build a telemetry frame, or decode one" },
	{ "trend", cmd_trend, "[flow | air | line]", "straight line through the latest samples" },
	{ "units", cmd_units, "[VALUE FROM TO]", "convert units" },
	{ "version", cmd_version, "", "name and version" },
};

const size_t shell_command_count = sizeof(shell_commands) / sizeof(shell_commands[0]);

int cmd_leak(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	print_leak_state();
	printf("pressure     %.1f kPa below rest\n", (double)app.pressure.drop_kpa);
	return ERR_OK;
}
