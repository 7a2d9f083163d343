package tapps

/*
#include <stdlib.h>
#include <tapps.h>
*/
import "C"

import (
	"strconv"
	"strings"
	"time"
	"unsafe"
)

const (
	none      = C.TAPPS_NONE
	unlimited = C.TAPPS_UNLIMITED
)

// An arena holds C memory for the length of a call, and the first thing wrong with the texts in it.
type arena struct {
	held []unsafe.Pointer
	err  error
}

func (a *arena) free() {
	for _, pointer := range a.held {
		C.free(pointer)
	}
}

// fail remembers what is wrong with an argument.
func (a *arena) fail(message string) {
	if a.err == nil {
		a.err = &Error{Code: CodeInvalid, Message: message}
	}
}

// text is NULL for "".
func (a *arena) text(text string) *C.char {
	if text == "" {
		return nil
	}
	return a.name(text)
}

// name is text that is not NULL for "".
func (a *arena) name(text string) *C.char {
	if strings.IndexByte(text, 0) >= 0 {
		a.fail("a text contains a NUL: " + strconv.Quote(text))
	}
	copied := C.CString(text)
	a.held = append(a.held, unsafe.Pointer(copied))
	return copied
}

func (a *arena) lines(texts []string) *C.char { return a.text(strings.Join(texts, "\n")) }

func (a *arena) bytes(data []byte) unsafe.Pointer {
	copied := C.CBytes(data)
	a.held = append(a.held, copied)
	return copied
}

// zeroed is room for count things of a size.
func (a *arena) zeroed(count int, size uintptr) unsafe.Pointer {
	room := C.calloc(C.size_t(count+1), C.size_t(size))
	a.held = append(a.held, room)
	return room
}

// micros takes 0 as the default; `negative` stands for durations below 0.
func micros(duration time.Duration, negative C.int64_t) C.int64_t {
	if duration < 0 {
		return negative
	}
	if duration > 0 && duration < time.Microsecond {
		return 1
	}
	return C.int64_t(duration / time.Microsecond)
}

func limit(number int64) C.int64_t {
	if number < 0 {
		return unlimited
	}
	return C.int64_t(number)
}

func bits(on bool, bit C.uint32_t) C.uint32_t {
	if on {
		return bit
	}
	return 0
}

// instant is the zero time for 0.
func instant(us C.int64_t) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(us))
}

func duration(us C.int64_t) time.Duration { return time.Duration(us) * time.Microsecond }

// first is a pointer to the bytes, which may be none.
func first(data []byte) unsafe.Pointer {
	if len(data) == 0 {
		return nil
	}
	return unsafe.Pointer(&data[0])
}

// found is what a call that finds something fills in. It is allocated by Go and holds C pointers
// only.
type found struct {
	value   *C.tapps_value
	data    unsafe.Pointer
	size    C.size_t
	failure *C.tapps_error
}

// takeBytes copies the bytes and gives the value back.
func (f *found) takeBytes() []byte {
	data := make([]byte, int(f.size))
	copy(data, unsafe.Slice((*byte)(f.data), int(f.size)))
	C.tapps_value_release(f.value)
	f.value = nil
	return data
}

func valueText(value *C.tapps_value, which C.int32_t) string {
	var size C.size_t
	text := C.tapps_value_text(value, which, &size)
	return C.GoStringN(text, C.int(size))
}

func valueLines(value *C.tapps_value, which C.int32_t) []string {
	text := valueText(value, which)
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
