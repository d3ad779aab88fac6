#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What check counts of an update in place is what the update agent does: each erase of slot and
# journal, and whether it fits, to the sector. On the host, with the sensor example's firmware.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
kit=$OTA_SOURCE/examples/device
[ -f "$kit/agent.c" ] && [ -f "$OTA_SOURCE/tests/support/flash_model.c" ] ||
	{ echo "skipped: no update agent"; exit 77; }
command -v jq >/dev/null || { echo "skipped: no jq"; exit 77; }
cd "$tmp" || exit 1

sources=()
for source in "$kit"/agent*.c "$OTA_SOURCE"/formats/*.c; do
	[ "$(basename "$source")" = agent_signed.c ] || sources+=("$source")
done
cc -O1 -DAGENT_BARE_ONLY -DAGENT_PAGE=64 -I"$kit" -I"$OTA_SOURCE/tests/support" \
	-I"$OTA_SOURCE/formats/include" -I"$OTA_SOURCE/formats" -o kit_counts \
	"$OTA_SOURCE/tests/device/kit_counts.c" "$OTA_SOURCE/tests/support/flash_model.c" \
	"${sources[@]}" || { fail "the agent does not compile"; finish; }

# board SLOT HALF: board.yaml; in sectors, of the case at hand.
board() {
	cat >board.yaml <<-YAML
		name: board
		flash: {sectors: [$(($1 + 2 * $2 + 65536 / sector))*$sector], write: $write, program: 64}
		ram: 64K
		updater: {ram: 32K, stack: 1K, old: read, in-place: true, block: $block,
		          checkpoint-every: $every, decoders: [{format: otd, tier: $tier}],
		          journal: $(($1 * sector))+$((2 * $2 * sector)),
		          patch: $((($1 + 2 * $2) * sector))+64K}
		mcuboot: {mode: single-slot, max-align: 8, max-sectors: 1024,
		          primary: 0x0+$(($1 * sector))}
	YAML
}
up() { echo $((($1 + $2 - 1) / $2 * $2)); }

# sector block every write old new more tier: bytes; `more` blocks beyond what it takes at least.
while read -r sector block every write old new more tier; do
	tail -c +20001 "$OTA_SOURCE/examples/sensor/sensor-1.2.0.bin" | head -c "$old" >old
	tail -c +20201 "$OTA_SOURCE/examples/sensor/sensor-1.3.0.bin" | head -c "$new" >new
	state=$([ "$tier" = nano ] && echo 1024 || echo 4096)
	growth=$((new > old ? new - old : 0))
	slot=$(($(up "$old" "$block") + every * block + $(up $growth "$block") + more * block + 48))
	slot=$(($(up $slot "$sector") / sector))
	half=$(($(up $((state + 40)) "$sector") / sector + more))
	board $slot $half
	expect 0 "$OTATOOL" diff old new -o patch --target board.yaml
	for less in 0 1 2 3 5 9 14; do
		[ $(((slot - less) * sector)) -ge "$old" ] || break
		board $((slot - less)) $half
		"$OTATOOL" check patch --old old --new new --target board.yaml --json >report 2>words
		checks=$((checks + 1))
		case "$(jq .fits report)/$(./kit_counts old patch new "$sector" $((slot - less)) \
			$((2 * half)) "$every" "$write")" in
		"true/$(jq -r '.wear.upgrade | "slot \(.primary.erases) journal \(.journal.erases) " +
			"hottest \(.primary.hottest) \(.journal.hottest)"' report)") ;;
		false/*"does not fit"*) ;;
		*) fail "$sector $block $every $write $old $new, $less less: $(./kit_counts old patch \
			new "$sector" $((slot - less)) $((2 * half)) "$every" "$write"), check says " \
			"$(jq -c '[.fits, .wear.upgrade.primary, .wear.upgrade.journal]' report)" ;;
		esac
	done
done <<'CASES'
128 128 1 4 9000 9100 3 xs
128 1024 1 4 20000 20700 1 xs
128 256 7 8 15001 14000 2 nano
256 256 2 1 12000 16000 0 xs
256 1024 3 8 30000 30500 2 xs
1024 1024 1 4 25000 25000 4 nano
1024 4096 2 8 40000 41001 1 xs
2048 2048 1 8 30000 32100 5 xs
2048 8192 1 8 50000 50500 1 xs
4096 4096 1 4 60000 64200 6 nano
4096 8192 3 4 50000 49000 0 xs
4096 4096 1 4 5000 4096 0 xs
CASES
finish
