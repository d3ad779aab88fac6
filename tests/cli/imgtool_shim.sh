#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The installed imgtool.py stands in for imgtool where a build starts it with Python, found in each
# of the ways that Zephyr's CMake files have.
. "$OTA_SOURCE/tests/support/lib.sh" || exit 1
command -v python3 >/dev/null || {
	echo "skipped: imgtool.py is a Python script, and there is no python3"
	exit 77
}
cd "$tmp" || exit 1
bin=$tmp/usr/bin
expect 0 cmake --install "$OTA_BUILD" --prefix "$tmp/usr" || finish
[ -x "$bin/imgtool.py" ] || fail "imgtool.py is not executable"
[ "$(stat -c %a "$bin/imgtool.py")" = 755 ] || fail "mode of imgtool.py"
absent "$bin/imgtool" # pip's must not be hidden

# By itself: by Python, by its first line, through a link, with words and codes untouched.
expect 0 python3 "$bin/imgtool.py" version
[ "$(cat out)" = 2.4.0 ] || fail "python3 imgtool.py version"
expect 0 "$bin/imgtool.py" version
ln -s "$bin/imgtool.py" link.py
expect 0 python3 link.py version
expect 0 python3 -I "$bin/imgtool.py" version
expect 2 python3 "$bin/imgtool.py" exit
says err '^Error: imgtool has no command "exit"$'
expect 2 python3 "$bin/imgtool.py" sign -v 1.0 -S 0x8000 -H 32 --pad-header "no such file" out.bin
says err '^Error: no such file: '
bytes 5000 7 >"app.bin"
args=(--version 1.2.3+4 --header-size 0x200 --slot-size 0x8000 --align 8 --pad-header)
expect 0 "$OTATOOL" imgtool keygen -k key.pem -t ed25519
expect 0 "$OTATOOL" imgtool sign "${args[@]}" --key key.pem app.bin want.bin
# A link named imgtool, which no one gets unasked.
ln -s otatool "$bin/imgtool"
expect 0 "$bin/imgtool" sign "${args[@]}" --key key.pem app.bin linked.bin
same linked.bin want.bin
rm "$bin/imgtool"

# A build as Zephyr's cmake/mcuboot.cmake makes one, with a module folder that has no imgtool.
mkdir project module
cat >project/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.20)
project(app NONE)
find_program(PYTHON_EXECUTABLE python3)
if(DEFINED ENV{IMGTOOL})
	set(IMGTOOL "$ENV{IMGTOOL}" CACHE FILEPATH "")
endif()
find_program(IMGTOOL imgtool.py HINTS ${MODULE}/scripts/ NAMES imgtool NAMES_PER_DIR)
if(NOT IMGTOOL)
	message(FATAL_ERROR "Can't sign images for MCUboot: can't find imgtool")
endif()
set(signed ${CMAKE_BINARY_DIR}/app.signed.bin)
add_custom_command(OUTPUT ${signed}
	COMMAND ${PYTHON_EXECUTABLE} ${IMGTOOL} sign --version 1.2.3+4 --header-size 0x200
		--slot-size 0x8000 --align 8 --pad-header --key ${KEY} ${APP} ${signed}
	DEPENDS ${APP})
add_custom_target(app ALL DEPENDS ${signed})
CMAKE
unset IMGTOOL CMAKE_PROGRAM_PATH
# builds WAY [VARIABLE=VALUE...] [-D...]: configured that way, the build's image is the same.
builds() {
	local way=$1 variables=() options=()
	shift
	while [ $# -gt 0 ]; do
		case $1 in -D*) options+=("$1") ;; *) variables+=("$1") ;; esac
		shift
	done
	rm -rf build
	expect 0 env "${variables[@]}" cmake -S project -B build -DMODULE="$tmp/module" \
		-DKEY="$tmp/key.pem" -DAPP="$tmp/app.bin" "${options[@]}" || return
	expect 0 cmake --build build || return
	checks=$((checks + 1))
	grep -q "^IMGTOOL:.*=$bin/imgtool.py$" build/CMakeCache.txt || fail "$way: another imgtool"
	same build/app.signed.bin want.bin
}
builds "-DIMGTOOL=" "-DIMGTOOL=$bin/imgtool.py"
builds "environment IMGTOOL" "IMGTOOL=$bin/imgtool.py"
builds "CMAKE_PROGRAM_PATH" "CMAKE_PROGRAM_PATH=$bin"
builds "-DCMAKE_PROGRAM_PATH=" "-DCMAKE_PROGRAM_PATH=$bin"
builds "PATH" "PATH=$bin:$PATH"
# With another imgtool where the module has its own, PATH loses and the others win.
mkdir module/scripts
printf '#!/usr/bin/env python3\nimport sys\nsys.exit("the module'\''s imgtool")\n' \
	>module/scripts/imgtool.py
chmod 755 module/scripts/imgtool.py
builds "environment IMGTOOL before the module's" "IMGTOOL=$bin/imgtool.py"
builds "CMAKE_PROGRAM_PATH before the module's" "CMAKE_PROGRAM_PATH=$bin"
finish
