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

// A ListedEntry is an entry as a walk meets it.
type ListedEntry struct {
	Key         string
	Space       string
	Size        int64
	ContentType string
	Created     time.Time
	Expires     time.Time // zero: never
	LastUsed    time.Time
	Hits        int64
	Stale       bool
	Negative    bool
}

// A Cursor walks over committed entries in no particular order:
//
//	cursor := cache.Entries("prefix/")
//	defer cursor.Close()
//	for cursor.Next() {
//		fmt.Println(cursor.Entry().Key)
//	}
//	return cursor.Err()
type Cursor struct {
	space  *Space
	handle *C.tapps_cursor
	entry  ListedEntry
	err    error
}

// Entries walks over the entries of the namespace whose keys begin with prefix.
func (s *Space) Entries(prefix string) *Cursor {
	var memory arena
	defer memory.free()
	return openCursor(s, s.fullName(&memory), prefix)
}

// EntriesEverywhere walks over the entries of all namespaces.
func (c *Cache) EntriesEverywhere(prefix string) *Cursor { return openCursor(&c.Space, nil, prefix) }

func openCursor(space *Space, name *C.char, prefix string) *Cursor {
	cursor, start := &Cursor{space: space}, []byte(prefix)
	var failure *C.tapps_error
	code := C.tapps_cursor_open(space.cache.handle, name, first(start), C.size_t(len(start)),
		&cursor.handle, &failure)
	cursor.err = result(code, failure)
	runtime.SetFinalizer(cursor, (*Cursor).Close)
	return cursor
}

// Next moves to the next entry; false after the last one, and after a failure.
func (c *Cursor) Next() bool {
	if c.err != nil || c.handle == nil {
		return false
	}
	var raw C.tapps_entry
	var failure *C.tapps_error
	code := C.tapps_cursor_next(c.handle, &raw, &failure)
	if code != C.TAPPS_OK {
		if err := takeError(code, failure); !IsNotFound(err) {
			c.err = err
		}
		c.Close()
		return false
	}
	c.entry = ListedEntry{
		Key:         string(unsafe.Slice((*byte)(raw.key), int(raw.key_size))),
		Space:       C.GoString(raw.space),
		Size:        int64(raw.size),
		ContentType: C.GoString(raw.content_type),
		Created:     instant(raw.created_us),
		Expires:     instant(raw.expires_us),
		LastUsed:    instant(raw.last_used_us),
		Hits:        int64(raw.hits),
		Stale:       raw.flags&C.TAPPS_VALUE_STALE != 0,
		Negative:    raw.flags&C.TAPPS_VALUE_NEGATIVE != 0,
	}
	runtime.KeepAlive(c)
	return true
}

// Entry is the one the cursor stands on.
func (c *Cursor) Entry() ListedEntry { return c.entry }

// Err is what ended the walk before its end, or nil.
func (c *Cursor) Err() error { return c.err }

// Close ends the walk. Doing so twice is no error.
func (c *Cursor) Close() {
	runtime.SetFinalizer(c, nil)
	C.tapps_cursor_release(c.handle)
	c.handle = nil
}
