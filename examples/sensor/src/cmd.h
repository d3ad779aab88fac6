// SPDX-License-Identifier: Apache-2.0
#ifndef CMD_H
#define CMD_H

/* Shell commands of all releases; each returns 0 or an error. */
int cmd_advance(int argc, char **argv);
int cmd_battery(int argc, char **argv);
int cmd_bill(int argc, char **argv);
int cmd_cal(int argc, char **argv);
int cmd_crc(int argc, char **argv);
int cmd_date(int argc, char **argv);
int cmd_env(int argc, char **argv);
int cmd_event(int argc, char **argv);
int cmd_flash(int argc, char **argv);
int cmd_flow(int argc, char **argv);
int cmd_get(int argc, char **argv);
int cmd_help(int argc, char **argv);
int cmd_hist(int argc, char **argv);
int cmd_i2c(int argc, char **argv);
int cmd_image(int argc, char **argv);
int cmd_job(int argc, char **argv);
int cmd_leak(int argc, char **argv);
int cmd_mem(int argc, char **argv);
int cmd_quit(int argc, char **argv);
int cmd_reboot(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_reset(int argc, char **argv);
int cmd_save(int argc, char **argv);
int cmd_selftest(int argc, char **argv);
int cmd_set(int argc, char **argv);
int cmd_sim(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_tele(int argc, char **argv);
int cmd_units(int argc, char **argv);
int cmd_version(int argc, char **argv);

void print_leak_state(void);

/* Turns an argument into a number, or returns an error. */
int arg_number(const char *text, double min, double max, double *value);

#endif
