// Package tapps is an embedded cache for editors, coding agents and developer tools: entries, HTTP
// answers and library documentation in one file that every process of a user shares.
//
//	cache, err := tapps.Open("", nil)
//	if err != nil {
//		return err
//	}
//	defer cache.Close()
//	err = cache.Put(ctx, "greeting", []byte("hello"), nil)
//	value, err := cache.Get(ctx, "greeting")
//
// It uses libtapps through cgo and finds it with pkg-config. Everything may be used by any number of
// goroutines, but for Cursor and View, which belong to one at a time.
package tapps

/*
#cgo pkg-config: tapps
#cgo linux LDFLAGS: -Wl,-z,now
#include <stdlib.h>
#include <tapps.h>

#if TAPPS_ABI != 0
#error "tapps.h has another ABI than this package was written for"
#endif
*/
import "C"

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// OpenOptions say how to open a cache. What is zero has the default of tapps.h; a negative duration
// or number means none, or no limit.
type OpenOptions struct {
	ReadOnly       bool          // never writes the file
	Offline        bool          // fetches answer from the cache or fail
	MemoryBytes    int64         // 64 MiB
	MemoryEntries  int64         // no limit
	DiskBytes      int64         // 1 GiB
	QueueBytes     int64         // of what is not yet written; 32 MiB
	CommitInterval time.Duration // 20 ms
	OpenTimeout    time.Duration // 5 s
	PutTimeout     time.Duration // 3 s
	TTL            time.Duration // of entries put without one; none
	UserAgent      string
	Proxy          string // of fetches; none: the environment is not read
	CAFile         string
	MaxConcurrency int64 // requests under way to one origin; 5
	BreakFailures  int64 // that open an origin's breaker; 5
	BreakTime      time.Duration
	Policy         MemoryPolicy // PolicyAdaptive
	DiskEntries    int64        // no limit
	PreloadBytes   int64        // read into memory after the open, what was used last; none
	NoProxy        []string     // hosts reached without the proxy
	SecretNames    []string     // further query parameters and header fields that are secrets
	DenyPrivate    bool         // no private, loopback or link-local address may answer a fetch
	KeepSetCookie  bool         // Set-Cookie reaches the file
	SharedHTTP     bool         // obeys RFC 9111 as a shared cache
	// Answers to requests with credentials reach the file, the credentials do not.
	KeepCredentialed bool
	WALBytes         int64         // the WAL is checkpointed from half of it on; 8 MiB
	MaxWALBytes      int64         // no commit begins beyond; 64 MiB
	LeaseWait        time.Duration // for the file to let a load or fetch be the only one; 50 ms
	StaleIfError     time.Duration // an answer stands in for a failing origin; 1 day; -1: not
	MaxHeuristic     time.Duration // bound of a guessed lifetime; 1 day; -1: none is guessed
	MaxWaiting       int64         // fetches that wait for a place at one origin; 1,024
	// What the breakers of origins have, and others unless opened with their own.
	MaxBreakTime     time.Duration
	BreakSuccesses   int64
	BreakFailureRate int64 // -1: not watched
	BreakSlowRate    int64 // -1: not watched
	BreakSlow        time.Duration
	BreakWindowCalls int64
	BreakWindow      time.Duration
	BreakMinCalls    int64
	Retry            time.Duration
	MaxRetry         time.Duration
	RetryReserve     int64 // -1: none
	RetryPercent     int64 // -1: none
}

func (o *OpenOptions) flags() C.uint32_t {
	return bits(o.ReadOnly, C.TAPPS_OPEN_READ_ONLY) | bits(o.Offline, C.TAPPS_OPEN_OFFLINE) |
		bits(o.DenyPrivate, C.TAPPS_OPEN_DENY_PRIVATE) |
		bits(o.KeepSetCookie, C.TAPPS_OPEN_KEEP_SET_COOKIE) |
		bits(o.SharedHTTP, C.TAPPS_OPEN_SHARED_HTTP) |
		bits(o.KeepCredentialed, C.TAPPS_OPEN_KEEP_CREDENTIALED)
}

// A MemoryPolicy says what memory forgets first when it is full.
type MemoryPolicy int32

const (
	PolicyAdaptive MemoryPolicy = C.TAPPS_POLICY_ADAPTIVE // learns from what it serves
	PolicyLRU      MemoryPolicy = C.TAPPS_POLICY_LRU      // the least recently used first
)

// A Cache is an open cache. It is the namespace "default" as well; In has the others.
type Cache struct {
	Space
	handle *C.tapps_cache

	mutex  sync.Mutex
	queue  *queue
	closed bool
	ended  chan struct{} // closed by Close
}

// Open opens the cache in a file, making it when it is missing; with "" the user's own, with
// ":memory:" none. Opening a file again in one process gives the same store.
func Open(path string, options *OpenOptions) (*Cache, error) {
	if C.tapps_abi() != headerABI {
		return nil, &Error{Code: CodeVersion, Message: wrongABI(int(C.tapps_abi()))}
	}
	var memory arena
	defer memory.free()
	var native *C.tapps_open_options
	if o := options; o != nil {
		native = &C.tapps_open_options{
			flags:              o.flags(),
			memory_bytes:       C.int64_t(o.MemoryBytes),
			memory_entries:     limit(o.MemoryEntries),
			disk_bytes:         limit(o.DiskBytes),
			queue_bytes:        C.int64_t(o.QueueBytes),
			commit_interval_us: micros(o.CommitInterval, unlimited),
			open_timeout_us:    micros(o.OpenTimeout, unlimited),
			put_timeout_us:     micros(o.PutTimeout, none),
			ttl_us:             micros(o.TTL, none),
			user_agent:         memory.text(o.UserAgent),
			proxy:              memory.text(o.Proxy),
			ca_file:            memory.text(o.CAFile),
			max_concurrency:    C.int64_t(o.MaxConcurrency),
			break_failures:     C.int64_t(o.BreakFailures),
			break_us:           micros(o.BreakTime, unlimited),
			policy:             C.int32_t(o.Policy),
			disk_entries:       limit(o.DiskEntries),
			preload_bytes:      limit(o.PreloadBytes),
			no_proxy:           memory.text(strings.Join(o.NoProxy, ",")),
			secret_names:       memory.lines(o.SecretNames),
			wal_bytes:          C.int64_t(o.WALBytes),
			max_wal_bytes:      C.int64_t(o.MaxWALBytes),
			lease_wait_us:      micros(o.LeaseWait, unlimited),
			stale_if_error_us:  micros(o.StaleIfError, none),
			max_heuristic_us:   micros(o.MaxHeuristic, none),
			max_waiting:        C.int64_t(o.MaxWaiting),
			max_break_us:       micros(o.MaxBreakTime, unlimited),
			break_successes:    C.int64_t(o.BreakSuccesses),
			break_failure_rate: C.int64_t(o.BreakFailureRate),
			break_slow_rate:    C.int64_t(o.BreakSlowRate),
			break_slow_us:      micros(o.BreakSlow, unlimited),
			break_window_calls: C.int64_t(o.BreakWindowCalls),
			break_window_us:    micros(o.BreakWindow, none),
			break_min_calls:    C.int64_t(o.BreakMinCalls),
			retry_us:           micros(o.Retry, unlimited),
			max_retry_us:       micros(o.MaxRetry, unlimited),
			retry_reserve:      C.int64_t(o.RetryReserve),
			retry_percent:      C.int64_t(o.RetryPercent),
		}
		native.struct_size = C.uint32_t(unsafe.Sizeof(*native))
	}
	where := memory.text(path)
	if memory.err != nil {
		return nil, memory.err
	}
	var handle *C.tapps_cache
	var failure *C.tapps_error
	code := C.tapps_cache_open(where, native, &handle, &failure)
	if code != C.TAPPS_OK {
		return nil, takeError(code, failure)
	}
	cache := &Cache{handle: handle, ended: make(chan struct{})}
	cache.Space = Space{cache: cache}
	runtime.SetFinalizer(cache, (*Cache).release)
	return cache, nil
}

// wrongABI says what to do about a library that was loaded instead of the one built against.
func wrongABI(found int) string {
	return fmt.Sprintf("the libtapps that was loaded, %s, has ABI %d and this program was built for %d: "+
		"install libtapps.so.%d, name its folder in LD_LIBRARY_PATH, or build the program again",
		Version(), found, headerABI, headerABI)
}

func (c *Cache) release() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.queue != nil {
		c.queue.close()
		c.queue = nil
	}
	C.tapps_cache_release(c.handle)
	c.handle = nil
}

// Close writes what is queued, for 5 seconds at most, and closes the cache: later calls return
// ErrClosed, and what is under way ends with it. Closing twice is no error.
func (c *Cache) Close() error { return c.CloseWithin(0) }

// CloseWithin is Close with another deadline. ErrTimeout: what is left is being written in the
// background.
func (c *Cache) CloseWithin(deadline time.Duration) error {
	c.mutex.Lock()
	if c.closed {
		c.mutex.Unlock()
		return nil
	}
	c.closed = true
	pending := c.queue
	c.queue = nil
	c.mutex.Unlock()
	var failure *C.tapps_error
	code := C.tapps_cache_close(c.handle, micros(deadline, unlimited), &failure)
	close(c.ended)
	if pending != nil {
		pending.close()
	}
	runtime.KeepAlive(c)
	return result(code, failure)
}

// Path is the path of the file, ":memory:" without one.
func (c *Cache) Path() string {
	defer runtime.KeepAlive(c)
	return C.GoString(C.tapps_cache_path(c.handle))
}

// State says how the cache stands.
func (c *Cache) State() State {
	defer runtime.KeepAlive(c)
	return State(C.tapps_cache_state(c.handle))
}

// Stats is a snapshot of everything counted by this process; see tapps_cache_stats.
func (c *Cache) Stats() (json.RawMessage, error) {
	var found found
	code := C.tapps_cache_stats(c.handle, &found.value, &found.data, &found.size, &found.failure)
	runtime.KeepAlive(c)
	if code != C.TAPPS_OK {
		return nil, takeError(code, found.failure)
	}
	return found.takeBytes(), nil
}

// Version is the version of the library, "0.1.0".
func Version() string { return C.GoString(C.tapps_version()) }

// completions is the queue of this cache, made when first needed.
func (c *Cache) completions() (*queue, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.closed {
		return nil, errClosed()
	}
	if c.queue == nil {
		made, err := openQueue(c)
		if err != nil {
			return nil, err
		}
		c.queue = made
	}
	return c.queue, nil
}
