#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A system call that fails, or the program killed in it: the output is the whole old file or the
# whole new one, exit code 0 only with the new one, and a temporary file only after a kill.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1
command -v strace >/dev/null || { echo "skipped: no strace"; exit 77; }
strace -f -qq -o /dev/null -e inject=fsync:error=EIO:when=1 true 2>/dev/null ||
	{ echo "skipped: strace cannot trace here"; exit 77; }
# LeakSanitizer does not work under a tracer.
export ASAN_OPTIONS=detect_leaks=0

bytes 500 1 >a.bin
"$OTATOOL" sign a.bin -o new.img --version 2.0 --header-size 32 --pad-header
runs=0
for call in write fsync rename fchmod; do
	for fault in error=ENOSPC error=EIO error=EINTR signal=KILL; do
		for when in 1 2 3; do
			echo "the old one" >out.img
			status=0
			strace -f -qq -o /dev/null -e "trace=$call" -e "inject=$call:$fault:when=$when" \
				"$OTATOOL" sign a.bin -o out.img --version 2.0 --header-size 32 \
				--pad-header >/dev/null 2>&1 || status=$?
			runs=$((runs + 1))
			checks=$((checks + 1))
			if cmp -s out.img new.img; then
				:
			elif [ "$(cat out.img)" != "the old one" ]; then
				fail "$call $fault $when: torn output"
			elif [ "$status" = 0 ]; then
				fail "$call $fault $when: exit 0 with the old file"
			fi
			[ "$fault" = signal=KILL ] || [ -z "$(find . -name '.otatool-*')" ] ||
				fail "$call $fault $when: a temporary file is left"
			rm -f .otatool-*
		done
	done
done
[ "$runs" = 48 ] || fail "only $runs runs"

# The name is never half there while it is replaced.
for _ in 1 2 3 4; do
	"$OTATOOL" sign a.bin -o out.img --version 2.0 --header-size 32 --pad-header &
done
wait
same out.img new.img
finish
