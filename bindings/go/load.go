package tapps

/*
#include <tapps.h>
*/
import "C"

import (
	"context"
	"errors"
	"runtime"
	"time"
	"unsafe"
)

// LoadOptions say how to load. What is zero has the default of tapps.h.
type LoadOptions struct {
	Timeout time.Duration // of the wait for somebody else's load; 30 s; negative: none
	Lease   time.Duration // time to load, after which somebody else may; 1 ms to 1 h; 30 s
	Early   time.Duration // how long a load takes; measured; negative: no early refresh
	Put     *PutOptions   // of what is loaded
}

func (o *LoadOptions) native() *C.tapps_load_options {
	native := &C.tapps_load_options{}
	if o != nil {
		native.timeout_us = micros(o.Timeout, none)
		native.lease_us = micros(o.Lease, none)
		native.early_us = micros(o.Early, none)
	}
	native.struct_size = C.uint32_t(unsafe.Sizeof(*native))
	return native
}

// lease is the time a load may take.
func (o *LoadOptions) lease() time.Duration {
	if o == nil || o.Lease <= 0 {
		return 30 * time.Second
	}
	return o.Lease
}

// Load returns the value of a key, which `load` makes when it is not there: one of all who ask, the
// goroutines of this process and other processes, makes it, and the others wait for what it made.
// When load fails, its error is returned, and the next who waits makes the value. ErrNotFound: the
// key is remembered as not there.
//
// Near the end of a lifetime, and in the stale window, one caller at a time starts the load of the
// successor on a goroutine of its own, with a context that ends with the lease, and everybody is
// served what there is.
func (s *Space) Load(ctx context.Context, key string,
	load func(context.Context) ([]byte, error)) ([]byte, error) {
	return s.LoadWith(ctx, key, nil, load)
}

// LoadWith is Load with options.
func (s *Space) LoadWith(ctx context.Context, key string, options *LoadOptions,
	load func(context.Context) ([]byte, error)) ([]byte, error) {
	view, lease, err := s.find(ctx, key, options)
	if err != nil {
		return nil, err
	}
	if view == nil {
		return s.loadUnder(ctx, lease, options, load)
	}
	defer view.Release()
	if lease > 0 {
		go func() {
			ctx, cancel := context.WithTimeout(detached{ctx}, options.lease())
			defer cancel()
			_, _ = s.loadUnder(ctx, lease, options, load)
		}()
	}
	return append([]byte{}, view.Bytes()...), nil
}

// find looks a key up for a caller who can make the value: what is there, the right to make it, or
// both. Only a load by somebody else is waited for on the queue.
func (s *Space) find(ctx context.Context, key string, options *LoadOptions) (*View, C.int64_t, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, cancelled(err)
	}
	defer runtime.KeepAlive(s)
	name, native := []byte(key), options.native()
	wait := native.timeout_us
	native.timeout_us = none
	var f found
	var lease C.int64_t
	code := C.tapps_cache_load(s.cache.handle, s.name, first(name), C.size_t(len(name)), native,
		&f.value, &f.data, &f.size, &lease, &f.failure)
	if code == C.TAPPS_OK {
		if f.value == nil {
			return nil, lease, nil
		}
		return newView(f.value, f.data, f.size), lease, nil
	}
	err := takeError(code, f.failure)
	if code != C.TAPPS_E_TIMEOUT || wait == none {
		return nil, 0, err
	}
	native.timeout_us = wait
	end := s.cache.complete(ctx, operation{
		giveBack: func(lease C.int64_t) {
			C.tapps_cache_load_abandon(s.cache.handle, lease)
			runtime.KeepAlive(s)
		},
		start: func(q *queue, id C.uint64_t, op *C.int64_t, f **C.tapps_error) C.int32_t {
			return C.tapps_queue_load(q.handle, s.name, first(name), C.size_t(len(name)), native, id, op, f)
		}})
	return end.view, end.number, end.err
}

// loadUnder makes the value and ends the lease with it, or gives the lease back.
func (s *Space) loadUnder(ctx context.Context, lease C.int64_t, options *LoadOptions,
	load func(context.Context) ([]byte, error)) ([]byte, error) {
	defer runtime.KeepAlive(s)
	stored := false
	defer func() {
		if !stored { // or refused, or it failed or panicked; a lease that ended is no error
			C.tapps_cache_load_abandon(s.cache.handle, lease)
		}
	}()
	data, err := load(ctx)
	if err != nil {
		return nil, err
	}
	var memory arena
	defer memory.free()
	var native *C.tapps_put_options
	if options != nil {
		native = options.Put.native(&memory)
	}
	if memory.err != nil {
		return nil, memory.err
	}
	var failure *C.tapps_error
	code := C.tapps_cache_load_finish(s.cache.handle, lease, first(data), C.size_t(len(data)), native,
		&failure)
	stored = code == C.TAPPS_OK
	err = result(code, failure)
	if errors.Is(err, ErrInvalid) || errors.Is(err, ErrUnsupported) {
		return nil, err
	}
	return data, nil // also when it could not be stored: those who wait have it, too
}

// A detached context has the values of another one and not its end.
type detached struct{ context.Context }

func (detached) Deadline() (time.Time, bool) { return time.Time{}, false }
func (detached) Done() <-chan struct{}       { return nil }
func (detached) Err() error                  { return nil }
