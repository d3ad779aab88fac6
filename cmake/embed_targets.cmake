# SPDX-License-Identifier: Apache-2.0
# cmake -DOUT=FILE -DFILES=a.yaml;b.yaml -P embed_targets.cmake: the texts as C arrays of bytes.
set(arrays "")
set(rows "")
set(index 0)
foreach(file IN LISTS FILES)
	get_filename_component(name ${file} NAME_WE)
	file(READ ${file} hex HEX)
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
	string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n" bytes
		"${bytes}")
	string(APPEND arrays "static const char text_${index}[] = {\n${bytes}0};\n")
	string(APPEND rows "\t{\"${name}\", text_${index}},\n")
	math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUT} "/* Generated from targets/. */\n#include \"targets_builtin.h\"\n${arrays}"
	"const struct builtin_target ota_builtin_targets[] = {\n${rows}\t{0, 0}};\n")
