#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What imgtool 2.4.0 wrote, byte for byte; what it refuses; what the bootloader says.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$OTA_VECTORS/imgtool" || exit 1

# imgtool's ECDSA and RSA-PSS signatures are random: all before one must be equal, and it must verify.
compare_structural() {
	local got=$1 want=$2 key=$3 sig
	sig=$("$OTATOOL" inspect "$want" --json |
		jq '.tlvs[] | select(.name == "ECDSASIG" or .name == "RSA2048" or .name == "RSA3072") | .offset')
	local area
	area=$("$OTATOOL" inspect "$want" --json |
		jq '[.tlvs[] | select(.protected | not)][0].offset - 4')
	checks=$((checks + 1))
	# The area's length, two bytes at area + 2, moves with the signature's.
	cmp -s -n $((area + 2)) "$got" "$want" &&
		cmp -s -i $((area + 4)) -n $((sig - area - 4)) "$got" "$want" ||
		fail "$got and $want differ before the signature"
	"$OTATOOL" pubkey -k "$key" --passphrase-file keys/PASSWORD.txt -o "$tmp/pub.pem" 2>"$tmp/err"
	expect 0 "$OTATOOL" verify "$got" -k "$tmp/pub.pem"
	says out "signature +[a-z0-9-]*, good"
}

# The value of -k among the arguments.
key_of() {
	while [ $# -gt 1 ]; do
		[ "$1" != -k ] || echo "$2"
		shift
	done
}

while IFS= read -r line; do
	[[ $line != \#* ]] || continue
	mapfile -t -d $'\t' row < <(printf '%s' "$line")
	expect 0 "$OTATOOL" sign "${row[@]:3}" "$tmp/got" || continue
	if [ "${row[1]}" = exact ]; then
		same "$tmp/got" "${row[2]}"
	else
		compare_structural "$tmp/got" "${row[2]}" "$(key_of "${row[@]:3}")"
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

# The bootloader's verdicts. What it takes is taken, or refused by one of our rules, which --lax
# waives; cli/verdicts holds those to DESIGN.md.
while IFS= read -r line; do
	[[ $line != \#* ]] || continue
	mapfile -t -d $'\t' row < <(printf '%s' "$line")
	args=("${row[@]:3}")
	checks=$((checks + 1))
	for _ in 1 2 3; do
		status=0
		"$OTATOOL" verify "${args[@]}" >/dev/null 2>"$tmp/err" || status=$?
		rule=$(sed -n 's/.*hint: --lax \([a-z-]*\) .*/\1/p' "$tmp/err")
		[ "${row[2]}" = VALID ] && [ -n "$rule" ] || break
		args+=(--lax "$rule")
	done
	if [ "${row[2]}" = VALID ]; then
		[ "$status" = 0 ] || fail "${row[0]}: exit $status: $(cat "$tmp/err")"
	else
		[ "$status" = 1 ] || fail "${row[0]}: exit $status, wanted 1: $(cat "$tmp/err")"
	fi
done <verify.tsv
finish
