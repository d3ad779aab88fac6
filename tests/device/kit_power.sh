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
#	--random N             in N operations drawn by lot (200, unless points are given)
#	--every N              in each N-th one: 1 for all
#	--journal              in each one on the journal (unless points are given)
#	--twice N              N times, once or twice more in what follows (20, unless points are given)
#	--seed N               decides the lots, and what a torn operation leaves (1)
#	--patch FILE           this patch or signed update, not one made here
#	--key FILE             with a signed update: the public key that it verifies with (PEM, P-256)
#	--in-place             one slot: new is made over old
#	DIFF'S OPTIONS         anything else goes to `otatool diff`: --tier m, --format vcdiff ...
#
# It says how many operations the update took (the largest point there is) and which erase unit was
# erased how often in the worst run. A failure names cut, way and seed, and the exit code is 1.
OTA_SOURCE=${OTA_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$OTA_SOURCE/tests/support/lib.sh"
. "$OTA_SOURCE/tests/support/rig.sh"
rig_needs

# cut CORE NAME: what the orders on standard input say; two at a time go on side by side.
cut() {
	local core=$1 name=${1}_$2
	cat >"$tmp/$name.orders"
	turn=$((1 - turn))
	echo "$core $name" >>"$tmp/$turn.list"
}

run_list() {
	local core name
	[ -f "$1" ] || return 0
	while read -r core name; do
		rig "$core" "$tmp/$name.orders" >"$tmp/$name.log"
		echo $? >"$tmp/$name.exit"
	done <"$1"
}

# All that was asked for, and what came of it.
run_all() {
	local core name
	run_list "$tmp/0.list" &
	run_list "$tmp/1.list"
	wait
	sort -k 2 "$tmp"/[01].list >"$tmp/list"
	while read -r core name; do
		checks=$((checks + 1))
		echo "${name//_/ }:"
		sed 's/^/    /' "$tmp/$name.log"
		[ "$(cat "$tmp/$name.exit")" = 0 ] || fail "$core, $name: exit $(cat "$tmp/$name.exit")"
	done <"$tmp/list"
}

# state_of PATCH: bytes of its decoder's state in a checkpoint, at most.
state_of() {
	expect 0 "$OTATOOL" inspect --json "$1" || return
	case $(cat "$tmp/out") in
	*'"tier": "nano"'*) echo 1024 ;;
	*'"tier": "xs"'*) echo 4096 ;;
	*) echo 16384 ;;
	esac
}

# What the command line asks for.
by_hand() {
	local core=m3 points="" random="" every="" journal="" twice="" seed=1 patch="" key="" place="" diff=()
	local old new
	old=$(realpath "$1") && new=$(realpath "$2") || exit 2
	shift 2
	while [ $# -gt 0 ]; do
		case $1 in
		--core) core=$2; shift ;;
		--points) points=${2//,/ }; shift ;;
		--random) random=$2; shift ;;
		--every) every=$2; shift ;;
		--journal) journal=1 ;;
		--twice) twice=$2; shift ;;
		--seed) seed=$2; shift ;;
		--patch) patch=$(realpath "$2"); shift ;;
		--key) key=$2; shift ;;
		--in-place) place=1; diff+=(--in-place) ;;
		*) diff+=("$1") ;;
		esac
		shift
	done
	if [ -z "$points$random$every$journal$twice" ]; then
		random=200 journal=1 twice=20
	fi
	if [ -z "$patch" ]; then
		patch=$tmp/patch
		expect 0 "$OTATOOL" diff "$old" "$new" -o "$patch" "${diff[@]}" || exit
	fi
	rig_build "$core" || exit
	{
		rig_parts "$old" "$new" "$patch" "$(state_of "$patch")"
		printf '%s\n' "patch stored $patch" "expect $new" "seed $seed"
		[ -z "$place" ] || echo in-place
		[ -z "$points" ] || echo "points $points"
		[ -z "$every" ] || echo "cut every $every"
		[ -z "$journal" ] || echo "cut journal 1"
		[ -z "$random" ] || echo "cut random $random"
		[ -z "$twice" ] || echo "cut twice $twice"
		if [ -n "$key" ]; then
			rig_keys
			cp "$key" "$tmp/public.pem"
			printf '%s\n' signed "verify $tmp/verify"
		fi
	} >"$tmp/by_hand.orders"
	echo "$(stat -Lc %s "$old") -> $(stat -Lc %s "$new") bytes, patch $(stat -Lc %s "$patch")"
	checks=$((checks + 1))
	rig_seconds=${rig_seconds:-86400} rig "$core" "$tmp/by_hand.orders" || fail "exit $?"
	finish
}

OTATOOL=${OTATOOL:-$OTA_SOURCE/build/release/otatool}
if [ $# -gt 0 ]; then
	[ $# -ge 2 ] || { sed -n '3,/^OTA_SOURCE/s/^# \{0,1\}//p' "$0"; exit 2; }
	by_hand "$@"
fi

# -- the suite ---------------------------------------------------------------------------------------
turn=0
xs=4096
m=16384
old=$sensor/sensor-1.2.0.bin
new=$sensor/sensor-1.3.0.bin
for core in $rig_cores; do
	checks=$((checks + 1))
	rig_build "$core" || fail "$core: does not build"
done
[ "$failures" = 0 ] || finish

# orders PATCH STATE ORDER...: the sensor's update with it.
orders() {
	rig_parts "$old" "$new" "$tmp/$1" "$2"
	printf '%s\n' "patch stored $tmp/$1" "expect $new" "seed 1" "every 4" "${@:3}"
}

expect 0 "$OTATOOL" diff "$old" "$new" -o "$tmp/xs" --tier xs
expect 0 "$OTATOOL" diff "$old" "$new" -o "$tmp/m" --tier m
expect 0 "$OTATOOL" diff "$old" "$new" -o "$tmp/vcdiff" --format vcdiff --window 8K
cut m3 xs < <(orders xs $xs 'cut journal 1' 'cut random 200')
cut m3 xs_twice < <(orders xs $xs 'cut twice 30')
cut m3 xs_streamed < <(orders xs $xs "patch streamed $tmp/xs" permanent 'cut random 15')
cut m3 m < <(orders m $m 'cut random 30')
cut m3 vcdiff < <(orders vcdiff $m 'cut journal 1' 'cut random 40')
for core in m0 m4 m33; do
	cut $core xs < <(orders xs $xs 'cut random 20' 'cut twice 4')
	cut $core vcdiff < <(orders vcdiff $m 'cut random 20')
done
if "$OTATOOL" diff --help | grep -q nano; then
	expect 0 "$OTATOOL" diff "$old" "$new" -o "$tmp/nano" --tier nano
	cut m3 nano < <(orders nano $xs 'cut journal 1' 'cut random 40')
	cut m0 nano < <(orders nano $xs 'cut random 20')
fi
if "$OTATOOL" diff --help | grep -q -- --in-place; then
	expect 0 "$OTATOOL" diff "$old" "$new" -o "$tmp/place" --in-place --block 2K --safe-distance 16K
	cut m3 in_place < <(orders place $xs in-place 'cut journal 3' 'cut random 40')
	cut m3 in_place_twice < <(orders place $xs in-place 'cut twice 20')
	for core in m0 m4 m33; do
		cut $core in_place < <(orders place $xs in-place 'cut random 10')
	done
fi

# Signed: images of MCUboot.
rig_keys
for version in 1.2.0 1.3.0; do
	expect 0 "$OTATOOL" sign "$sensor/sensor-$version.bin" -o "$tmp/$version.img" -k "$tmp/key.pem" \
		--version $version --header-size 0x200 --pad-header
done
old=$tmp/1.2.0.img
new=$tmp/1.3.0.img
expect 0 "$OTATOOL" diff "$old" "$new" -o "$tmp/update" -k "$tmp/key.pem"
cut m3 signed < <(orders update $xs signed "verify $tmp/verify" 'cut random 40')
run_all
finish
