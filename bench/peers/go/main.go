// Command contender measures otter by the protocol of ../README.md.
//
// otter as its guide has it: a maximum size, with room for all, and none of its other features.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"time"
	"unsafe"

	"github.com/maypok86/otter/v2"
)

const (
	keyBytes   = 40
	valueBytes = 1024
	chunk      = 1000
	budget     = time.Second
)

var sink byte

type workload struct {
	keys, pool    []byte
	zipf, uniform []uint32
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func readOrder(path string) []uint32 {
	bytes := must(os.ReadFile(path))
	order := make([]uint32, len(bytes)/4)
	for i := range order {
		order[i] = binary.LittleEndian.Uint32(bytes[i*4:])
	}
	return order
}

func readWorkload(folder string) *workload {
	return &workload{
		keys:    must(os.ReadFile(filepath.Join(folder, "keys.bin"))),
		pool:    must(os.ReadFile(filepath.Join(folder, "pool.bin"))),
		zipf:    readOrder(filepath.Join(folder, "zipf.u32")),
		uniform: readOrder(filepath.Join(folder, "uniform.u32")),
	}
}

func (w *workload) key(i int) []byte { return w.keys[i*keyBytes : (i+1)*keyBytes] }

func (w *workload) value(i int) []byte {
	at := i * 61 % (len(w.pool) - valueBytes)
	return w.pool[at : at+valueBytes]
}

// loop returns the median of the chunks' means. A key is copied first: a caller has it at hand, in
// the processor's cache.
func loop(w *workload, order []uint32, step func(key string)) float64 {
	var buffer [keyBytes]byte
	key := unsafe.String(&buffer[0], keyBytes)
	var means []float64
	start := time.Now()
	for i := 0; i+chunk <= len(order) && time.Since(start) < budget; i += chunk {
		began := time.Now()
		for _, number := range order[i : i+chunk] {
			copy(buffer[:], w.key(int(number)))
			step(key)
		}
		means = append(means, float64(time.Since(began).Nanoseconds())/chunk)
	}
	slices.Sort(means)
	return means[len(means)/2]
}

func main() {
	if len(os.Args) != 4 {
		panic("usage: contender WORKLOAD SCRATCH otter")
	}
	w, who := readWorkload(os.Args[1]), os.Args[3]
	count := len(w.keys) / keyBytes
	cache := otter.Must(&otter.Options[string, []byte]{MaximumSize: 400_000})
	for i := range count {
		cache.Set(string(w.key(i)), slices.Clone(w.value(i)))
	}
	cache.CleanUp()
	get := func(key string) {
		value, ok := cache.GetIfPresent(key)
		if !ok {
			panic("a miss")
		}
		sink += value[0]
	}
	nothing := func(key string) { sink += key[0] }
	lines := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		row := lines.Text()
		if row != "memory hit, caches" {
			panic("no such row: " + row)
		}
		for _, order := range []struct {
			name    string
			numbers []uint32
		}{{"zipf", w.zipf}, {"uniform", w.uniform}} {
			ns := loop(w, order.numbers, get) - loop(w, order.numbers, nothing)
			out.Encode(map[string]any{
				"row": row, "who": who, "metric": order.name, "unit": "ns", "value": ns,
			})
		}
		os.Stdout.WriteString("\n")
	}
}
