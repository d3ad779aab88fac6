// SPDX-License-Identifier: Apache-2.0
#ifndef REPORT_H
#define REPORT_H

void report_print(void);

#endif
