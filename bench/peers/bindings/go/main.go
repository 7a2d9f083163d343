// Hits of the Go binding: a get, which copies the value, and a view, which does not and is to be
// released. ../../README.md has the protocol.
//
// usage: contender WORKLOAD SCRATCH WHO
package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"sort"
	"time"

	"tapps"
)

const (
	keyBytes   = 40
	valueBytes = 1024
	hotKeys    = 1000
	chunk      = 500
)

var sink byte

func read(path string) []byte {
	data, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	return data
}

// The median of the means of chunks.
func timed(order []int, step func(i int)) float64 {
	var means []float64
	for at := 0; at+chunk <= len(order); at += chunk {
		began := time.Now()
		for _, i := range order[at : at+chunk] {
			step(i)
		}
		means = append(means, float64(time.Since(began).Nanoseconds())/chunk)
	}
	sort.Float64s(means)
	return means[len(means)/2]
}

func main() {
	workload, scratch, who := os.Args[1], os.Args[2], os.Args[3]
	bytes, pool := read(workload+"/keys.bin"), read(workload+"/pool.bin")
	cache, err := tapps.Open(scratch+"/cache.db", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	ctx := context.Background()
	keys := make([]string, hotKeys)
	for i := range keys {
		keys[i] = string(bytes[i*keyBytes : (i+1)*keyBytes])
		at := i * 61 % (len(pool) - valueBytes)
		if err := cache.Put(ctx, keys[i], pool[at:at+valueBytes], nil); err != nil {
			log.Fatal(err)
		}
	}
	numbers := read(workload + "/zipf.u32")
	order := make([]int, len(numbers)/4)
	for i := range order {
		order[i] = int(binary.LittleEndian.Uint32(numbers[i*4:])) % hotKeys
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		loop := timed(order, func(i int) { sink += keys[i][0] })
		show := func(metric string, step func(i int)) {
			fmt.Printf("{\"row\":%q,\"who\":%q,\"metric\":%q,\"unit\":\"ns\",\"value\":%.2f}\n",
				lines.Text(), who, metric, timed(order, step)-loop)
		}
		show("mean", func(i int) {
			value, err := cache.Get(ctx, keys[i])
			if err != nil {
				log.Fatal(err)
			}
			sink += value[0]
		})
		show("mean, view", func(i int) {
			view, err := cache.View(ctx, keys[i])
			if err != nil {
				log.Fatal(err)
			}
			sink += view.Bytes()[0]
			view.Release()
		})
		fmt.Println()
	}
}
