package tapps

/*
#include <tapps.h>
*/
import "C"

import (
	"context"
	"encoding/json"
	"runtime"
	"time"
	"unsafe"
)

// DocsOptions say what to look up. What is zero has the default of tapps.h.
type DocsOptions struct {
	Topic       string // picks sections; the overview
	Version     string // exact; locked in the project, installed there, newest known
	Ecosystem   string // "npm", "pypi"; the first that knows the library
	ProjectRoot string // where to look first
	Paths       []string
	URLTemplate string
	Refresh     bool // looks at the sources even when the cache has an answer
	Offline     bool // leaves out sources on the network
	Timeout     time.Duration
	MaxTokens   int64 // 8,000; -1: the whole document
}

// A Document is what the documentation of a library says.
type Document struct {
	Text        string
	Library     string
	Version     string
	Ecosystem   string
	Source      string
	Topics      []string
	ContentType string
	Tokens      int64
	Age         time.Duration
	Stale       bool
	ServedFrom  Source
	Warning     string
}

func docsFlags(refresh, offline bool) C.uint32_t {
	return bits(refresh, C.TAPPS_DOCS_REFRESH) | bits(offline, C.TAPPS_DOCS_OFFLINE)
}

func (o *DocsOptions) native(memory *arena) *C.tapps_docs_options {
	if o == nil {
		return nil
	}
	native := &C.tapps_docs_options{
		flags:        docsFlags(o.Refresh, o.Offline),
		topic:        memory.text(o.Topic),
		version:      memory.text(o.Version),
		ecosystem:    memory.text(o.Ecosystem),
		project_root: memory.text(o.ProjectRoot),
		paths:        memory.lines(o.Paths),
		url_template: memory.text(o.URLTemplate),
		timeout_us:   micros(o.Timeout, unlimited),
		max_tokens:   limit(o.MaxTokens),
	}
	native.struct_size = C.uint32_t(unsafe.Sizeof(*native))
	return native
}

// Docs answers what the documentation of a library says. The text of ErrNotFound names near ones.
func (c *Cache) Docs(ctx context.Context, library string, options *DocsOptions) (*Document, error) {
	var memory arena
	defer memory.free()
	native, name := options.native(&memory), memory.name(library)
	view, err := c.run(ctx, &memory, func(q *queue, id C.uint64_t, op *C.int64_t, f **C.tapps_error) C.int32_t {
		return C.tapps_queue_docs(q.handle, name, native, id, op, f)
	})
	if err != nil {
		return nil, err
	}
	defer view.Release()
	numbers := view.numbers()
	return &Document{
		Text:        view.String(),
		Library:     valueText(view.value, C.TAPPS_TEXT_LIBRARY),
		Version:     valueText(view.value, C.TAPPS_TEXT_LIBRARY_VERSION),
		Ecosystem:   valueText(view.value, C.TAPPS_TEXT_ECOSYSTEM),
		Source:      valueText(view.value, C.TAPPS_TEXT_SOURCE),
		Topics:      valueLines(view.value, C.TAPPS_TEXT_TOPIC),
		ContentType: valueText(view.value, C.TAPPS_TEXT_CONTENT_TYPE),
		Tokens:      int64(numbers.tokens),
		Age:         duration(numbers.age_us),
		Stale:       numbers.flags&C.TAPPS_VALUE_STALE != 0,
		ServedFrom:  Source(numbers.served_from),
		Warning:     valueText(view.value, C.TAPPS_TEXT_WARNING),
	}, nil
}

// WarmOptions say how a project is warmed. What is zero has the default of tapps.h.
type WarmOptions struct {
	Paths       []string
	URLTemplate string
	Refresh     bool
	Offline     bool
	Concurrency int64         // lookups at once, 1 to 16; 3
	Timeout     time.Duration // of each library; 10 s
	MaxRequests int64         // network requests allowed in the run; no limit
}

func (o *WarmOptions) native(memory *arena) *C.tapps_warm_options {
	if o == nil {
		return nil
	}
	native := &C.tapps_warm_options{
		flags:        docsFlags(o.Refresh, o.Offline),
		paths:        memory.lines(o.Paths),
		url_template: memory.text(o.URLTemplate),
		concurrency:  C.int64_t(o.Concurrency),
		timeout_us:   micros(o.Timeout, unlimited),
		max_requests: limit(o.MaxRequests),
	}
	native.struct_size = C.uint32_t(unsafe.Sizeof(*native))
	return native
}

// A Plan is what would be looked up for a project.
type Plan struct {
	cache       *Cache
	handle      *C.tapps_plan
	Description json.RawMessage // see tapps_plan_describe
}

// Plan reads the manifests below root and plans a lookup for every library found.
func (c *Cache) Plan(ctx context.Context, root string, options *WarmOptions) (*Plan, error) {
	if err := ctx.Err(); err != nil {
		return nil, cancelled(err)
	}
	var memory arena
	defer memory.free()
	native, where := options.native(&memory), memory.name(root)
	if memory.err != nil {
		return nil, memory.err
	}
	plan := &Plan{cache: c}
	var failure *C.tapps_error
	code := C.tapps_plan_open(c.handle, where, native, &plan.handle, &failure)
	runtime.KeepAlive(c)
	if code != C.TAPPS_OK {
		return nil, takeError(code, failure)
	}
	runtime.SetFinalizer(plan, func(p *Plan) { C.tapps_plan_release(p.handle) })
	var f found
	code = C.tapps_plan_describe(plan.handle, &f.value, &f.data, &f.size, &f.failure)
	if code != C.TAPPS_OK {
		return nil, takeError(code, f.failure)
	}
	plan.Description = f.takeBytes()
	return plan, nil
}

// Len is the number of libraries in the plan.
func (p *Plan) Len() int {
	defer runtime.KeepAlive(p)
	return int(C.tapps_plan_count(p.handle))
}

// Progress is how far a run is.
type Progress struct {
	Total   int    `json:"total"`
	Done    int    `json:"done"`
	Current string `json:"current"`
	Bytes   int64  `json:"bytes"`
	EtaUs   int64  `json:"eta_us"`
}

// A WarmResult is what a run did.
type WarmResult struct {
	Total      int   `json:"total"`
	Fetched    int   `json:"fetched"`
	Skipped    int   `json:"skipped"`
	Failed     int   `json:"failed"`
	Bytes      int64 `json:"bytes"`
	DurationUs int64 `json:"duration_us"`
	Failures   []struct {
		Library string `json:"library"`
		Message string `json:"message"`
	} `json:"failures"`
}

// Run looks everything up. onProgress, which may be nil, is called by this goroutine. When the
// context ends, so does the run; another one goes on where it stopped.
func (p *Plan) Run(ctx context.Context, onProgress func(Progress)) (*WarmResult, error) {
	tell := func(data []byte) {
		var progress Progress
		if json.Unmarshal(data, &progress) == nil && onProgress != nil {
			onProgress(progress)
		}
	}
	defer runtime.KeepAlive(p)
	end := p.cache.complete(ctx, operation{
		onProgress: tell,
		start: func(q *queue, id C.uint64_t, op *C.int64_t, f **C.tapps_error) C.int32_t {
			return C.tapps_queue_warm(q.handle, p.handle, id, op, f)
		},
	})
	found := &WarmResult{}
	return found, end.decode(found)
}

// Warm plans and runs.
func (c *Cache) Warm(ctx context.Context, root string, options *WarmOptions, onProgress func(Progress)) (*WarmResult, error) {
	plan, err := c.Plan(ctx, root, options)
	if err != nil {
		return nil, err
	}
	return plan.Run(ctx, onProgress)
}
