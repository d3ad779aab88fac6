#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the bootloader's own code says of good, damaged and adversarial images, row by row: what it
# refuses is refused; what it takes is taken, or refused by a rule of ours that DESIGN.md names and
# --lax waives.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$OTA_VECTORS/verdicts" || exit 1

# profile MODE SLOT SECTOR SCRATCH: writes a board profile with that geometry, and names it.
profile() {
	local file=$tmp/$1-$2-$3-$4.yaml sectors=$(($2 / $3))
	[ -e "$file" ] || cat >"$file" <<-YAML
		name: row
		flash: {sectors: [$((2 * sectors + $4 / $3))*$3], write: 8, program: 8, erased: 0xff}
		ram: 65536
		mcuboot: {mode: $1, max-align: 8, max-sectors: 128,
		          primary: 0x0+$2, secondary: $2+$2, scratch: $((2 * $2))+$4}
	YAML
	echo "$file"
}

mode_of() {
	case $1 in
	*-scratch*) echo swap-scratch ;;
	*-move*) echo swap-move ;;
	*-overwrite*) echo overwrite-only ;;
	esac
}

# judge: the verdict with the options in "${args[@]}"; $status, $rule.
judge() {
	status=0
	"$OTATOOL" verify "${args[@]}" --json >"$tmp/out" 2>"$tmp/err" || status=$?
	rule=$(sed -n 's/^ *"rule": "\([a-z0-9-]*\)".*/\1/p' "$tmp/out" | head -n 1)
}

# Waives rule after rule until the image is taken; each must be ours and named.
waive() {
	local name=$1 n
	for n in 1 2 3 4; do
		[ "$status" != 0 ] || return 0
		grep -q "^| \`$rule\` |" "$OTA_SOURCE/DESIGN.md" ||
			fail "$name: refused by \"$rule\", no rule of ours in DESIGN.md"
		args+=(--lax "$rule")
		judge
	done
	fail "$name: the bootloader takes it, --lax does not: $(cat "$tmp/err")"
}

"$OTATOOL" verify x --lax nonsense 2>"$tmp/err"
waivable=$(sed -n 's/.*is not one of //p' "$tmp/err" | tr -d ,)
rows=0
while IFS=$'\037' read -r file _ key config _ slot_size sector scratch counter verdict _ _ _ allow \
	_ mbedtls _ _ note; do
	[ "$file" != file ] || continue
	rows=$((rows + 1))
	board=$(profile "$(mode_of "$config")" "$slot_size" "$sector" "$scratch")
	args=("$file" -k "$key" --target "$board")
	case $config in *sha512*) args+=(--sha 512) ;; esac
	case $config in *hwrb*) args+=(--security-counter-floor "$counter") ;; esac
	case $config in *encec256) args+=(--encryption-key keys/enc-ec256.pem) ;; esac
	case $config in *encx25519) args+=(--encryption-key keys/enc-x25519.pem) ;; esac
	judge
	checks=$((checks + 1))
	if [ "${allow:-$verdict}" = reject ]; then
		[ "$status" = 1 ] || fail "$file: exit $status, the bootloader refuses it ($note)"
		# Not by a rule of ours alone.
		for rule in $waivable; do args+=(--lax "$rule"); done
		judge
		[ "$status" = 1 ] || fail "$file: taken with every rule of ours waived"
	elif [[ $file == *good* ]]; then
		[ "$status" = 0 ] || fail "$file: exit $status: $(cat "$tmp/err")"
	else
		waive "$file"
	fi
	# That column is of a swap-scratch build.
	[ -n "$mbedtls" ] && [[ $config == *scratch* ]] || continue
	checks=$((checks + 1))
	args=("$file" -k "$key" --target "$board" --crypto mbedtls --no-allow-list)
	judge
	if [ "$mbedtls" = reject ]; then
		[ "$status" = 1 ] || fail "$file: exit $status, an Mbed TLS build refuses it"
	else
		waive "$file (mbedtls)"
	fi
done < <(tr '\t' '\037' <verdicts.tsv)

# The rules that can be waived are those of the documents.
for rule in $waivable; do
	checks=$((checks + 1))
	grep -q "^| \`$rule\` |" "$OTA_SOURCE/DESIGN.md" || fail "DESIGN.md does not list $rule"
	"$OTATOOL" help verify | grep -qE "(^| )$rule[,.]" ||
		fail "help does not list $rule"
done
[ "$rows" -gt 200 ] || fail "only $rows rows"
finish
