package contract

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/yeyak/yeyak/booking"
)

// objections lists the faults of an input, each with its field. They never repeat the
// input, which may have megabytes.
type objections []string

func (o *objections) add(field, objection string, args ...any) {
	*o = append(*o, field+": "+fmt.Sprintf(objection, args...))
}

// unless objects to a field if it is not ok.
func (o *objections) unless(ok bool, field, objection string, args ...any) {
	if !ok {
		o.add(field, objection, args...)
	}
}

// err returns Invalid with every field at fault, nil if there is none.
func (o objections) err() error {
	if len(o) == 0 {
		return nil
	}
	return booking.Errorf(booking.Invalid, "%s", strings.Join(o, "; "))
}

func (o *objections) name(field, id string) {
	o.unless(booking.IsName(id), field, "is no id: it has 1 to %d letters, digits and . _ @ : + -, and begins with a letter or digit", booking.LongestName)
}

// words is text for a value of type booking.Personal.
func (o *objections) words(field string, words booking.Personal) { o.text(field, string(words)) }

// by objects to the id of the person who decided, unless it is "".
func (o *objections) by(field, id string) {
	if id != "" {
		o.name(field, id)
	}
}

// text objects to a text for people that is missing, too long, or cannot be displayed.
func (o *objections) text(field, text string) {
	o.unless(text != "", field, "is missing")
	o.upTo(field, text, booking.LongestText)
	if fault := booking.LinesFault(text); fault != "" {
		o.add(field, "%s", fault)
	}
}

func (o *objections) upTo(field, text string, longest int) {
	o.unless(utf8.RuneCountInString(text) <= longest, field, "is longer than %d characters", longest)
}

func (o *objections) quantity(field string, n int) {
	o.unless(1 <= n && n <= booking.MaxQuantity, field, "must be at least 1 and at most %d", booking.MaxQuantity)
}

func (o *objections) money(field string, m booking.Money) {
	o.unless(0 <= m.Amount && m.Amount <= booking.MaxAmount, field, "must be at least 0 and at most %d", booking.MaxAmount)
	_, known := booking.Digits(m.Currency)
	o.unless(known, field+".currency", "is not the ISO 4217 code of a currency")
}

// price objects to an amount that is not the product of each and the counts. An order may
// be free.
func (o *objections) price(amount, each booking.Money, counts ...int) {
	o.money("price", each)
	whole, fits := each, true
	for _, n := range counts {
		if fits {
			whole, fits = whole.Times(int64(n))
		}
	}
	o.unless(fits && whole == amount, "amount", "is not the price of what is ordered")
}

// ahead objects to a day that is too far in the future of the order. A day in the past is
// accepted: it may have been in the future when the order was sent.
func (o *objections) ahead(field string, day booking.Date, placed time.Time) {
	o.unless(!day.IsZero(), field, "is missing")
	// In the time zone that is furthest ahead, today may be tomorrow already.
	o.unless(!booking.DateOf(placed).AddDays(1).AddYears(booking.YearsAhead).Before(day), field, "is more than %d years ahead", booking.YearsAhead)
}

// near objects to an instant that is not about that of its day. They may differ a little,
// since the API may have other time zone data than the saga.
func (o *objections) near(field string, at, day time.Time) {
	off := at.Sub(day)
	o.unless(at.IsZero() || -longestZoneDrift <= off && off <= longestZoneDrift, field, "is not on its day")
}

const longestZoneDrift = 24 * time.Hour

// item objects to the item that is ordered.
func (o *objections) item(field, id, name, ownerID string) {
	o.name(field+".id", id)
	o.text(field+".name", name)
	o.name(field+".ownerId", ownerID)
}
