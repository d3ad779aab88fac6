#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Updates in place: diff makes patches that check says fit, to the block; each kind of device refuses
# the other's patches; what is wrong is named, with the numbers and what to do.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
cd "$tmp" || exit 1

# Two images with much in common; the new one is 8,200 bytes larger, so grows by 3 blocks of 4 KiB.
bytes 60000 1 >old.raw
{ bytes 20000 1; bytes 8200 2; bytes 60000 1 | tail -c 40000; } >new.raw
"$OTATOOL" keygen -t ed25519 -o key.pem
"$OTATOOL" pubkey -k key.pem -o key.pub
for image in old new; do
	version=$([ $image = old ] && echo 1.0.0 || echo 1.0.1)
	"$OTATOOL" sign $image.raw -o $image.img -k key.pem --version "$version" --header-size 0x200 \
		--pad-header >words 2>&1 || cat words
done
size() { stat -c %s "$1" 2>/dev/null || stat -f %z "$1"; }
up() { echo $((($1 + $2 - 1) / $2 * $2)); }

# node SLOT UPDATER [MODE]: node.yaml, a device with one slot of that size at the flash's start.
node() {
	cat >node.yaml <<-YAML
		name: node
		base: stm32wle5jc
		updater: {ram: 8K, stack: 1K, old: mapped, decoders: [{format: otd, tier: xs}],
		          in-place: true, $2}
		mcuboot: {mode: ${3:-single-slot}, max-align: 8, max-sectors: 128, header-size: 0x200,
		          primary: 0x0+$1}
	YAML
}
usual="patch: 0x38000+16K, journal: 0x3c000+12K"
# tells WORDS: the last command's output, its lines joined, says so.
tells() {
	checks=$((checks + 1))
	tr -s '\n ' '  ' <"$tmp/out" | grep -qE -e "$1" || fail "does not say \"$1\": $(cat "$tmp/out")"
}
check_node() {
	"$OTATOOL" check "$1" --old old.img --new new.img --target node.yaml "${@:2}"
}

# -- without a target -------------------------------------------------------------------------------
expect 0 "$OTATOOL" diff old.img new.img -o p --in-place
says out 'in place, blocks of 4,096 bytes, old moved up by [0-9,]+ \(safe distance [0-9,]+\)'
expect 0 "$OTATOOL" inspect p
says out '^  in place   blocks of 4,096 bytes, old moved up by '
expect 0 "$OTATOOL" apply old.img p -o applied
same applied new.img
expect 0 "$OTATOOL" diff old.img new.img -o q --in-place
same p q
expect 0 "$OTATOOL" diff old.img new.img -o p --in-place --block 2K --safe-distance 0 --json
checks=$((checks + 1))
# 8,200 bytes are 5 blocks of 2 KiB, and the one that is erased.
jq -e '.in_place.block_bytes == 2048 and .in_place.lead_bytes <= 6 * 2048 and
	.in_place.safe_distance_bytes == 0' out >/dev/null || fail "lead: $(cat out)"
expect 0 "$OTATOOL" inspect p --json
checks=$((checks + 1))
jq -e '.in_place.block_bytes == 2048' out >/dev/null || fail "inspect --json: $(cat out)"
expect 0 "$OTATOOL" apply old.img p -o applied
same applied new.img
expect 0 "$OTATOOL" diff old.img new.img -o u -k key.pem --in-place
expect 0 "$OTATOOL" inspect u
says out 'in place   blocks of 4,096 bytes'
expect 0 "$OTATOOL" apply old.img u -o applied -k key.pub
same applied new.img
# A patch for two slots says nothing of it.
expect 0 "$OTATOOL" diff old.img new.img -o two
checks=$((checks + 1))
! grep -q "in place" out || fail "a patch for two slots: $(cat out)"

# -- usage ------------------------------------------------------------------------------------------
usage() {
	local words=$1
	shift
	expect 2 "$OTATOOL" diff old.img new.img -o none "$@"
	says err "$words"
	absent none
}
usage '--in-place: bsdiff is not applied in place' --in-place --format bsdiff
usage '--in-place: vcdiff is not applied in place' --in-place --format vcdiff
usage '--safe-distance: is about patches in place: it goes with --in-place' --safe-distance 16K
usage '--block: is about patches in place: it goes with --in-place' --block 4K
usage '--block: a block of 5000 bytes' --in-place --block 5000
usage '--block: a block of 64 bytes' --in-place --block 64
usage '--block: 0 bytes hold nothing' --in-place --block 0
usage '--block: "x" is not' --in-place --block x
usage '--safe-distance: "-1" is not' --in-place --safe-distance=-1
usage '--in-place: water-meter-l476 does not update in place' --in-place --target water-meter-l476
says err 'hint: its profile says so with in-place: true'
usage 'goes with --in-place' --block 4K --target water-meter-l476

# -- with a target ----------------------------------------------------------------------------------
# The whole slot may be used: 128 KiB less the block that has the trailer.
node 128K "block: 4K, $usual"
expect 0 "$OTATOOL" diff old.img new.img -o p --target node.yaml
says out '^1 tried for node:$'
says out '  otd, tier xs .*RAM 4,104 of 8,192 +fits  <- written$'
says out '  in place, blocks of 4,096 bytes'
expect 0 "$OTATOOL" diff old.img new.img -o q --target node.yaml --in-place
same p q
expect 0 check_node p --explain
says out '^kept:  in an area of its own at 0x38000'
says out '^reset: a reset goes on at the last record of the journal: at most 1 block of 4,096 bytes'
says out '^checkpoint in half of the journal +4,136 +6,144 +\+2,008  fits$'
# 17 blocks of new; begun, 15 blocks of old, done.
says out '    17 of them, and 17 marks: 17 halves are erased$'
says out '^old image, moved up in its slot .* 126,976 '
says out '^new image, in blocks +69,632 +126,976 '
says out '^hottest sector \(journal\), per upgrade +9 erases +10,000 erases'
says out 'up\(32 \+ decoder state \+ 4, write unit\) <= half of the journal'
says out '^warning in-place-no-way-back: '
says out '^note in-place-runs-elsewhere: '
says out '^fits$'
expect 0 check_node p --json
checks=$((checks + 1))
jq -e '.in_place.block_bytes == 4096 and .in_place.moved_up_bytes == .in_place.lead_bytes and
	.journal.checkpoint_bytes == 4136 and .journal.halves_erased == 17 and
	.wear.upgrade.journal.erases == 17 * 3 and .fits' out >/dev/null || fail "--json: $(cat out)"
expect 0 "$OTATOOL" diff old.img new.img -o u -k key.pem --target node.yaml
expect 0 check_node u
expect 0 "$OTATOOL" apply old.img u -o applied -k key.pub
same applied new.img
expect 0 "$OTATOOL" targets node.yaml
says out '^in place       blocks of 4,096 bytes, 126,976 bytes of the slot$'
says out '^journal        0x3c000\+12,288 bytes, halves of 6,144$'

# Less than the slot has room for, and more than that.
expect 0 "$OTATOOL" diff old.img new.img -o p --target node.yaml --safe-distance 4K
says out 'old moved up by (20,480|16,384|12,288|8,192|4,096) '
expect 0 check_node p
rm -f p
node 92K "block: 4K, $usual"
expect 1 "$OTATOOL" diff old.img new.img -o p --target node.yaml --safe-distance 16K
says err 'count on old moved up by 32,768 bytes, the slot of node has room for 28,672'
says err 'hint: a smaller safe distance needs less'
absent p
expect 2 "$OTATOOL" diff old.img new.img -o p --target node.yaml --format vcdiff
says err 'vcdiff is not applied in place'
absent p

rm -f q
# -- to the block -----------------------------------------------------------------------------------
# Old's blocks, those that new has grown by, the one that is erased; the trailer's 48 bytes are in a
# sector of their own.
old_len=$(size old.img)
new_len=$(size new.img)
for block in 2048 4096 8192; do
	least=$(($(up "$old_len" $block) + $(up $((new_len - old_len)) $block) + block))
	node $((least + 2048)) "block: $block, $usual"
	rm -f p
	expect 0 "$OTATOOL" diff old.img new.img -o p --target node.yaml
	expect 0 check_node p
	says out '^fits$'
	node "$least" "block: $block, $usual"
	expect 1 "$OTATOOL" diff old.img new.img -o q --target node.yaml
	says err "old image takes [0-9,]+ bytes and must be moved up by [0-9,]+ at least, the slot of node"
	says err 'hint: [0-9,]+ bytes too many: a smaller image, a larger slot, or smaller blocks help'
	absent q
	# And checked: a patch that counts on more than there is.
	"$OTATOOL" diff old.img new.img -o q --in-place --block $block --safe-distance 64K >/dev/null
	lead=$("$OTATOOL" inspect q --json | jq .in_place.lead_bytes)
	fits=$(($(up "$old_len" $block) + lead))
	[ $fits -ge "$new_len" ] || fits=$(up "$new_len" $block)
	node $((fits + 2048)) "block: $block, $usual"
	expect 0 check_node q
	node "$fits" "block: $block, $usual"
	expect 1 check_node q
	tells ' fails: .*(old image, moved up in its slot|new image, in blocks)'
	rm -f q
done
# Checkpoints that are farther apart need the blocks between them.
most=$(($(up "$old_len" 4096) + 4 * 4096 + 3 * 4096))
node $((most + 2048)) "block: 4K, checkpoint-every: 4, $usual"
expect 0 "$OTATOOL" diff old.img new.img -o p --target node.yaml
expect 0 check_node p
tells 'at most 4 blocks of 4,096 bytes are moved or made again'
node "$most" "block: 4K, checkpoint-every: 4, $usual"
expect 1 "$OTATOOL" diff old.img new.img -o q --target node.yaml
says err 'or smaller blocks and fewer between two checkpoints help'

# -- the other kind of device -----------------------------------------------------------------------
node 128K "block: 4K, $usual"
expect 1 check_node two
says out '^failure patch-not-in-place: the otd patch is made for two slots'
tells 'make the patch in place: otatool diff --target node'
expect 0 "$OTATOOL" diff old.img new.img -o p --target node.yaml
cp node.yaml one_slot.yaml
sed 's/in-place: true/in-place: false/; s/ram: 8K/ram: 60K/' one_slot.yaml >node.yaml
expect 1 check_node p
says out '^failure patch-in-place: '
tells 'node does not update in place'
expect 1 "$OTATOOL" check p --old old.img --new new.img --target water-meter-l476
says out '^failure patch-in-place: '
says out 'make the patch again without --in-place'
# A gateway has both images.
expect 0 "$OTATOOL" check p --old old.img --new new.img --target water-meter-l476 --on gateway

# Nor is what it applies made in place, or held against the room for that.
node 76K "block: 4K, $usual"
expect 1 "$OTATOOL" diff old.img new.img -o q --target node.yaml
expect 0 "$OTATOOL" diff old.img new.img -o q --target node.yaml --on gateway
checks=$((checks + 1))
! grep -q 'in place' out || fail "in place on a gateway: $(cat out)"
expect 0 "$OTATOOL" check q --old old.img --new new.img --target node.yaml --on gateway
rm -f q

# -- tiers ------------------------------------------------------------------------------------------
node 128K "block: 4K, $usual"
expect 0 "$OTATOOL" diff old.img new.img -o q --in-place --tier nano
expect 1 check_node q
says out '^  1. make the patch with tier xs: its decoder takes 4,104 bytes of RAM'
sed -i.bak 's/tier: xs/tier: nano/; s/ram: 8K/ram: 1032/' node.yaml
expect 0 check_node q
expect 0 "$OTATOOL" diff old.img new.img -o q --target node.yaml
says out '  otd, tier nano .*RAM 1,032 of 1,032 +fits  <- written$'
expect 0 "$OTATOOL" apply old.img q -o applied
same applied new.img
rm -f q

# -- a whole image ----------------------------------------------------------------------------------
node 128K "block: 4K, $usual"
expect 0 "$OTATOOL" check new.img --old old.img --target node.yaml --link lorawan,region=eu868,dr=5
says out '^whole fragments in the slot .* 131,024 .* fits$'
node 96K "block: 4K, patch: secondary, journal: 0x3c000+12K" firmware-loader
sed -i.bak 's/primary: 0x0+96K/&, secondary: 0x20000+64K/' node.yaml
expect 3 check_node p
says err 'updater.patch: secondary: with mode firmware-loader no new image comes to that slot'

# -- what is missing or too small -------------------------------------------------------------------
node 128K "block: 4K, patch: 0x38000+16K"
expect 1 check_node p
says out '^failure in-place-no-journal: node updates in place and has no journal'
says out '^reset: a reset while old is moved or new is made leaves no image that boots'
node 128K "block: 4K, patch: 0x38000+16K, journal: 0x3c000+8K"
expect 1 check_node p
says out '^checkpoint in half of the journal +4,136 +4,096 +-40  DOES NOT FIT$'
says out '  1\. make the journal 12,288 bytes, two halves of 6,144'
for place in "patch: streamed, " ""; do
	node 128K "block: 4K, ${place}journal: 0x3c000+12K"
	expect 1 check_node p
	says out '^failure in-place-streamed: the patch is kept nowhere'
	node 128K "block: 4K, ${place}journal: 0x3c000+12K" firmware-loader
	expect 0 check_node p
	says out '^warning in-place-streamed: '
	says out '^note in-place-no-way-back: '
done
node 128K "block: 4K, patch: 0x3b800+2K, journal: 0x3c000+12K"
bytes 30000 7 >more.raw
cat old.raw more.raw >grown.raw
"$OTATOOL" sign grown.raw -o grown.img -k key.pem --version 1.0.2 --header-size 0x200 --pad-header \
	>words 2>&1 || cat words
expect 1 "$OTATOOL" diff old.img grown.img -o q --target node.yaml
says err 'update kept in its own area'
# Sectors that a block does not fill, and one that blocks are not whole sectors of.
"$OTATOOL" diff old.img new.img -o small --in-place --block 1K >/dev/null
node 128K "$usual"
expect 1 check_node small
tells 'failure in-place-block: the patch erases 1,024 bytes at a time, and the slot.s sectors, of'
node 128K "block: 1K, $usual"
expect 1 "$OTATOOL" diff old.img new.img -o q --target node.yaml
says err 'cannot be erased in blocks of 1,024 bytes: its sectors do not end where they end'
says err 'or give updater.block'
node 128K "$usual"
expect 1 "$OTATOOL" diff old.img new.img -o q --target node.yaml --block 2M
says err 'cannot be erased in blocks of 2,097,152 bytes: a patch knows none over 1,048,576'
says err 'hint: without --block the profile'
node 256K "block: 64K, journal: 0x40000+256K"
sed -i.bak 's/stm32wle5jc/stm32f407vg/' node.yaml
expect 1 "$OTATOOL" diff old.img new.img -o q --target node.yaml
says err 'cannot be erased in blocks of 65,536 bytes'
absent q

# -- wear -------------------------------------------------------------------------------------------
node 128K "$usual"
expect 0 "$OTATOOL" diff old.img new.img -o p --target node.yaml
expect 0 check_node p
says out '^warning early-wear: a sector of journal is erased 17 times in one upgrade'
says out 'write fewer checkpoints, with larger blocks or a larger'
# In two slots a journal is worn too, by the updater.
sed 's/, patch: secondary/, patch: secondary, journal: 0xec000+12K/' \
	<("$OTATOOL" targets water-meter-l476) >meter.yaml
expect 0 "$OTATOOL" diff old.img new.img -o p --target meter.yaml
expect 0 "$OTATOOL" check p --old old.img --new new.img --target meter.yaml
says out 'a reset goes on at the last checkpoint, which the journal has'
says out '    [0-9]+ of them, and 2 marks'

# -- odd files --------------------------------------------------------------------------------------
: >empty
node 96K "block: 4K, patch: 0x18000+80K, journal: 0x3c000+12K"
for pair in "empty empty" "empty new.img" "old.raw empty" "old.img old.img"; do
	read -r from to <<<"$pair"
	expect 0 "$OTATOOL" diff "$from" "$to" -o p --target node.yaml
	expect 0 "$OTATOOL" apply "$from" p -o applied
	same applied "$to"
	expect 0 "$OTATOOL" diff "$from" "$to" -o p --in-place
	expect 0 "$OTATOOL" apply "$from" p -o applied
	same applied "$to"
done
expect 0 "$OTATOOL" diff old.img new.img -o p --in-place --safe-distance 2147483647
expect 0 "$OTATOOL" diff old.img new.img -o p --in-place --block 1M
expect 0 "$OTATOOL" apply old.img p -o applied
same applied new.img
finish
