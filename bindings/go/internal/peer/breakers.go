package main

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"tapps"
)

func (p *peer) breakerOptions() *tapps.BreakerOptions {
	options := tapps.BreakerOptions{
		Failures: p.number("failures"), Open: p.ms("open_ms"),
		MaxConcurrency: p.number("max_concurrency"), MaxWaiting: p.number("max_waiting"),
		FailureRate: p.number("failure_rate"), SlowRate: p.number("slow_rate"), Slow: p.ms("slow_ms"),
		WindowCalls: p.number("window_calls"), MinCalls: p.number("min_calls"),
		Retries: p.number("retries"), Retry: p.ms("retry_ms"), MaxRetry: p.ms("max_retry_ms"),
	}
	if options == (tapps.BreakerOptions{}) {
		return nil
	}
	return &options
}

func (p *peer) breaker(verb string) (err error) {
	name := p.form.Get("name")
	switch verb {
	case "breaker_open":
		p.breakers[name], err = p.cache.Breaker(name, p.breakerOptions())
		return err
	case "breaker_call":
		errCall := map[string]error{"failure": errors.New("down"), "ignored": tapps.ErrIgnored}[p.form.Get("outcome")]
		err = p.breakers[name].Execute(ctx, func(context.Context) error { return errCall })
		if err == errCall {
			return nil
		}
		return err
	case "breaker_force":
		modes := map[string]tapps.BreakerMode{"open": tapps.BreakerForceOpen,
			"closed": tapps.BreakerForceClosed}
		return p.breakers[name].Force(modes[p.form.Get("mode")])
	case "breaker_read":
		info := p.breakers[name].Read()
		p.answer.Set("state", info.State.String())
		p.answer.Set("failures", number(info.Failures))
		p.answer.Set("successes", number(info.Successes))
		p.answer.Set("rejected", number(info.Rejected))
		return nil
	case "event":
		return p.event(name)
	}
	return errLack
}

func (p *peer) event(name string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	events, err := p.cache.Events(ctx, tapps.EventBreaker)
	if err != nil {
		return err
	}
	breaker, err := p.cache.Breaker(name, nil)
	if err != nil {
		return err
	}
	if err = breaker.Force(tapps.BreakerForceOpen); err != nil {
		return err
	}
	event := <-events
	p.answer.Set("json", string(event.Data))
	return nil
}

// permit does what a program does that calls by itself, and fetches of many URLs.
func (p *peer) permit(verb string) error {
	name := p.form.Get("name")
	switch verb {
	case "breaker_acquire":
		permit, err := p.acquire(p.breakers[name])
		if err == nil {
			p.permits[name] = append(p.permits[name], permit)
		}
		return err
	case "breaker_report":
		outcomes := map[string]tapps.Outcome{"failure": tapps.OutcomeFailure,
			"ignored": tapps.OutcomeIgnored, "local_failure": tapps.OutcomeLocalFailure}
		p.permits[name][0].Report(outcomes[p.form.Get("outcome")])
		p.permits[name] = p.permits[name][1:]
		return nil
	case "breaker_retry":
		delay, err := p.breakers[name].Retry(int(p.number("attempt")), int(p.number("status")), 0)
		p.answer.Set("delay_ms", strconv.FormatInt(delay.Milliseconds(), 10))
		return err
	case "breaker_limit":
		return p.breakers[name].Limit(p.number("calls"), p.ms("within_ms"))
	case "fetch_many":
		return p.fetchMany()
	}
	return errLack
}

// acquire waits as long as it may. That a context ended is a time-out to the cases.
func (p *peer) acquire(breaker *tapps.Breaker) (tapps.Permit, error) {
	if !p.has("wait_ms") {
		return breaker.Acquire()
	}
	ctx, cancel := context.WithTimeout(ctx, p.ms("wait_ms"))
	defer cancel()
	permit, err := breaker.Wait(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return permit, tapps.ErrTimeout
	}
	return permit, err
}

func (p *peer) fetchMany() error {
	results, err := p.cache.FetchMany(ctx, p.form["url"], nil, int(p.number("parallel")))
	if err != nil {
		return err
	}
	items := map[string]string{}
	for one := range results {
		items[one.URL] = "-"
		if one.Err == nil {
			items[one.URL] = "=" + hex.EncodeToString(one.Response.Body)
		}
	}
	for _, url := range p.form["url"] {
		p.answer.Add("item", items[url])
	}
	return nil
}
