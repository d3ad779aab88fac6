#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What imgtool 2.4.0 wrote, byte for byte; what it refuses; what the bootloader says.
. "$OTA_SOURCE/tests/support/lib.sh"
cd "$OTA_VECTORS/imgtool" || exit 1

# An ECDSA signature is random: all before it must be equal, and it must verify.
compare_structural() {
	local got=$1 want=$2 sig
	sig=$("$OTATOOL" inspect "$want" --json |
		jq '.tlvs[] | select(.name == "ECDSASIG") | .offset')
	local area
	area=$("$OTATOOL" inspect "$want" --json |
		jq '[.tlvs[] | select(.protected | not)][0].offset - 4')
	checks=$((checks + 1))
	# The area's length, two bytes at area + 2, moves with the signature's.
	cmp -s -n $((area + 2)) "$got" "$want" &&
		cmp -s -i $((area + 4)) -n $((sig - area - 4)) "$got" "$want" ||
		fail "$got and $want differ before the signature"
	expect 0 "$OTATOOL" verify "$got" -k keys/p256.pub.pem
	says out "signature +ecdsa-p256, good"
}

while IFS= read -r line; do
	[[ $line != \#* ]] || continue
	mapfile -t -d $'\t' row < <(printf '%s' "$line")
	expect 0 "$OTATOOL" sign "${row[@]:3}" "$tmp/got" || continue
	if [ "${row[1]}" = exact ]; then
		same "$tmp/got" "${row[2]}"
	else
		compare_structural "$tmp/got" "${row[2]}"
	fi
	rm -f "$tmp/got"
done <sign.tsv

while IFS= read -r line; do
	[[ $line != \#* ]] || continue
	mapfile -t -d $'\t' row < <(printf '%s' "$line")
	last=$((${#row[@]} - 1))
	out=$tmp/${row[last]#out/}
	status=0
	"$OTATOOL" sign "${row[@]:2:last-2}" "$out" >/dev/null 2>"$tmp/err" || status=$?
	checks=$((checks + 1))
	[ "$status" = "${row[1]}" ] || fail "${row[0]}: exit $status, not ${row[1]}"
	says err "^otatool: error: "
	absent "$out"
done <errors.tsv

# Where verify is stricter than a stock bootloader; DESIGN.md gives the reasons.
stricter=' o392-v-dmg-ed25519-trailing-bytes o423-v-forge-keyhash-truncated-4
o424-v-forge-keyhash-empty o426-v-forge-unprot-seccnt o427-v-forge-unprot-vendor
o428-v-forge-unprot-sigpure-value1 o429-v-forge-unprot-depend o442-v-forge-hdr-size-zero o452-v-forge-p256-nonminimal-der
o453-v-forge-p256-trailing-zero o454-v-forge-p256-trailing-garbage '
while IFS= read -r line; do
	[[ $line != \#* ]] || continue
	mapfile -t -d $'\t' row < <(printf '%s' "$line")
	# Pure signatures and non-bootable images: not judged by this version.
	case ${row[1]}${row[2]} in *_pure* | *NOTBOOTABLE) continue ;; esac
	status=0
	"$OTATOOL" verify "${row[@]:3}" >/dev/null 2>"$tmp/err" || status=$?
	checks=$((checks + 1))
	if [ "${row[2]}" != VALID ] || [[ ${stricter//$'\n'/ } == *" ${row[0]} "* ]]; then
		[ "$status" = 1 ] || [ "$status" = 3 ] || fail "${row[0]}: exit $status, wanted 1 or 3"
	else
		[ "$status" = 0 ] || fail "${row[0]}: exit $status: $(cat "$tmp/err")"
	fi
done <verify.tsv
finish
