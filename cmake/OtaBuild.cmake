# SPDX-License-Identifier: Apache-2.0
# How every piece is compiled, and what a floor is.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
	set(CMAKE_BUILD_TYPE Release)
endif()

option(OTA_WERROR "treat warnings as errors" OFF)
option(OTA_SANITIZE "build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(OTA_COVERAGE "build with gcov counters" OFF)

add_library(ota_warnings INTERFACE)
target_compile_options(ota_warnings INTERFACE
	-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wvla -Wundef -Wcast-qual
	-Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Wformat=2 -Wimplicit-fallthrough
	-Wdouble-promotion -Wwrite-strings $<$<BOOL:${OTA_WERROR}>:-Werror>)
# The same inputs give the same bytes wherever the tree lies.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
# clock_gettime, getline, fchmod and friends; nothing beyond POSIX.
add_compile_definitions(_POSIX_C_SOURCE=200809L _FILE_OFFSET_BITS=64)

# Every function is found before the first secret is read: the loader's late look-ups save vector
# registers, and what is in them, on the stack.
if(NOT APPLE)
	add_link_options(-Wl,-z,relro,-z,now)
endif()

if(OTA_SANITIZE)
	# Unoptimised, sanitized code takes five times as long.
	add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all
		-fno-omit-frame-pointer $<$<CONFIG:Debug>:-O1>)
	add_link_options(-fsanitize=address,undefined)
endif()
if(OTA_COVERAGE)
	add_compile_options(--coverage)
	add_link_options(--coverage)
endif()

# ota_floor(NAME [LOWER...]): objects of one floor, which sees only the floors named.
function(ota_floor name)
	file(GLOB sources CONFIGURE_DEPENDS ${name}/*.c)
	add_library(ota_${name} OBJECT ${sources})
	target_include_directories(ota_${name} PUBLIC ${name}/include PRIVATE ${name})
	target_link_libraries(ota_${name} PRIVATE ota_warnings)
	foreach(lower ${ARGN})
		target_include_directories(ota_${name} PUBLIC ${lower}/include)
	endforeach()
endfunction()

# ota_library(NAME KIND): libota from the three floors.
function(ota_library name kind)
	add_library(${name} ${kind} $<TARGET_OBJECTS:ota_formats> $<TARGET_OBJECTS:ota_keys>
		$<TARGET_OBJECTS:ota_libota>)
	set_target_properties(${name} PROPERTIES OUTPUT_NAME ota)
	target_include_directories(${name} PUBLIC
		$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/formats/include>
		$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/keys/include>
		$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/libota/include>
		$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
	target_link_libraries(${name} PRIVATE ota::crypto ota::sodium ota::divsufsort ota::bzip2
		ota::jansson ota::yaml ota::lzma ota::zlib ota::cbor ota::elf ota::fdt ota::pkcs11
		Threads::Threads)
	if(kind STREQUAL SHARED)
		set_target_properties(${name} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0)
		if(NOT APPLE)
			target_link_options(${name} PRIVATE
				-Wl,--version-script=${CMAKE_SOURCE_DIR}/libota/libota.map)
			set_target_properties(${name} PROPERTIES
				LINK_DEPENDS ${CMAKE_SOURCE_DIR}/libota/libota.map)
		endif()
	endif()
endfunction()
