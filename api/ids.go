package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/yeyak/yeyak/booking"
)

// newID makes the id of a thing other than an order, such as place-0m5w3k1v8t2z6r4q.
func newID(thing string) string {
	id := uuid.New()
	return thing + "-" + booking.IDText(id[:10])
}

// name is an id from outside.
type name string

// Schema is the schema of ids.
func (name) Schema(huma.Registry) *huma.Schema {
	shortest, longest := 1, booking.LongestName
	return &huma.Schema{
		Type: huma.TypeString, MinLength: &shortest, MaxLength: &longest,
		Pattern:            booking.NamePattern.String(),
		PatternDescription: "letters, digits and . _ @ : + - only, beginning with a letter or digit",
	}
}

// known finds a thing by its id. An id that is not valid is NotFound without a query:
// it may contain what a database does not accept.
func known[T any](ctx context.Context, thing, id string, find func(context.Context, string) (T, error)) (T, error) {
	if !booking.IsName(id) {
		var none T
		return none, booking.Errorf(booking.NotFound, "there is no %s %q", thing, id)
	}
	return find(ctx, id)
}
