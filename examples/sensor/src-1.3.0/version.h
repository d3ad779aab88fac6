// SPDX-License-Identifier: Apache-2.0
#ifndef VERSION_H
#define VERSION_H

#define VERSION_TEXT	"1.3.0"
#define VERSION_NAME	"water meter firmware"

#endif
