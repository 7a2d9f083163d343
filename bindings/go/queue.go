package tapps

/*
#include <fcntl.h>
#include <stdlib.h>
#include <tapps.h>

// A duplicate that no program inherits, whoever starts one at the same moment.
static int tapps_go_duplicate(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 0); }
*/
import "C"

import (
	"context"
	"encoding/json"
	"os"
	"runtime"
	"sync"
	"syscall"
	"unsafe"
)

const batch = 64

// A queue is a completion queue of the library, read by one goroutine that Go's poller wakes: no
// thread waits in C. What it hands out is found by user_data, which is known before the operation
// is submitted, while its number may come after its record.
type queue struct {
	handle *C.tapps_queue
	file   *os.File // a duplicate of the queue's descriptor
	done   chan struct{}

	mutex   sync.Mutex
	closed  bool
	last    C.uint64_t
	pending map[C.uint64_t]*pending
	left    map[C.uint64_t]giveBack // of operations that nobody waits for any more
	onEvent func(kind C.int32_t, data []byte)
}

type pending struct {
	ended    chan completion // of room for all, so that the reader never waits
	progress chan []byte     // nil, or of some room: what does not fit is dropped
	giveBack giveBack        // nil, or for what comes when nobody waits any more
}

// A giveBack returns the lease or the permit that a record carries as its number.
type giveBack func(number C.int64_t)

type completion struct {
	id     C.uint64_t
	view   *View // nil, or the receiver's
	number C.int64_t
	bytes  C.int64_t
	err    error
}

// openQueue makes a queue of its own.
func openQueue(cache *Cache) (*queue, error) {
	q := &queue{done: make(chan struct{}), pending: map[C.uint64_t]*pending{},
		left: map[C.uint64_t]giveBack{}}
	var failure *C.tapps_error
	code := C.tapps_queue_open(cache.handle, &q.handle, &failure)
	runtime.KeepAlive(cache)
	if code != C.TAPPS_OK {
		return nil, takeError(code, failure)
	}
	// The poller owns what it watches, and the library owns its descriptor: so it gets a duplicate.
	fd, err := C.tapps_go_duplicate(C.int(C.tapps_queue_fd(q.handle)))
	if fd >= 0 {
		if err = syscall.SetNonblock(int(fd), true); err != nil {
			syscall.Close(int(fd))
		}
	}
	if err != nil {
		C.tapps_queue_release(q.handle)
		return nil, &Error{Code: CodeIO, Message: "the queue's descriptor: " + err.Error()}
	}
	q.file = os.NewFile(uintptr(fd), "tapps-queue")
	connection, err := q.file.SyscallConn()
	if err != nil {
		q.file.Close()
		C.tapps_queue_release(q.handle)
		return nil, &Error{Code: CodeIO, Message: "the queue's descriptor: " + err.Error()}
	}
	go q.read(connection)
	return q, nil
}

// read hands out records until the file is closed. The poller tells of edges; each drain goes on
// until the queue is empty, and records that come later make a new edge.
func (q *queue) read(connection syscall.RawConn) {
	defer close(q.done)
	room := C.calloc(batch, C.size_t(unsafe.Sizeof(C.tapps_record{})))
	defer C.free(room)
	_ = connection.Read(func(uintptr) bool {
		for q.drain(room) == batch {
		}
		return false
	})
	for q.drain(room) == batch { // what had ended by then is told
	}
}

func (q *queue) drain(room unsafe.Pointer) int {
	taken := int(C.tapps_queue_drain(q.handle, (*C.tapps_record)(room), batch))
	for _, record := range unsafe.Slice((*C.tapps_record)(room), batch)[:taken] {
		q.handOut(record)
	}
	return taken
}

func (q *queue) handOut(record C.tapps_record) {
	var view *View
	if record.value != nil {
		view = newView(record.value, record.data, record.size)
	}
	if record.kind >= C.TAPPS_EVENT_PROGRESS {
		q.mutex.Lock()
		waiting, onEvent := q.pending[record.user_data], q.onEvent
		q.mutex.Unlock()
		if record.kind == C.TAPPS_EVENT_PROGRESS {
			if waiting != nil {
				select {
				case waiting.progress <- append([]byte{}, view.Bytes()...):
				default:
				}
			}
		} else if onEvent != nil {
			onEvent(record.kind, append([]byte{}, view.Bytes()...))
		}
		view.Release()
		return
	}
	waiting, refuse := q.forget(record.user_data)
	if waiting != nil {
		waiting.ended <- completion{record.user_data, view, record.number, record.bytes,
			result(record.code, record.error)}
		return
	}
	if refuse != nil && record.number > 0 {
		refuse(record.number)
	}
	view.Release()
	C.tapps_error_release(record.error)
}

func (q *queue) forget(id C.uint64_t) (*pending, giveBack) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	waiting, refuse := q.pending[id], q.left[id]
	delete(q.pending, id)
	delete(q.left, id)
	return waiting, refuse
}

// leave ends the waiting for an operation; false when it has ended already.
func (q *queue) leave(id C.uint64_t) bool {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	waiting := q.pending[id]
	delete(q.pending, id)
	if waiting != nil && waiting.giveBack != nil {
		q.left[id] = waiting.giveBack
	}
	return waiting != nil
}

const progressRoom = 256

// expect makes room for `count` completions, whose ids follow upon the one returned.
func (q *queue) expect(count int, waiting *pending) (C.uint64_t, error) {
	waiting.ended = make(chan completion, count)
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if q.closed {
		return 0, errClosed()
	}
	first := q.last + 1
	for ; count > 0; count-- {
		q.last++
		q.pending[q.last] = waiting
	}
	return first, nil
}

// close ends everything under way with ErrClosed and gives the queue back.
func (q *queue) close() {
	q.file.Close()
	<-q.done
	q.mutex.Lock()
	q.closed = true
	left := q.pending
	q.pending = nil
	handle := q.handle
	q.handle = nil
	q.mutex.Unlock()
	for id, waiting := range left {
		waiting.ended <- completion{id: id, err: errClosed()}
	}
	C.tapps_queue_release(handle)
}

type submit func(q *queue, id C.uint64_t, op *C.int64_t, failure **C.tapps_error) C.int32_t

// An operation is what complete needs to know of one.
type operation struct {
	memory     *arena       // nil, or the arguments; what is wrong with them fails it
	onProgress func([]byte) // nil, or called by the goroutine that waits
	giveBack   giveBack
	start      submit
}

// run is complete for operations that have a value at the most. The view, which may be nil, is the
// caller's.
func (c *Cache) run(ctx context.Context, memory *arena, start submit) (*View, error) {
	end := c.complete(ctx, operation{memory: memory, start: start})
	return end.view, end.err
}

// complete submits an operation and waits for its end, or for that of the context, which cancels it.
func (c *Cache) complete(ctx context.Context, o operation) completion {
	if err := ctx.Err(); err != nil {
		return completion{err: cancelled(err)}
	}
	if o.memory != nil && o.memory.err != nil {
		return completion{err: o.memory.err}
	}
	defer runtime.KeepAlive(c)
	q, err := c.completions()
	if err != nil {
		return completion{err: err}
	}
	waiting := &pending{giveBack: o.giveBack}
	if o.onProgress != nil {
		waiting.progress = make(chan []byte, progressRoom)
	}
	id, err := q.expect(1, waiting)
	if err != nil {
		return completion{err: err}
	}
	op, err := q.start(id, o.start)
	if err != nil {
		q.forget(id)
		return completion{err: err}
	}
	for {
		select {
		case data := <-waiting.progress:
			o.onProgress(data)
		case end := <-waiting.ended:
			for len(waiting.progress) > 0 {
				o.onProgress(<-waiting.progress)
			}
			return end.notByUs()
		case <-ctx.Done():
			if q.leave(id) {
				q.cancel(op)
			} else {
				end := <-waiting.ended // it came at the same moment
				end.view.Release()
				if o.giveBack != nil && end.number > 0 {
					o.giveBack(end.number)
				}
			}
			return completion{err: cancelled(ctx.Err())}
		}
	}
}

// notByUs: what was cancelled, though not by us, was so by the end of the cache.
func (end completion) notByUs() completion {
	if codeOf(end.err) == CodeCancelled {
		end.err = errClosed()
	}
	return end
}

// decode reads the JSON of the value into `found` and gives the value back.
func (end completion) decode(found any) error {
	if end.err != nil {
		return end.err
	}
	defer end.view.Release()
	return json.Unmarshal(end.view.Bytes(), found)
}

func errClosed() error { return &Error{Code: CodeClosed, Message: "the cache was closed"} }

// start submits under the lock, so that the queue is not given back meanwhile.
func (q *queue) start(id C.uint64_t, start submit) (C.int64_t, error) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if q.closed {
		return 0, errClosed()
	}
	var op C.int64_t
	var failure *C.tapps_error
	code := start(q, id, &op, &failure)
	return op, result(code, failure)
}

func (q *queue) cancel(op C.int64_t) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if !q.closed {
		C.tapps_queue_cancel(q.handle, op)
	}
}

func codeOf(err error) Code {
	if found, ok := err.(*Error); ok {
		return found.Code
	}
	return 0
}
