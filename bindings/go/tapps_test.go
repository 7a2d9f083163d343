package tapps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var ctx = context.Background()

func open(t testing.TB) *Cache {
	t.Helper()
	cache, err := Open(filepath.Join(t.TempDir(), "cache.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cache.Close() })
	return cache
}

func expect(t testing.TB, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) {
		t.Fatalf("got %v, wanted %v", err, wanted)
	}
}

// silent is an origin that takes requests and never answers.
func silent(t testing.TB) string {
	ended := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-ended }))
	t.Cleanup(func() {
		close(ended)
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

func TestErrorsAreComparedByTheirCode(t *testing.T) {
	cache := open(t)
	_, err := cache.Get(ctx, "none")
	expect(t, err, ErrNotFound)
	err = cache.Put(ctx, "", nil, nil)
	expect(t, err, ErrInvalid)
	var failure *Error
	if !errors.As(err, &failure) || failure.Code != CodeInvalid || !strings.Contains(err.Error(), "key") {
		t.Fatal(err)
	}
	expect(t, cache.In("a\x00b").Put(ctx, "a", nil, nil), ErrInvalid)
	expect(t, cache.Put(ctx, "a", nil, &PutOptions{Source: "a\x00b"}), ErrInvalid)
	_, err = cache.Fetch(ctx, "http://127.0.0.1:1/", nil)
	expect(t, err, ErrNetwork)
}

func TestAViewOutlivesTheEntryAndTheCache(t *testing.T) {
	cache := open(t)
	expect(t, cache.Put(ctx, "a", bytes.Repeat([]byte("x"), 5000), nil), nil)
	view, err := cache.View(ctx, "a")
	expect(t, err, nil)
	expect(t, cache.Delete(ctx, "a"), nil)
	expect(t, cache.Close(), nil)
	if len(view.Bytes()) != 5000 || view.Bytes()[4999] != 'x' {
		t.Fatal(len(view.Bytes()))
	}
	view.Release()
	view.Release()
	var none *View
	none.Release()
}

func TestAnEndedContextEndsTheCall(t *testing.T) {
	cache, url := open(t), silent(t)
	ended, cancel := context.WithCancel(ctx)
	go func() {
		for cache.pendingCount() == 0 {
			runtime.Gosched()
		}
		cancel()
	}()
	_, err := cache.Fetch(ended, url, nil)
	expect(t, err, context.Canceled)
	expect(t, err, ErrCancelled)
	expect(t, cache.Put(ended, "a", nil, nil), context.Canceled)

	soon, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	_, err = cache.Fetch(soon, url, nil)
	expect(t, err, context.DeadlineExceeded)
	if cache.pendingCount() != 0 {
		t.Fatal("something is left")
	}
}

func (c *Cache) pendingCount() int {
	c.mutex.Lock()
	q := c.queue
	c.mutex.Unlock()
	if q == nil {
		return 0
	}
	q.mutex.Lock()
	defer q.mutex.Unlock()
	return len(q.pending)
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	cache, url := open(t), silent(t)
	ends := make(chan error, 10)
	for i := 0; i < 10; i++ {
		go func(i int) {
			_, err := cache.Fetch(ctx, fmt.Sprint(url, "/", i), nil)
			ends <- err
		}(i)
	}
	for cache.pendingCount() < 5 {
		runtime.Gosched()
	}
	expect(t, cache.Close(), nil)
	for i := 0; i < 10; i++ {
		expect(t, <-ends, ErrClosed)
	}
	_, err := cache.Get(ctx, "a")
	expect(t, err, ErrClosed)
	expect(t, cache.Close(), nil)
}

func TestManyGoroutinesShareACache(t *testing.T) {
	cache := open(t)
	var group sync.WaitGroup
	for i := 0; i < 16; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			for n := 0; n < 200; n++ {
				key := fmt.Sprintf("%d/%d", i, n%10)
				if err := cache.Put(ctx, key, []byte(strconv.Itoa(n)), &PutOptions{Durability: Durability(n % 40 / 39 * 2)}); err != nil {
					t.Error(err)
				}
				if data, err := cache.Get(ctx, key); err != nil || string(data) != strconv.Itoa(n) {
					t.Error(key, string(data), err)
				}
			}
		}(i)
	}
	group.Wait()
}

func TestWhatIsNotInMemoryComesThroughTheQueue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cache.db")
	cache, err := Open(path, nil)
	expect(t, err, nil)
	var pairs []Pair
	for n := 0; n < 300; n++ {
		pairs = append(pairs, Pair{fmt.Sprint(n), bytes.Repeat([]byte{byte(n)}, n*10)})
	}
	expect(t, cache.PutMany(ctx, pairs, &PutOptions{Durability: DurabilitySync}), nil)
	expect(t, cache.Close(), nil)
	cache, err = Open(path, nil)
	expect(t, err, nil)
	defer cache.Close()
	var group sync.WaitGroup
	for _, pair := range pairs {
		group.Add(1)
		go func(pair Pair) {
			defer group.Done()
			if data, err := cache.Get(ctx, pair.Key); err != nil || !bytes.Equal(data, pair.Value) {
				t.Error(pair.Key, err)
			}
		}(pair)
	}
	group.Wait()
}

func TestTheTransportServesAnHTTPClient(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path == "/from" {
			http.Redirect(w, r, "/to", http.StatusFound)
			return
		}
		w.Header().Set("Cache-Control", "max-age=60")
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s", r.Method, r.Header.Get("X-Word"), body)
	}))
	defer server.Close()
	cache := open(t)
	client := &http.Client{Transport: cache.Transport()}
	for i := 0; i < 2; i++ {
		answer, err := client.Get(server.URL + "/to")
		expect(t, err, nil)
		body, _ := io.ReadAll(answer.Body)
		if string(body) != "GET  " || answer.StatusCode != 200 {
			t.Fatal(string(body))
		}
	}
	if asked.Load() != 1 {
		t.Fatal(asked.Load())
	}
	answer, err := client.Get(server.URL + "/from")
	expect(t, err, nil)
	if answer.Request.URL.Path != "/to" {
		t.Fatal(answer.Request.URL)
	}
	answer, err = client.Post(server.URL+"/post", "text/plain", strings.NewReader("hello"))
	expect(t, err, nil)
	body, _ := io.ReadAll(answer.Body)
	if string(body) != "POST  hello" {
		t.Fatal(string(body))
	}
}

func TestABreakerOpensAndAnswersWithTheFallback(t *testing.T) {
	breaker, err := open(t).Breaker("service", &BreakerOptions{Failures: 2})
	expect(t, err, nil)
	down := errors.New("down")
	call := func(context.Context) (int, error) { return 0, down }
	for _, wanted := range []error{down, down, ErrOpenCircuit} {
		_, err := Execute(ctx, breaker, call, nil)
		expect(t, err, wanted)
	}
	answer, err := Execute(ctx, breaker, call, func(error) (int, error) { return 7, nil })
	if answer != 7 || err != nil || breaker.Read().State != BreakerOpen {
		t.Fatal(answer, err, breaker.Read())
	}
	expect(t, breaker.Force(BreakerAuto), nil)
	func() {
		defer func() { recover() }()
		breaker.Execute(ctx, func(context.Context) error { panic("x") })
	}()
	if info := breaker.Read(); info.InFlight != 0 || info.FailuresInRow != 1 {
		t.Fatal(info)
	}
}

func TestEventsEndWithTheContext(t *testing.T) {
	cache := open(t)
	until, cancel := context.WithCancel(ctx)
	events, err := cache.Events(until, EventBreaker)
	expect(t, err, nil)
	breaker, err := cache.Breaker("b", nil)
	expect(t, err, nil)
	expect(t, breaker.Force(BreakerForceOpen), nil)
	if event := <-events; event.Kind != EventBreaker || !bytes.Contains(event.Data, []byte(`"b"`)) {
		t.Fatal(event)
	}
	cancel()
	for range events {
	}
}

// lacking skips a test for what this machine lacks; in CI nothing may be lacking.
func lacking(t testing.TB, what, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("in CI every tool has to be there: %s: %s", what, why)
	}
	t.Skipf("%s: %s", what, why)
}

// resident is the memory this process has, in bytes.
func resident(t testing.TB) int {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		lacking(t, "no /proc/self/statm ("+err.Error()+")",
			"the memory of a process is read there, which only Linux has")
	}
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	return pages * os.Getpagesize()
}

func TestMemoryStaysFlatOverManyOperations(t *testing.T) {
	if withRace {
		t.Skip("the race detector is on: it keeps memory of its own for every access, which would be " +
			"taken for a leak; the run without -race measures")
	}
	cache := open(t)
	work := func(count int) {
		for n := 0; n < count; n++ {
			key := strconv.Itoa(n % 50)
			how := &PutOptions{Durability: DurabilityMemory, Tags: []string{"a"}}
			if n%200 == 0 {
				how = nil
			}
			cache.Put(ctx, key, make([]byte, 1500), how)
			cache.Get(ctx, key)
			if n%20 == 0 {
				cache.Get(ctx, "")
				cache.GetMany(ctx, []string{"1", "2"})
				cache.View(ctx, key) // left to the collector
			}
			if n%200 == 0 {
				cache.Get(ctx, "none") // through the queue
			}
			if n%10_000 == 0 { // each waits for a commit
				cursor := cache.In("other").Entries("")
				cursor.Next()
			}
		}
		runtime.GC()
		runtime.GC()
		cache.Flush(ctx)
	}
	work(20_000)
	before := resident(t)
	work(500_000) // of two operations each, and more
	if grown := resident(t) - before; grown > 12<<20 {
		t.Fatalf("%d bytes more", grown)
	}
}

func BenchmarkGetFromMemory(b *testing.B) {
	cache := open(b)
	cache.Put(ctx, "key", []byte("a value of some bytes"), nil)
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		cache.Get(ctx, "key")
	}
}

func TestAReleasedPermitGivesItsPlaceBackAndAReportStands(t *testing.T) {
	breaker, err := open(t).Breaker("service", &BreakerOptions{MaxConcurrency: 1})
	expect(t, err, nil)
	for i := 0; i < 2; i++ {
		permit, err := breaker.Acquire()
		expect(t, err, nil)
		refused, err := breaker.Acquire()
		expect(t, err, ErrBusy)
		refused.Release()
		Permit{}.Release()
		if i == 0 {
			permit.Report(OutcomeSuccess)
		}
		permit.Release()
		permit.Release()
	}
	if info := breaker.Read(); info.Successes != 1 || info.Ignored != 1 || info.InFlight != 0 {
		t.Fatal(info)
	}
}
