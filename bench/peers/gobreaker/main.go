// The circuit breaker of github.com/sony/gobreaker: one goroutine, the closed path with a call that
// does nothing, by the breaker and by its two-step form, and the refusal of an open breaker.
// ../README.md has the protocol; the workload is not needed.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"sort"
	"time"

	"github.com/sony/gobreaker/v2"
)

const (
	chunks = 400
	calls  = 500
)

// The median of the means of short runs of calls, of which few contain the work of other programs.
func measure(row, metric string, step func()) {
	means := make([]float64, chunks)
	for chunk := range means {
		begin := time.Now()
		for range calls {
			step()
		}
		means[chunk] = float64(time.Since(begin).Nanoseconds()) / calls
	}
	sort.Float64s(means)
	fmt.Printf("{\"row\":%q,\"who\":\"gobreaker\",\"metric\":%q,\"value\":%.2f,\"unit\":\"ns\"}\n",
		row, metric, means[chunks/2])
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
	rows := map[string]func(string){
		"breaker, permit and report": func(row string) {
			measure(row, "mean", func() { _, _ = closed.Execute(nothing) })
			measure(row, "mean, two steps", func() {
				if done, err := twoSteps.Allow(); err == nil {
					done(nil)
				}
			})
		},
		"breaker, refusal": func(row string) {
			measure(row, "mean", func() { _, _ = open.Execute(nothing) })
		},
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		rows[lines.Text()](lines.Text())
		fmt.Println()
	}
}
