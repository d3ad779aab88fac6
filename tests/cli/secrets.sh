#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Where secrets must not be: memory after use, core files, argv, environment, files half made.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1
[ -r /proc/self/maps ] || { echo "skipped: no /proc as Linux has it"; exit 77; }
passphrase='rain on tin roofs'
printf '%s\n' "$passphrase" >pass
chmod 600 pass
bytes 5000 1 >a.bin

hex() { od -An -v -tx1 | tr -d ' \n'; }
reversed() { fold -w2 <<<"$1" | tac | tr -d '\n'; }

# secret_numbers KEY: a line "name hex" for each private number.
secret_numbers() {
	openssl pkey -in "$1" -passin file:pass -noout -text | awk '
		/^ +[0-9a-f:]+$/ { if (name != "") { gsub(/[ :]/, ""); digits = digits $0 } next }
		{ if (digits != "") print name, digits; digits = ""; name = "" }
		/^(priv|privateExponent|prime1|prime2|exponent1):/ { sub(/:.*/, ""); name = $0 }
		END { if (digits != "") print name, digits }'
}

# needles KEY: both ends of each private number, as written and as a big number lies in memory; the
# lines of the PEM that are not in the public key's; the passphrase.
needles() {
	local name digits line part public n=0
	public=$(openssl pkey -in "$1" -passin file:pass -pubout | grep -v -e - | tr -d '\n')
	while read -r name digits; do
		digits=${digits#00}
		echo "$name.head ${digits:0:32}"
		echo "$name.tail ${digits: -32}"
		echo "$name.head.reversed $(reversed "${digits:0:32}")"
		echo "$name.tail.reversed $(reversed "${digits: -32}")"
	done < <(secret_numbers "$1")
	while IFS= read -r line; do
		[[ $line =~ ^[A-Za-z0-9+/=]{32,}$ ]] || continue
		n=$((n + 1))
		for part in "${line:0:32}" "${line: -32}"; do
			[[ $public == *"$part"* ]] ||
				echo "pem.$n $(printf '%s' "$part" | hex)"
		done
	done <"$1"
	echo "passphrase $(printf '%s' "$passphrase" | hex)"
}

# start COMMAND...: runs it until it blocks; $pid is its process.
start() {
	local asleep=0
	"$@" 2>blocked.err &
	pid=$!
	for _ in $(seq 2000); do
		case $(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$pid/status" 2>/dev/null) in
		S) asleep=$((asleep + 1)) ;;
		'' | Z) break ;;
		*) asleep=0 ;;
		esac
		[ $asleep -lt 5 ] || return 0
		sleep 0.01
	done
	fail "does not block: $*: $(cat blocked.err)"
	return 1
}

stop() {
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

# found NAMES: how often needles of these names (a pattern) were seen by the last scan.
found() {
	awk -v pattern="^($1)" '$1 ~ pattern { sum += $2 } END { print sum + 0 }' hits
}

mkfifo out.fifo
rest=(--version 1.2.3 --header-size 32 --pad-header)
can_scan=yes
if [ "${OTA_SANITIZE:-OFF}" = ON ]; then
	echo "memory is not scanned: a sanitizer's own memory is too large"
	can_scan=no
fi

scan() {
	local status=0
	checks=$((checks + 1))
	"$OTA_SCAN_MEMORY" "$pid" needles >hits 2>scan.err || status=$?
	[ $status = 0 ] || {
		echo "memory is not scanned: $(cat scan.err)"
		can_scan=no
		[ $status = 77 ] || fail "scan_memory: exit $status"
		return 1
	}
}

# clean WHAT: the scan saw no secret, and did see what must be there.
clean() {
	checks=$((checks + 2))
	[ "$(found 'priv|prime|exp|pem|pass')" = 0 ] || {
		fail "$1: secrets in memory:"
		grep -v ' 0$' hits
	}
	[ "$(found control)" -gt 0 ] || fail "$1: the scan does not see memory"
}

scan_kind() {
	local key=$1 what
	shift
	needles "$key" >needles
	# In the image that waits to be written, and in argv.
	echo "control $(head -c 3000 a.bin | tail -c 32 | hex)" >>needles
	for what in sign pubkey; do
		if [ $what = sign ]; then
			start "$OTATOOL" sign a.bin "${rest[@]}" -k "$key" -o out.fifo "$@" || return
		else
			echo "control $(printf 'out.fifo' | hex)" >>needles
			start "$OTATOOL" pubkey -k "$key" -o out.fifo "$@" || return
		fi
		if scan; then
			clean "$what with $key"
		fi
		stop
	done
}

# The same scan sees a key that is in use: while the passphrase of a second one is waited for.
scan_live() {
	needles "$1" >needles
	exec 9<>waiting.fifo
	start "$OTATOOL" verify a.img -k "$1" --encryption-key second.pem --passphrase-fd 9 || return
	if scan; then
		checks=$((checks + 2))
		[ "$(found 'priv|prime')" -gt 0 ] || fail "the scan does not see $1 in use"
		[ "$(found 'pem|pass')" = 0 ] || fail "the file of $1 is in memory while it is in use"
	fi
	stop
	exec 9>&-
}

mkfifo waiting.fifo
expect 0 "$OTATOOL" keygen -t x25519 -o second.pem --passphrase-file pass
expect 0 "$OTATOOL" sign a.bin -o a.img "${rest[@]}"
for kind in ecdsa-p256 ecdsa-p384 rsa-2048 ed25519; do
	expect 0 "$OTATOOL" keygen -t $kind -o $kind.pem
	expect 0 "$OTATOOL" keygen -t $kind -o $kind.enc.pem --passphrase-file pass
	[ $can_scan = no ] || scan_kind $kind.pem
	[ $can_scan = no ] || scan_live $kind.pem
	[ $can_scan = no ] || scan_kind $kind.enc.pem --passphrase-file pass
done
openssl ec -in ecdsa-p256.pem -out sec1.pem 2>/dev/null
openssl rsa -in rsa-2048.pem -traditional -aes128 -passout file:pass -out legacy.pem 2>/dev/null
openssl pkey -in ed25519.pem -outform DER -out ed25519.der
chmod 600 sec1.pem legacy.pem ed25519.der
[ $can_scan = no ] || scan_kind sec1.pem
[ $can_scan = no ] || scan_kind legacy.pem --passphrase-file pass
[ $can_scan = no ] || scan_kind ed25519.der

# A crash of a process that has read a key leaves no core file, where another process's crash does.
mkdir cores
core_of() (
	cd cores || exit 1
	rm -f ./*
	ulimit -c unlimited 2>/dev/null || exit 1
	start "$@" || exit 1
	kill -ABRT "$pid"
	wait "$pid" 2>/dev/null
	rm -f blocked.err
	[ -n "$(ls -A)" ]
)
if core_of sleep 60 2>/dev/null; then
	checks=$((checks + 1))
	core_of "$OTATOOL" sign ../a.bin "${rest[@]}" -k ../ecdsa-p256.pem -o ../out.fifo 2>/dev/null &&
		fail "a core file: $(ls cores)"
else
	echo "core files are not made here"
fi

# No secret in argv or in the environment, of this process or one that it starts.
start "$OTATOOL" sign a.bin "${rest[@]}" -k ed25519.enc.pem --passphrase-fd 8 -o out.fifo 8<pass
checks=$((checks + 1))
cat "/proc/$pid/environ" "/proc/$pid/cmdline" >shown 2>/dev/null
[ -s shown ] || echo "environ cannot be read"
grep -aqF "$passphrase" shown && fail "the passphrase is shown by /proc"
stop
export ASAN_OPTIONS=detect_leaks=0
can_trace=no
if command -v strace >/dev/null &&
	strace -f -qq -o /dev/null -e inject=fsync:error=EIO:when=1 true 2>/dev/null; then
	can_trace=yes
	expect 0 strace -f -v -s 65536 -e trace=execve -o calls "$OTATOOL" sign a.bin "${rest[@]}" \
		-k ed25519.enc.pem --passphrase-file pass -o x.img
	checks=$((checks + 2))
	[ "$(grep -c 'execve(' calls)" = 1 ] || fail "starts other programs"
	grep -qF "$passphrase" calls && fail "the passphrase is in an execve"
fi

# The shell's word about a killed process is not wanted.
quiet() {
	{ "$@" >/dev/null; } 2>/dev/null
}
# killed COMMAND...: runs it for 1 to 30 ms.
killed() {
	quiet timeout -s KILL "0.$(printf '%03d' $((1 + RANDOM % 30)))" "$@"
}
# killed_in CALL N COMMAND...: runs it up to its Nth system call of that name.
killed_in() {
	local call=$1 when=$2
	shift 2
	quiet strace -f -qq -o /dev/null -e "inject=$call:signal=KILL:when=$when" "$@"
}

# Killed at any moment, keygen leaves its file whole or nothing at all.
mkdir made
# only_whole_keys WHAT
only_whole_keys() {
	local file
	checks=$((checks + 1))
	while IFS= read -r file; do
		if [ "$file" != made/key.pem ] || ! openssl pkey -in "$file" -noout 2>/dev/null; then
			fail "$1: $file is left"
		fi
	done < <(find made -type f)
	[ ! -e made/key.pem ] || [ "$(stat -c %a made/key.pem)" = 600 ] || fail "$1: its mode"
	rm -rf made
	mkdir made
}
unnamed=yes
if [ $can_trace = yes ]; then
	killed_in fsync 1 "$OTATOOL" keygen -t ed25519 -o made/key.pem
	if [ -n "$(find made -name '.otatool-*')" ]; then
		echo "no O_TMPFILE here: keys have a name before they are whole"
		unnamed=no
	fi
	rm -rf made
	mkdir made
fi
if [ $unnamed = yes ]; then
	for call in write fchmod fsync linkat; do
		[ $can_trace = yes ] || break
		for when in 1 2; do
			killed_in $call $when "$OTATOOL" keygen -t ed25519 -o made/key.pem
			only_whole_keys "keygen killed in $call $when"
		done
	done
	for i in $(seq 150); do
		killed "$OTATOOL" keygen -t ecdsa-p256 -o made/key.pem
		only_whole_keys "keygen killed, run $i"
	done
fi

# And sign writes nothing of the key anywhere.
mapfile -t numbers < <(secret_numbers ecdsa-p256.pem | cut -d' ' -f2)
number=${numbers[0]#00}
# holds_number: standard input has the private number in it. Not by a pattern of bytes: one of them
# may be a line's end.
holds_number() {
	[[ $(hex) == *"$number"* ]]
}
checks=$((checks + 1))
openssl pkey -in ecdsa-p256.pem -outform DER | holds_number || fail "the number is not found in the key"
for i in $(seq 150); do
	killed "$OTATOOL" sign a.bin "${rest[@]}" -k ecdsa-p256.pem -o made/out.img
	checks=$((checks + 1))
	find made -type f -exec cat {} + | holds_number && fail "key bytes left by sign, run $i"
	grep -rqa "PRIVATE KEY" made && fail "a key file left by sign, run $i"
done
finish
