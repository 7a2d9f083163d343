package tapps

/*
#include <stdlib.h>
#include <tapps.h>
*/
import "C"

import (
	"context"
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
	onEvent func(kind C.int32_t, data []byte)
}

type pending struct {
	ended    chan completion // of room for one, so that the reader never waits
	progress chan []byte     // nil, or of some room: what does not fit is dropped
}

type completion struct {
	view *View
	err  error
}

// openQueue makes a queue of its own.
func openQueue(cache *Cache) (*queue, error) {
	q := &queue{done: make(chan struct{}), pending: map[C.uint64_t]*pending{}}
	var failure *C.tapps_error
	if code := C.tapps_queue_open(cache.handle, &q.handle, &failure); code != C.TAPPS_OK {
		return nil, takeError(code, failure)
	}
	// The poller owns what it watches, and the library owns its descriptor: so it gets a duplicate.
	fd, err := syscall.Dup(int(C.tapps_queue_fd(q.handle)))
	if err == nil {
		syscall.CloseOnExec(fd)
		err = syscall.SetNonblock(fd, true)
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
	q.drain(room)
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
	if waiting := q.forget(record.user_data); waiting != nil {
		waiting.ended <- completion{view, result(record.code, record.error)}
		return
	}
	view.Release()
	C.tapps_error_release(record.error)
}

func (q *queue) forget(id C.uint64_t) *pending {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	waiting := q.pending[id]
	delete(q.pending, id)
	return waiting
}

const progressRoom = 256

// expect makes room for a completion; nil when the queue was closed.
func (q *queue) expect(withProgress bool) (C.uint64_t, *pending) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if q.closed {
		return 0, nil
	}
	q.last++
	waiting := &pending{ended: make(chan completion, 1)}
	if withProgress {
		waiting.progress = make(chan []byte, progressRoom)
	}
	q.pending[q.last] = waiting
	return q.last, waiting
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
	for _, waiting := range left {
		waiting.ended <- completion{nil, &Error{Code: CodeClosed, Message: "the cache was closed"}}
	}
	C.tapps_queue_release(handle)
}

type submit func(q *queue, id C.uint64_t, op *C.int64_t, failure **C.tapps_error) C.int32_t

// run submits an operation and waits for its end, or for that of the context, which cancels it.
// What is wrong with the arguments in memory, which may be nil, fails it. onProgress, which may be
// nil, is called by this goroutine. The view, which may be nil, is the caller's.
func (c *Cache) run(ctx context.Context, memory *arena, onProgress func([]byte), start submit) (*View, error) {
	if err := ctx.Err(); err != nil {
		return nil, cancelled(err)
	}
	if memory != nil && memory.err != nil {
		return nil, memory.err
	}
	defer runtime.KeepAlive(c)
	q, err := c.completions()
	if err != nil {
		return nil, err
	}
	id, waiting := q.expect(onProgress != nil)
	if waiting == nil {
		return nil, &Error{Code: CodeClosed, Message: "the cache was closed"}
	}
	op, err := q.start(id, start)
	if err != nil {
		q.forget(id)
		return nil, err
	}
	for {
		select {
		case data := <-waiting.progress:
			onProgress(data)
		case end := <-waiting.ended:
			for len(waiting.progress) > 0 {
				onProgress(<-waiting.progress)
			}
			if codeOf(end.err) == CodeCancelled { // not by us
				return nil, &Error{Code: CodeClosed, Message: "the cache was closed"}
			}
			return end.view, end.err
		case <-ctx.Done():
			if q.forget(id) != nil {
				q.cancel(op)
			} else {
				end := <-waiting.ended // it came at the same moment
				end.view.Release()
			}
			return nil, cancelled(ctx.Err())
		}
	}
}

// start submits under the lock, so that the queue is not given back meanwhile.
func (q *queue) start(id C.uint64_t, start submit) (C.int64_t, error) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if q.closed {
		return 0, &Error{Code: CodeClosed, Message: "the cache was closed"}
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
