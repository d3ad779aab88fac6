# SPDX-License-Identifier: Apache-2.0
# What "cmake --install" puts where.
list(TRANSFORM CMAKE_DL_LIBS PREPEND -l OUTPUT_VARIABLE OTA_PC_DL)
configure_file(${CMAKE_CURRENT_SOURCE_DIR}/cmake/libota.pc.in ${CMAKE_CURRENT_BINARY_DIR}/libota.pc
	@ONLY)

install(TARGETS otatool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# For build systems that run "python3 imgtool.py". Not as imgtool: that would hide pip's.
install(PROGRAMS integrations/imgtool.py DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS ota_static ota_shared
	ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
	LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
foreach(floor formats keys libota)
	install(DIRECTORY ${floor}/include/ota DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
		FILES_MATCHING PATTERN "*.h")
endforeach()
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/libota.pc
	DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES man/otatool.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES man/otatool-target.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES targets/target.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/otatool)
