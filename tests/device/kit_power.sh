#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Takes the power away from the update agent on emulated cores, again and again: at every operation on
# its journal, at points drawn by lot, and a second and third time in what follows. Each cut is made
# clean (the operation does not happen), torn (half of it is there) and weak (half done, and it reads as
# if nothing had been). After it all of RAM is garbage; the agent starts up, and must end with the same
# new image to the bit, with MCUboot's marks.
#
# By hand, on any firmware:
#
#	OTATOOL=build/release/otatool tests/device/kit_power.sh OLD NEW [OPTION...]
#
#	--core m0|m3|m4|m33    the emulated core (m3)
#	--points N,N,...       cut power in these operations, in each of the three ways
#	--random N             in N operations drawn by lot (200, unless others are given)
#	--every N              in each N-th one: 1 for all
#	--journal              in each one on the journal (unless others are given)
#	--twice N              N times, once or twice more in what follows (20, unless others are given)
#	--seed N               decides the lots, and what a torn operation leaves (1)
#	--patch FILE           this patch or signed update, not one made here
#	--key FILE             with a signed update: the public key that it verifies with (PEM, P-256)
#	--in-place             one slot: new is made over old
#	DIFF'S OPTIONS         anything else goes to `otatool diff`: --tier m, --format vcdiff --window 8K ...
#
# It says how many operations the update took (the largest point there is) and which erase unit was
# erased how often in the worst run. A failure names cut, way and seed. Exit code 0: all cuts were
# survived; 1: not, or the update can not be made; 2: that was no such command line.
OTA_SOURCE=${OTA_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
OTATOOL=${OTATOOL:-$OTA_SOURCE/build/release/otatool}
. "$OTA_SOURCE/tests/support/lib.sh"
. "$OTA_SOURCE/tests/support/rig.sh"

# -- by hand -----------------------------------------------------------------------------------------

wrong() {
	echo "kit_power.sh: $*" >&2
	echo "kit_power.sh: $0 --help says how it is called" >&2
	exit 2
}

# number OPTION WORD: a whole number, from 1 on.
number() {
	[[ $2 =~ ^[1-9][0-9]{0,8}$ ]] || wrong "$1 wants a number from 1 to 999999999, not \"$2\""
}

# file WHAT NAME: under a name of our own, $tmp/WHAT, for the rig's orders have no quotes.
file() {
	[ -f "$2" ] && [ -r "$2" ] || wrong "no file to read: $2"
	cp "$2" "$tmp/$1"
}

# What the command line says, into variables of by_hand.
read_options() {
	while [ $# -gt 0 ]; do
		case $1 in
		--core | --points | --random | --every | --twice | --seed | --patch | --key)
			[ $# -ge 2 ] || wrong "$1 wants a value"
			;;
		esac
		case $1 in
		--random | --every | --twice | --seed) number "$1" "$2" ;;
		esac
		case $1 in
		--core) core=$2; shift ;;
		--points) points=${2//,/ }; shift ;;
		--random) orders+=("cut random $2"); shift ;;
		--every) orders+=("cut every $2"); shift ;;
		--twice) orders+=("cut twice $2"); shift ;;
		--journal) orders+=("cut journal 1") ;;
		--seed) seed=$2; shift ;;
		--patch) file patch "$2"; shift ;;
		--key) file key "$2"; shift ;;
		--in-place) place=in-place; diff+=(--in-place) ;;
		*) diff+=("$1") ;;
		esac
		shift
	done
	rig_core "$core" || exit 2
	for point in $points; do number --points "$point"; done
	[ -z "$points" ] || orders+=("points $points")
	[ ${#orders[@]} -gt 0 ] || orders=("cut journal 1" "cut random 200" "cut twice 20")
}

by_hand() {
	local core=m3 points="" point seed=1 place="" orders=() diff=() block code
	[ $# -ge 2 ] || wrong "give an old and a new image"
	file old "$1"
	file new "$2"
	read_options "${@:3}"
	[ -x "$OTATOOL" ] || wrong "no otatool at $OTATOOL: build it, or set OTATOOL"
	rig_needs
	if [ ! -f "$tmp/patch" ]; then
		expect 0 "$OTATOOL" diff "$tmp/old" "$tmp/new" -o "$tmp/patch" "${diff[@]}" || finish
	elif [ "${#diff[@]}" -gt 0 ] && [ "${diff[*]}" != --in-place ]; then
		wrong "with --patch nothing is made: ${diff[*]}"
	fi
	# Blocks smaller than a page want smaller pages.
	block=$("$OTATOOL" inspect --json "$tmp/patch" 2>/dev/null | fact block_bytes)
	[ "${block:-512}" -ge $rig_page ] || rig_page=$block
	rig_build "$core" || exit
	[ ! -f "$tmp/key" ] || {
		rig_keys
		cp "$tmp/key" "$tmp/public.pem"
		orders+=(signed "verify $tmp/verify")
	}
	{
		rig_parts "$tmp/old" "$tmp/new" "$tmp/patch"
		printf '%s\n' "patch stored $tmp/patch" "expect $tmp/new" "seed $seed" "$place" "${orders[@]}"
	} >"$tmp/by_hand.orders"
	echo "$(stat -c %s "$tmp/old") -> $(stat -c %s "$tmp/new") bytes, patch $(stat -c %s "$tmp/patch")"
	checks=$((checks + 1))
	rig_seconds=${rig_seconds:-86400} rig "$core" "$tmp/by_hand.orders" >"$tmp/log"
	code=$?
	cat "$tmp/log"
	[ $code = 0 ] && grep -q 'cuts [1-9]' "$tmp/log" || fail "exit $code, or power was never cut"
	finish
}

case ${1-} in
"") ;;
-h | --help)
	sed -n '3,/^OTA_SOURCE/{/^OTA_SOURCE/d; s/^# \{0,1\}//p}' "$0"
	exit 0
	;;
*) by_hand "$@" ;;
esac

# -- the suite ---------------------------------------------------------------------------------------

# cut CORE NAME: what the orders on standard input say. The longest first.
cut() {
	cat >"$tmp/$1_$2.orders"
	echo "$1 $1_$2" >>"$tmp/list"
}

# Takes from the list what no other worker has.
work() {
	local core name
	while read -r core name; do
		mkdir "$tmp/$name.taken" 2>/dev/null || continue
		rig "$core" "$tmp/$name.orders" >"$tmp/$name.log"
		echo $? >"$tmp/$name.exit"
	done <"$tmp/list"
}

# All that was asked for, and what came of it.
run_all() {
	local core name
	work &
	work
	wait
	while read -r core name; do
		checks=$((checks + 2))
		echo "${name//_/ }:"
		sed 's/^/    /' "$tmp/$name.log"
		[ "$(cat "$tmp/$name.exit")" = 0 ] || fail "$name: exit $(cat "$tmp/$name.exit")"
		grep -q 'cuts [1-9]' "$tmp/$name.log" || fail "$name: power was never cut"
	done <"$tmp/list"
}

# orders PATCH ORDER...: the update with it.
orders() {
	rig_parts "$old" "$new" "$tmp/$1"
	printf '%s\n' "patch stored $tmp/$1" "expect $new" "seed 1" "every 4" "${@:2}"
}

rig_needs
old=$sensor/sensor-1.2.0.bin
new=$sensor/sensor-1.3.0.bin
for core in $rig_cores; do
	checks=$((checks + 1))
	rig_build "$core" || fail "$core: does not build"
done
[ "$failures" = 0 ] || finish
expect 0 "$OTATOOL" diff "$old" "$new" -o "$tmp/xs" --tier xs
expect 0 "$OTATOOL" diff "$old" "$new" -o "$tmp/m" --tier m
expect 0 "$OTATOOL" diff "$old" "$new" -o "$tmp/nano" --tier nano
expect 0 "$OTATOOL" diff "$old" "$new" -o "$tmp/vcdiff" --format vcdiff --window 8K
expect 0 "$OTATOOL" diff "$old" "$new" -o "$tmp/place" --in-place --block 2K --safe-distance 16K
cut m3 in_place_random < <(orders place in-place 'cut random 200')
cut m3 in_place_journal < <(orders place in-place 'cut journal 1' 'cut twice 20')
cut m3 xs < <(orders xs 'cut journal 1' 'cut random 200' 'cut twice 30')
cut m3 vcdiff < <(orders vcdiff 'cut journal 1' 'cut random 20')
cut m3 m < <(orders m 'cut random 20')
cut m3 nano < <(orders nano 'cut random 20')
cut m3 xs_streamed < <(orders xs "patch streamed $tmp/xs" permanent 'cut random 15')
for core in m0 m4 m33; do
	cut $core in_place < <(orders place in-place 'cut random 20')
	cut $core xs < <(orders xs 'cut random 20' 'cut twice 4')
done
cut m0 nano < <(orders nano 'cut random 10')
cut m33 vcdiff < <(orders vcdiff 'cut random 10')

# Signed: images of MCUboot.
rig_keys
for version in 1.2.0 1.3.0; do
	expect 0 "$OTATOOL" sign "$sensor/sensor-$version.bin" -o "$tmp/$version.img" -k "$tmp/key.pem" \
		--version $version --header-size 0x200 --pad-header
done
old=$tmp/1.2.0.img
new=$tmp/1.3.0.img
expect 0 "$OTATOOL" diff "$old" "$new" -o "$tmp/update" -k "$tmp/key.pem"
cut m3 signed < <(orders update signed "verify $tmp/verify" 'cut random 20')
run_all
finish
