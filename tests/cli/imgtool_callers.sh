#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The lines with which build systems call imgtool, as `otatool imgtool` and by imgtool's name. What
# they make must be what imgtool 2.4.0 made (tests/vectors/callers/calls.tsv).
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
command -v python3 >/dev/null || {
	echo "skipped: the comparison is a Python script, and there is no python3"
	exit 77
}
callers=$OTA_VECTORS/callers
keys=$OTA_VECTORS/imgtool/keys
rows=$(grep -vc '^#' "$callers/calls.tsv")

# the_table TOOL [ARG...]: every row, and none left out.
the_table() {
	expect 0 python3 "$OTA_SOURCE/tests/support/imgtool_golden.py" "$callers" "$@" || {
		cat "$tmp/out"
		return
	}
	says out "^$rows rows as they should be .*, 0 failed$"
}
the_table "$OTATOOL" imgtool
ln -s "$OTATOOL" "$tmp/imgtool"
ln -s "$OTATOOL" "$tmp/imgtool.py"
the_table "$tmp/imgtool"
the_table "$tmp/imgtool.py"

# As a shell has them: a redirection, a path without folder, a probe, a shell's "no-op".
cd "$tmp" || exit 1
PATH=$tmp:$PATH
checks=$((checks + 1))
imgtool getpub -k "$keys/p256.pem" >gen.c 2>err || fail "imgtool getpub > gen.c: $(cat err)"
same gen.c "$callers/out/esp-getpub-p256.c.txt"
expect 0 imgtool.py version
[ "$(cat out)" = 2.4.0 ] || fail "version is $(cat out)"
expect 2 imgtool exit
says err '^Error: imgtool has no command "exit"$'

# In place: a refused call leaves the sketch alone.
cp "$OTA_VECTORS/imgtool/in/fw-6000.bin" sketch.bin
line=(--key "$keys/ed25519.pem" sketch.bin sketch.bin --align 32 --max-align 32 --version 1.2.3+4
	--pad-header --slot-size 0x1E0000)
expect 2 imgtool sign "${line[@]}" --header-size 0x20000
same sketch.bin "$OTA_VECTORS/imgtool/in/fw-6000.bin"
expect 0 imgtool sign "${line[@]}" --header-size 0x400
gzip -dc "$callers/out/arduino-in-place-plain.bin.gz" >want.bin
same sketch.bin want.bin
expect 0 imgtool verify -k "$keys/ed25519.pem" sketch.bin
finish
