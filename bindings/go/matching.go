package tapps

/*
#include <tapps.h>
*/
import "C"

import (
	"context"
	"runtime"
	"unsafe"
)

// Matching says which entries are meant: those that meet every condition given.
type Matching struct {
	Prefix string
	Tag    string
}

// DeleteAll removes entries of the namespace, committed; it returns how many.
func (s *Space) DeleteAll(ctx context.Context, what Matching) (int64, error) {
	defer runtime.KeepAlive(s)
	return s.cache.deleteAll(ctx, what, s.fullName)
}

// DeleteEverywhere removes entries of all namespaces but the library's own.
func (c *Cache) DeleteEverywhere(ctx context.Context, what Matching) (int64, error) {
	return c.deleteAll(ctx, what, everywhere)
}

// Count is the number of entries of the namespace, and the bytes of their keys and values.
func (s *Space) Count(ctx context.Context, what Matching) (entries, bytes int64, err error) {
	defer runtime.KeepAlive(s)
	return s.cache.count(ctx, what, s.fullName)
}

// CountEverywhere is Count over all namespaces but the library's own.
func (c *Cache) CountEverywhere(ctx context.Context, what Matching) (entries, bytes int64, err error) {
	return c.count(ctx, what, everywhere)
}

// fullName is the name, also of the default one, for calls in which NULL means all.
func (s *Space) fullName(memory *arena) *C.char {
	if s.name == nil {
		return memory.text("default")
	}
	return s.name
}

func everywhere(*arena) *C.char { return nil }

// native is in the memory of C, because it is kept beyond one call of Go.
func (what Matching) native(memory *arena, space func(*arena) *C.char) *C.tapps_filter {
	filter := (*C.tapps_filter)(memory.zeroed(1, unsafe.Sizeof(C.tapps_filter{})))
	filter.struct_size = C.uint32_t(unsafe.Sizeof(*filter))
	filter.space, filter.tag = space(memory), memory.text(what.Tag)
	if what.Prefix != "" {
		filter.prefix = memory.bytes([]byte(what.Prefix))
		filter.prefix_size = C.size_t(len(what.Prefix))
	}
	return filter
}

func (c *Cache) deleteAll(ctx context.Context, what Matching, space func(*arena) *C.char) (int64, error) {
	var memory arena
	defer memory.free()
	filter := what.native(&memory, space)
	end := c.complete(ctx, operation{memory: &memory,
		start: func(q *queue, id C.uint64_t, op *C.int64_t, f **C.tapps_error) C.int32_t {
			return C.tapps_queue_delete_all(q.handle, filter, id, op, f)
		}})
	return int64(end.number), end.err
}

func (c *Cache) count(ctx context.Context, what Matching, space func(*arena) *C.char) (int64, int64, error) {
	var memory arena
	defer memory.free()
	filter := what.native(&memory, space)
	end := c.complete(ctx, operation{memory: &memory,
		start: func(q *queue, id C.uint64_t, op *C.int64_t, f **C.tapps_error) C.int32_t {
			return C.tapps_queue_count(q.handle, filter, id, op, f)
		}})
	return int64(end.number), int64(end.bytes), end.err
}
