# SPDX-License-Identifier: Apache-2.0
# Compiles targets/*.yaml into the library, as one table of names and texts. It is sorted by name,
# not by file: "a-b.yaml" comes before "a.yaml", the name "a" before "a-b".
file(GLOB OTA_TARGET_FILES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/targets/*.yaml)
set(OTA_TARGET_NAMES "")
foreach(file IN LISTS OTA_TARGET_FILES)
	get_filename_component(name ${file} NAME_WE)
	list(APPEND OTA_TARGET_NAMES ${name})
endforeach()
list(SORT OTA_TARGET_NAMES)
list(TRANSFORM OTA_TARGET_NAMES REPLACE "(.+)" "${CMAKE_CURRENT_SOURCE_DIR}/targets/\\1.yaml"
	OUTPUT_VARIABLE OTA_TARGET_FILES)
set(OTA_TARGETS_C ${CMAKE_CURRENT_BINARY_DIR}/targets_builtin.c)
add_custom_command(OUTPUT ${OTA_TARGETS_C}
	COMMAND ${CMAKE_COMMAND} -DOUT=${OTA_TARGETS_C} "-DFILES=${OTA_TARGET_FILES}"
		-P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/embed_targets.cmake
	DEPENDS ${OTA_TARGET_FILES} ${CMAKE_CURRENT_SOURCE_DIR}/cmake/embed_targets.cmake
	VERBATIM)
