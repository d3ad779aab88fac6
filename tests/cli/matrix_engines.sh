#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The files of `matrix plan --emit`, run for real: by ninja, make and GNU parallel, a stand-in for sbatch, and
# a runner of GitHub's and GitLab's jobs. What comes out is what a direct run makes, byte by byte.
# shellcheck source=tests/support/lib.sh
# shellcheck disable=SC2086 # an engine's command line is split into its words on purpose
. "${OTA_SOURCE:-.}/tests/support/lib.sh"
source_tree=$(cd "${OTA_SOURCE:-.}" && pwd)
otatool=$(realpath "${OTATOOL:-build/otatool}")
unset OTATOOL_KEY OTATOOL_KEY_2 OTATOOL_RUN_ARGS
command -v python3 >/dev/null || {
	echo "no python3: nothing invents a release history"
	exit 77
}

# Names that every one of these syntaxes could trip over, and what else make cannot be told.
odd=$(printf '%s' "i m\$a\${{ x }}'s #1\"g:%e{}{1}*")
place="$tmp/a place"
mkdir -p "$place/$odd"
cd "$place" || exit 1
python3 "$source_tree/tests/support/history.py" "$odd" 5 --size 12000 >/dev/null || fail "no history"
images=("$odd"/*.bin)

# A tool that writes down what it is called for, and can be told to be killed: $tmp/kill holds a shard.
log=$tmp/calls
kill_file=$tmp/kill
logged="$tmp/logged tool"
cat >"$logged" <<END
#!/bin/sh
echo "\$*" >>'$log'
case " \$* " in
*" --shard \$(cat '$kill_file' 2>/dev/null || echo none) "*)
	rm -f '$kill_file'
	'$otatool' "\$@" &
	sleep 0.05
	kill -9 \$!
	wait \$!
	# Even if it was quicker: whoever started it sees that it was killed.
	exit 137
	;;
esac
exec '$otatool' "\$@"
END
chmod +x "$logged"
export OTATOOL=$logged

calls() {
	checks=$((checks + 1))
	local got
	got=$(grep -cE "$2" "$log" 2>/dev/null)
	[ "${got:-0}" = "$1" ] || fail "${got:-0} calls of \"$2\", not $1"
	: >"$log"
}

# same_tree A B: the same files with the same bytes; names with a dot first are the engine's own.
same_tree() {
	checks=$((checks + 1))
	local a b
	a=$(cd "$1" && find . -type f ! -name '.*' -exec sha256sum {} + | sort)
	b=$(cd "$2" && find . -type f ! -name '.*' -exec sha256sum {} + | sort)
	[[ -n $a && $a = "$b" ]] || fail "$1 and $2 differ"
}

# emit ENGINE N FOLDER FILE [ARGS]
emit() {
	local engine=$1 n=$2 folder=$3 file=$4
	shift 4
	expect 0 "$otatool" matrix plan --format bsdiff "${images[@]}" -o "$odd/plan.json" \
		--emit "$engine" --shards "$n" --emit-folder "$folder" --emit-output "$file" "$@"
}

have() {
	command -v "$1" >/dev/null || {
		echo "no $1: not tried"
		return 1
	}
}

# What all of them must make.
direct=$tmp/direct
emit ninja 3 "out $odd" build.ninja
expect 0 "$otatool" matrix run "$odd/plan.json" -o "$direct"
expect 0 "$otatool" matrix merge "$direct"
: >"$log"

# on_one_machine RUN FOLDER FILE: run, do nothing again, run what depends on a file that has changed, resume.
on_one_machine() {
	local run=$1 folder=$2 file=$3
	expect 0 $run "$file"
	same_tree "$folder" "$direct"
	calls 3 "^matrix run .* -j 1"
	expect 0 $run "$file"
	calls 0 "^matrix"
	touch -d '+2 seconds' "$odd/plan.json"
	expect 0 $run "$file"
	calls 3 "^matrix run"
	touch -d '+4 seconds' "${images[0]}"
	expect 0 $run "$file"
	calls 3 "^matrix run"
	touch -d '-1 hour' "${images[0]}" "$odd/plan.json"
	rm -rf "$folder"
	echo 2/3 >"$kill_file"
	! $run "$file" >"$tmp/out" 2>"$tmp/err" </dev/null || fail "$run did not see that a shard was killed"
	absent "$folder/index.json"
	absent "$folder/.shard-2-of-3"
	expect 0 $run "$file"
	same_tree "$folder" "$direct"
	: >"$log"
}

# one_changes RUN FOLDER FILE ENGINE: a version is another file: the patches from and to it are made again, the others are kept.
one_changes() {
	local run=$1 folder=$2 file=$3 before after
	before=$(cd "$folder/patches" && ls)
	cp "${images[2]}" "$tmp/kept"
	put "${images[2]}" 5000 5aa5a55a
	emit "$4" 3 "$folder" "$file"
	expect 0 $run "$file"
	after=$(cd "$folder/patches" && ls)
	checks=$((checks + 1))
	[ "$(comm -13 <(echo "$before") <(echo "$after") | wc -l)" = 4 ] || fail "not 4 new patches"
	[ "$(comm -23 <(echo "$before") <(echo "$after") | wc -l)" = 0 ] || fail "patches vanished"
	cp "$tmp/kept" "${images[2]}"
	emit "$4" 3 "$folder" "$file"
}

if have ninja; then
	on_one_machine "ninja -k 0 -f" "out $odd" build.ninja
	one_changes "ninja -f" "out $odd" build.ninja ninja
fi

if have make; then
	folder="out ${odd//%/}"
	emit make 3 "$folder" build.mk
	: >"$log"
	on_one_machine "make -k -j2 -f" "$folder" build.mk
	one_changes "make -j2 -f" "$folder" build.mk make
	: >"$log"
	expect 0 make -f build.mk OTATOOL="$otatool" -B
	calls 0 .
	expect 2 "$otatool" matrix plan "${images[@]}" -o "$tmp/p.json" --emit make --shards 2 \
		--emit-folder "a%b" --emit-output -
	says err "a%b: '%' in a file's name"
	says err "hint: .*--emit ninja"
fi

if have parallel && parallel --version 2>/dev/null | grep -q '^GNU parallel'; then
	export PARALLEL_HOME=$tmp/parallel
	mkdir -p "$PARALLEL_HOME"
	touch "$PARALLEL_HOME/will-cite"
	emit parallel 3 "par $odd" run.sh
	: >"$log"
	expect 0 sh run.sh -j 2
	same_tree "par $odd/merged" "$direct"
	calls 3 "^matrix run .* -j 1"
	expect 0 sh run.sh
	calls 0 "^matrix run"
	rm -rf "par $odd"
	echo 2/3 >"$kill_file"
	expect 4 sh run.sh
	says err "run it again"
	calls 3 "^matrix run"
	expect 0 sh run.sh
	calls 1 "^matrix run .* --shard 2/3"
	same_tree "par $odd/merged" "$direct"
	# A shard's folder is lost that the log calls done: the next run but one has it again.
	rm -rf "par $odd/2" "par $odd/merged"
	! sh run.sh >"$tmp/out" 2>"$tmp/err" </dev/null || fail "a missing shard was not seen"
	expect 0 sh run.sh
	same_tree "par $odd/merged" "$direct"
	# A plan that is newer than the log: what the log says is of another plan.
	touch -d '+2 seconds' "$odd/plan.json"
	: >"$log"
	expect 0 sh run.sh
	calls 3 "^matrix run"
	touch "$odd/plan.json"
fi

# Slurm itself is in scripts/campaign-matrix; here its batch script runs under a stand-in.
mkdir "$tmp/bin"
cat >"$tmp/bin/sbatch" <<'END'
#!/bin/bash
script=${*: -1}
array=$(sed -n 's/^#SBATCH --array=1-//p' "$script" 2>/dev/null)
[ -n "$array" ] || exec bash -s
worst=0
for k in $(seq "$array"); do
	SLURM_ARRAY_TASK_ID=$k SLURM_CPUS_PER_TASK=2 bash "$script"
	code=$?
	[ "$code" -le "$worst" ] || worst=$code
done
exit "$worst"
END
chmod +x "$tmp/bin/sbatch"
emit slurm 4 "slurm $odd" run.sbatch
: >"$log"
PATH="$tmp/bin:$PATH" expect 0 sh run.sbatch
same_tree "slurm $odd/merged" "$direct"
calls 4 "^matrix run .* -j 2"
checks=$((checks + 1))
grep -qE '^#SBATCH --mem-per-cpu=[0-9]+M$' run.sbatch || fail "no memory is asked for"
grep -qE '^#SBATCH --time=[0-9]+$' run.sbatch || fail "no time is asked for"

# GitHub, GitLab. Their folder is also a pattern of their own.
if python3 -c 'import yaml' 2>/dev/null; then
	mkdir "$tmp/checkout"
	for engine in github gitlab; do
		emit "$engine" 3 "c i's" "$engine.yml"
		cp -r "$odd" "$tmp/checkout"
		: >"$log"
		expect 0 python3 "$source_tree/tests/support/matrix_ci.py" "$engine" "$engine.yml" \
			"$tmp/checkout" "$tmp/$engine"
		calls 3 "^matrix run"
	done
	same_tree "$tmp/github/otatool-matrix" "$direct"
	same_tree "$tmp/gitlab/c i's/merged" "$direct"
	expect 2 "$otatool" matrix plan "${images[@]}" -o "$tmp/p.json" --emit github --shards 2 \
		--emit-folder 'a*b' --emit-output -
	says err "takes its name for a pattern"
	expect 2 "$otatool" matrix plan "${images[@]}" -o "$tmp/p.json" --emit gitlab --shards 2 \
		--emit-folder ../b --emit-output -
	says err "keeps only what lies in its checkout"
else
	echo "no PyYAML: GitHub's and GitLab's files are not tried"
fi

# Signed: private keys by the environment, and nothing without.
expect 0 "$otatool" keygen -t ed25519 -o "$tmp/key one.pem"
expect 0 "$otatool" pubkey -k "$tmp/key one.pem" -o "$tmp/pub.pem"
mkdir signed
python3 "$source_tree/tests/support/history.py" signed 3 --size 12000 --images \
	--key "$tmp/key one.pem" >/dev/null || fail "no images"
plan_signed() {
	expect 0 "$otatool" matrix plan signed --format bsdiff -k "$tmp/pub.pem" \
		-o signed.json --emit "$1" --shards 2 --emit-folder "$2" --emit-output "$3"
}
plan_signed ninja signed-out signed.ninja
expect 0 "$otatool" matrix run signed.json -o "$tmp/direct2" -k "$tmp/key one.pem"
expect 0 "$otatool" matrix merge "$tmp/direct2"
if have ninja; then
	! ninja -f signed.ninja >"$tmp/out" 2>&1 || fail "a run that signs needs a key"
	says out "OTATOOL_KEY: is not set"
	OTATOOL_KEY="$tmp/key one.pem" expect 0 ninja -f signed.ninja
	same_tree signed-out "$tmp/direct2"
fi
if have parallel; then
	plan_signed parallel signed-par signed.sh
	OTATOOL_KEY="$tmp/key one.pem" expect 0 sh signed.sh
	same_tree signed-par/merged "$tmp/direct2"
fi
if python3 -c 'import yaml' 2>/dev/null; then
	cp -r signed "$tmp/checkout"
	plan_signed github ci signed-hub.yml
	cp signed.json "$tmp/checkout"
	OTATOOL_KEY=$(cat "$tmp/key one.pem") expect 0 python3 \
		"$source_tree/tests/support/matrix_ci.py" github signed-hub.yml "$tmp/checkout" "$tmp/hub2"
	same_tree "$tmp/hub2/otatool-matrix" "$tmp/direct2"
	plan_signed gitlab ci signed-lab.yml
	OTATOOL_KEY="$tmp/key one.pem" expect 0 python3 \
		"$source_tree/tests/support/matrix_ci.py" gitlab signed-lab.yml "$tmp/checkout" \
		"$tmp/lab2"
	same_tree "$tmp/lab2/ci/merged" "$tmp/direct2"
fi

# Limits, and what no file can hold.
plan=("$otatool" matrix plan signed -o "$tmp/p.json" --emit-output "$tmp/emitted")
for limit in ninja:1000 make:1000 parallel:1000 slurm:1000 github:256 gitlab:200; do
	most=${limit#*:}
	expect 0 "${plan[@]}" --emit "${limit%:*}" --shards "$most"
	says err "some have nothing to do"
	rm -f "$tmp/emitted"
	expect 2 "${plan[@]}" --emit "${limit%:*}" --shards $((most + 1))
	says err "$((most + 1)) shards.*: $most$"
	absent "$tmp/emitted"
done
expect 2 "${plan[@]}" --emit ninja --shards 0
expect 2 "${plan[@]}" --emit bazel --shards 2
says err "ninja.*make.*parallel.*slurm.*github.*gitlab"
expect 2 "${plan[@]}" --emit ninja --shards 2 --emit-folder $'a\nb'
says err "control character"
for engine in github gitlab; do
	expect 2 "${plan[@]}" --emit "$engine" --shards 2 --emit-folder $'a\xff'
	says err "not UTF-8"
	expect 2 "${plan[@]}" --emit "$engine" --shards 2 --emit-folder $'a\xc2\x85b'
	expect 0 "${plan[@]}" --emit "$engine" --shards 2 --emit-folder $'gr\xc3\xb6\xc3\x9fe'
done
expect 2 "$otatool" matrix plan signed -o - --emit ninja --shards 2 --emit-output "$tmp/emitted"

finish
