# What is installed: the library with its headers, the command line, and the files by which
# pkg-config and find_package(tapps) find them. All of it works from wherever the prefix is moved.
include(CMakePackageConfigHelpers)

install(TARGETS tapps EXPORT tapps-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT development
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES include/tapps.h include/tapps.hpp
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(DIRECTORY include/tapps
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN "*.hpp")

install(TARGETS tapps_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
# It finds the library beside itself.
file(RELATIVE_PATH tapps_bin_to_lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
set_target_properties(tapps_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${tapps_bin_to_lib}")

# The library for static linking, of the objects that are there anyway. pkg-config --static tells
# what it needs beside it.
option(TAPPS_STATIC "Also make libtapps.a" ON)
if(TAPPS_STATIC AND NOT TAPPS_SANITIZE)
  add_library(tapps_static STATIC $<TARGET_OBJECTS:tapps> $<TARGET_OBJECTS:tapps_core>)
  set_target_properties(tapps_static PROPERTIES OUTPUT_NAME tapps LINKER_LANGUAGE CXX)
  add_custom_command(TARGET tapps_static POST_BUILD  # the objects keep theirs
    COMMAND ${CMAKE_STRIP} --strip-debug $<TARGET_FILE:tapps_static>)
  install(TARGETS tapps_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
endif()

# The manual page and the completions of the program, from what it says of itself.
find_package(Python3 3.9 COMPONENTS Interpreter)
if(Python3_FOUND AND NOT CMAKE_CROSSCOMPILING AND NOT TAPPS_SANITIZE)
  set(tapps_share ${PROJECT_BINARY_DIR}/share)
  set(tapps_share_files tapps.1 tapps.bash _tapps tapps.fish)
  list(TRANSFORM tapps_share_files PREPEND ${tapps_share}/)
  add_custom_command(OUTPUT ${tapps_share_files}
    COMMAND ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/tools/cli_docs.py
      $<TARGET_FILE:tapps_cli> ${tapps_share}
    DEPENDS tapps_cli ${PROJECT_SOURCE_DIR}/tools/cli_docs.py)
  add_custom_target(tapps_cli_docs ALL DEPENDS ${tapps_share_files})
  install(FILES ${tapps_share}/tapps.1
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
  install(FILES ${tapps_share}/tapps.bash RENAME tapps
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT program)
  install(FILES ${tapps_share}/_tapps
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT program)
  install(FILES ${tapps_share}/tapps.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT program)
endif()

# pkg-config: the installed file finds its prefix from its own place.
set(tapps_pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH tapps_up
  ${CMAKE_INSTALL_PREFIX}/${tapps_pkgconfig_dir} ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" tapps_up ${tapps_up})
set(tapps_pc_prefix "\${pcfiledir}/${tapps_up}")
set(tapps_pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
set(tapps_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
configure_file(pkgconfig/tapps.pc.in ${PROJECT_BINARY_DIR}/pkgconfig/installed/tapps.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/pkgconfig/installed/tapps.pc
  DESTINATION ${tapps_pkgconfig_dir} COMPONENT development)

# For programs and bindings that use the build folder: PKG_CONFIG_PATH=<build>/pkgconfig prefers the
# uninstalled file over an installed one.
set(tapps_pc_prefix ${PROJECT_SOURCE_DIR})
set(tapps_pc_libdir $<TARGET_FILE_DIR:tapps>)
set(tapps_pc_includedir ${PROJECT_SOURCE_DIR}/include)
configure_file(pkgconfig/tapps.pc.in ${PROJECT_BINARY_DIR}/pkgconfig/tapps-uninstalled.in @ONLY)
file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/pkgconfig/tapps-uninstalled.pc
  INPUT ${PROJECT_BINARY_DIR}/pkgconfig/tapps-uninstalled.in)

# find_package(tapps): the target tapps::tapps.
set(tapps_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tapps)
install(EXPORT tapps-targets NAMESPACE tapps:: DESTINATION ${tapps_package_dir}
  FILE tapps-config.cmake COMPONENT development)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tapps-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/tapps-config-version.cmake
  DESTINATION ${tapps_package_dir} COMPONENT development)
