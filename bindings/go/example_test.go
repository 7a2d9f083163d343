package tapps_test

import (
	"context"
	"errors"
	"fmt"

	"tapps"
)

func Example() {
	ctx := context.Background()
	cache, err := tapps.Open(":memory:", nil)
	if err != nil {
		panic(err)
	}
	defer cache.Close()

	cache.Put(ctx, "greeting", []byte("hello"), &tapps.PutOptions{Tags: []string{"demo"}})
	value, _ := cache.Get(ctx, "greeting")
	fmt.Println(string(value))

	_, err = cache.Get(ctx, "nothing")
	fmt.Println(errors.Is(err, tapps.ErrNotFound))
	// Output:
	// hello
	// true
}
