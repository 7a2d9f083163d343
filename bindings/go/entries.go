package tapps

/*
#include <string.h>
#include <tapps.h>

typedef struct {
	tapps_value* value;
	const void* data;
	size_t size;
	tapps_error* failure;
	int32_t code;
	int32_t copied;
} tapps_go_found;

// A lookup, the copy of a small value and its release in one crossing. Nothing is returned through
// pointers to Go memory, so that nothing has to live on Go's heap.
static tapps_go_found tapps_go_get(tapps_cache* cache, const char* space, const void* key,
                                   size_t key_size, uint32_t flags, void* room, size_t room_size) {
	tapps_go_found found = {0};
	tapps_get_options options = {sizeof options, flags};
	found.code = tapps_cache_get(cache, space, key, key_size, &options, &found.value, &found.data,
	                             &found.size, NULL);
	if (found.code == TAPPS_OK && room != NULL && found.size <= room_size) {
		memcpy(room, found.data, found.size);
		tapps_value_release(found.value);
		found.copied = 1;
	}
	return found;
}
*/
import "C"

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// A Space is a namespace of a cache. A Cache is the one called "default".
type Space struct {
	cache *Cache
	name  *C.char // NULL: "default"
}

// In is the namespace of that name, 1 to 255 bytes. Names that begin with "tapps." can only be
// read.
func (c *Cache) In(name string) *Space {
	if strings.IndexByte(name, 0) >= 0 {
		name = "" // as little of a name: every call says so
	}
	space := &Space{cache: c, name: C.CString(name)}
	runtime.SetFinalizer(space, func(s *Space) { free(unsafe.Pointer(s.name)) })
	return space
}

// A GetFlag changes what a lookup answers with.
type GetFlag uint32

const (
	// AllowStale also answers with entries in their stale window.
	AllowStale GetFlag = C.TAPPS_GET_ALLOW_STALE
	// Peek does not count as a use.
	Peek GetFlag = C.TAPPS_GET_PEEK
	// CachedOnly never touches the disk: ErrWouldBlock instead.
	CachedOnly GetFlag = C.TAPPS_GET_CACHED_ONLY
	// ShowNegative also answers with entries that remember "not found".
	ShowNegative GetFlag = C.TAPPS_GET_SHOW_NEGATIVE
)

func combined(flags []GetFlag) C.uint32_t {
	var all GetFlag
	for _, flag := range flags {
		all |= flag
	}
	return C.uint32_t(all)
}

const roomSize = 1024 // bytes of a value that are copied within the lookup

var rooms = sync.Pool{New: func() any { return new([roomSize]byte) }}

// Get returns a copy of the value, or ErrNotFound. What is in memory is returned at once; the wait
// for the disk ends with the context.
func (s *Space) Get(ctx context.Context, key string, flags ...GetFlag) ([]byte, error) {
	name, mask := []byte(key), combined(flags)
	room := rooms.Get().(*[roomSize]byte)
	found := C.tapps_go_get(s.cache.handle, s.name, first(name), C.size_t(len(name)),
		mask|C.TAPPS_GET_CACHED_ONLY, unsafe.Pointer(room), roomSize)
	runtime.KeepAlive(s)
	if found.code == C.TAPPS_OK && found.copied != 0 {
		data := make([]byte, int(found.size))
		copy(data, room[:])
		rooms.Put(room)
		return data, nil
	}
	rooms.Put(room)
	if found.code == C.TAPPS_OK {
		data := C.GoBytes(found.data, C.int(found.size))
		C.tapps_value_release(found.value)
		return data, nil
	}
	view, err := s.wait(ctx, name, mask, found.code)
	if err != nil {
		return nil, err
	}
	defer view.Release()
	return append([]byte{}, view.Bytes()...), nil
}

// View returns the value without a copy, or ErrNotFound. It has to be released.
func (s *Space) View(ctx context.Context, key string, flags ...GetFlag) (*View, error) {
	name, mask := []byte(key), combined(flags)
	found := C.tapps_go_get(s.cache.handle, s.name, first(name), C.size_t(len(name)),
		mask|C.TAPPS_GET_CACHED_ONLY, nil, 0)
	runtime.KeepAlive(s)
	if found.code == C.TAPPS_OK {
		return newView(found.value, found.data, found.size), nil
	}
	return s.wait(ctx, name, mask, found.code)
}

// wait goes on with a lookup that memory did not answer.
func (s *Space) wait(ctx context.Context, key []byte, mask C.uint32_t, code C.int32_t) (*View, error) {
	defer runtime.KeepAlive(s)
	if code != C.TAPPS_E_WOULD_BLOCK || mask&C.TAPPS_GET_CACHED_ONLY != 0 {
		if code == C.TAPPS_E_NOT_FOUND {
			return nil, ErrNotFound
		}
		return nil, s.explained(key, mask, code)
	}
	options := C.tapps_get_options{flags: mask}
	options.struct_size = C.uint32_t(unsafe.Sizeof(options))
	return s.cache.run(ctx, nil, func(q *queue, id C.uint64_t, op *C.int64_t, f **C.tapps_error) C.int32_t {
		return C.tapps_queue_get(q.handle, s.name, first(key), C.size_t(len(key)), &options, id, op, f)
	})
}

// explained asks once more, for the words.
func (s *Space) explained(key []byte, mask C.uint32_t, code C.int32_t) error {
	options := C.tapps_get_options{flags: mask | C.TAPPS_GET_CACHED_ONLY}
	options.struct_size = C.uint32_t(unsafe.Sizeof(options))
	var f found
	again := C.tapps_cache_get(s.cache.handle, s.name, first(key), C.size_t(len(key)), &options,
		&f.value, nil, nil, &f.failure)
	runtime.KeepAlive(s)
	if again == code {
		return takeError(code, f.failure)
	}
	C.tapps_value_release(f.value)
	C.tapps_error_release(f.failure)
	return takeError(code, nil)
}

// Forever is a stale window without an end.
const Forever = time.Duration(1<<63 - 1)

// window is the length of a stale window; `negative` stands for those below 0.
func window(duration time.Duration, negative C.int64_t) C.int64_t {
	if duration == Forever {
		return unlimited
	}
	return micros(duration, negative)
}

// PutOptions say how to store an entry. What is zero has the default of tapps.h; a negative duration
// means none.
type PutOptions struct {
	TTL         time.Duration
	Stale       time.Duration // window after the lifetime in which AllowStale serves the entry; or Forever
	Durability  Durability    // DurabilityAsync
	Negative    bool          // remembers "not found"
	Sliding     bool          // every use prolongs the lifetime
	Timeout     time.Duration
	ContentType string
	Source      string
	Tags        []string
	JSON        json.RawMessage // an object kept beside the value
}

func (o *PutOptions) native(memory *arena) *C.tapps_put_options {
	if o == nil {
		return nil
	}
	native := &C.tapps_put_options{
		durability:   C.int32_t(o.Durability),
		ttl_us:       micros(o.TTL, none),
		stale_us:     window(o.Stale, none),
		timeout_us:   micros(o.Timeout, none),
		content_type: memory.text(o.ContentType),
		source:       memory.text(o.Source),
		tags:         memory.lines(o.Tags),
		json:         memory.text(string(o.JSON)),
	}
	native.struct_size = C.uint32_t(unsafe.Sizeof(*native))
	native.flags = bits(o.Negative, C.TAPPS_PUT_NEGATIVE) | bits(o.Sliding, C.TAPPS_PUT_SLIDING)
	return native
}

// Put stores a copy of the value. It is visible to this process when Put returns, to others after
// the commit, which DurabilitySync and DurabilityFull wait for, as long as the context allows.
func (s *Space) Put(ctx context.Context, key string, value []byte, options *PutOptions) error {
	if err := ctx.Err(); err != nil {
		return cancelled(err)
	}
	defer runtime.KeepAlive(s)
	var memory arena
	defer memory.free()
	native, name := options.native(&memory), []byte(key)
	if memory.err != nil {
		return memory.err
	}
	if options == nil || options.Durability <= DurabilityMemory {
		var failure *C.tapps_error
		code := C.tapps_cache_put(s.cache.handle, s.name, first(name), C.size_t(len(name)),
			first(value), C.size_t(len(value)), native, &failure)
		return result(code, failure)
	}
	view, err := s.cache.run(ctx, nil, func(q *queue, id C.uint64_t, op *C.int64_t, f **C.tapps_error) C.int32_t {
		return C.tapps_queue_put(q.handle, s.name, first(name), C.size_t(len(name)), first(value),
			C.size_t(len(value)), native, id, op, f)
	})
	view.Release()
	return err
}

// GetMany looks the keys up in one crossing and one view of the file. The values are in the order of
// the keys, nil for what is not there.
func (s *Space) GetMany(ctx context.Context, keys []string, flags ...GetFlag) ([][]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, cancelled(err)
	}
	var memory arena
	defer memory.free()
	room := memory.zeroed(len(keys), unsafe.Sizeof(C.tapps_get_item{}))
	items := unsafe.Slice((*C.tapps_get_item)(room), len(keys)+1)[:len(keys)]
	for i, key := range keys {
		items[i].key, items[i].key_size = memory.bytes([]byte(key)), C.size_t(len(key))
	}
	options := C.tapps_get_options{flags: combined(flags)}
	options.struct_size = C.uint32_t(unsafe.Sizeof(options))
	var failure *C.tapps_error
	code := C.tapps_cache_get_many(s.cache.handle, s.name, (*C.tapps_get_item)(room),
		C.size_t(len(keys)), &options, &failure)
	runtime.KeepAlive(s)
	if code != C.TAPPS_OK {
		return nil, takeError(code, failure)
	}
	values := make([][]byte, len(keys))
	var err error
	for i, item := range items {
		switch item.code {
		case C.TAPPS_OK:
			f := found{value: item.value, data: item.data, size: item.size}
			values[i] = f.takeBytes()
		case C.TAPPS_E_NOT_FOUND:
		default:
			err = takeError(item.code, nil)
		}
	}
	if err != nil {
		return nil, err
	}
	return values, nil
}

// A Pair is an entry of PutMany.
type Pair struct {
	Key   string
	Value []byte
}

// PutMany stores all of them in one transaction, or none.
func (s *Space) PutMany(ctx context.Context, pairs []Pair, options *PutOptions) error {
	if err := ctx.Err(); err != nil {
		return cancelled(err)
	}
	var memory arena
	defer memory.free()
	room := memory.zeroed(len(pairs), unsafe.Sizeof(C.tapps_put_item{}))
	items := unsafe.Slice((*C.tapps_put_item)(room), len(pairs)+1)
	for i, pair := range pairs {
		items[i].key, items[i].key_size = memory.bytes([]byte(pair.Key)), C.size_t(len(pair.Key))
		items[i].data, items[i].size = memory.bytes(pair.Value), C.size_t(len(pair.Value))
	}
	native := options.native(&memory)
	if memory.err != nil {
		return memory.err
	}
	var failure *C.tapps_error
	code := C.tapps_cache_put_many(s.cache.handle, s.name, (*C.tapps_put_item)(room),
		C.size_t(len(pairs)), native, &failure)
	runtime.KeepAlive(s)
	return result(code, failure)
}

// Delete removes a key; one that is not there is no error.
func (s *Space) Delete(ctx context.Context, key string) error {
	return s.DeleteDurably(ctx, key, DurabilityAsync)
}

// DeleteDurably is Delete that waits for the commit, or the disk.
func (s *Space) DeleteDurably(ctx context.Context, key string, durability Durability) error {
	if err := ctx.Err(); err != nil {
		return cancelled(err)
	}
	name := []byte(key)
	var failure *C.tapps_error
	code := C.tapps_cache_delete(s.cache.handle, s.name, first(name), C.size_t(len(name)),
		C.int32_t(durability), &failure)
	runtime.KeepAlive(s)
	return result(code, failure)
}

// Touch gives an entry a new lifetime from now on; 0 is the cache's, a negative one none.
func (s *Space) Touch(ctx context.Context, key string, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return cancelled(err)
	}
	name := []byte(key)
	var failure *C.tapps_error
	code := C.tapps_cache_touch(s.cache.handle, s.name, first(name), C.size_t(len(name)),
		micros(ttl, none), &failure)
	runtime.KeepAlive(s)
	return result(code, failure)
}

// Flush returns when everything put before is committed, or the context ends.
func (c *Cache) Flush(ctx context.Context) error {
	view, err := c.run(ctx, nil, func(q *queue, id C.uint64_t, op *C.int64_t, f **C.tapps_error) C.int32_t {
		return C.tapps_queue_flush(q.handle, 0, id, op, f)
	})
	view.Release()
	return err
}

// IsNotFound is errors.Is(err, ErrNotFound).
func IsNotFound(err error) bool { return errors.Is(err, ErrNotFound) }
