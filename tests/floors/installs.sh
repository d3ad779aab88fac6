#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is installed is enough to run the program, read its manual and build against the library,
# shared and static.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cmake --install "$OTA_BUILD" --prefix "$tmp/usr" >"$tmp/log"
"$tmp/usr/bin/otatool" version >/dev/null
[ -x "$tmp/usr/bin/imgtool.py" ]
[ ! -e "$tmp/usr/bin/imgtool" ]
[ -s "$tmp/usr/share/man/man1/otatool.1" ]
[ -s "$tmp/usr/share/man/man5/otatool-target.5" ]
[ -s "$tmp/usr/share/otatool/target.schema.json" ]

cat >"$tmp/user.c" <<'C'
#include <stdio.h>
#include <ota/ota.h>

int main(void)
{
	struct ota_diag diag = {OTA_OK, "", ""};
	struct ota_image image;

	if (ota_image_open(ota_span_of("no image", 8), &image, &diag) == OTA_OK)
		return 1;
	puts(diag.text);
	return 0;
}
C
PKG_CONFIG_PATH=$(dirname "$(find "$tmp/usr" -name libota.pc)")
export PKG_CONFIG_PATH
pc() { pkg-config --define-variable=prefix="$tmp/usr" "$@" libota; }
# shellcheck disable=SC2046 # flags
{
	cc "$tmp/user.c" -o "$tmp/shared" $(pc --cflags --libs)
	cc "$tmp/user.c" -o "$tmp/static" $(pc --cflags) -Wl,-Bstatic -L"$(pc --variable=libdir)" \
		-lota -Wl,-Bdynamic $(pc --static --libs | sed 's/-lota\b//')
}
want="8 bytes are less than an image header of 32"
[ "$(LD_LIBRARY_PATH=$(pc --variable=libdir) "$tmp/shared")" = "$want" ]
[ "$("$tmp/static")" = "$want" ]
ldd "$tmp/usr/bin/otatool" | grep -q libota && {
	echo "otatool needs libota.so: it is not one file to copy"
	exit 1
}
echo "program, man page, shared and static library work from their new place"
