package payments

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// SwitchboardPath is where the sandbox is told how to behave.
const SwitchboardPath = "/sandbox/payments"

// maxSwitches is the largest body in bytes that is read.
const maxSwitches = 4 << 10

// switches is a Behaviour as JSON, with what the sandbox has done so far.
type switches struct {
	Latency     string `json:"latency"` // Go's notation, "450ms"
	Down        bool   `json:"down"`
	LoseAnswers bool   `json:"loseAnswers"`
	Charged     int64  `json:"charged"`  // minor units, all orders
	Refunded    int64  `json:"refunded"` // minor units, all orders
}

// Switchboard mounts GET and PUT of the sandbox's behaviour. PUT replaces all
// switches: one that is left out is off, and {} makes the sandbox behave well.
// It is for tests and demonstrations: who reaches it decides whether payments
// work.
func (s *Sandbox) Switchboard(r gin.IRouter) {
	r.GET(SwitchboardPath, s.show)
	r.PUT(SwitchboardPath, s.replace)
}

func (s *Sandbox) show(c *gin.Context) {
	charged, refunded, err := s.memory.Totals(c.Request.Context())
	if err != nil {
		c.Header("Retry-After", "2")
		fail(c, problem{
			Title: "Temporarily unavailable", Status: http.StatusServiceUnavailable,
			Code: "unavailable", Detail: "the sandbox's memory cannot be read",
		})
		return
	}
	b := s.Behaviour()
	c.JSON(http.StatusOK, switches{b.Latency.String(), b.Down, b.LoseAnswers, charged, refunded})
}

func (s *Sandbox) replace(c *gin.Context) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, maxSwitches))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		fail(c, problem{
			Title: "Body too large", Status: http.StatusRequestEntityTooLarge,
			Code: "payload_too_large", Detail: "the switches take less room than that",
		})
		return
	}
	if err != nil || !json.Valid(body) {
		fail(c, problem{
			Title: "Unreadable body", Status: http.StatusBadRequest,
			Code: "malformed_json", Detail: "the body is not JSON",
		})
		return
	}
	b, faults := behaviourOf(body)
	if len(faults) > 0 {
		fail(c, invalid(faults))
		return
	}
	s.Behave(b)
	s.show(c)
}

// behaviourOf reads switches, and says of every field at fault what is wrong.
func behaviourOf(body []byte) (b Behaviour, faults []fieldError) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return b, []fieldError{{"body", "must be an object"}}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if complaint := b.set(name, fields[name]); complaint != "" {
			faults = append(faults, fieldError{name, complaint})
		}
	}
	return b, faults
}

// set turns one switch, or says why it cannot be turned that way.
func (b *Behaviour) set(name string, value json.RawMessage) (complaint string) {
	switch name {
	case "latency":
		return setLatency(&b.Latency, value)
	case "down":
		return setBool(&b.Down, value)
	case "loseAnswers":
		return setBool(&b.LoseAnswers, value)
	default:
		return "is not a switch: these are latency, down and loseAnswers"
	}
}

func setLatency(to *time.Duration, value json.RawMessage) (complaint string) {
	const wanted = "must be a duration such as 450ms"
	var text *string // stays nil on null
	if err := json.Unmarshal(value, &text); err != nil || text == nil {
		return wanted
	}
	latency, err := time.ParseDuration(*text)
	if err != nil || latency < 0 {
		return wanted
	}
	*to = latency
	return ""
}

func setBool(to *bool, value json.RawMessage) (complaint string) {
	var on *bool // stays nil on null
	if err := json.Unmarshal(value, &on); err != nil || on == nil {
		return "must be true or false"
	}
	*to = *on
	return ""
}

// problem is an RFC 9457 problem in the form that the API gives its own.
type problem struct {
	Type   string       `json:"type"` // where the code is explained; fail sets it
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail"`
	Code   string       `json:"code"`
	Errors []fieldError `json:"errors,omitempty"`
}

// fieldError is what is wrong with one field.
type fieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

func invalid(faults []fieldError) problem {
	names := make([]string, len(faults))
	for i, f := range faults {
		names[i] = f.Field
	}
	return problem{
		Title: "Invalid input", Status: http.StatusUnprocessableEntity,
		Code: "validation_failed", Detail: "at fault: " + strings.Join(names, ", "), Errors: faults,
	}
}

func fail(c *gin.Context, p problem) {
	p.Type = "/docs/problems#" + p.Code
	c.Header("Content-Type", "application/problem+json")
	c.AbortWithStatusJSON(p.Status, p) // keeps the media type that is set
}
