#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A run that is killed at any moment is taken up again by the same command, and its folder becomes what an
# undisturbed run makes of it. Several runs may work in one folder. A full disk loses nothing.
. "$OTA_SOURCE/tests/support/lib.sh"
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
cd "$tmp" || exit 1

moments=50
versions=7
[ "$OTA_SANITIZE" = OFF ] || moments=12

# tree DIR: every file's name and digest, and no word of a file that came and went.
tree() {
	(cd "$1" && find . ! -type d | LC_ALL=C sort | while read -r file; do sha256sum "$file"; done)
}

python3 "$OTA_SOURCE/tests/support/history.py" releases $versions --size 24000 || exit 1
expect 0 "$OTATOOL" matrix plan releases -o plan.json --format bsdiff
expect 0 "$OTATOOL" matrix run plan.json -o whole -j 2
jobs=$((versions * (versions - 1) / 2))
checks=$((checks + 1))
[ "$(find whole/patches -type f | wc -l)" = $jobs ] || fail "not $jobs patches"
tree whole >whole.tree

# -- killed ------------------------------------------------------------------------------------------

half_done=0
# rerun WHAT: after a kill the same command completes the folder.
rerun() {
	local done
	done=$(find killed/results -name '*.json' 2>/dev/null | wc -l)
	[ "$done" = 0 ] || [ "$done" = $jobs ] || half_done=$((half_done + 1))
	expect 0 "$OTATOOL" matrix run plan.json -o killed -j 2 || return 1
	tree killed >killed.tree
	same whole.tree killed.tree
}

# What one run takes, in milliseconds, so that the kills are spread over all of it.
begin=$(date +%s%N)
"$OTATOOL" matrix run plan.json -o timed -j 2 >/dev/null 2>&1
took=$((($(date +%s%N) - begin) / 1000000 + 1))
for moment in $(seq 1 $moments); do
	rm -rf killed
	"$OTATOOL" matrix run plan.json -o killed -j 2 >/dev/null 2>&1 &
	pid=$!
	sleep "$(awk "BEGIN {printf \"%.4f\", $took * ($moment - 0.5) / $moments / 1000}")"
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	rerun || break
done

# And at calls that matter: when a file is made, filled, made durable, named.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	half_done=0
	for call in rename openat fsync write; do
		for n in 3 9 16 $((jobs + 2)) $((jobs * 2 - 1)); do
			rm -rf killed
			bash -c 'strace -f -o /dev/null -e trace=$1 -e inject=$1:signal=KILL:when=$2 \
				"$OTATOOL" matrix run plan.json -o killed -j 2; true' - $call $n >/dev/null 2>&1
			rerun || break 2
		done
	done
	checks=$((checks + 1))
	[ $half_done -gt 0 ] || fail "no kill came half-way"
else
	echo "no strace: kills at single system calls are not tried"
fi

# One that is asked to stop leaves nothing behind that a rerun would have to sweep.
rm -rf killed
"$OTATOOL" matrix run plan.json -o killed -j 2 >/dev/null 2>&1 &
pid=$!
sleep "$(awk "BEGIN {printf \"%.4f\", $took / 2000}")"
kill -TERM $pid 2>/dev/null
wait $pid 2>/dev/null
checks=$((checks + 1))
[ -z "$(find killed -name '.otatool-*' 2>/dev/null)" ] || fail "a temporary file is left after SIGTERM"
expect 0 "$OTATOOL" matrix run plan.json -o killed -j 2
tree killed >killed.tree
same whole.tree killed.tree

# -- two at once -------------------------------------------------------------------------------------

rm -rf shared
"$OTATOOL" matrix run plan.json -o shared -j 2 >one.out 2>one.err &
first=$!
"$OTATOOL" matrix run plan.json -o shared -j 2 >two.out 2>two.err &
second=$!
status=0
wait $first || status=$?
wait $second || status=$?
checks=$((checks + 1))
[ $status = 0 ] || { fail "two runs in one folder: exit $status"; cat one.err two.err; }
tree shared >shared.tree
same whole.tree shared.tree

# One of two is killed: the other one does its work too, once the system has given its claims back.
rm -rf shared
"$OTATOOL" matrix run plan.json -o shared -j 1 >/dev/null 2>&1 &
first=$!
"$OTATOOL" matrix run plan.json -o shared -j 1 >two.out 2>two.err &
second=$!
sleep "$(awk "BEGIN {printf \"%.4f\", $took / 3000}")"
kill -KILL $first 2>/dev/null
wait $first 2>/dev/null
status=0
wait $second || status=$?
checks=$((checks + 1))
[ $status = 0 ] || { fail "the second of two runs: exit $status"; cat two.err; }
expect 0 "$OTATOOL" matrix run plan.json -o shared -j 1 # alone now: it sweeps what was left
tree shared >shared.tree
same whole.tree shared.tree

# -- a full disk -------------------------------------------------------------------------------------

# A file system of its own, in a namespace of its own, where that is allowed.
mkdir small
cat >full.sh <<'S'
mount -t tmpfs -o size=100k none small || exit 77
status=0
"$OTATOOL" matrix run plan.json -o small/out -j 2 >full.out 2>full.err || status=$?
[ $status = 4 ] || { echo "exit $status on a full disk"; cat full.err; exit 1; }
grep -q "No space left" full.err || { echo "does not name the reason:"; cat full.err; exit 1; }
[ -z "$(find small/out -name '.otatool-*')" ] || { echo "a temporary file is left"; exit 1; }
found=$(find small/out/patches -type f | wc -l)
[ "$found" -gt 0 ] && [ "$found" -lt "$JOBS" ] || { echo "$found of $JOBS patches: not half-way"; exit 1; }
# Whole, what is there.
for result in small/out/results/*.json; do
	id=$(basename "$result" .json)
	cmp "$result" "whole/results/$id.json" && cmp "small/out/patches/$id.bsdiff" "whole/patches/$id.bsdiff" || exit 1
done
mount -o remount,size=16m small || exit 1
"$OTATOOL" matrix run plan.json -o small/out -j 2 >full.out 2>full.err || { echo "the rerun failed"; cat full.err; exit 1; }
diff -r small/out whole
S
if unshare -rm true 2>/dev/null; then
	expect 0 env JOBS=$jobs unshare -rm bash full.sh || cat out
else
	echo "no namespaces: a full disk is not tried"
fi

finish
