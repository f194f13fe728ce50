package api

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
)

// problem is an RFC 9457 problem detail, the one form of every error.
type problem struct {
	Type   string       `json:"type" format:"uri-reference" doc:"Address of the explanation of the code" example:"/docs/problems#sold_out"`
	Title  string       `json:"title" doc:"The code in words; the same for each occurrence" example:"Sold out"`
	Status int          `json:"status" doc:"The answer's HTTP status" example:"409"`
	Detail string       `json:"detail,omitempty" doc:"What is wrong in this case"`
	Code   booking.Code `json:"code" doc:"Code of the problem for programs; it never changes" example:"sold_out"`
	Errors []fieldError `json:"errors,omitempty" nullable:"false" doc:"Every wrong field, if the input is wrong"`
	Order  *orderView   `json:"order,omitempty" doc:"The present state of the order, if the problem is about one"`
	// Quote is of quote_changed, Price of price_changed.
	Quote *quoteView     `json:"quote,omitempty" doc:"The present refund of a cancel, if the customer was shown another one"`
	Price *booking.Money `json:"price,omitempty" doc:"The present price of the order, if the customer was shown another one"`

	// Actions are other operators' last actions on the order, in problems that these may have
	// caused.
	Actions []actionView `json:"actions,omitempty" nullable:"false" doc:"The last actions of other operators on the order, newest first; for operators, if these may be the reason"`

	header http.Header // to be set on the answer
}

// fieldError is the fault of one field.
type fieldError struct {
	Field   string `json:"field" doc:"The field's JSON path, or the parameter's name" example:"checkIn"`
	Message string `json:"message" example:"is in the past"`
}

func newProblem(code booking.Code, detail string, args ...any) *problem {
	kind := kindOf(code)
	p := &problem{
		Type: problemsPath + "#" + string(code), Title: kind.title, Status: kind.status,
		Detail: fmt.Sprintf(detail, args...), Code: code, header: http.Header{},
	}
	if kind.status == http.StatusServiceUnavailable || kind.status == http.StatusTooManyRequests {
		p.header.Set("Retry-After", retryAfter)
	}
	return p
}

// retryAfter is how long clients should wait, in seconds: about as long as a breaker or
// a failover takes.
const retryAfter = "2"

// after sets Retry-After: whole seconds, at least one.
func (p *problem) after(wait time.Duration) *problem {
	p.header.Set("Retry-After", inSeconds(wait))
	return p
}

// inSeconds rounds a wait up to whole seconds, at least one.
func inSeconds(wait time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(wait.Seconds()))))
}

// about adds the order that the problem is about, and its address.
func (p *problem) about(v orderView) *problem {
	p.Order = &v
	p.header.Set("Location", locationOf(v.View))
	v.Language.describe(p.header)
	return p
}

// at names the field or header at fault.
func (p *problem) at(field, message string) *problem {
	p.Errors = append(p.Errors, fieldError{Field: field, Message: message})
	return p
}

func (p *problem) Error() string { return string(p.Code) + ": " + p.Detail }

// GetStatus implements huma's error with a status.
func (p *problem) GetStatus() int { return p.Status }

// ContentType makes huma answer with the media type of RFC 9457.
func (p *problem) ContentType(string) string { return problemMediaType }

const problemMediaType = "application/problem+json"

// setProblemHeaders runs before huma writes any body.
func setProblemHeaders(ctx huma.Context, _ string, body any) (any, error) {
	if p, ok := body.(*problem); ok {
		for name, values := range p.header {
			for _, value := range values {
				ctx.SetHeader(name, value)
			}
		}
	}
	return body, nil
}

// writeProblem answers with p outside of huma.
func writeProblem(c *gin.Context, p *problem) {
	for name, values := range p.header {
		c.Writer.Header()[name] = values
	}
	c.Header("Content-Type", problemMediaType)
	c.Status(p.Status)
	_ = json.NewEncoder(c.Writer).Encode(p) // fails only if the client has gone
	c.Abort()
}
