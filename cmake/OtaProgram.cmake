# SPDX-License-Identifier: Apache-2.0
# How the program is linked. It runs once per image, in builds that sign hundreds, and most of its
# time is the dynamic loader's: archives save it. See "Start-up" in DESIGN.md.
include(CheckFunctionExists)
include(CheckLinkerFlag)

set(OTA_ARCHIVES_DEFAULT OFF)
if(CMAKE_BUILD_TYPE MATCHES "^(Release|MinSizeRel|RelWithDebInfo)$" AND NOT OTA_SANITIZE
	AND NOT OTA_COVERAGE AND NOT APPLE)
	set(OTA_ARCHIVES_DEFAULT ON)
endif()
option(OTA_ARCHIVES "link the program with the libraries' archives (.a) where there are any"
	${OTA_ARCHIVES_DEFAULT})

option(OTA_PIE "keep that program position-independent, at the price of a slower start" OFF)

# ota_find_archive(NAME FUNCTION LIBRARIES FOLDERS): OTA_ARCHIVE_NAME is the archives that stand
# for the libraries, or empty when one of them is not there or the function is not found in them.
function(ota_find_archive name function libraries folders)
	set(OTA_ARCHIVE_${name} "" PARENT_SCOPE)
	if(NOT OTA_ARCHIVES)
		return()
	endif()
	set(archives "")
	foreach(library IN LISTS libraries)
		if(library MATCHES "^(c|m|dl|pthread|rt)$")
			list(APPEND archives ${library})
			continue()
		endif()
		find_library(OTA_ARCHIVE_FILE_${library} NAMES lib${library}.a HINTS ${folders})
		mark_as_advanced(OTA_ARCHIVE_FILE_${library})
		if(NOT OTA_ARCHIVE_FILE_${library})
			message(STATUS "otatool is linked with the shared ${name}: no lib${library}.a")
			return()
		endif()
		list(APPEND archives ${OTA_ARCHIVE_FILE_${library}})
	endforeach()
	set(CMAKE_REQUIRED_LIBRARIES ${archives})
	check_function_exists(${function} OTA_ARCHIVE_LINKS_${name})
	if(NOT OTA_ARCHIVE_LINKS_${name})
		message(STATUS "otatool is linked with the shared ${name}: its archive does not link")
		return()
	endif()
	message(STATUS "otatool is linked with ${archives}")
	set(OTA_ARCHIVE_${name} "${archives}" PARENT_SCOPE)
endfunction()

# ota_link_program(TARGET): after the archives are found.
function(ota_link_program target)
	if(NOT OTA_ARCHIVES)
		return()
	endif()
	set_target_properties(${target} PROPERTIES OTA_ARCHIVES ON)
	# A token's module brings its own copy of a library: it must not be given this one's functions.
	target_link_options(${target} PRIVATE -Wl,--gc-sections -Wl,--exclude-libs,ALL)
	# Relocating libcrypto's tables writes some eighty pages.
	check_linker_flag(C -no-pie OTA_LINKS_NO_PIE)
	if(OTA_LINKS_NO_PIE AND NOT OTA_PIE)
		target_link_options(${target} PRIVATE -no-pie)
	endif()
endfunction()
