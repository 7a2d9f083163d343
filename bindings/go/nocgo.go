//go:build !cgo

package tapps

// This package calls a C library. Without cgo it cannot work, and says so here and not at run time:
// set CGO_ENABLED=1 and install a C compiler and pkg-config.
var _ = tapps_needs_cgo_set_CGO_ENABLED_1_and_install_a_C_compiler
