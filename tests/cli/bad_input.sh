#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Bad files, places and words: a clear message, the right exit code, no output left behind, the old
# output intact.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1

"$OTATOOL" keygen -t ed25519 -o key.pem
"$OTATOOL" pubkey -k key.pem -o pub.pem
bytes 700 1 >a.bin
{ bytes 500 1; bytes 260 2; } >b.bin
sign_rest=(--version 1.0.0 --header-size 32 --pad-header -k key.pem)
"$OTATOOL" sign a.bin -o a.img "${sign_rest[@]}"
"$OTATOOL" sign b.bin -o b.img "${sign_rest[@]}"
"$OTATOOL" diff a.img b.img -o good.patch --format bsdiff >/dev/null
"$OTATOOL" diff a.img b.img -o update.img --format bsdiff -k key.pem >/dev/null 2>&1
target=water-meter-l476

# The commands that read a file, each with FILE for the file that is bad.
readers=(
	"pubkey -k FILE"
	"verify FILE"
	"verify a.img -k FILE"
	"inspect FILE"
	"apply FILE good.patch -o result"
	"apply a.img FILE -o result"
	"apply a.img good.patch -o result -k FILE"
	"apply FILE update.img -o result"
	"apply a.img FILE -o result -k pub.pem --security-counter-floor 1"
	"apply a.img update.img -o result -k FILE"
	"diff FILE b.img -o result --format bsdiff -k key.pem"
	"diff a.img FILE -o result --format bsdiff -k key.pem"
	"diff a.img b.img -o result --format bsdiff -k FILE"
	"check FILE --old a.img --new b.img --target $target"
	"check update.img --old FILE --target $target"
	"check update.img --old a.img --new FILE --target $target"
	"check good.patch --old a.img --new b.img --target ./FILE"
	"check FILE --target $target"
	"check b.img --old FILE --target $target"
	"check b.img --new FILE --target $target"
	"sign a.bin -o result --version 1.0 --header-size 32 --pad-header -k FILE"
)

# refuse FILE WANT: no reader may take it, leave an output or crash; WANT is a list of exit codes.
refuse() {
	local file=$1 want=$2 line status
	for line in "${readers[@]}"; do
		status=0
		# shellcheck disable=SC2086 # a command line
		"$OTATOOL" ${line//FILE/$file} >"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
		checks=$((checks + 1))
		[[ " $want " == *" $status "* ]] || fail "exit $status: otatool ${line//FILE/$file}"
		grep -q '^otatool: error: ' err || fail "no message: otatool ${line//FILE/$file}"
		absent result
	done
}

: >empty
bytes 3000 3 >random
head -c 8 random >short # as an old file: the patch reads further
mkdir folder
# Exit 2: no file of these is a bare patch, for which there is no counter floor.
refuse empty "1 2 3"
refuse short "1 2 3"
# No one can tell that random bytes are the wrong old file for a bare patch; all else can be told.
mapfile -t readers < <(printf '%s\n' "${readers[@]}" | grep -v '^apply FILE good')
refuse random "1 2 3"
readers+=("apply FILE good.patch -o result")
refuse folder "4"
refuse missing "4"
if [ "$(id -u)" != 0 ]; then
	bytes 100 4 >unreadable
	chmod 000 unreadable
	refuse unreadable "4"
fi

# sign and diff take any file, but not what is no file.
for file in folder missing; do
	expect 4 "$OTATOOL" sign $file -o result "${sign_rest[@]}"
	expect 4 "$OTATOOL" diff $file b.img -o result --format bsdiff
	expect 4 "$OTATOOL" diff a.img $file -o result --format bsdiff
	absent result
done
expect 0 "$OTATOOL" sign empty -o empty.img "${sign_rest[@]}"
expect 3 "$OTATOOL" sign empty -o result --version 1.0 --header-size 32
absent result

# Truncated at every byte: an image, a patch. Under a sanitizer, where each run takes long, at some of
# them; the unit tests leave none out.
step=1
[ "$OTA_SANITIZE" != ON ] || step=11
size=$(wc -c <a.img)
for ((n = 0; n < size; n += step)); do
	head -c "$n" a.img >cut
	status=0
	"$OTATOOL" verify cut -k pub.pem >/dev/null 2>err || status=$?
	checks=$((checks + 1))
	[ "$status" = 1 ] || fail "verify of $n bytes: exit $status"
done
size=$(wc -c <good.patch)
for ((n = 0; n < size; n += step)); do
	head -c "$n" good.patch >cut
	status=0
	"$OTATOOL" apply a.img cut -o result >/dev/null 2>err || status=$?
	checks=$((checks + 1))
	[ "$status" = 3 ] || fail "apply of $n bytes: exit $status"
	absent result
done

# A patch with every single byte flipped: refused, or the right image.
for ((n = 0; n < size; n += step)); do
	cp good.patch flipped
	byte=$(od -An -tu1 -j "$n" -N 1 good.patch)
	put flipped "$n" "$(printf '%02x' $((byte ^ 0xff)))"
	status=0
	"$OTATOOL" apply a.img flipped -o result >/dev/null 2>err || status=$?
	checks=$((checks + 1))
	case $status in
	0) cmp -s result b.img || fail "byte $n flipped: a wrong image and exit 0" ;;
	1 | 3) absent result ;;
	*) fail "byte $n flipped: exit $status: $(head -n 1 err)" ;;
	esac
	rm -f result
done

# The wrong old image: exit 1, nothing written.
bytes 900 9 >c.bin
"$OTATOOL" sign c.bin -o c.img "${sign_rest[@]}"
expect 1 "$OTATOOL" apply c.img good.patch -o result
says err "result is not accepted"
absent result
expect 1 "$OTATOOL" apply a.img good.patch -o result --sha256 "$(printf '%064d' 0)"
absent result

# Places that take no output. What was there stays.
for place in folder missing/out; do
	expect 4 "$OTATOOL" sign a.bin -o $place "${sign_rest[@]}"
	expect 4 "$OTATOOL" diff a.img b.img -o $place --format bsdiff
	expect 4 "$OTATOOL" apply a.img good.patch -o $place
	expect 4 "$OTATOOL" apply a.img update.img -o $place -k pub.pem
	expect 4 "$OTATOOL" keygen -t ed25519 -o $place
	expect 4 "$OTATOOL" pubkey -k key.pem -o $place
	expect 4 "$OTATOOL" check update.img --old a.img --target $target --ci junit=$place
done
if [ -c /dev/full ]; then
	expect 4 "$OTATOOL" sign a.bin -o /dev/full "${sign_rest[@]}"
	says err "No space left"
	expect 4 "$OTATOOL" diff a.img b.img -o /dev/full --format bsdiff
	expect 4 "$OTATOOL" diff a.img b.img -o /dev/full --format bsdiff -k key.pem
	expect 4 "$OTATOOL" apply a.img good.patch -o /dev/full
	expect 4 "$OTATOOL" apply a.img update.img -o /dev/full -k pub.pem
	checks=$((checks + 4))
	for line in "inspect a.img" "verify a.img" "targets" "help"; do
		# shellcheck disable=SC2086
		status=0 && { "$OTATOOL" $line >/dev/full 2>err || status=$?; }
		[ "$status" = 4 ] || fail "exit $status: otatool $line >/dev/full"
	done
fi
expect 0 "$OTATOOL" sign a.bin -o /dev/null "${sign_rest[@]}"
expect 0 "$OTATOOL" diff a.img b.img -o /dev/null --format bsdiff
[ -c /dev/null ] || fail "/dev/null is no device any more"
if [ "$(id -u)" != 0 ]; then
	mkdir closed && echo old >closed/out && chmod 555 closed
	expect 4 "$OTATOOL" sign a.bin -o closed/out "${sign_rest[@]}"
	[ "$(cat closed/out)" = old ] || fail "the old output is gone"
fi

# A full disk, here a limit on file size: the old output is intact, no temporary file is left.
echo old >kept
(
	ulimit -f 0
	"$OTATOOL" sign a.bin -o kept "${sign_rest[@]}" 2>/dev/null
)
status=$?
checks=$((checks + 1))
[ "$status" = 4 ] || fail "exit $status at a file size limit"
[ "$(cat kept)" = old ] || fail "the old output is gone"
[ -z "$(find . -name '.otatool-*')" ] || fail "a temporary file is left"

# Outputs keep their mode, links are followed, input may equal output.
echo old >mode && chmod 640 mode && ln -s mode link
expect 0 "$OTATOOL" sign a.bin -o link "${sign_rest[@]}"
[ -L link ] && [ "$(stat -c %a mode)" = 640 ] || fail "link or mode lost"
cp a.bin inout
expect 0 "$OTATOOL" sign inout -o inout "${sign_rest[@]}"
same inout a.img
"$OTATOOL" sign - -o - "${sign_rest[@]}" <a.bin >piped || fail "pipe"
same piped a.img

# Standard output by its other name: the report does not land in the data.
"$OTATOOL" apply a.img good.patch -o /dev/stdout >result
same result b.img
{ echo before && "$OTATOOL" pubkey -k key.pem -o /dev/stdout; } >both
[ "$(head -n 1 both)" = before ] || fail "/dev/stdout was written from its start"
rm -f result
{ echo before >&2 && "$OTATOOL" pubkey -k key.pem -o /dev/stderr; } 2>both
[ "$(head -n 1 both)" = before ] || fail "/dev/stderr was written from its start"
expect 2 "$OTATOOL" sign /dev/fd/0 -o result --version 1.0 -H 32 --pad-header -k -
expect 2 "$OTATOOL" sign - -o result --version 1.0 -H 32 --pad-header -k -
says err "standard input can be only one"
absent result

# A regular file below /dev is a file like others.
if [ -d /dev/shm ] && [ -w /dev/shm ]; then
	shm=$(mktemp -d /dev/shm/otatool.XXXXXX)
	expect 0 "$OTATOOL" sign b.bin -o "$shm/x" "${sign_rest[@]}"
	expect 0 "$OTATOOL" sign a.bin -o "$shm/x" "${sign_rest[@]}"
	same "$shm/x" a.img
	expect 0 "$OTATOOL" keygen -t ed25519 -o "$shm/k"
	expect 4 "$OTATOOL" keygen -t ed25519 -o "$shm/k"
	rm -r "$shm"
fi

# A pipe that no one reads: a signal still ends the program.
mkfifo pipe
status=0
timeout -k 5 1 "$OTATOOL" sign a.bin -o pipe "${sign_rest[@]}" || status=$?
checks=$((checks + 1))
[ "$status" = 124 ] || fail "SIGTERM did not end a write to a pipe: exit $status"

# An old image that claims to be encrypted does not excuse the result from its digest.
cp a.img flagged
put flagged 16 04
put flagged 200 00000000
expect 1 "$OTATOOL" apply flagged good.patch -o result
absent result

# A key that did not sign: the patch is not to blame.
"$OTATOOL" keygen -t ed25519 -o other.pem
expect 1 "$OTATOOL" apply a.img good.patch -o result -k other.pem
says err "the result is whole"
absent result

# The key file is not a place for results.
cp key.pem key.before
expect 2 "$OTATOOL" sign a.bin -o key.pem "${sign_rest[@]}"
says err "key\.pem: is the file key\.pem, which is read and would be lost"
expect 2 "$OTATOOL" pubkey -k key.pem -o ./key.pem
for line in "diff a.img b.img -o key.pem --format bsdiff -k key.pem" \
	"apply a.img update.img -o key.pem -k key.pem"; do
	# shellcheck disable=SC2086 # a command line
	expect 2 "$OTATOOL" $line
	says err "key\.pem: is the file key\.pem, which is read and would be lost"
done
same key.pem key.before

# Keys: private by mode, never overwritten unasked.
[ "$(stat -c %a key.pem)" = 600 ] || fail "key mode"
cp key.pem key.before
expect 4 "$OTATOOL" keygen -t ed25519 -o key.pem
says err "exists already"
same key.pem key.before
expect 0 "$OTATOOL" keygen -t ed25519 -o key.pem --force
[ "$(stat -c %a key.pem)" = 600 ] || fail "key mode after --force"
finish
