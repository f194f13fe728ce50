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

// Huma has package-wide hooks only. They belong to this package: nothing else
// in the program uses huma.
func init() {
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return problemOf(nil, status, msg, errs)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return problemOf(ctx, status, msg, errs)
	}
	// {"CheckIn": …} beside {"checkIn": …} is a mistake and must not win by chance.
	huma.ValidateStrictCasing = true
}

// problemOf turns what huma found wrong into a problem.
func problemOf(ctx huma.Context, status int, msg string, errs []error) *problem {
	for _, err := range errs {
		if p, ok := errors.AsType[*problem](err); ok {
			return p // a resolver could not do its work
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

// withoutValues are what huma complains of, without the values that were sent.
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

// invalid names every field at fault, once: the first complaint about a field
// is the most basic one.
func invalid(errs []error) *problem {
	p := newProblem(booking.Invalid, "")
	for _, err := range errs {
		d, ok := errors.AsType[*huma.ErrorDetail](err)
		if !ok {
			d = &huma.ErrorDetail{Location: "body", Message: err.Error()}
		}
		e := fieldErrorOf(d)
		noObject := strings.HasPrefix(d.Location, "body.") && has(p.Errors, "body") // what is no object has no fields
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
	// Huma complains about a missing field at the object that lacks it.
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

// faults collects what a resolver finds wrong. A zero value never is: its
// absence has been complained about by the schema, or it is allowed.
type faults []error

// add complains about the field at location, such as body.checkIn.
func (f *faults) add(location, message string, args ...any) {
	*f = append(*f, &huma.ErrorDetail{Location: location, Message: fmt.Sprintf(message, args...)})
}

// addBody complains about fields of the body.
func (f *faults) addBody(faults []booking.Fault) {
	for _, fault := range faults {
		f.add("body."+fault.Field, "%s", fault.Words)
	}
}

// fail gives up: the input cannot be judged.
func (f *faults) fail(p *problem) { *f = append(*f, p) }

// checkQuery complains about query parameters that would be passed over: a
// misspelt or empty filter must not silently select everything, nor the second
// of two be forgotten.
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

// isPlace tells whether a query parameter says where to go on in a list. An
// empty one is the beginning: next of a feed without events is empty.
func isPlace(name string) bool { return name == "cursor" || name == "after" }

// Strict is embedded in inputs that have nothing to resolve of their own.
type Strict struct{}

// Resolve finds what is wrong with the query as a whole.
func (Strict) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	return f
}
