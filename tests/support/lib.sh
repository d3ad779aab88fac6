# SPDX-License-Identifier: Apache-2.0
# Shared by the command line's tests. Sourced, after which $tmp is an empty folder of one's own.
set -u
tmp=$(mktemp -d)
trap 'chmod -R u+w "$tmp" 2>/dev/null; rm -rf "$tmp"' EXIT
checks=0
failures=0

fail() {
	echo "FAIL: $*"
	failures=$((failures + 1))
}

# expect CODE COMMAND...: runs it with its words in $tmp/out and $tmp/err; the exit code must be CODE.
expect() {
	local want=$1 got=0
	shift
	checks=$((checks + 1))
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
	[ "$got" = "$want" ] || {
		fail "exit $got, not $want: $*"
		sed 's/^/    /' "$tmp/err" | head -n 12
		return 1
	}
}

# says FILE PATTERN: the last command's out or err holds the extended pattern.
says() {
	checks=$((checks + 1))
	grep -qE -e "$2" "$tmp/$1" || {
		fail "std$1 does not say \"$2\":"
		sed 's/^/    /' "$tmp/$1" | head -n 12
		return 1
	}
}

same() {
	checks=$((checks + 1))
	cmp -s "$1" "$2" || fail "$1 and $2 differ"
}

absent() {
	checks=$((checks + 1))
	[ ! -e "$1" ] || fail "$1 was left behind"
}

# bytes N SEED: N bytes that are the same in every run.
bytes() {
	openssl enc -aes-128-ctr -K "$(printf '%032x' "$2")" -iv 0 -in /dev/zero 2>/dev/null |
		head -c "$1"
}

# put FILE OFFSET HEX: overwrites bytes.
put() {
	local format
	format=$(sed 's/../\\x&/g' <<<"$3")
	# shellcheck disable=SC2059 # the bytes are the format
	printf "$format" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# edited_files: $tmp/a, and what may become of a file: b x inserted swapped padded padded2 twice changed.
edited_files() {
	local at
	bytes 60000 1 >"$tmp/a"
	bytes 20000 2 >"$tmp/b"
	printf x >"$tmp/x"
	{ head -c 30000 "$tmp/a"; printf 'inserted'; tail -c 30000 "$tmp/a"; } >"$tmp/inserted"
	{ tail -c 30000 "$tmp/a"; head -c 30000 "$tmp/a"; } >"$tmp/swapped"
	{ cat "$tmp/a"; head -c 40000 /dev/zero | tr '\0' '\377'; } >"$tmp/padded"
	{ head -c 50000 "$tmp/a"; head -c 50000 /dev/zero | tr '\0' '\377'; } >"$tmp/padded2"
	{ cat "$tmp/a" "$tmp/b" "$tmp/a"; } >"$tmp/twice"
	cp "$tmp/a" "$tmp/changed"
	for at in $(seq 7 500 59000); do
		put "$tmp/changed" "$at" 5aa5
	done
}

finish() {
	echo "$checks checks, $failures failed"
	[ "$checks" -gt 0 ] && [ "$failures" = 0 ]
	exit
}
