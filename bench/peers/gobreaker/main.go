// The circuit breaker of github.com/sony/gobreaker, measured as bench/breaker.cc measures ours: one
// goroutine, the closed path with a call that does nothing, and the refusal of an open breaker.
// Prints the median of the means of short runs of calls, of which few contain the work of other
// programs, as JSON lines.
//
//	cd bench/peers/gobreaker && go run .
package main

import (
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/sony/gobreaker/v2"
)

const (
	rounds = 4001
	calls  = 500
)

func measure(row string, step func()) {
	means := make([]float64, rounds)
	for round := range means {
		begin := time.Now()
		for range calls {
			step()
		}
		means[round] = float64(time.Since(begin).Nanoseconds()) / calls
	}
	sort.Float64s(means)
	fmt.Printf("{\"row\":%q,\"who\":\"gobreaker\",\"metric\":\"mean\",\"value\":%.1f,\"unit\":\"ns\"}\n",
		row, means[rounds/2])
}

func main() {
	closed := gobreaker.NewCircuitBreaker[int](gobreaker.Settings{Name: "closed"})
	twoSteps := gobreaker.NewTwoStepCircuitBreaker[int](gobreaker.Settings{Name: "two steps"})
	open := gobreaker.NewCircuitBreaker[int](gobreaker.Settings{Name: "open", Timeout: time.Hour})
	failure := errors.New("down")
	for range 10 {
		_, _ = open.Execute(func() (int, error) { return 0, failure })
	}
	if open.State() != gobreaker.StateOpen {
		panic("it is not open")
	}
	nothing := func() (int, error) { return 0, nil }
	measure("breaker, permit and report", func() { _, _ = closed.Execute(nothing) })
	measure("breaker, permit and report, two steps", func() {
		if done, err := twoSteps.Allow(); err == nil {
			done(nil)
		}
	})
	measure("breaker, refusal", func() { _, _ = open.Execute(nothing) })
}
