package payments

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/hosts"
)

// SwitchboardPath is the route of the sandbox's behaviour.
const SwitchboardPath = "/sandbox/payments"

// maxSwitches is the size limit of a body, in bytes.
const maxSwitches = 4 << 10

// switches is a Behaviour as JSON, with the sandbox's totals.
type switches struct {
	Latency       string `json:"latency"`  // in Go's notation: "450ms", or a range: "400ms-620ms"
	Capacity      int    `json:"capacity"` // concurrent requests, 0 for no limit
	Queue         bool   `json:"queue"`    // requests beyond the capacity wait
	RefusePercent int    `json:"refusePercent"`
	Down          bool   `json:"down"`
	LoseAnswers   bool   `json:"loseAnswers"`
	Refunds       string `json:"refunds"`  // they succeed, wait (pending), fail or are refused
	Disputes      string `json:"disputes"` // of pm_card_createDispute: open, lost or won
	Broken        bool   `json:"broken"`   // charges and refunds fail, and their keys repeat that
	SearchLag     string `json:"searchLag"`
	ConfirmWithin string `json:"confirmWithin"` // how long a customer may confirm a charge
	// Notices says where and how changes of a charge are reported.
	Notices  noticeSwitches `json:"notices"`
	Charged  int64          `json:"charged"`  // minor units, all orders
	Refunded int64          `json:"refunded"` // minor units, all orders
}

// maxCapacity is more than any test needs.
const maxCapacity = 1_000_000

// Switchboard mounts GET and PUT of the sandbox's behaviour, and the actions of people at the
// provider. PUT replaces all switches: a missing switch is off, and {} turns all faults off.
// It is for tests and demonstrations: every client that reaches it controls whether payments
// work.
func (c *conduct) Switchboard(r gin.IRouter) {
	r.GET(SwitchboardPath, c.show)
	r.PUT(SwitchboardPath, c.replace)
	c.hands(r)
}

func (c *conduct) show(g *gin.Context) {
	charged, refunded, err := c.totals(g.Request.Context())
	if err != nil {
		c.away(g)
		return
	}
	b := c.Behaviour()
	g.JSON(http.StatusOK, switches{
		rangeInWords(b.Latency, b.LatencyUpTo), b.Capacity, b.Queue, b.RefusePercent, b.Down, b.LoseAnswers,
		cmp.Or(b.Refunds, "succeed"), wordOf(b.Disputes), b.Broken, b.SearchLag.String(),
		cmp.Or(b.ConfirmWithin, confirmLasts).String(), c.noticesInWords(), charged, refunded,
	})
}

func (c *conduct) away(g *gin.Context) {
	g.Header("Retry-After", "2")
	fail(g, problem{
		Title: "Temporarily unavailable", Status: http.StatusServiceUnavailable,
		Code: "unavailable", Detail: "the sandbox's memory cannot be read",
	})
}

func (c *conduct) replace(g *gin.Context) {
	body, refused := readSwitches(g)
	if refused != nil {
		fail(g, *refused)
		return
	}
	b, faults := behaviourOf(body)
	if len(faults) > 0 {
		fail(g, invalid(faults))
		return
	}
	c.Behave(b)
	c.show(g)
}

// readSwitches reads a body, or returns the problem.
func readSwitches(g *gin.Context) (body []byte, refused *problem) {
	if sent := g.GetHeader("Content-Type"); g.Request.ContentLength != 0 && !hosts.SendsJSON(sent) {
		return nil, &problem{
			Title: "Unsupported media type", Status: http.StatusUnsupportedMediaType,
			Code: "unsupported_media_type", Detail: fmt.Sprintf("the body is %q: send it as application/json", sent),
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(g.Writer, g.Request.Body, maxSwitches))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, &problem{
			Title: "Body too large", Status: http.StatusRequestEntityTooLarge,
			Code: "payload_too_large", Detail: "the switches take less room than that",
		}
	}
	if err != nil || !json.Valid(body) {
		return nil, &problem{
			Title: "Unreadable body", Status: http.StatusBadRequest,
			Code: "malformed_json", Detail: "the body is not JSON",
		}
	}
	return body, nil
}

// behaviourOf parses switches, and returns a fault for every wrong field.
func behaviourOf(body []byte) (b Behaviour, faults []fieldError) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return b, []fieldError{{"body", "must be an object"}}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name == "notices" {
			faults = append(faults, b.Notices.set(fields[name])...)
			continue
		}
		if complaint := b.set(name, fields[name]); complaint != "" {
			faults = append(faults, fieldError{name, complaint})
		}
	}
	return b, faults
}

// set changes one switch, or says why the value is wrong.
func (b *Behaviour) set(name string, value json.RawMessage) (complaint string) {
	switch name {
	case "latency":
		return setRange(&b.Latency, &b.LatencyUpTo, value)
	case "capacity":
		return setInt(&b.Capacity, value, maxCapacity)
	case "queue":
		return setBool(&b.Queue, value)
	case "refusePercent":
		return setInt(&b.RefusePercent, value, 100)
	case "down":
		return setBool(&b.Down, value)
	case "loseAnswers":
		return setBool(&b.LoseAnswers, value)
	case "refunds":
		return setWord(&b.Refunds, value, "succeed", "wait", "fail", "refuse")
	case "disputes":
		return setWord(&b.Disputes, value, "open", "lost", "won")
	case "broken":
		return setBool(&b.Broken, value)
	case "searchLag":
		return setDuration(&b.SearchLag, value)
	case "confirmWithin":
		return setDuration(&b.ConfirmWithin, value)
	default:
		return "is not a switch: these are latency, capacity, queue, refusePercent, down, loseAnswers, refunds, disputes, broken, searchLag, " +
			"confirmWithin and notices"
	}
}

// valueOf parses a switch's value. null is no value.
func valueOf[T any](value json.RawMessage) (v T, ok bool) {
	var decoded *T // stays nil on null
	if err := json.Unmarshal(value, &decoded); err != nil || decoded == nil {
		return v, false
	}
	return *decoded, true
}

func setRange(from, upTo *time.Duration, value json.RawMessage) (complaint string) {
	const wanted = "must be a duration such as 450ms, or a range such as 400ms-620ms"
	text, ok := valueOf[string](value)
	if !ok {
		return wanted
	}
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		last = first
	}
	least, err := time.ParseDuration(first)
	if err != nil || least < 0 {
		return wanted
	}
	most, err := time.ParseDuration(last)
	if err != nil || most < least {
		return wanted
	}
	*from, *upTo = least, 0
	if most > least {
		*upTo = most
	}
	return ""
}

func setDuration(to *time.Duration, value json.RawMessage) (complaint string) {
	text, ok := valueOf[string](value)
	d, err := time.ParseDuration(text)
	if !ok || err != nil || d < 0 {
		return "must be a duration such as 30s"
	}
	*to = d
	return ""
}

func rangeInWords(from, upTo time.Duration) string {
	if upTo <= from {
		return from.String()
	}
	return from.String() + "-" + upTo.String()
}

// wordOf is the state of disputes for the value of the switch.
func wordOf(disputes string) string { return cmp.Or(disputes, string(booking.DisputeOpen)) }

func setInt(to *int, value json.RawMessage, atMost int) (complaint string) {
	number, ok := valueOf[int](value)
	if !ok || number < 0 || number > atMost {
		return fmt.Sprintf("must be a whole number from 0 to %d", atMost)
	}
	*to = number
	return ""
}

func setWord(to *string, value json.RawMessage, words ...string) (complaint string) {
	word, ok := valueOf[string](value)
	if !ok || !slices.Contains(words, word) {
		return "must be one of " + strings.Join(words, ", ")
	}
	*to = word
	return ""
}

func setBool(to *bool, value json.RawMessage) (complaint string) {
	on, ok := valueOf[bool](value)
	if !ok {
		return "must be true or false"
	}
	*to = on
	return ""
}

// problem is an RFC 9457 problem in the API's format.
type problem struct {
	Type   string       `json:"type"` // where the code is explained; set by fail
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail"`
	Code   string       `json:"code"`
	Errors []fieldError `json:"errors,omitempty"`
}

// fieldError says what is wrong with one field.
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
	c.AbortWithStatusJSON(p.Status, p) // keeps the media type
}
