# SPDX-License-Identifier: Apache-2.0
# The libraries, all Debian packages; one imported target each.
find_package(PkgConfig REQUIRED)

function(ota_find name pkg)
	pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${pkg})
	add_library(ota::${name} ALIAS PkgConfig::${name})
endfunction()

# Some libraries ship no .pc file on some systems: header and library do then.
function(ota_find_plain name header lib package)
	find_path(${name}_INCLUDE ${header})
	find_library(${name}_LIBRARY ${lib})
	if(NOT ${name}_INCLUDE OR NOT ${name}_LIBRARY)
		message(FATAL_ERROR "${lib} not found: install ${package}, or run scripts/bootstrap build")
	endif()
	add_library(ota_dep_${name} INTERFACE IMPORTED GLOBAL)
	target_include_directories(ota_dep_${name} INTERFACE ${${name}_INCLUDE})
	target_link_libraries(ota_dep_${name} INTERFACE ${${name}_LIBRARY})
	add_library(ota::${name} ALIAS ota_dep_${name})
endfunction()

ota_find(crypto "libcrypto>=3.0")
ota_find(sodium libsodium)
ota_find(yaml yaml-0.1)
ota_find(jansson jansson)
ota_find_plain(divsufsort divsufsort.h divsufsort libdivsufsort-dev)
ota_find_plain(bzip2 bzlib.h bz2 libbz2-dev)
