package tapps

/*
#include <tapps.h>
*/
import "C"

import (
	"strings"
	"time"
)

// An Error is a failure of tapps. Compare it with errors.Is and one of the Err values, each of which
// stands for a code.
type Error struct {
	Code       Code
	Message    string        // one line on what failed and why
	SQLite     int           // SQLite's extended result code, or 0
	Errno      int           // of the system call that failed, or 0
	HTTPStatus int           // of the answer that made the call fail, or 0
	RetryAfter time.Duration // how long to wait before trying again; 0 when not known

	cause error // what the context said
}

func (e *Error) Error() string {
	message := e.Message
	if message == "" {
		message = strings.ToLower(strings.ReplaceAll(e.Code.String(), "_", " "))
	}
	return "tapps: " + message
}

// Is reports whether target stands for the same code.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// Unwrap is what the context of the call said, context.Canceled or DeadlineExceeded; else nil.
func (e *Error) Unwrap() error { return e.cause }

// String is the name of the code in tapps.h, "NOT_FOUND".
func (c Code) String() string {
	if name, ok := codeNames[c]; ok {
		return name
	}
	return "UNKNOWN"
}

// takeError makes an Error of what a call returned, and gives `failure` back.
func takeError(code C.int32_t, failure *C.tapps_error) error {
	found := &Error{Code: Code(code)}
	if failure != nil {
		found.Message = C.GoString(C.tapps_error_message(failure))
		found.SQLite = int(C.tapps_error_sqlite(failure))
		found.Errno = int(C.tapps_error_errno(failure))
		found.HTTPStatus = int(C.tapps_error_http_status(failure))
		found.RetryAfter = duration(C.tapps_error_retry_after_us(failure))
		C.tapps_error_release(failure)
	} else {
		found.Message = C.GoString(C.tapps_code_meaning(code))
	}
	return found
}

// result is nil for TAPPS_OK.
func result(code C.int32_t, failure *C.tapps_error) error {
	if code == C.TAPPS_OK {
		return nil
	}
	return takeError(code, failure)
}

func cancelled(cause error) error {
	return &Error{Code: CodeCancelled, Message: "cancelled: " + cause.Error(), cause: cause}
}
