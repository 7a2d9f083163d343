package tapps

/*
#include <tapps.h>
*/
import "C"

import (
	"context"
	"runtime"
)

// Backup copies the cache as it stands to a file, which replaces what is there when all of it is
// copied.
func (c *Cache) Backup(ctx context.Context, path string) error {
	var memory arena
	defer memory.free()
	where := memory.name(path)
	_, err := c.run(ctx, &memory, func(q *queue, id C.uint64_t, op *C.int64_t, f **C.tapps_error) C.int32_t {
		return C.tapps_queue_backup(q.handle, where, id, op, f)
	})
	return err
}

// A CheckReport is what Check found.
type CheckReport struct {
	OK       bool     `json:"ok"`
	Entries  int64    `json:"entries"` // looked at
	Damaged  int64    `json:"damaged"` // of those: Get misses them
	Problems []string `json:"problems"`
}

// Check looks for damage in the file and changes nothing. Deep: at indexes and every entry, too.
func (c *Cache) Check(ctx context.Context, deep bool) (*CheckReport, error) {
	report := &CheckReport{}
	err := c.complete(ctx, operation{
		start: func(q *queue, id C.uint64_t, op *C.int64_t, f **C.tapps_error) C.int32_t {
			return C.tapps_queue_check(q.handle, bits(deep, C.TAPPS_CHECK_DEEP), id, op, f)
		}}).decode(report)
	return report, err
}

// Compact gives unused space of the file back to the file system; it returns the bytes. What was
// given back when the context ends stays so.
func (c *Cache) Compact(ctx context.Context) (int64, error) {
	end := c.complete(ctx, operation{
		start: func(q *queue, id C.uint64_t, op *C.int64_t, f **C.tapps_error) C.int32_t {
			return C.tapps_queue_compact(q.handle, 0, id, op, f)
		}})
	return int64(end.number), end.err
}

// SpaceSurvey is how a namespace stands.
type SpaceSurvey struct {
	Entries  int64 `json:"entries"`
	Bytes    int64 `json:"bytes"`
	Fresh    int64 `json:"fresh"`
	Stale    int64 `json:"stale"`
	Negative int64 `json:"negative"`
}

// A Survey is what the committed entries are; Ages counts them by the shortest age they have not
// passed: minute, hour, day, week, month, older.
type Survey struct {
	Entries int64                  `json:"entries"`
	Bytes   int64                  `json:"bytes"`
	Expired int64                  `json:"expired"` // still in the file
	Spaces  map[string]SpaceSurvey `json:"spaces"`
	Ages    map[string]int64       `json:"ages"`
}

// Survey looks at every committed entry.
func (c *Cache) Survey(ctx context.Context) (*Survey, error) {
	survey := &Survey{}
	err := c.complete(ctx, operation{
		start: func(q *queue, id C.uint64_t, op *C.int64_t, f **C.tapps_error) C.int32_t {
			return C.tapps_queue_survey(q.handle, id, op, f)
		}}).decode(survey)
	return survey, err
}

// SetOffline switches the network off or on for all fetches on this file in this process. Off, what
// is stored is served; else ErrOffline.
func (c *Cache) SetOffline(offline bool) error {
	var failure *C.tapps_error
	code := C.tapps_cache_set_offline(c.handle, C.int32_t(bits(offline, 1)), &failure)
	runtime.KeepAlive(c)
	return result(code, failure)
}
