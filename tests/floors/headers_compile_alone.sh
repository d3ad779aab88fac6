#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every public header compiles by itself, as C and as C++.
set -eu
cd "$OTA_SOURCE"
includes=(-Iformats/include -Ikeys/include -Ilibota/include)
command -v c++ >/dev/null || { echo "skipped: no C++ compiler"; exit 77; }
for header in */include/ota/*.h; do
	line="#include <ota/$(basename "$header")>"
	echo "$line" | cc -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only "${includes[@]}" -x c -
	echo "$line" |
		c++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only "${includes[@]}" -x c++ -
done
