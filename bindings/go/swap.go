package tapps

/*
#include <tapps.h>
*/
import "C"

import (
	"context"
	"runtime"
)

// Version is the version of an entry that Get would find, for Swap; 0 when there is none. It reads
// no value and does not count as a use.
func (s *Space) Version(ctx context.Context, key string) (int64, error) {
	name := []byte(key)
	defer runtime.KeepAlive(s)
	end := s.cache.complete(ctx, operation{
		start: func(q *queue, id C.uint64_t, op *C.int64_t, f **C.tapps_error) C.int32_t {
			return C.tapps_queue_contains(q.handle, s.name, first(name), C.size_t(len(name)), id, op, f)
		}})
	if IsNotFound(end.err) {
		return 0, nil
	}
	return int64(end.number), end.err
}

// Contains says whether Get would find the key.
func (s *Space) Contains(ctx context.Context, key string) (bool, error) {
	version, err := s.Version(ctx, key)
	return version != 0, err
}

// Swap stores a copy of the value if the entry has that version, or, for 0, if there is none; it is
// committed when Swap returns. It answers the new version; with ErrExists the present one. Of
// several swaps that expect one version, in any number of processes, one succeeds.
func (s *Space) Swap(ctx context.Context, key string, expected int64, value []byte,
	options *PutOptions) (int64, error) {
	var memory arena
	defer memory.free()
	native, name := options.native(&memory), []byte(key)
	defer runtime.KeepAlive(s)
	end := s.cache.complete(ctx, operation{memory: &memory,
		start: func(q *queue, id C.uint64_t, op *C.int64_t, f **C.tapps_error) C.int32_t {
			return C.tapps_queue_swap(q.handle, s.name, first(name), C.size_t(len(name)),
				C.int64_t(expected), first(value), C.size_t(len(value)), native, id, op, f)
		}})
	return int64(end.number), end.err
}
