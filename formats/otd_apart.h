// SPDX-License-Identifier: Apache-2.0
/* What keeps otd's decoder small where a compiler would rather be fast. */
#ifndef OTD_APART_H
#define OTD_APART_H

/* Stays a function of its own: several call it, or it would hold registers that few need. */
#ifdef __GNUC__
#define OTD_APART __attribute__((noinline))
#else
#define OTD_APART
#endif

#endif
