package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

// Huma has package-wide hooks only. Only this package uses huma.
func init() {
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return problemOf(nil, status, msg, errs)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return problemOf(ctx, status, msg, errs)
	}
	// {"CheckIn": …} beside {"checkIn": …} is a mistake; which of them counts must not
	// be chance.
	huma.ValidateStrictCasing = true
}

// problemOf makes a problem of the faults that huma found.
func problemOf(ctx huma.Context, status int, msg string, errs []error) *problem {
	for _, err := range errs {
		if p, ok := errors.AsType[*problem](err); ok {
			return p // the resolver itself failed
		}
	}
	switch status {
	case http.StatusUnprocessableEntity:
		return invalid(errs)
	case http.StatusBadRequest:
		return newProblem(malformedJSON, "%s", bodyMessage(errs, msg))
	case http.StatusUnsupportedMediaType:
		return newProblem(unsupportedMediaType, "the body's media type is not JSON")
	case http.StatusInternalServerError:
		if msg == "cannot read request body" {
			return newProblem(malformedJSON, "the body was cut off")
		}
	}
	if s := serverOf(ctx); s != nil {
		s.Logger.Error("request failed", zap.Int("status", status), zap.String("message", msg), zap.Strings("errors", withoutValues(errs)))
	}
	return newProblem(internalError, "something went wrong; it has been logged")
}

// withoutValues returns huma's messages without the values that were sent.
func withoutValues(errs []error) []string {
	said := make([]string, len(errs))
	for i, err := range errs {
		said[i] = err.Error()
		if d, ok := errors.AsType[*huma.ErrorDetail](err); ok {
			said[i] = d.Location + ": " + d.Message
		}
	}
	return said
}

func bodyMessage(errs []error, otherwise string) string {
	for _, err := range errs {
		if d, ok := errors.AsType[*huma.ErrorDetail](err); ok && d.Location == "body" {
			return "the body is not JSON: " + d.Message
		}
	}
	return otherwise
}

// invalid names each field at fault once: the first message about a field is the most
// basic one.
func invalid(errs []error) *problem {
	p := newProblem(booking.Invalid, "")
	for _, err := range errs {
		d, ok := errors.AsType[*huma.ErrorDetail](err)
		if !ok {
			d = &huma.ErrorDetail{Location: "body", Message: err.Error()}
		}
		e := fieldErrorOf(d)
		noObject := strings.HasPrefix(d.Location, "body.") && has(p.Errors, "body") // a body that is no object has no fields
		if !noObject && !has(p.Errors, e.Field) {
			p.Errors = append(p.Errors, e)
		}
	}
	// Huma finds unknown fields in the random order of a map.
	slices.SortStableFunc(p.Errors, func(a, b fieldError) int { return strings.Compare(a.Field, b.Field) })
	fields := make([]string, len(p.Errors))
	for i, e := range p.Errors {
		fields[i] = e.Field
	}
	p.Detail = "at fault: " + strings.Join(fields, ", ")
	return p
}

func has(all []fieldError, field string) bool {
	return slices.ContainsFunc(all, func(e fieldError) bool { return e.Field == field })
}

var requiredPrefix, requiredSuffix, _ = strings.Cut(validation.MsgExpectedRequiredProperty, "%s")

func fieldErrorOf(d *huma.ErrorDetail) fieldError {
	field, message := d.Location, d.Message
	// Huma reports a missing field at the object that lacks it.
	if name, ok := strings.CutPrefix(message, requiredPrefix); ok {
		if name, ok = strings.CutSuffix(name, requiredSuffix); ok {
			field, message = field+"."+name, "is required"
		}
	}
	if strings.HasPrefix(message, "required ") && strings.HasSuffix(message, " parameter is missing") {
		message = "is required"
	}
	if f, ok := d.Value.(flaw); ok {
		message = string(f)
	}
	if message == validation.MsgUnexpectedProperty {
		message = "is not a field of this request"
	}
	for _, where := range []string{"body.", "query.", "path.", "header."} {
		if name, ok := strings.CutPrefix(field, where); ok {
			field = name
			break
		}
	}
	return fieldError{Field: field, Message: message}
}

// faults collects a resolver's findings. A zero value is never a fault: it is allowed,
// or the schema reports that it is missing.
type faults []error

// add reports the field at location, such as body.checkIn.
func (f *faults) add(location, message string, args ...any) {
	*f = append(*f, &huma.ErrorDetail{Location: location, Message: fmt.Sprintf(message, args...)})
}

// addBody reports fields of the body.
func (f *faults) addBody(faults []booking.Fault) {
	for _, fault := range faults {
		f.add("body."+fault.Field, "%s", fault.Words)
	}
}

// fail ends the validation with a problem.
func (f *faults) fail(p *problem) { *f = append(*f, p) }

// checkQuery reports query parameters that would be ignored: a misspelt or empty filter
// must not select everything, and of two equal ones the second must not be dropped.
func (f *faults) checkQuery(ctx huma.Context) {
	u := ctx.URL()
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		f.add("query", "cannot be read: it is not encoded as it should be")
	}
	for name, values := range query {
		known := slices.ContainsFunc(ctx.Operation().Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name })
		switch {
		case !known:
			f.add("query."+name, "is not a parameter of this request")
		case len(values) > 1:
			f.add("query."+name, string(isRepeated))
		case values[0] == "" && !isPlace(name):
			f.add("query."+name, string(isEmpty))
		}
	}
}

// isPlace reports whether a query parameter is a cursor. An empty cursor is the
// beginning: next of a feed without events is empty.
func isPlace(name string) bool { return name == "cursor" || name == "after" }

// Strict is embedded in inputs without a resolver of their own.
type Strict struct{}

// Resolve validates the query as a whole.
func (Strict) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	return f
}
