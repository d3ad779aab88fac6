// SPDX-License-Identifier: Apache-2.0
/* The table that cmake/embed_targets.cmake makes from targets/, sorted by name, NULL at the end. */
#ifndef TARGETS_BUILTIN_H
#define TARGETS_BUILTIN_H

struct builtin_target {
	const char *name;
	const char *text; /* YAML, NUL-terminated */
};

extern const struct builtin_target ota_builtin_targets[];

#endif
