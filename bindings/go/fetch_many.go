package tapps

/*
#include <tapps.h>
*/
import "C"

import (
	"context"
	"runtime"
	"strings"
	"unsafe"
)

// A Fetched is how one of FetchMany ended: a response or an error.
type Fetched struct {
	URL      string
	Response *Response
	Err      error
}

// FetchMany gets many URLs with the same options, at most `parallel` at a time (0: 8). The channel
// has one result for each, as they come, and is closed after the last one. It has room for all:
// nobody has to read to the end. When the context ends, what is left ends with ErrCancelled.
func (c *Cache) FetchMany(ctx context.Context, urls []string, options *FetchOptions,
	parallel int) (<-chan Fetched, error) {
	results := make(chan Fetched, len(urls))
	if err := ctx.Err(); err != nil {
		return nil, cancelled(err)
	}
	if len(urls) == 0 {
		close(results)
		return results, nil
	}
	for _, url := range urls {
		if url == "" || strings.ContainsAny(url, "\r\n") {
			return nil, &Error{Code: CodeInvalid, Message: "a URL is empty or contains a line break"}
		}
	}
	var memory arena
	defer memory.free()
	native, lines := options.native(&memory), memory.lines(urls)
	if memory.err != nil {
		return nil, memory.err
	}
	q, err := c.completions()
	if err != nil {
		return nil, err
	}
	waiting := &pending{}
	first, err := q.expect(len(urls), waiting)
	if err != nil {
		return nil, err
	}
	ops := unsafe.Slice((*C.int64_t)(memory.zeroed(len(urls), 8)), len(urls))
	_, err = q.start(first, func(q *queue, id C.uint64_t, _ *C.int64_t, f **C.tapps_error) C.int32_t {
		return C.tapps_queue_fetch_many(q.handle, lines, native, C.int64_t(parallel), id, &ops[0],
			C.size_t(len(urls)), nil, f)
	})
	if err != nil {
		for i := range urls {
			q.forget(first + C.uint64_t(i))
		}
		return nil, err
	}
	numbers := append([]C.int64_t{}, ops...)
	go func() {
		defer close(results)
		defer runtime.KeepAlive(c)
		collect(ctx, q, waiting, first, numbers, urls, results)
	}()
	return results, nil
}

func collect(ctx context.Context, q *queue, waiting *pending, first C.uint64_t, ops []C.int64_t,
	urls []string, results chan<- Fetched) {
	ended := ctx.Done()
	for left := len(urls); left > 0; left-- {
		var end completion
		select {
		case end = <-waiting.ended:
		case <-ended:
			ended = nil
			cancelAll(q, ops)
			end = <-waiting.ended
		}
		one := Fetched{URL: urls[end.id-first], Err: end.notByUs().err}
		if ctx.Err() != nil && codeOf(end.err) == CodeCancelled {
			one.Err = cancelled(ctx.Err())
		}
		if one.Err == nil {
			one.Response = end.view.response()
		}
		end.view.Release()
		results <- one
	}
}

func cancelAll(q *queue, ops []C.int64_t) {
	for _, op := range ops {
		q.cancel(op)
	}
}
