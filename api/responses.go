package api

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// problems documents an operation's problems, by status. Problems that any request can
// have are not listed: 404 and 405 for addresses, 406, 408, 413, 415, and 500.
func (s *server) problems(codes ...booking.Code) map[string]*huma.Response {
	return s.withProblems(map[string]*huma.Response{}, codes...)
}

// withProblems documents further problems, each once.
func (s *server) withProblems(responses map[string]*huma.Response, codes ...booking.Code) map[string]*huma.Response {
	if responses == nil {
		responses = map[string]*huma.Response{}
	}
	for _, code := range codes {
		kind := kindOf(code)
		status := strconv.Itoa(kind.status)
		text := "`" + string(code) + "`: " + kind.meaning
		if r := responses[status]; r != nil {
			if strings.Contains(r.Description, "`"+string(code)+"`") {
				continue
			}
			r.Description += "\n\n" + text
			continue
		}
		responses[status] = &huma.Response{
			Description: text,
			Content:     map[string]*huma.MediaType{problemMediaType: {Schema: s.schemaOf(reflect.TypeFor[problem]())}},
		}
		switch kind.status {
		case http.StatusServiceUnavailable:
			responses[status].Headers = map[string]*huma.Param{"Retry-After": retryAfterHeader()}
		case http.StatusTooManyRequests:
			responses[status].Headers = shareHeaders()
		}
	}
	return responses
}

// placingResponses documents the outcomes of placing an order besides 201, with the
// reasons of refusals of its kind.
func (s *server) placingResponses(refusals ...booking.Reason) map[string]*huma.Response {
	codes := []booking.Code{booking.Invalid, orders.IdempotencyKeyReused, orders.TooManyUnpaid, orders.TemporalUnavailable, booking.Unavailable}
	for _, reason := range slices.Concat([]booking.Reason{booking.PaymentDeclined, booking.PaymentNotConfirmed, booking.PaymentUnavailable, booking.NotProcessed, booking.TooLate}, refusals, []booking.Reason{booking.ByCustomer, booking.ByOperator}) {
		codes = append(codes, orders.CodeOf(reason))
	}
	responses := s.withAccepted(s.problems(codes...))
	responses["503"].Headers["Location"] = &huma.Param{
		Description: "Address of the order, if an earlier request with the Idempotency-Key has placed it, which cannot be found " +
			"out at the moment",
		Schema: &huma.Schema{Type: huma.TypeString},
	}
	return responses
}

// withAccepted documents that an operation may continue after its answer.
func (s *server) withAccepted(responses map[string]*huma.Response) map[string]*huma.Response {
	responses["202"] = &huma.Response{
		Description: "Not finished yet; it continues and can be followed at Location. With the status `received` the order may " +
			"not have begun: Retry-After says when it may have changed",
		Content: map[string]*huma.MediaType{"application/json": {Schema: s.schemaOf(reflect.TypeFor[orderView]())}},
		Headers: map[string]*huma.Param{
			"Location":    {Description: "Where the order can be read", Schema: &huma.Schema{Type: huma.TypeString}},
			"Retry-After": {Description: "Seconds after which the order may have changed, if it has not begun yet (`received`)", Schema: &huma.Schema{Type: huma.TypeInteger}},
		},
	}
	return responses
}

func (s *server) schemaOf(t reflect.Type) *huma.Schema {
	return s.huma.OpenAPI().Components.Schemas.Schema(t, true, "")
}
