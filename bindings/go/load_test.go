package tapps

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestOneOfAllWhoAskLoads(t *testing.T) {
	cache := open(t)
	var loads atomic.Int32
	asked := make(chan struct{}, 20)
	load := func(context.Context) ([]byte, error) {
		loads.Add(1)
		for i := 0; i < 19; i++ { // the others have come this far
			<-asked
		}
		return []byte("made"), nil
	}
	var group sync.WaitGroup
	for i := 0; i < 20; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			asked <- struct{}{}
			if data, err := cache.Load(ctx, "key", load); err != nil || string(data) != "made" {
				t.Error(string(data), err)
			}
		}()
	}
	group.Wait()
	if loads.Load() != 1 {
		t.Fatal(loads.Load(), "loads")
	}
	data, err := cache.Get(ctx, "key")
	if err != nil || string(data) != "made" {
		t.Fatal(string(data), err)
	}
}

func TestALoadThatFailsLetsTheNextOneTry(t *testing.T) {
	cache := open(t)
	down := errors.New("down")
	_, err := cache.Load(ctx, "key", func(context.Context) ([]byte, error) { return nil, down })
	expect(t, err, down)
	func() {
		defer func() { recover() }()
		cache.Load(ctx, "key", func(context.Context) ([]byte, error) { panic("x") })
	}()
	_, err = cache.LoadWith(ctx, "key", &LoadOptions{Put: &PutOptions{JSON: []byte("no JSON")}},
		func(context.Context) ([]byte, error) { return []byte("x"), nil })
	expect(t, err, ErrInvalid)
	data, err := cache.LoadWith(ctx, "key", &LoadOptions{Timeout: -1},
		func(context.Context) ([]byte, error) { return []byte("one"), nil })
	if err != nil || string(data) != "one" {
		t.Fatal(string(data), err)
	}
	expect(t, cache.Put(ctx, "gone", nil, &PutOptions{Negative: true}), nil)
	_, err = cache.Load(ctx, "gone", nil)
	expect(t, err, ErrNotFound)
}

func TestAWaitForALoadEndsWithTheContextAndLeavesNoLease(t *testing.T) {
	cache := open(t)
	begun, end := make(chan struct{}), make(chan struct{})
	first := make(chan error)
	go func() {
		_, err := cache.Load(ctx, "key", func(context.Context) ([]byte, error) {
			close(begun)
			<-end
			return nil, errors.New("given up")
		})
		first <- err
	}()
	<-begun
	soon, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	_, err := cache.Load(soon, "key", nil)
	expect(t, err, context.DeadlineExceeded)
	_, err = cache.LoadWith(ctx, "key", &LoadOptions{Timeout: -1}, nil)
	expect(t, err, ErrTimeout)
	close(end)
	if err := <-first; err == nil {
		t.Fatal("no error")
	}
	data, err := cache.Load(ctx, "key", func(context.Context) ([]byte, error) { return []byte("x"), nil })
	if err != nil || string(data) != "x" {
		t.Fatal(string(data), err)
	}
}

func TestAStaleValueIsServedWhileItsSuccessorIsMade(t *testing.T) {
	cache := open(t)
	expect(t, cache.Put(ctx, "key", []byte("old"), &PutOptions{TTL: time.Millisecond, Stale: time.Hour}), nil)
	for {
		if _, err := cache.Get(ctx, "key"); errors.Is(err, ErrNotFound) {
			break
		}
	}
	type word struct{}
	named := context.WithValue(ctx, word{}, "said")
	made := make(chan string, 1)
	data, err := cache.Load(named, "key", func(ctx context.Context) ([]byte, error) {
		_, limited := ctx.Deadline()
		made <- fmt.Sprintln(ctx.Value(word{}), limited, ctx.Err())
		return []byte("new"), nil
	})
	if err != nil || string(data) != "old" {
		t.Fatal(string(data), err)
	}
	if said := <-made; said != "said true <nil>\n" {
		t.Fatal(said)
	}
	for string(data) != "new" {
		data, _ = cache.Get(ctx, "key")
	}
}

func TestOfTwoSwapsOneSucceeds(t *testing.T) {
	cache := open(t)
	version, err := cache.Version(ctx, "key")
	if version != 0 || err != nil {
		t.Fatal(version, err)
	}
	first, err := cache.Swap(ctx, "key", 0, []byte("one"), nil)
	expect(t, err, nil)
	present, err := cache.Swap(ctx, "key", 0, []byte("two"), nil)
	expect(t, err, ErrExists)
	if version, err = cache.Version(ctx, "key"); present != first || version != first || err != nil {
		t.Fatal(first, present, version, err)
	}
	if there, err := cache.Contains(ctx, "key"); !there || err != nil {
		t.Fatal(there, err)
	}
	_, err = cache.Swap(ctx, "key", first, []byte("three"), nil)
	expect(t, err, nil)
	expect(t, cache.Put(ctx, "memory only", nil, &PutOptions{Durability: DurabilityMemory}), nil)
	if there, err := cache.Contains(ctx, "memory only"); !there || err != nil {
		t.Fatal(there, err)
	}
}

func TestEntriesAreCountedAndSurveyed(t *testing.T) {
	cache := open(t)
	docs := cache.In("docs")
	expect(t, docs.PutMany(ctx, []Pair{{"a/1", []byte("1")}, {"a/2", []byte("2")}, {"b", nil}}, nil), nil)
	entries, bytes, err := docs.Count(ctx, Matching{Prefix: "a/"})
	if entries != 2 || bytes != 8 || err != nil {
		t.Fatal(entries, bytes, err)
	}
	if entries, _, err = cache.CountEverywhere(ctx, Matching{}); entries != 3 || err != nil {
		t.Fatal(entries, err)
	}
	if entries, _, err = cache.Count(ctx, Matching{}); entries != 0 || err != nil {
		t.Fatal(entries, err)
	}
	survey, err := cache.Survey(ctx)
	if err != nil || survey.Entries != 3 || survey.Spaces["docs"].Fresh != 3 {
		t.Fatal(survey, err)
	}
	report, err := cache.Check(ctx, true)
	if err != nil || !report.OK || report.Entries != 3 || report.Damaged != 0 {
		t.Fatal(report, err)
	}
	_, err = cache.Compact(ctx)
	expect(t, err, nil)
	copied := filepath.Join(t.TempDir(), "copy.db")
	expect(t, cache.Backup(ctx, copied), nil)
	other, err := Open(copied, nil)
	expect(t, err, nil)
	defer other.Close()
	if data, err := other.In("docs").Get(ctx, "a/1"); string(data) != "1" || err != nil {
		t.Fatal(string(data), err)
	}
}

func TestANamespaceHasDefaultsOfItsOwn(t *testing.T) {
	cache := open(t)
	space := cache.In("short")
	expect(t, space.SetDefaults(&SpaceOptions{TTL: time.Hour}), nil)
	expect(t, space.Put(ctx, "a", nil, nil), nil)
	view, err := space.View(ctx, "a")
	expect(t, err, nil)
	defer view.Release()
	if view.Info().Expires.IsZero() {
		t.Fatal("no end")
	}
	expect(t, space.SetDefaults(nil), nil)
	expect(t, cache.SetDefaults(&SpaceOptions{TTL: time.Hour}), nil)
}

func TestManyFetchesComeAsTheyEnd(t *testing.T) {
	hold := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			select {
			case <-hold:
			case <-r.Context().Done():
			}
		}
		fmt.Fprint(w, r.URL.Path)
	}))
	defer server.Close()
	defer close(hold)
	cache := open(t)
	urls := []string{server.URL + "/slow", server.URL + "/a", server.URL + "/b"}
	until, cancel := context.WithCancel(ctx)
	results, err := cache.FetchMany(until, urls, nil, 0)
	expect(t, err, nil)
	for i := 0; i < 2; i++ {
		one := <-results
		if one.Err != nil || server.URL+string(one.Response.Body) != one.URL {
			t.Fatal(one)
		}
	}
	cancel()
	one := <-results
	expect(t, one.Err, context.Canceled)
	expect(t, one.Err, ErrCancelled)
	if _, more := <-results; more || one.URL != urls[0] {
		t.Fatal(one)
	}
	_, err = cache.FetchMany(ctx, []string{urls[1], ""}, nil, 0)
	expect(t, err, ErrInvalid)
	none, err := cache.FetchMany(ctx, nil, nil, 0)
	expect(t, err, nil)
	if _, more := <-none; more {
		t.Fatal("a result")
	}
	expect(t, cache.SetOffline(true), nil)
	_, err = cache.Fetch(ctx, urls[2]+"/other", nil)
	expect(t, err, ErrOffline)
	expect(t, cache.SetOffline(false), nil)
}

func TestAPlaceAtTheBreakerIsWaitedFor(t *testing.T) {
	breaker, err := open(t).Breaker("b", &BreakerOptions{MaxConcurrency: 1, Retries: 1, MaxWaiting: 1})
	expect(t, err, nil)
	held, err := breaker.Acquire()
	expect(t, err, nil)
	got := make(chan error, 1)
	go func() {
		permit, err := breaker.Wait(ctx)
		if err == nil {
			permit.Report(OutcomeSuccess)
		}
		got <- err
	}()
	for breaker.Read().Waiting == 0 {
		time.Sleep(time.Millisecond)
	}
	_, err = breaker.Wait(ctx)
	expect(t, err, ErrBusy)
	held.Report(OutcomeSuccess)
	expect(t, <-got, nil)

	held, err = breaker.Acquire()
	expect(t, err, nil)
	soon, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
	defer cancel()
	_, err = breaker.Wait(soon)
	expect(t, err, context.DeadlineExceeded)
	held.Report(OutcomeIgnored)
	if info := breaker.Read(); info.InFlight != 0 || info.Waiting != 0 {
		t.Fatal(info)
	}

	delay, err := breaker.Retry(1, 503, time.Second)
	if err != nil || delay < time.Second {
		t.Fatal(delay, err)
	}
	_, err = breaker.Retry(1, 404, 0)
	expect(t, err, ErrUnsupported)
	_, err = breaker.Retry(2, 0, 0)
	expect(t, err, ErrFull)
	expect(t, breaker.Limit(0, time.Minute), nil)
	_, err = breaker.Acquire()
	expect(t, err, ErrQuota)
	if breaker.Read().Quota <= 0 {
		t.Fatal(breaker.Read())
	}
}

func TestAnotherABIIsExplained(t *testing.T) {
	said := wrongABI(7)
	for _, part := range []string{Version(), "ABI 7", "libtapps.so.0", "LD_LIBRARY_PATH"} {
		if !strings.Contains(said, part) {
			t.Fatal(said)
		}
	}
}
