package tapps

/*
#include <stdlib.h>
#include <tapps.h>
*/
import "C"

import (
	"encoding/json"
	"runtime"
	"time"
	"unsafe"
)

func free(pointer unsafe.Pointer) { C.free(pointer) }

// A View is an immutable value of the library, not copied. Release it; the collector does so late.
type View struct {
	value *C.tapps_value
	data  unsafe.Pointer
	size  C.size_t
}

func newView(value *C.tapps_value, data unsafe.Pointer, size C.size_t) *View {
	view := &View{value, data, size}
	runtime.SetFinalizer(view, (*View).Release)
	return view
}

// Bytes are the value's own, not Go's. They may not be changed, nor used after Release; and because
// the collector releases a view that nobody has any more, the view itself has to be kept for as long:
// by a deferred Release, as a rule.
func (v *View) Bytes() []byte { return unsafe.Slice((*byte)(v.data), int(v.size)) }

// String is a copy.
func (v *View) String() string {
	defer runtime.KeepAlive(v)
	return string(v.Bytes())
}

// Release gives the value back. Doing so twice, or for nil, is no error.
func (v *View) Release() {
	if v == nil || v.value == nil {
		return
	}
	runtime.SetFinalizer(v, nil)
	C.tapps_value_release(v.value)
	*v = View{}
}

// An Info is what is known about an entry.
type Info struct {
	Version     int64 // differs after every write of the key, and grows
	Created     time.Time
	Expires     time.Time // zero: never
	StaleUntil  time.Time // zero: no stale window
	Age         time.Duration
	Stale       bool
	Negative    bool
	ServedFrom  Source
	ContentType string
	Source      string
	Tags        []string
	JSON        json.RawMessage
}

// Info is what is known about the value.
func (v *View) Info() Info {
	defer runtime.KeepAlive(v)
	numbers := v.numbers()
	info := Info{
		Version:     int64(numbers.version),
		Created:     instant(numbers.created_us),
		Expires:     instant(numbers.expires_us),
		StaleUntil:  instant(numbers.stale_until_us),
		Age:         duration(numbers.age_us),
		Stale:       numbers.flags&C.TAPPS_VALUE_STALE != 0,
		Negative:    numbers.flags&C.TAPPS_VALUE_NEGATIVE != 0,
		ServedFrom:  Source(numbers.served_from),
		ContentType: valueText(v.value, C.TAPPS_TEXT_CONTENT_TYPE),
		Source:      valueText(v.value, C.TAPPS_TEXT_SOURCE),
		Tags:        valueLines(v.value, C.TAPPS_TEXT_TAGS),
	}
	if text := valueText(v.value, C.TAPPS_TEXT_JSON); text != "" {
		info.JSON = json.RawMessage(text)
	}
	return info
}

func (v *View) numbers() C.tapps_info {
	var numbers C.tapps_info
	if v.value != nil {
		C.tapps_value_info(v.value, &numbers)
	}
	return numbers
}

// String is how the enum of tapps.h calls it: "memory".
func (s Source) String() string {
	names := [...]string{"unknown", "memory", "disk", "network", "revalidated", "installed"}
	if s < 0 || int(s) >= len(names) {
		return names[0]
	}
	return names[s]
}

// String is how the enum of tapps.h calls it: "read_only".
func (s State) String() string {
	names := [...]string{"ok", "read_only", "memory", "locked", "full", "failed", "wal_pinned", "closed"}
	if s < 0 || int(s) >= len(names) {
		return "unknown"
	}
	return names[s]
}
