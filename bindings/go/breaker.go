package tapps

/*
#include <tapps.h>
*/
import "C"

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"time"
	"unsafe"
)

// BreakerOptions say when a breaker opens. What is zero has the default of tapps.h.
type BreakerOptions struct {
	Failures       int64         // consecutive ones that open it; 5
	Successes      int64         // of probes that close it again; 2
	Open           time.Duration // first time it stays open; 30 s
	MaxOpen        time.Duration // doubling ends here; 5 min
	MaxConcurrency int64         // calls under way at once; 5; -1: no limit
	Probes         int64         // at once while half open; 1
	Lease          time.Duration // a call that has not ended by then gives its place back; 60 s
	MaxWaiting     int64         // callers that wait for a place; 100
	FailureRate    int64         // percent of failures in the window that open it; not watched
	SlowRate       int64         // percent of slow calls in the window that open it; not watched
	Slow           time.Duration // a call that takes as long is slow; 5 s
	WindowCalls    int64         // the window is as many latest calls; 100
	Window         time.Duration // the window is so much time instead
	MinCalls       int64         // calls in the window below which rates say nothing; 10
	Retries        int64         // of one call; 2; -1: none
	Retry          time.Duration // longest delay before the first retry, doubling; 100 ms
	MaxRetry       time.Duration // doubling ends here; 10 s
	RetryReserve   int64         // retries of all calls before any has earned one; 5; -1: none
	RetryPercent   int64         // retries that a hundred calls earn; 10; -1: none
}

// A BreakerState says whether calls are let through.
type BreakerState int32

const (
	BreakerClosed   BreakerState = C.TAPPS_BREAKER_CLOSED
	BreakerOpen     BreakerState = C.TAPPS_BREAKER_OPEN
	BreakerHalfOpen BreakerState = C.TAPPS_BREAKER_HALF_OPEN
)

// String is "closed", "open" or "half_open".
func (s BreakerState) String() string {
	names := [...]string{"closed", "open", "half_open"}
	if s < 0 || int(s) >= len(names) {
		return "unknown"
	}
	return names[s]
}

// A BreakerMode is what Force sets.
type BreakerMode int32

const (
	BreakerAuto        BreakerMode = C.TAPPS_BREAKER_AUTO
	BreakerForceOpen   BreakerMode = C.TAPPS_BREAKER_FORCE_OPEN
	BreakerForceClosed BreakerMode = C.TAPPS_BREAKER_FORCE_CLOSED
)

// BreakerInfo is how a breaker stands; the totals are since it was made.
type BreakerInfo struct {
	State         BreakerState
	Forced        BreakerMode
	FailuresInRow int64
	InFlight      int64
	RetryAfter    time.Duration // 0 unless open
	Successes     int64
	Failures      int64
	Ignored       int64
	Rejected      int64
	Transitions   int64
	Waiting       int64         // callers in line
	Quota         time.Duration // the longest wait the service asked any caller for
	WindowCalls   int64         // in the window now; 0 unless rates are watched
	WindowFailed  int64         // of these
	WindowSlow    int64         // of these
}

// A Breaker is a circuit breaker with bounded concurrency, for the program's own calls.
type Breaker struct {
	cache  *Cache
	handle *C.tapps_breaker
}

// Breaker is the breaker of that name, made when it is not there. ErrExists: it has other options.
func (c *Cache) Breaker(name string, options *BreakerOptions) (*Breaker, error) {
	var memory arena
	defer memory.free()
	native, text := options.native(), memory.name(name)
	if memory.err != nil {
		return nil, memory.err
	}
	breaker := &Breaker{cache: c}
	var failure *C.tapps_error
	code := C.tapps_breaker_open(c.handle, text, native, &breaker.handle, &failure)
	runtime.KeepAlive(c)
	if code != C.TAPPS_OK {
		return nil, takeError(code, failure)
	}
	runtime.SetFinalizer(breaker, func(b *Breaker) { C.tapps_breaker_release(b.handle) })
	return breaker, nil
}

func (o *BreakerOptions) native() *C.tapps_breaker_options {
	if o == nil {
		return nil
	}
	native := &C.tapps_breaker_options{
		failures:        C.int64_t(o.Failures),
		successes:       C.int64_t(o.Successes),
		open_us:         micros(o.Open, unlimited),
		max_open_us:     micros(o.MaxOpen, unlimited),
		max_concurrency: limit(o.MaxConcurrency),
		probes:          C.int64_t(o.Probes),
		lease_us:        micros(o.Lease, unlimited),
		max_waiting:     C.int64_t(o.MaxWaiting),
		failure_rate:    C.int64_t(o.FailureRate),
		slow_rate:       C.int64_t(o.SlowRate),
		slow_us:         micros(o.Slow, unlimited),
		window_calls:    C.int64_t(o.WindowCalls),
		window_us:       micros(o.Window, none),
		min_calls:       C.int64_t(o.MinCalls),
		retries:         C.int64_t(o.Retries),
		retry_us:        micros(o.Retry, unlimited),
		max_retry_us:    micros(o.MaxRetry, unlimited),
		retry_reserve:   C.int64_t(o.RetryReserve),
		retry_percent:   C.int64_t(o.RetryPercent),
	}
	native.struct_size = C.uint32_t(unsafe.Sizeof(*native))
	return native
}

// A Permit is the right to make one call. It reports once; later reports are without effect. One
// that is forgotten keeps its place until the lease of the breaker ends: defer its Release.
type Permit struct {
	breaker *Breaker
	number  C.int64_t
}

// Acquire asks to make a call: ErrOpenCircuit, ErrQuota or ErrBusy, at once, when it may not be made.
func (b *Breaker) Acquire() (Permit, error) {
	permit := Permit{breaker: b}
	var failure *C.tapps_error
	code := C.tapps_breaker_acquire(b.handle, &permit.number, &failure)
	runtime.KeepAlive(b)
	return permit, result(code, failure)
}

const waitAtMost = 365 * 24 * time.Hour

// Wait is Acquire that waits for a place, in the order of asking, until the context ends. ErrBusy:
// too many wait already; ErrOpenCircuit or ErrQuota as soon as the breaker opens, or the service
// asks to wait.
func (b *Breaker) Wait(ctx context.Context) (Permit, error) {
	defer runtime.KeepAlive(b)
	end := b.cache.complete(ctx, operation{
		giveBack: func(number C.int64_t) { Permit{b, number}.Report(OutcomeIgnored) },
		start: func(q *queue, id C.uint64_t, op *C.int64_t, f **C.tapps_error) C.int32_t {
			return C.tapps_queue_acquire(q.handle, b.handle, micros(waitAtMost, none), id, op, f)
		}})
	return Permit{b, end.number}, end.err
}

// Retry says how long to wait before a call that failed, and may be repeated, is made once more.
// attempt: how often it was made, from 1; status: what HTTP answered, or 0; retryAfter: what the
// service asked for, or 0. ErrUnsupported: the status is not worth another try; ErrFull: it was made
// as often as it may be, or the budget of retries is used up; ErrOpenCircuit.
func (b *Breaker) Retry(attempt, status int, retryAfter time.Duration) (time.Duration, error) {
	var delay C.int64_t
	var failure *C.tapps_error
	code := C.tapps_breaker_retry(b.handle, C.int64_t(attempt), C.int32_t(status),
		micros(retryAfter, 0), &delay, &failure)
	runtime.KeepAlive(b)
	return duration(delay), result(code, failure)
}

// Limit tells what the service said: it takes no more than so many further calls within that time;
// 0 calls for "not before". Then calls fail with ErrQuota, in every process of the user.
func (b *Breaker) Limit(calls int64, within time.Duration) error {
	var failure *C.tapps_error
	code := C.tapps_breaker_limit(b.handle, C.int64_t(calls), micros(within, 0), &failure)
	runtime.KeepAlive(b)
	return result(code, failure)
}

// Report says how the call went.
func (p Permit) Report(outcome Outcome) {
	C.tapps_breaker_report(p.breaker.handle, p.number, C.int32_t(outcome))
	runtime.KeepAlive(p.breaker)
}

// Release gives the place back of a permit that was not reported, as OutcomeIgnored; after a report,
// and for the permit of an Acquire that failed, it does nothing.
func (p Permit) Release() {
	if p.breaker != nil && p.number != 0 {
		p.Report(OutcomeIgnored)
	}
}

// Execute runs the operation under a permit. Its error counts against the callee, unless the context
// has ended or it is, or wraps, ErrIgnored. A panic counts, too.
func (b *Breaker) Execute(ctx context.Context, operation func(context.Context) error) (err error) {
	permit, err := b.Acquire()
	if err != nil {
		return err
	}
	outcome := OutcomeFailure
	defer func() { permit.Report(outcome) }()
	err = operation(ctx)
	switch {
	case err == nil:
		outcome = OutcomeSuccess
	case ctx.Err() != nil || errors.Is(err, ErrIgnored):
		outcome = OutcomeIgnored
	}
	return err
}

// ErrIgnored, wrapped, keeps an error of an operation from counting against the callee.
var ErrIgnored = errors.New("tapps: ignored by the breaker")

// Execute runs an operation that has a result. When it fails, or may not be made, the answer is that
// of fallback, which may be nil.
func Execute[T any](ctx context.Context, b *Breaker, operation func(context.Context) (T, error),
	fallback func(error) (T, error)) (T, error) {
	var answer T
	err := b.Execute(ctx, func(ctx context.Context) (err error) {
		answer, err = operation(ctx)
		return err
	})
	if err != nil && fallback != nil {
		return fallback(err)
	}
	return answer, err
}

// Force holds the breaker open or closed; BreakerAuto ends that, closes it and forgets.
func (b *Breaker) Force(mode BreakerMode) error {
	var failure *C.tapps_error
	code := C.tapps_breaker_force(b.handle, C.int32_t(mode), &failure)
	runtime.KeepAlive(b)
	return result(code, failure)
}

// Read says how the breaker stands.
func (b *Breaker) Read() BreakerInfo {
	var info C.tapps_breaker_info
	C.tapps_breaker_read(b.handle, &info)
	runtime.KeepAlive(b)
	return BreakerInfo{
		State:         BreakerState(info.state),
		Forced:        BreakerMode(info.forced),
		FailuresInRow: int64(info.failures_in_row),
		InFlight:      int64(info.in_flight),
		RetryAfter:    duration(info.retry_after_us),
		Successes:     int64(info.successes),
		Failures:      int64(info.failures),
		Ignored:       int64(info.ignored),
		Rejected:      int64(info.rejected),
		Transitions:   int64(info.transitions),
		Waiting:       int64(info.waiting),
		Quota:         duration(info.quota_us),
		WindowCalls:   int64(info.window_calls),
		WindowFailed:  int64(info.window_failures),
		WindowSlow:    int64(info.window_slow),
	}
}

// An EventKind is a kind of Event.
type EventKind int32

const (
	EventBreaker EventKind = C.TAPPS_EVENT_BREAKER // a breaker changed its state
	EventState   EventKind = C.TAPPS_EVENT_STATE   // State of the cache changed
)

// An Event tells of a change.
type Event struct {
	Kind EventKind
	Data json.RawMessage
}

const eventRoom = 256

// Events are those of the kinds given, of both without any, until the context ends or the cache is
// closed; then the channel is closed, too. When nobody takes them, those that do not fit any more are dropped.
func (c *Cache) Events(ctx context.Context, kinds ...EventKind) (<-chan Event, error) {
	if len(kinds) == 0 {
		kinds = []EventKind{EventBreaker, EventState}
	}
	var mask C.uint32_t
	for _, kind := range kinds {
		mask |= 1 << (kind - C.TAPPS_EVENT_PROGRESS)
	}
	q, err := openQueue(c)
	if err != nil {
		return nil, err
	}
	events := make(chan Event, eventRoom)
	q.mutex.Lock()
	q.onEvent = func(kind C.int32_t, data []byte) {
		select {
		case events <- Event{EventKind(kind), data}:
		default:
		}
	}
	q.mutex.Unlock()
	var failure *C.tapps_error
	if code := C.tapps_queue_subscribe(q.handle, mask, &failure); code != C.TAPPS_OK {
		q.close()
		return nil, takeError(code, failure)
	}
	go func() {
		defer runtime.KeepAlive(c)
		select {
		case <-ctx.Done():
		case <-c.ended:
		}
		q.close()
		close(events)
	}()
	return events, nil
}
