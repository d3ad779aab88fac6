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
sign=(sign a.bin --version 2.0 --header-size 32 --pad-header)
"$OTATOOL" keygen -t ed25519 -o key.pem
"$OTATOOL" "${sign[@]}" -o new.img
diff=(diff new.img new.img --format bsdiff -k key.pem)
"$OTATOOL" "${diff[@]}" -o update.img >/dev/null 2>&1
apply=(apply new.img update.img -k key.pem)

# faults GOOD COMMAND...: under every fault out.img is the old file or GOOD.
faults() {
	local good=$1 call fault when status
	shift
	for call in write fsync rename fchmod; do
		for fault in error=ENOSPC error=EIO error=EINTR signal=KILL; do
			for when in 1 2 3; do
				echo "the old one" >out.img
				status=0
				strace -f -qq -o /dev/null -e "trace=$call" \
					-e "inject=$call:$fault:when=$when" \
					"$OTATOOL" "$@" -o out.img >/dev/null 2>&1 || status=$?
				runs=$((runs + 1))
				checks=$((checks + 1))
				if cmp -s out.img "$good"; then
					:
				elif [ "$(cat out.img)" != "the old one" ]; then
					fail "$1 $call $fault $when: torn output"
				elif [ "$status" = 0 ]; then
					fail "$1 $call $fault $when: exit 0 with the old file"
				fi
				[ "$fault" = signal=KILL ] || [ -z "$(find . -name '.otatool-*')" ] ||
					fail "$1 $call $fault $when: a temporary file is left"
				rm -f .otatool-*
			done
		done
	done
}
runs=0
faults new.img "${sign[@]}"
faults update.img "${diff[@]}"
faults new.img "${apply[@]}"
[ "$runs" = 144 ] || fail "only $runs runs"

# The name is never half there while it is replaced.
for _ in 1 2 3 4; do
	"$OTATOOL" "${sign[@]}" -o out.img &
done
wait
same out.img new.img
finish
