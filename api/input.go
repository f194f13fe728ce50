package api

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
)

// Paging is embedded in the inputs of lists.
type Paging struct {
	Cursor string `query:"cursor" maxLength:"512" doc:"Where to go on: next of the part before; from the beginning when it is empty"`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"How many to answer at most"`
}

func (p Paging) page() booking.Page { return booking.Page{Cursor: p.Cursor, Limit: p.Limit} }

// part is one part of a list.
type part[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"Cursor of the part that follows; absent at the end"`
	Total *int   `json:"total,omitempty" doc:"How many the filters select altogether, with total=true; 10000 stands for as many or more"`
}

// Counted is embedded in the inputs of lists that can tell how long they are.
type Counted struct {
	Total bool `query:"total" doc:"Tell how many there are altogether, too"`
}

// totalled is the part of a list with how long the list is, if that was asked for.
func totalled[T, F any](
	ctx context.Context, asked Counted, p part[T], filter F, count func(context.Context, F) (int, error),
) (part[T], error) {
	if !asked.Total {
		return p, nil
	}
	n, err := count(ctx, filter)
	p.Total = &n
	return p, err
}

func partOf[T any](items []T, next string) part[T] {
	if items == nil {
		items = []T{} // null would break clients that loop over it
	}
	return part[T]{Items: items, Next: next}
}

// each shows every one of the items.
func each[T, V any](items []T, show func(T) V) []V {
	shown := make([]V, len(items))
	for i, item := range items {
		shown[i] = show(item)
	}
	return shown
}

// list is an answer that is one part of a list.
type list[T any] struct {
	Body part[T]
}

// kindParam and statusParam are filters; their schemas know the values.
type (
	kindParam   string
	statusParam string
)

// Schema lists the kinds there are.
func (kindParam) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Enum: enumOf(booking.Kinds())}
}

// Schema lists the statuses there are.
func (statusParam) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Enum: enumOf(booking.Statuses())}
}

// whole is a whole number as JSON means it: 2, 2.0 and 2e0 are the same. What
// is no whole number stays 0, since its schema complains about it.
type whole int64

// UnmarshalJSON never fails: that would keep the fields after it from being read.
func (w *whole) UnmarshalJSON(data []byte) error {
	var f float64
	if json.Unmarshal(data, &f) == nil && f == math.Trunc(f) && math.Abs(f) <= 1<<53 {
		*w = whole(f)
	}
	return nil
}

// checkDates parses a range of days of which the second is exclusive. It is
// valid only when nothing was found wrong with it.
func (f *faults) checkDates(fromField, toField, from, to string) (booking.Date, booking.Date, bool) {
	first, fromErr := booking.ParseDate(from)
	last, toErr := booking.ParseDate(to)
	if fromErr != nil || toErr != nil {
		return first, last, false // not a date: the schema has complained
	}
	switch _, name, _ := strings.Cut(fromField, "."); {
	case !first.Before(last):
		f.add(toField, "must be after %s", name)
	case first.DaysUntil(last) > booking.MaxNights:
		f.add(toField, "is more than %d nights after %s", booking.MaxNights, name)
	default:
		return first, last, true
	}
	return first, last, false
}

// lastTimeZone is where a day ends last. A day that has passed even there is
// past, wherever it may be meant.
var lastTimeZone = time.FixedZone("", -12*60*60)

// checkAhead complains about a day that is past where now is, or too far ahead.
func (f *faults) checkAhead(field string, d booking.Date, now time.Time) bool {
	switch {
	case d.Before(booking.DateOf(now)):
		f.add(field, "is in the past")
	case booking.DateOf(now).AddYears(booking.YearsAhead).Before(d):
		f.add(field, "is more than %d years ahead", booking.YearsAhead)
	default:
		return true
	}
	return false
}
