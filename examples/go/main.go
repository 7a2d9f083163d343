// pages prints the titles and sizes of web pages:
//
//	go run . https://example.org/ https://go.dev/
//
// Pages come side by side through the cache, which keeps them by the rules of HTTP; one that the
// cache has is not asked for again. What is made of a page, its title, is kept beside it: of all
// processes that want the title of a page at the same time one reads it.
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"html"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"time"

	"tapps"
)

var titlePattern = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pages:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, urls []string) error {
	if len(urls) == 0 {
		return errors.New("usage: pages URL...")
	}
	cache, err := tapps.Open(os.Getenv("TAPPS_CACHE"), nil)
	if err != nil {
		return err
	}
	defer cache.Close()

	results, err := cache.FetchMany(ctx, urls, &tapps.FetchOptions{
		Timeout:      20 * time.Second,
		Retries:      2,
		MaxBodyBytes: 8 << 20,
	}, 4)
	if err != nil {
		return err
	}
	failed := 0
	for page := range results {
		if page.Err != nil {
			failed++
			fmt.Printf("%s: %s\n", page.URL, explain(page.Err))
			continue
		}
		title, err := titleOf(ctx, cache, page.Response)
		if err != nil {
			return err
		}
		fmt.Printf("%s: %d, %d bytes from the %s: %s\n", page.URL, page.Response.Status,
			len(page.Response.Body), page.Response.ServedFrom, title)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d pages could not be read", failed, len(urls))
	}
	return nil
}

// titleOf keeps titles by what the page consists of, for a day.
func titleOf(ctx context.Context, cache *tapps.Cache, page *tapps.Response) (string, error) {
	key := fmt.Sprintf("%x", sha256.Sum256(page.Body))
	options := &tapps.LoadOptions{Put: &tapps.PutOptions{TTL: 24 * time.Hour, Source: page.URL}}
	title, err := cache.In("titles").LoadWith(ctx, key, options,
		func(context.Context) ([]byte, error) {
			found := titlePattern.FindSubmatch(page.Body)
			if found == nil {
				return []byte("(no title)"), nil
			}
			return []byte(strings.Join(strings.Fields(html.UnescapeString(string(found[1]))), " ")), nil
		})
	return string(title), err
}

// explain adds what the library knows of when to try again.
func explain(err error) string {
	var failure *tapps.Error
	if errors.As(err, &failure) && failure.RetryAfter > 0 {
		return fmt.Sprintf("%v (again in %s)", err, failure.RetryAfter.Round(time.Second))
	}
	return err.Error()
}
