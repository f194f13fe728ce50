package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// sum is the total of the orders of one business, in one currency.
type sum struct {
	kind                    booking.Kind
	currency                string
	orders                  int
	charged, refunded, kept int64 // kept is what was charged and not refunded
}

// earnings is what the page of a period shows.
type earnings struct {
	*ordering
	sums    []sum
	more    bool // there are more orders than were added up
	unnamed bool
	owner   string
}

// mostEarned is how many orders of one organisation are added up at once.
const mostEarned = 1000

// showEarnings adds up the ledger's payments of the orders that were placed in a period,
// the present month by default.
func (p *Pages) showEarnings(v *visit) error {
	zone := zoneOrUTC(defaultZone)
	e := earnings{ordering: v.newOrdering("from", "until"), owner: v.field("owner")}
	if e.fields["from"] == "" && e.fields["until"] == "" {
		now := booking.DateOf(v.Now().In(zone))
		e.fields["from"], e.fields["until"] = booking.Date{Year: now.Year, Month: now.Month, Day: 1}.String(), now.String()
	}
	from, until := v.date(e.ordering, "from"), v.date(e.ordering, "until")
	if len(e.faults) == 0 && booking.RangeFault("from", from, until.AddDays(1)) != "" {
		e.faults["until"] = v.say("fault.period")
	}
	if len(e.faults) > 0 {
		return v.earningsPage(http.StatusUnprocessableEntity, e)
	}
	parts := slices.DeleteFunc(v.parts(), func(p part) bool { return !v.caller.Allowed(booking.RefundOrder, p.thing()) })
	e.unnamed = len(parts) == 0
	for _, part := range parts {
		placed, more, err := v.placedIn(part, from.At(booking.Clock{}, zone), until.Ends(zone))
		if err != nil {
			return err
		}
		e.more = e.more || more
		if e.sums, err = v.addUp(e.sums, placed); err != nil {
			return err
		}
	}
	slices.SortFunc(e.sums, func(a, b sum) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.currency, b.currency)) })
	return v.earningsPage(http.StatusOK, e)
}

func (v *visit) earningsPage(status int, e earnings) error {
	return v.show(status, earningsPage(v.page(v.say("nav.earnings"), "nav.earnings"), e))
}

// placedIn lists the orders of the part that were placed in [from, to), up to the maximum.
// more: there are others.
func (v *visit) placedIn(p part, from, to time.Time) (found []contract.View, more bool, err error) {
	filter, cursor := booking.OrderFilter{OwnerID: p.ownerID, ItemID: p.itemID, PlacedBefore: to}, ""
	for len(found) < mostEarned {
		list, err := v.list(filter, booking.Page{Cursor: cursor, Limit: deskPart})
		if err != nil {
			return nil, false, err
		}
		for _, order := range list.Orders { // newest first
			if order.PlacedAt().Before(from) {
				return found, false, nil
			}
			found = append(found, order)
		}
		if cursor = list.Next; cursor == "" {
			return found, false, nil
		}
	}
	return found, true, nil
}

// readersAtOnce is how many payments are read at the same time.
const readersAtOnce = 4

// addUp adds the payments of the orders to the sums. An order without a charge is not
// counted.
func (v *visit) addUp(sums []sum, placed []contract.View) ([]sum, error) {
	payments := make([]booking.Payment, len(placed))
	readers, ctx := errgroup.WithContext(v.ctx)
	readers.SetLimit(readersAtOnce)
	for i, order := range placed {
		readers.Go(func() (err error) {
			payments[i], err = v.Payments.Payment(ctx, order.ID)
			if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
				return nil // it costs nothing
			}
			return err
		})
	}
	if err := readers.Wait(); err != nil {
		return nil, err
	}
	for i, payment := range payments {
		if !payment.WasCharged() {
			continue
		}
		at := slices.IndexFunc(sums, func(s sum) bool { return s.kind == placed[i].Kind && s.currency == payment.Amount.Currency })
		if at < 0 {
			at, sums = len(sums), append(sums, sum{kind: placed[i].Kind, currency: payment.Amount.Currency})
		}
		left := payment.Refundable()
		sums[at].orders++
		sums[at].charged += payment.Amount.Amount
		sums[at].kept += left
		sums[at].refunded += payment.Amount.Amount - left
	}
	return sums, nil
}

func (w words) in(currency string, amount int64) string {
	return w.money(booking.Money{Amount: amount, Currency: currency})
}
