package main

import (
	"context"
	"encoding/hex"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"tapps"
)

var errLoader = errors.New("the loader failed")

// condition does what asks about entries, writes under a condition, and loads.
func (p *peer) condition(verb string) error {
	switch verb {
	case "contains":
		version, err := p.space().Version(ctx, p.key())
		if version == 0 && err == nil {
			return tapps.ErrNotFound
		}
		p.answer.Set("version", number(version))
		return err
	case "swap":
		version, err := p.space().Swap(ctx, p.key(), p.number("version"), p.first("value"), p.putOptions())
		p.answer.Set("version", number(version))
		return err
	case "count":
		count := p.space().Count
		if p.has("all_spaces") {
			count = p.cache.CountEverywhere
		}
		entries, bytes, err := count(ctx, p.matching())
		p.answer.Set("count", number(entries))
		p.answer.Set("bytes", number(bytes))
		return err
	case "set_space":
		if !p.has("ttl_ms") && !p.has("stale_ms") && !p.has("negative_ttl_ms") {
			return p.space().SetDefaults(nil)
		}
		return p.space().SetDefaults(&tapps.SpaceOptions{TTL: p.ms("ttl_ms"), Stale: p.ms("stale_ms"),
			NegativeTTL: p.ms("negative_ttl_ms")})
	case "load":
		return p.load()
	}
	return errLack
}

func (p *peer) load() error {
	callers := int(p.number("at_once"))
	if callers == 0 {
		callers = 1
	}
	var loads atomic.Int64
	var begun, ended sync.WaitGroup
	begun.Add(callers)
	ended.Add(callers)
	loader := func(context.Context) ([]byte, error) {
		loads.Add(1)
		if callers > 1 {
			begun.Wait()
			time.Sleep(20 * time.Millisecond) // the load itself
		}
		if p.has("fail") {
			return nil, errLoader
		}
		return p.first("value"), nil
	}
	values, failures := make([][]byte, callers), make([]error, callers)
	for i := 0; i < callers; i++ {
		go func(i int) {
			defer ended.Done()
			begun.Done()
			values[i], failures[i] = p.space().LoadWith(ctx, p.key(),
				&tapps.LoadOptions{Put: p.putOptions()}, loader)
		}(i)
	}
	ended.Wait()
	for i, err := range failures {
		if err != nil {
			return err
		}
		p.answer.Add("value", hex.EncodeToString(values[i]))
	}
	p.answer.Set("loads", number(loads.Load()))
	return nil
}
