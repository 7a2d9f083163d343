package tapps

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"runtime"
	"strings"
	"testing"
	"time"
)

// What is collected while C still reads it is found by a crash in a thousand runs, if at all: so the
// source is asked. Whoever hands something of its receiver to the library keeps the receiver alive.
func TestCallsOfTheLibraryKeepTheirReceiversAlive(t *testing.T) {
	collected := map[string]bool{"Space": true, "Cache": true, "View": true, "Breaker": true,
		"Cursor": true, "Plan": true, "Permit": true}
	called := map[string]bool{"View.Release": true, "Cache.release": true, "Cursor.Close": true,
		"View.Bytes":   true,                        // the caller's, as it says
		"View.numbers": true, "View.response": true} // by those who keep it
	files := token.NewFileSet()
	own := func(file fs.FileInfo) bool { return !strings.HasSuffix(file.Name(), "_test.go") }
	packages, err := parser.ParseDir(files, ".", own, 0)
	expect(t, err, nil)
	checked := 0
	for _, file := range packages["tapps"].Files {
		for _, declared := range file.Decls {
			function, ok := declared.(*ast.FuncDecl)
			if !ok || function.Recv == nil || len(function.Recv.List[0].Names) == 0 {
				continue
			}
			kind := function.Recv.List[0].Type
			if pointer, ok := kind.(*ast.StarExpr); ok {
				kind = pointer.X
			}
			name, ok := kind.(*ast.Ident)
			if !ok || !collected[name.Name] || called[name.Name+"."+function.Name.Name] {
				continue
			}
			receiver := function.Recv.List[0].Names[0].Name
			uses, keeps := readsThrough(function.Body, receiver)
			if uses {
				checked++
			}
			if uses && !keeps {
				t.Errorf("%s: %s.%s does not keep %s alive", files.Position(function.Pos()), name.Name,
					function.Name.Name, receiver)
			}
		}
	}
	if checked < 20 {
		t.Fatal("only", checked, "are looked at")
	}
}

// readsThrough says whether C gets something of the receiver, or its bytes are read, and whether it
// is kept alive.
func readsThrough(body *ast.BlockStmt, receiver string) (uses, keeps bool) {
	ast.Inspect(body, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		of, _ := selector.X.(*ast.Ident)
		switch {
		case of == nil:
		case of.Name == receiver && selector.Sel.Name == "Bytes":
			uses = true
		case of.Name == "runtime" && selector.Sel.Name == "KeepAlive":
			argument := call.Args[0]
			if of, ok := argument.(*ast.SelectorExpr); ok { // what is kept of a copy
				argument = of.X
			}
			if kept, ok := argument.(*ast.Ident); ok && kept.Name == receiver {
				keeps = true
			}
		case of.Name == "C" && strings.HasPrefix(selector.Sel.Name, "tapps_"):
			for _, argument := range call.Args {
				ast.Inspect(argument, func(node ast.Node) bool {
					if of, ok := node.(*ast.Ident); ok && of.Name == receiver {
						uses = true
					}
					return true
				})
			}
		}
		return true
	})
	return uses, keeps
}

func TestTheChannelOfEventsEndsWithTheCache(t *testing.T) {
	cache := open(t)
	events, err := cache.Events(ctx)
	expect(t, err, nil)
	expect(t, cache.Close(), nil)
	limit := time.After(10 * time.Second)
	for open := true; open; {
		select {
		case _, open = <-events:
		case <-limit:
			t.Fatal("the channel is open")
		}
	}
	_, err = cache.Events(ctx)
	expect(t, err, ErrClosed)
}

func TestWhatEndedBeforeTheCloseIsTold(t *testing.T) {
	cache := open(t)
	const count = 3*batch + 1
	full := &BreakerOptions{MaxConcurrency: 1, MaxWaiting: count}
	first, err := cache.Breaker("first", full)
	expect(t, err, nil)
	others, err := cache.Breaker("others", full)
	expect(t, err, nil)
	refused := make(chan error, 1+count)
	wait := func(breaker *Breaker, callers int) {
		_, err := breaker.Acquire()
		expect(t, err, nil)
		for i := 0; i < callers; i++ {
			go func() {
				_, err := breaker.Wait(ctx)
				refused <- err
			}()
		}
		for breaker.Read().Waiting < int64(callers) {
			time.Sleep(time.Millisecond)
		}
	}
	wait(first, 1)
	wait(others, count)
	q, err := cache.completions()
	expect(t, err, nil)

	// The reader is held while it hands out the first record; the others come meanwhile.
	q.mutex.Lock()
	expect(t, first.Force(BreakerForceOpen), nil)
	stacks := make([]byte, 1<<20)
	for !strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "(*queue).forget(") {
		time.Sleep(time.Millisecond)
	}
	expect(t, others.Force(BreakerForceOpen), nil)
	closed := make(chan struct{})
	go func() {
		q.close()
		close(closed)
	}()
	for q.file.SetDeadline(time.Time{}) == nil { // until the close has begun
		time.Sleep(time.Millisecond)
	}
	q.mutex.Unlock()
	<-closed
	cache.mutex.Lock()
	cache.queue = nil
	cache.mutex.Unlock()
	for i := 0; i < 1+count; i++ {
		expect(t, <-refused, ErrOpenCircuit)
	}
}

func TestALoadThatIsRefusedForItsSizeLeavesTheKeyToTheNext(t *testing.T) {
	cache := open(t)
	size := 256<<20 + 1
	data, err := cache.Load(ctx, "key", func(context.Context) ([]byte, error) { return make([]byte, size), nil })
	if err != nil || len(data) != size { // what was made is good all the same
		t.Fatal(len(data), err)
	}
	load := func(context.Context) ([]byte, error) { return []byte("made"), nil }
	data, err = cache.LoadWith(ctx, "key", &LoadOptions{Timeout: -1}, load)
	if err != nil || string(data) != "made" {
		t.Fatal(string(data), err)
	}
}

func TestAStaleWindowMayHaveNoEnd(t *testing.T) {
	cache := open(t)
	options := &PutOptions{TTL: time.Millisecond, Stale: Forever}
	expect(t, cache.Put(ctx, "key", []byte("old"), options), nil)
	for {
		if _, err := cache.Get(ctx, "key"); IsNotFound(err) {
			break
		}
	}
	view, err := cache.View(ctx, "key", AllowStale)
	expect(t, err, nil)
	defer view.Release()
	if info := view.Info(); !info.Stale || info.StaleUntil.Before(time.Now().AddDate(100, 0, 0)) {
		t.Fatal(info)
	}
}
