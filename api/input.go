package api

import (
	"context"
	"encoding/json"
	"math"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
)

// Paging is embedded in the inputs of lists.
type Paging struct {
	Cursor string `query:"cursor" maxLength:"512" doc:"Cursor: next of the previous part; empty for the beginning"`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"The largest number of items in the answer"`
}

func (p Paging) page() booking.Page { return booking.Page{Cursor: p.Cursor, Limit: p.Limit} }

// part is one part of a list.
type part[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"Cursor of the next part; absent at the end"`
	Total *int   `json:"total,omitempty" doc:"The number of all items that the filters select, with total=true; 10000 means 10000 or more"`
}

// Counted is embedded in the inputs of lists that can count their items.
type Counted struct {
	Total bool `query:"total" doc:"Also answer the number of all items"`
}

// totalled is a page of a list, with the number of all items if the request wants it.
func totalled[T, F any](
	ctx context.Context, counted Counted, p part[T], filter F, count func(context.Context, F) (int, error),
) (part[T], error) {
	if !counted.Total {
		return p, nil
	}
	n, err := count(ctx, filter)
	p.Total = &n
	return p, err
}

func partOf[T any](items []T, next string) part[T] {
	if items == nil {
		items = []T{} // null breaks clients that loop over it
	}
	return part[T]{Items: items, Next: next}
}

// each shows every item.
func each[T, V any](items []T, show func(T) V) []V {
	shown := make([]V, len(items))
	for i, item := range items {
		shown[i] = show(item)
	}
	return shown
}

// list is an answer that is one page of a list.
type list[T any] struct {
	Body part[T]
}

// kindParam and statusParam are filters whose schemas list the values.
type (
	kindParam   string
	statusParam string
)

// Schema lists the kinds.
func (kindParam) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Enum: enumOf(booking.Kinds())}
}

// Schema lists the statuses.
func (statusParam) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Enum: enumOf(booking.Statuses())}
}

// whole is a whole number as JSON means it: 2, 2.0 and 2e0 are the same. Any other
// value stays 0; the schema reports it.
type whole int64

// UnmarshalJSON never fails: an error would leave the fields after it unread.
func (w *whole) UnmarshalJSON(data []byte) error {
	var f float64
	if json.Unmarshal(data, &f) == nil && f == math.Trunc(f) && math.Abs(f) <= 1<<53 {
		*w = whole(f)
	}
	return nil
}

// dateOf parses a date; zero if it is not valid, which the schema reports.
func dateOf(text string) booking.Date {
	date, _ := booking.ParseDate(text)
	return date
}
