// The peer of the contract cases: see tests/contract/README.md.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"tapps"
)

type peer struct {
	cache    *tapps.Cache
	breakers map[string]*tapps.Breaker
	permits  map[string][]tapps.Permit
	form     url.Values
	answer   url.Values
}

var ctx = context.Background()

var errLack = errors.New("lack")

func main() {
	p := &peer{breakers: map[string]*tapps.Breaker{}, permits: map[string][]tapps.Permit{}}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		form, err := url.ParseQuery(lines.Text())
		p.form, p.answer = form, url.Values{}
		if err == nil {
			err = p.do(form.Get("do"))
		}
		var failure *tapps.Error
		switch {
		case err == nil:
			if !p.answer.Has("code") {
				p.answer.Set("code", "OK")
			}
		case errors.Is(err, errLoader):
			p.answer.Set("code", "LOADER")
		case errors.Is(err, errLack):
			p.answer.Set("lack", "1")
		case errors.As(err, &failure):
			p.answer.Set("code", failure.Code.String())
			p.answer.Set("message", failure.Message)
		default:
			p.answer.Set("code", "ERROR")
			p.answer.Set("message", err.Error())
		}
		fmt.Println(p.answer.Encode())
	}
}

func (p *peer) has(name string) bool { return p.form.Has(name) }

func (p *peer) bytes(name string) [][]byte {
	var found [][]byte
	for _, text := range p.form[name] {
		data, _ := hex.DecodeString(text)
		found = append(found, data)
	}
	return found
}

func (p *peer) first(name string) []byte {
	if all := p.bytes(name); len(all) > 0 {
		return all[0]
	}
	return nil
}

func (p *peer) key() string { return string(p.first("key")) }

func (p *peer) number(name string) int64 {
	number, _ := strconv.ParseInt(p.form.Get(name), 10, 64)
	return number
}

func (p *peer) ms(name string) time.Duration {
	return time.Duration(p.number(name)) * time.Millisecond
}

func (p *peer) space() *tapps.Space {
	if p.has("space") {
		return p.cache.In(p.form.Get("space"))
	}
	return &p.cache.Space
}

func (p *peer) flags() []tapps.GetFlag {
	var flags []tapps.GetFlag
	for name, flag := range map[string]tapps.GetFlag{
		"cached_only": tapps.CachedOnly, "allow_stale": tapps.AllowStale, "peek": tapps.Peek,
		"show_negative": tapps.ShowNegative,
	} {
		if p.has(name) {
			flags = append(flags, flag)
		}
	}
	return flags
}

func (p *peer) putOptions() *tapps.PutOptions {
	levels := map[string]tapps.Durability{"memory": tapps.DurabilityMemory,
		"sync": tapps.DurabilitySync, "full": tapps.DurabilityFull}
	return &tapps.PutOptions{
		TTL: p.ms("ttl_ms"), Stale: p.ms("stale_ms"), Durability: levels[p.form.Get("durability")],
		Negative: p.has("negative"), Sliding: p.has("sliding"),
		ContentType: p.form.Get("content_type"), Source: p.form.Get("source"), Tags: p.form["tag"],
		JSON: json.RawMessage(p.form.Get("json")),
	}
}

func (p *peer) openOptions() *tapps.OpenOptions {
	policies := map[string]tapps.MemoryPolicy{"lru": tapps.PolicyLRU}
	options := &tapps.OpenOptions{
		ReadOnly: p.has("read_only"), Offline: p.has("offline"),
		MemoryBytes: p.number("memory_bytes"), TTL: p.ms("ttl_ms"),
		PreloadBytes: p.number("preload_bytes"), DiskEntries: p.number("disk_entries"),
		Policy: policies[p.form.Get("policy")], SecretNames: p.form["secret_name"],
		DenyPrivate: p.has("deny_private"), SharedHTTP: p.has("shared_http"),
		KeepSetCookie: p.has("keep_set_cookie"),
	}
	if p.has("no_proxy") {
		options.NoProxy = strings.Split(p.form.Get("no_proxy"), ",")
	}
	return options
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func flag(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

func (p *peer) do(verb string) (err error) {
	switch verb {
	case "open":
		p.cache, err = tapps.Open(p.form.Get("path"), p.openOptions())
		return err
	case "close":
		if p.cache == nil { // the open failed
			return nil
		}
		return p.cache.Close()
	case "state":
		p.answer.Set("state", p.cache.State().String())
	case "path":
		p.answer.Set("path", p.cache.Path())
	case "get":
		data, err := p.space().Get(ctx, p.key(), p.flags()...)
		p.answer.Set("value", hex.EncodeToString(data))
		return err
	case "entry":
		return p.entry()
	case "get_many":
		var keys []string
		for _, key := range p.bytes("key") {
			keys = append(keys, string(key))
		}
		values, err := p.space().GetMany(ctx, keys)
		for _, value := range values {
			if value == nil {
				p.answer.Add("item", "-")
			} else {
				p.answer.Add("item", "="+hex.EncodeToString(value))
			}
		}
		return err
	case "put":
		return p.space().Put(ctx, p.key(), p.first("value"), p.putOptions())
	case "put_many":
		var pairs []tapps.Pair
		values := p.bytes("value")
		for i, key := range p.bytes("key") {
			pairs = append(pairs, tapps.Pair{Key: string(key), Value: values[i]})
		}
		return p.space().PutMany(ctx, pairs, p.putOptions())
	case "delete":
		return p.space().Delete(ctx, p.key())
	case "delete_all":
		remove := p.space().DeleteAll
		if p.has("all_spaces") {
			remove = p.cache.DeleteEverywhere
		}
		count, err := remove(ctx, p.matching())
		p.answer.Set("count", number(count))
		return err
	case "touch":
		return p.space().Touch(ctx, p.key(), p.ms("ttl_ms"))
	case "flush":
		return p.cache.Flush(ctx)
	case "entries":
		cursor := p.space().Entries(string(p.first("prefix")))
		defer cursor.Close()
		for cursor.Next() {
			p.answer.Add("key", hex.EncodeToString([]byte(cursor.Entry().Key)))
		}
		return cursor.Err()
	case "stats":
		found, err := p.cache.Stats()
		p.answer.Set("json", string(found))
		return err
	case "fetch":
		return p.fetch()
	case "docs":
		found, err := p.cache.Docs(ctx, p.form.Get("library"), &tapps.DocsOptions{
			Topic: p.form.Get("topic"), ProjectRoot: p.form.Get("project_root")})
		if err != nil {
			return err
		}
		p.answer.Set("value", hex.EncodeToString([]byte(found.Text)))
		p.answer.Set("library", found.Library)
		p.answer.Set("version", found.Version)
		p.answer.Set("ecosystem", found.Ecosystem)
	case "plan":
		plan, err := p.cache.Plan(ctx, p.form.Get("root"), nil)
		if err != nil {
			return err
		}
		p.answer.Set("json", string(plan.Description))
	case "warm":
		result, err := p.cache.Warm(ctx, p.form.Get("root"), nil, func(tapps.Progress) {
			p.answer.Set("progress", "1")
		})
		if err != nil {
			return err
		}
		text, err := json.Marshal(result)
		p.answer.Set("json", string(text))
		return err
	default:
		for _, more := range []func(string) error{p.condition, p.upkeep, p.breaker, p.permit} {
			if err := more(verb); err != errLack {
				return err
			}
		}
		return errLack
	}
	return nil
}

func (p *peer) matching() tapps.Matching {
	return tapps.Matching{Prefix: string(p.first("prefix")), Tag: p.form.Get("tag")}
}

func (p *peer) entry() error {
	view, err := p.space().View(ctx, p.key(), p.flags()...)
	if err != nil {
		return err
	}
	defer view.Release()
	info := view.Info()
	p.answer = url.Values{"value": {hex.EncodeToString(view.Bytes())}, "stale": {flag(info.Stale)},
		"content_type": {info.ContentType}, "source": {info.Source}, "tag": info.Tags,
		"json": {string(info.JSON)}, "served_from": {info.ServedFrom.String()},
		"version": {number(info.Version)}, "negative": {flag(info.Negative)}}
	return nil
}

func (p *peer) fetch() error {
	policies := map[string]tapps.FetchPolicy{"reload": tapps.FetchReload,
		"only_if_cached": tapps.FetchOnlyIfCached}
	options := &tapps.FetchOptions{Method: p.form.Get("method"), Body: p.first("body"),
		Policy: policies[p.form.Get("policy")], Timeout: p.ms("timeout_ms"), Header: http.Header{},
		Retries: p.number("retries"), FirstByte: p.ms("first_byte_ms"),
		DenyPrivate: p.has("deny_private")}
	for _, line := range strings.Split(p.form.Get("headers"), "\n") {
		if name, value, found := strings.Cut(line, ": "); found {
			options.Header.Set(name, value)
		}
	}
	ctx := ctx
	if p.has("cancel") {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
	}
	found, err := p.cache.Fetch(ctx, p.form.Get("url"), options)
	if err != nil {
		return err
	}
	p.answer = url.Values{"status": {strconv.Itoa(found.Status)},
		"value": {hex.EncodeToString(found.Body)}, "stale": {flag(found.Stale)},
		"served_from": {found.ServedFrom.String()}}
	return nil
}
