#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A floor includes its own headers and those below, never those above; each outside library is
# named on as few floors as can be; three files know of descriptors and errno.
set -u
cd "$OTA_SOURCE"
bad=0

complain() {
	echo "$1"
	bad=1
}

# may_include FLOOR LOWER...: every <ota/x.h> in FLOOR is a header of FLOOR or LOWER.
may_include() {
	local floor=$1 header dir found
	while IFS=: read -r file line text; do
		header=$(sed -n 's/.*#include <ota\/\([a-z0-9_]*\.h\)>.*/\1/p' <<<"$text")
		found=no
		for dir in "$@"; do
			[ -e "$dir/include/ota/$header" ] && found=yes
		done
		[ "$found" = yes ] || complain "$file:$line: $floor includes <ota/$header> from above"
	done < <(grep -rnE '#include <ota/' "$floor" --include='*.[ch]')
	while IFS=: read -r file line text; do
		header=$(sed -n 's/.*#include "\([^"]*\)".*/\1/p' <<<"$text")
		[ -e "$floor/$header" ] || [ "$header" = commands.def ] ||
			complain "$file:$line: \"$header\" is not beside it"
	done < <(grep -rnE '#include "' "$floor" --include='*.[ch]')
}

# only_in PATTERN PATH...: the pattern's includes stand in the given files or folders only.
only_in() {
	local pattern=$1 hit
	shift
	while IFS= read -r hit; do
		local allowed=no path
		for path in "$@"; do
			case ${hit%%:*} in "$path" | "$path"/*) allowed=yes ;; esac
		done
		[ "$allowed" = yes ] || complain "$hit: only $* may include it"
	done < <(grep -rnE "#include <($pattern)" formats keys libota cli --include='*.[ch]')
}

may_include formats
may_include keys formats
may_include libota keys formats
may_include cli libota keys formats
only_in 'openssl/|sodium|p11-kit' keys
only_in 'jansson' cli libota
only_in 'bzlib|divsufsort|lzma|zlib' libota
only_in 'libfdt' libota
only_in 'yaml' libota cli/imgtool_dumpinfo_yaml.c
only_in 'errno.h|fcntl.h' cli/io.c libota/file.c libota/matrix_store.c
only_in 'stdio.h|stdlib.h' keys libota cli

# The decode side of formats/ knows <string.h> and the compiler's own headers only.
while IFS= read -r hit; do
	complain "$hit: formats/ may use string.h, stdint.h, stddef.h and stdbool.h only"
done < <(grep -rnE '#include <[a-z]' formats --include='*.[ch]' |
	grep -vE '<(ota/[a-z0-9_]+|string|stdint|stddef|stdbool)\.h>')

for floor in formats keys libota; do
	[ "$(grep -rlE '#include <ota/' $floor --include='*.c' | wc -l)" -gt 0 ] ||
		complain "$floor: no include found, the test looks in the wrong place"
done
exit $bad
