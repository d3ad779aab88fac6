// SPDX-License-Identifier: Apache-2.0
#ifndef CMD_PRESSURE_H
#define CMD_PRESSURE_H

int cmd_pct(int argc, char **argv);
int cmd_press(int argc, char **argv);
int cmd_trend(int argc, char **argv);

#endif
