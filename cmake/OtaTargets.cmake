# SPDX-License-Identifier: Apache-2.0
# Compiles targets/*.yaml into the library, as one sorted table of names and texts.
file(GLOB OTA_TARGET_FILES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/targets/*.yaml)
list(SORT OTA_TARGET_FILES)
set(OTA_TARGETS_C ${CMAKE_CURRENT_BINARY_DIR}/targets_builtin.c)
add_custom_command(OUTPUT ${OTA_TARGETS_C}
	COMMAND ${CMAKE_COMMAND} -DOUT=${OTA_TARGETS_C} "-DFILES=${OTA_TARGET_FILES}"
		-P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/embed_targets.cmake
	DEPENDS ${OTA_TARGET_FILES} ${CMAKE_CURRENT_SOURCE_DIR}/cmake/embed_targets.cmake
	VERBATIM)
