package marketing

import (
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"
)

// Codes of problems.
const (
	validationFailed = "validation_failed"
	notFound         = "not_found"
	methodNotAllowed = "method_not_allowed"
	unknownHost      = "unknown_host"
	unavailable      = "unavailable"
	internalError    = "internal"
)

// problem is an RFC 9457 problem detail, the one form of every error. Its type says no
// more than its status; the code does.
type problem struct {
	Type   string       `json:"type"`
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail"`
	Code   string       `json:"code"`
	Errors []fieldError `json:"errors,omitempty"`
}

// fieldError is the fault of one parameter.
type fieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// retryAfter is how long clients should wait, in seconds.
const retryAfter = "2"

func refuse(c *gin.Context, status int, code, detail string, wrong ...fieldError) {
	if status == http.StatusServiceUnavailable {
		c.Header("Retry-After", retryAfter)
	}
	c.Header("Content-Type", "application/problem+json")
	c.Status(status)
	_ = json.NewEncoder(c.Writer).Encode(problem{ // fails only if the client has gone
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Code: code, Errors: wrong,
	})
	c.Abort()
}
