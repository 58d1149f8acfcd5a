# What `cmake --install` puts in place: the libraries, the header, and the files by which pkg-config and CMake find them.
# The package files name their own folder and nothing absolute, so an installed tree may be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS minipool minipool_static minipool_mp
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${CMAKE_CURRENT_LIST_DIR}/../include/minipool.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

set(minipool_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/minipool)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/minipoolConfig.cmake.in
                              ${CMAKE_CURRENT_BINARY_DIR}/minipoolConfig.cmake
                              INSTALL_DESTINATION ${minipool_package_folder}
                              PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/minipoolConfigVersion.cmake
                                 VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/minipoolConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/minipoolConfigVersion.cmake
        DESTINATION ${minipool_package_folder})

# minipool: malloc itself. minipool_mp: the mp_ names beside the system's malloc, a static library.
file(RELATIVE_PATH minipool_pc_to_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
foreach(minipool_pc_name minipool minipool_mp)
  if(minipool_pc_name STREQUAL minipool)
    set(minipool_pc_description "malloc replacement in three tiers")
  else()
    set(minipool_pc_description "malloc in three tiers, mp_ names only, beside the system's malloc")
  endif()
  configure_file(${CMAKE_CURRENT_LIST_DIR}/minipool.pc.in ${CMAKE_CURRENT_BINARY_DIR}/${minipool_pc_name}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${minipool_pc_name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
