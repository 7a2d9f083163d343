package tapps

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// packed is an origin that answers compressed.
func packed(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body strings.Builder
		writer := gzip.NewWriter(&body)
		io.WriteString(writer, strings.Repeat("hello ", 1000))
		writer.Close()
		w.Header().Set("Cache-Control", "max-age=60")
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", fmt.Sprint(body.Len()))
		io.WriteString(w, body.String())
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestTheTransportTellsTheLengthOfTheDecodedBody(t *testing.T) {
	cache := open(t)
	origin, err := url.Parse(packed(t))
	expect(t, err, nil)
	answer, err := (&http.Client{Transport: cache.Transport()}).Get(origin.String())
	expect(t, err, nil)
	header := answer.Header
	if answer.ContentLength != 6000 || header.Get("Content-Encoding") != "" || !answer.Uncompressed ||
		header.Get("Content-Length") != "" {
		t.Fatal(answer)
	}
	proxy := &httputil.ReverseProxy{Transport: cache.Transport(),
		Director: func(r *http.Request) { r.URL.Scheme, r.URL.Host, r.Host = "http", origin.Host, "" }}
	server := httptest.NewServer(proxy)
	defer server.Close()
	for i := 0; i < 2; i++ {
		answer, err := http.Get(server.URL)
		expect(t, err, nil)
		body, err := io.ReadAll(answer.Body)
		if err != nil || len(body) != 6000 {
			t.Fatal(len(body), err)
		}
	}
}

func TestTheTransportLeavesAnUnknownCodingToItsCaller(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "rot13")
		io.WriteString(w, "uryyb")
	}))
	defer server.Close()
	answer, err := (&http.Client{Transport: open(t).Transport()}).Get(server.URL)
	expect(t, err, nil)
	if answer.Header.Get("Content-Encoding") != "rot13" || answer.ContentLength != 5 || answer.Uncompressed {
		t.Fatal(answer)
	}
}

func TestTheTransportTellsWhatHeadTells(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "56")
	}))
	defer server.Close()
	answer, err := (&http.Client{Transport: open(t).Transport()}).Head(server.URL)
	expect(t, err, nil)
	if answer.ContentLength != 56 || answer.Header.Get("Content-Length") != "56" || answer.Uncompressed {
		t.Fatal(answer)
	}
}

func TestTheTransportSendsTheHostThatIsAskedFor(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		fmt.Fprint(w, r.Host)
	}))
	defer server.Close()
	client := &http.Client{Transport: open(t).Transport()}
	own := strings.TrimPrefix(server.URL, "http://")
	for _, host := range []string{"a.example", "", "b.example", "", "a.example", own} {
		request, err := http.NewRequest("GET", server.URL, nil)
		expect(t, err, nil)
		request.Host = host
		answer, err := client.Do(request)
		expect(t, err, nil)
		body, _ := io.ReadAll(answer.Body)
		if host == "" {
			host = own
		}
		if string(body) != host {
			t.Fatal(string(body), "in place of", host)
		}
	}
}

func TestManyFetchesAreRefusedBeforeTheFirstIsSent(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer server.Close()
	cache := open(t)
	for _, wrong := range []string{"", "\n", server.URL + "\n" + server.URL, server.URL + "\r"} {
		_, err := cache.FetchMany(context.Background(), []string{server.URL, wrong}, nil, 1)
		expect(t, err, ErrInvalid)
	}
	_, err := cache.FetchMany(ctx, []string{""}, nil, 1)
	expect(t, err, ErrInvalid)
	_, err = cache.Fetch(ctx, "", nil)
	expect(t, err, ErrInvalid)
	if asked.Load() != 0 || len(cache.queue.pending) != 0 {
		t.Fatal(asked.Load())
	}
}
