package tapps

/*
#include <tapps.h>
*/
import "C"

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// A FetchPolicy says how the cache is used by a fetch.
type FetchPolicy int32

const (
	FetchDefault      FetchPolicy = C.TAPPS_FETCH_DEFAULT        // by RFC 9111
	FetchReload       FetchPolicy = C.TAPPS_FETCH_RELOAD         // always asks the origin
	FetchNoStore      FetchPolicy = C.TAPPS_FETCH_NO_STORE       // neither reads nor writes the cache
	FetchForceCache   FetchPolicy = C.TAPPS_FETCH_FORCE_CACHE    // whatever is stored, else the network
	FetchOnlyIfCached FetchPolicy = C.TAPPS_FETCH_ONLY_IF_CACHED // whatever is stored, else ErrNotFound
	FetchNoCache      FetchPolicy = C.TAPPS_FETCH_NO_CACHE       // revalidates what is stored
)

// FetchOptions say how to fetch. What is zero has the default of tapps.h.
type FetchOptions struct {
	Method         string // GET
	Header         http.Header
	Body           []byte
	Policy         FetchPolicy
	Timeout        time.Duration // of the whole call; 30 s
	ConnectTimeout time.Duration // 10 s
	MaxBodyBytes   int64         // after decoding; 64 MiB
	MaxRedirects   int64         // 10; -1: none are followed
	TTL            time.Duration // lifetime given to the answer in place of its own
	DenyPrivate    bool          // no private, loopback or link-local address may answer
	Retries        int64         // of an idempotent request that failed in a way that may pass; none
	FirstByte      time.Duration // from the start to the first byte of the answer; no bound
	LowSpeed       time.Duration // fails when slower than LowSpeedBytes for so long; no bound
	LowSpeedBytes  int64         // per second; 1
	MaxHeaderBytes int64         // of all header fields; 256 KiB
}

// A Response is what a URL answered, from wherever it came.
type Response struct {
	Status      int
	URL         string // after redirects
	Header      http.Header
	Body        []byte
	ServedFrom  Source
	Age         time.Duration
	Stale       bool
	CacheStatus string // RFC 9211
	Warning     string // why it is less than asked for, or ""
}

// Fetch gets a URL from the cache or its origin, by RFC 9111. Any status the origin answers is a
// response, not an error.
func (c *Cache) Fetch(ctx context.Context, url string, options *FetchOptions) (*Response, error) {
	var memory arena
	defer memory.free()
	native, address := options.native(&memory), memory.name(url)
	view, err := c.run(ctx, &memory, func(q *queue, id C.uint64_t, op *C.int64_t, f **C.tapps_error) C.int32_t {
		return C.tapps_queue_fetch(q.handle, address, native, id, op, f)
	})
	if err != nil {
		return nil, err
	}
	defer view.Release()
	return view.response(), nil
}

func (o *FetchOptions) native(memory *arena) *C.tapps_fetch_options {
	if o == nil {
		return nil
	}
	var lines strings.Builder
	for name, values := range o.Header {
		for _, value := range values {
			if strings.ContainsAny(name+value, "\r\n\x00") {
				memory.fail(fmt.Sprintf("header %q: contains a line break", name))
				return nil
			}
			fmt.Fprintf(&lines, "%s: %s\n", name, value)
		}
	}
	native := &C.tapps_fetch_options{
		policy:             C.int32_t(o.Policy),
		method:             memory.text(o.Method),
		headers:            memory.text(lines.String()),
		timeout_us:         micros(o.Timeout, unlimited),
		connect_timeout_us: micros(o.ConnectTimeout, unlimited),
		max_body_bytes:     limit(o.MaxBodyBytes),
		max_redirects:      C.int64_t(o.MaxRedirects),
		ttl_us:             micros(o.TTL, none),
		retries:            C.int64_t(o.Retries),
		first_byte_us:      micros(o.FirstByte, unlimited),
		low_speed_us:       micros(o.LowSpeed, unlimited),
		low_speed_bytes:    C.int64_t(o.LowSpeedBytes),
		max_header_bytes:   C.int64_t(o.MaxHeaderBytes),
	}
	native.struct_size = C.uint32_t(unsafe.Sizeof(*native))
	native.flags = bits(o.DenyPrivate, C.TAPPS_FETCH_DENY_PRIVATE)
	if o.Body != nil {
		native.body, native.body_size = memory.bytes(o.Body), C.size_t(len(o.Body))
	}
	return native
}

func (v *View) response() *Response {
	numbers := v.numbers()
	header := http.Header{}
	for _, line := range strings.Split(valueText(v.value, C.TAPPS_TEXT_HEADERS), "\r\n") {
		if name, value, found := strings.Cut(line, ":"); found {
			header.Add(textproto.TrimString(name), textproto.TrimString(value))
		}
	}
	return &Response{
		Status:      int(numbers.http_status),
		URL:         valueText(v.value, C.TAPPS_TEXT_URL),
		Header:      header,
		Body:        append([]byte{}, v.Bytes()...),
		ServedFrom:  Source(numbers.served_from),
		Age:         duration(numbers.age_us),
		Stale:       numbers.flags&C.TAPPS_VALUE_STALE != 0,
		CacheStatus: valueText(v.value, C.TAPPS_TEXT_CACHE_STATUS),
		Warning:     valueText(v.value, C.TAPPS_TEXT_WARNING),
	}
}

// decoded says whether the body is no longer as the header describes it. Parts, and codings that
// libcurl does not know, are handed on as they came.
func (r *Response) decoded(asked http.Header) bool {
	coding := r.Header.Get("Content-Encoding")
	if coding == "" || strings.EqualFold(coding, "identity") || asked.Get("Range") != "" {
		return false
	}
	if length := r.Header.Get("Content-Length"); length != "" {
		return length != strconv.Itoa(len(r.Body))
	}
	for _, one := range strings.Split(coding, ",") {
		switch strings.ToLower(strings.TrimSpace(one)) {
		case "gzip", "x-gzip", "deflate", "br", "zstd", "identity":
		default:
			return false
		}
	}
	return true
}

// Transport is an http.RoundTripper over the cache: http.Client{Transport: cache.Transport()}. The
// client follows redirects itself; the body of a request is read whole before it is sent. A request
// whose Host is not that of its URL goes past the cache, which knows answers by their URL.
func (c *Cache) Transport() http.RoundTripper { return transport{c} }

type transport struct{ cache *Cache }

func (t transport) RoundTrip(request *http.Request) (*http.Response, error) {
	options := &FetchOptions{Method: request.Method, Header: request.Header, MaxRedirects: -1}
	if request.Host != "" && request.Host != request.URL.Host {
		options.Header = request.Header.Clone()
		if options.Header == nil {
			options.Header = http.Header{}
		}
		options.Header.Set("Host", request.Host)
		options.Policy = FetchNoStore
	}
	if request.Body != nil {
		body, err := io.ReadAll(request.Body)
		request.Body.Close()
		if err != nil {
			return nil, err
		}
		if len(body) > 0 {
			options.Body = body
		}
	}
	found, err := t.cache.Fetch(request.Context(), request.URL.String(), options)
	if err != nil {
		return nil, err
	}
	header := found.Header
	header.Set("Cache-Status", found.CacheStatus)
	length, decoded := int64(len(found.Body)), found.decoded(request.Header)
	if request.Method == http.MethodHead { // of the body that there would be
		if length, err = strconv.ParseInt(header.Get("Content-Length"), 10, 64); err != nil {
			length = -1
		}
	} else if decoded {
		header.Del("Content-Encoding")
		header.Del("Content-Length")
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", found.Status, http.StatusText(found.Status)),
		StatusCode:    found.Status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        header,
		Body:          io.NopCloser(bytes.NewReader(found.Body)),
		ContentLength: length,
		Uncompressed:  decoded && request.Method != http.MethodHead,
		Request:       request,
	}, nil
}
