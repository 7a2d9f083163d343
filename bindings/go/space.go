package tapps

/*
#include <tapps.h>
*/
import "C"

import (
	"runtime"
	"time"
	"unsafe"
)

// SpaceOptions are what entries of a namespace get when their put does not say. What is zero is as
// the cache has it; a negative TTL is none, a Stale that is negative, or Forever, has no end.
type SpaceOptions struct {
	TTL         time.Duration
	Stale       time.Duration // none
	NegativeTTL time.Duration // of entries that remember "not found"; 60 s
}

// SetDefaults sets them for entries put from now on, in this process; nil: back to the cache's.
func (s *Space) SetDefaults(options *SpaceOptions) error {
	var memory arena
	defer memory.free()
	var native *C.tapps_space_options
	if o := options; o != nil {
		native = &C.tapps_space_options{
			ttl_us:          micros(o.TTL, none),
			stale_us:        window(o.Stale, unlimited),
			negative_ttl_us: micros(o.NegativeTTL, none),
		}
		native.struct_size = C.uint32_t(unsafe.Sizeof(*native))
	}
	var failure *C.tapps_error
	code := C.tapps_cache_set_space(s.cache.handle, s.fullName(&memory), native, &failure)
	runtime.KeepAlive(s)
	return result(code, failure)
}
