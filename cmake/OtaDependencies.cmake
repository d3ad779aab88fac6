# SPDX-License-Identifier: Apache-2.0
# The libraries, all Debian packages; one target ota::NAME each. What is linked is the shared
# library, and for a target with the property OTA_ARCHIVES (see OtaProgram.cmake) the archive.
find_package(PkgConfig REQUIRED)

# ota_dependency(NAME INCLUDES SHARED): the target; OTA_ARCHIVE_NAME is empty or what to link.
function(ota_dependency name includes shared)
	add_library(ota_dep_${name} INTERFACE IMPORTED GLOBAL)
	target_include_directories(ota_dep_${name} INTERFACE ${includes})
	if(OTA_ARCHIVE_${name})
		target_link_libraries(ota_dep_${name} INTERFACE
			"$<IF:$<BOOL:$<TARGET_PROPERTY:OTA_ARCHIVES>>,${OTA_ARCHIVE_${name}},${shared}>")
	else()
		target_link_libraries(ota_dep_${name} INTERFACE ${shared})
	endif()
	add_library(ota::${name} ALIAS ota_dep_${name})
endfunction()

# ota_find(NAME PKG FUNCTION): by its .pc file.
function(ota_find name pkg function)
	pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${pkg})
	ota_find_archive(${name} ${function} "${${name}_STATIC_LIBRARIES}"
		"${${name}_STATIC_LIBRARY_DIRS}")
	ota_dependency(${name} "${${name}_INCLUDE_DIRS}" PkgConfig::${name})
endfunction()

# Some libraries ship no .pc file on some systems: header and library do then.
function(ota_find_plain name header lib package function)
	find_path(${name}_INCLUDE ${header})
	find_library(${name}_LIBRARY ${lib})
	if(NOT ${name}_INCLUDE OR NOT ${name}_LIBRARY)
		message(FATAL_ERROR "${lib} not found: install ${package}, or run scripts/bootstrap build")
	endif()
	ota_find_archive(${name} ${function} ${lib} "")
	ota_dependency(${name} ${${name}_INCLUDE} ${${name}_LIBRARY})
endfunction()

find_package(Threads REQUIRED)
ota_find(crypto "libcrypto>=3.0" EVP_DigestInit_ex)
ota_find(sodium libsodium sodium_init)
ota_find(yaml yaml-0.1 yaml_parser_parse)
ota_find(jansson jansson json_object)
ota_find(lzma liblzma lzma_code)
ota_find(zlib zlib deflate)
ota_find(cbor libcbor cbor_load)
ota_find(elf libelf elf_begin)
ota_find_plain(divsufsort divsufsort.h divsufsort libdivsufsort-dev divsufsort)
ota_find_plain(bzip2 bzlib.h bz2 libbz2-dev BZ2_bzDecompress)

# Devicetrees are optional: without libfdt libota/target_import_none.c says that they are not read.
option(OTA_DEVICETREE "import of Zephyr devicetrees, when libfdt is found" ON)
find_path(fdt_INCLUDE libfdt.h)
find_library(fdt_LIBRARY fdt)
set(OTA_PC_FDT "")
if(OTA_DEVICETREE AND fdt_INCLUDE AND fdt_LIBRARY)
	ota_find_plain(fdt libfdt.h fdt libfdt-dev fdt_check_full)
	set(OTA_PC_FDT -lfdt)
	set(OTA_DEVICETREE_UNUSED libota/target_import_none.c)
else()
	message(STATUS "Zephyr devicetrees are not read (libfdt)")
	add_library(ota_dep_fdt INTERFACE IMPORTED GLOBAL)
	add_library(ota::fdt ALIAS ota_dep_fdt)
	set(OTA_DEVICETREE_UNUSED libota/target_import_dt.c)
endif()
set_source_files_properties(${OTA_DEVICETREE_UNUSED} PROPERTIES HEADER_FILE_ONLY ON)

# Keys in tokens are optional: without p11-kit keys/pkcs11_none.c says that there are none. Its
# headers are needed here; the library is loaded when the first token is used (p11_kit_load.c).
option(OTA_PKCS11 "keys in PKCS#11 tokens, when p11-kit is found" ON)
add_library(ota_dep_pkcs11 INTERFACE IMPORTED GLOBAL)
add_library(ota::pkcs11 ALIAS ota_dep_pkcs11)
set(OTA_HAS_PKCS11 OFF)
if(OTA_PKCS11)
	pkg_check_modules(p11kit "p11-kit-1>=0.23.3")
endif()
if(OTA_PKCS11 AND p11kit_FOUND)
	set(OTA_HAS_PKCS11 ON)
	set(OTA_P11KIT_LIBRARY libp11-kit.so.0)
	if(APPLE) # its folder is not among those that are searched
		set(OTA_P11KIT_LIBRARY ${p11kit_LIBDIR}/libp11-kit.0.dylib)
	endif()
	target_include_directories(ota_dep_pkcs11 INTERFACE ${p11kit_INCLUDE_DIRS})
	target_compile_definitions(ota_dep_pkcs11 INTERFACE OTA_P11KIT_VERSION="${p11kit_VERSION}"
		OTA_P11KIT_LIBRARY="${OTA_P11KIT_LIBRARY}")
	target_link_libraries(ota_dep_pkcs11 INTERFACE ${CMAKE_DL_LIBS})
	set(OTA_PKCS11_UNUSED keys/pkcs11_none.c)
else()
	message(STATUS "keys in PKCS#11 tokens are not built (p11-kit)")
	file(GLOB OTA_PKCS11_UNUSED CONFIGURE_DEPENDS keys/pkcs11*.c keys/p11_kit*.c)
	list(FILTER OTA_PKCS11_UNUSED EXCLUDE REGEX "pkcs11_none\\.c$")
endif()
set_source_files_properties(${OTA_PKCS11_UNUSED} PROPERTIES HEADER_FILE_ONLY ON)
