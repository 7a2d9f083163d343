# Debian packages libtapps0, libtapps-dev and tapps: cpack -G DEB --config BUILD/CPackConfig.cmake.
# For Debian's own places of libraries configure with -DCMAKE_INSTALL_PREFIX=/usr.
set(CPACK_PACKAGE_NAME tapps)
set(CPACK_PACKAGE_VENDOR "The tapps developers")
# For packages that are handed to others: nobody reads mail to the address below.
set(TAPPS_PACKAGE_CONTACT "The tapps developers <maintainers@tapps.invalid>" CACHE STRING
  "Maintainer of the packages, as NAME <ADDRESS>")
set(CPACK_PACKAGE_CONTACT ${TAPPS_PACKAGE_CONTACT})
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL runtime development program)
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 0)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/src/capi)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(soname_package libtapps${TAPPS_SOVERSION})
set(about "One file of the user's, shared by every process: entries, answers of the
network and documentation of libraries, read from memory in nanoseconds and
from disk in microseconds.")

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME ${soname_package})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_RECOMMENDS "libcurl4 | libcurl4t64")  # loaded at the first fetch
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION "${about}\n.\nThis package has the library.")
# What the symbols do not tell: see find_package and pkg_check_modules.
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS "libsqlite3-0 (>= 3.35)")
# From this file packages that are linked to the library learn which one they need.
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libtapps-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "${soname_package} (= ${PROJECT_VERSION}), libsqlite3-dev, libxxhash-dev, libzstd-dev")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
  "${about}\n.\nThis package has the headers and the library for static linking.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME tapps)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "${soname_package} (>= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "${about}\n.\nThis package has the command line.")
foreach(component RUNTIME DEVELOPMENT PROGRAM)
  string(TOLOWER ${component} component_name)
  install(FILES LICENSE RENAME copyright COMPONENT ${component_name}
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${CPACK_DEBIAN_${component}_PACKAGE_NAME})
endforeach()
include(CPack)
