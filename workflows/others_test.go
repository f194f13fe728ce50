package workflows_test

import (
	"fmt"
	"time"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// other is what others do with a charge at the provider: a person refunds some of it there
// by hand, or the customer disputes it.
type other struct {
	id         string
	dispute    bool
	percent    int64 // of what is left at that time
	amount     int64
	checksLeft int  // how many checks it takes until it ends
	fails      bool // the refund fails, or the dispute is won
	ended      bool
	at         time.Time
}

// begin makes it happen now, if some of the charge is left and not disputed.
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
	if o.checksLeft == 0 {
		is.end(o)
	}
}

// end ends what others have begun: a refund fails or is done, a dispute is won or lost.
func (is *atProvider) end(o *other) {
	if o.fails && !o.dispute && !o.ended {
		is.refunded -= o.amount
	}
	o.ended = true
}

// countCheck counts a check, and ends what has been checked often enough.
func (is *atProvider) countCheck() {
	for _, o := range is.others {
		if o.checksLeft--; o.checksLeft < 0 && !o.ended {
			is.end(o)
		}
	}
}

// isLost reports whether a dispute of the charge was lost.
func (is *atProvider) isLost() bool {
	for _, o := range is.others {
		if o.dispute && o.ended && !o.fails {
			return true
		}
	}
	return false
}

// left is the part of the charge without refunds that were begun and lost
// disputes.
func (is *atProvider) left() int64 {
	left := is.charged - is.refunded
	for _, o := range is.others {
		if o.dispute && o.ended && !o.fails {
			left -= o.amount
		}
	}
	return left
}

// isDisputed reports whether a dispute of the charge is open.
func (is *atProvider) isDisputed() bool {
	for _, o := range is.others {
		if o.dispute && !o.ended {
			return true
		}
	}
	return false
}

// seen adds it to the charge's state.
func (o *other) seen(by *activities.ChargeState) {
	if o.dispute {
		by.Disputes = append(by.Disputes, booking.Dispute{
			ID: o.id, Amount: booking.Money{Amount: o.amount, Currency: by.Charged.Currency}, State: o.disputed(),
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
