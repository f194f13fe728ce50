package workflows_test

import (
	"fmt"
	"time"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// other is what others do with a charge at the provider: somebody gives some of it back
// by hand, or the customer disputes it.
type other struct {
	id      string
	dispute bool
	percent int64 // of what is left then
	amount  int64
	looks   int  // how often it is looked at before it ends
	fails   bool // the refund does, or the dispute is won
	ended   bool
	at      time.Time
}

// begin lets it happen now, if anything is left of the charge that is not disputed.
func (is *atProvider) begin(o *other) {
	o.amount = is.left() * o.percent / 100
	if o.amount == 0 || is.isDisputed() {
		return
	}
	o.id, o.at = fmt.Sprint("other-", is.nth, len(is.others)), time.Now()
	is.others = append(is.others, o)
	if !o.dispute {
		is.refunded += o.amount
	}
	if o.looks == 0 {
		is.end(o)
	}
}

// end is the end of what others have begun: it fails, or the customer has the money.
func (is *atProvider) end(o *other) {
	if o.fails && !o.dispute && !o.ended {
		is.refunded -= o.amount
	}
	o.ended = true
}

// lookedAt ends what has been looked at often enough.
func (is *atProvider) lookedAt() {
	for _, o := range is.others {
		if o.looks--; o.looks < 0 && !o.ended {
			is.end(o)
		}
	}
}

// isLost tells whether a dispute about it was lost.
func (is *atProvider) isLost() bool {
	for _, o := range is.others {
		if o.dispute && o.ended && !o.fails {
			return true
		}
	}
	return false
}

// left is what nobody has given back of the charge, nor begun to, and no bank has taken
// back.
func (is *atProvider) left() int64 {
	left := is.charged - is.refunded
	for _, o := range is.others {
		if o.dispute && o.ended && !o.fails {
			left -= o.amount
		}
	}
	return left
}

// isDisputed tells whether a dispute is open.
func (is *atProvider) isDisputed() bool {
	for _, o := range is.others {
		if o.dispute && !o.ended {
			return true
		}
	}
	return false
}

// seen adds it to what is seen of the charge.
func (o *other) seen(by *activities.Outlay) {
	if o.dispute {
		by.Disputes = append(by.Disputes, booking.Dispute{
			ID: o.id, Amount: booking.Money{Amount: o.amount, Currency: by.Taken.Currency}, State: o.disputed(),
		})
		return
	}
	r := activities.Refund{ID: o.id, Amount: o.amount, State: booking.EntryPending, At: o.at}
	switch {
	case o.ended && o.fails:
		r.State = booking.EntryFailed
	case o.ended:
		r.State = booking.EntryDone
	}
	by.Refunds = append(by.Refunds, r)
}

func (o *other) disputed() booking.DisputeState {
	switch {
	case !o.ended:
		return booking.DisputeOpen
	case o.fails:
		return booking.DisputeWon
	default:
		return booking.DisputeLost
	}
}
