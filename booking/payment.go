package booking

import (
	"slices"
	"time"
)

// Charge asks for a payment. Key is the idempotency key: one charge is taken
// for a key, however often it is asked for.
type Charge struct {
	Key     string `json:"key"`
	OrderID string `json:"orderId"`
	Amount  Money  `json:"amount"`
	Method  string `json:"method"`         // the provider's token, e.g. pm_card_visa
	Late    bool   `json:"late,omitempty"` // it is too late to begin with it
	Why     Reason `json:"why,omitempty"`  // it is taken back, or not begun with; set on the undo, or when it is late
	// Owed is why it is known not to be given back yet; set on the undo only.
	Owed string `json:"owed,omitempty"`
	// Keep is what the policy keeps of what was charged, in minor units of Amount.Currency,
	// Tier the tier of the policy that says so, and By the number of the one who
	// decided that it is given back; set on the undo only. A charge that was not
	// known to be taken when its undo began keeps nothing.
	Keep int64  `json:"keep,omitempty"`
	Tier string `json:"tier,omitempty"`
	By   string `json:"by,omitempty"`
	// Patience is for how long the provider may say nothing but errors of a charge of which
	// it is not known whether it was taken; then a person has to see to it. Set on the undo only.
	Patience Duration `json:"patience,omitempty"`
	// TellOwn: the answer is to tell what the undo's own refund has given back. Set on the
	// undo only.
	TellOwn bool `json:"tellOwn,omitempty"`
	// ReturnTo is the page that the customer comes back to from the provider's, where the
	// customer is there to confirm the charge; "" where nobody is: a charge that the customer
	// would have to confirm is declined then.
	ReturnTo string `json:"returnTo,omitempty"`
	// Customer is whose charge it is, where the provider may keep the method for the
	// customer's next one; "" where it may not.
	Customer string `json:"customer,omitempty"`
	// Since is when the ledger first knew of it: the provider was not asked
	// before. It is set for the provider only.
	Since time.Time `json:"-"`
}

// PaymentStatus is where a payment stands.
type PaymentStatus string

// A payment's statuses.
const (
	ChargeDeferred  PaymentStatus = "deferred"        // the provider has not been asked yet
	ChargePending   PaymentStatus = "pending"         // asked for; the provider's answer is not recorded yet
	ActionRequired  PaymentStatus = "requires_action" // the customer has to confirm it at the provider
	Charged         PaymentStatus = "charged"         // taken
	Declined        PaymentStatus = "declined"        // refused by the provider
	RefundPending   PaymentStatus = "refunding"       // to be given back, or to be made certain that it was never taken
	Refunded        PaymentStatus = "refunded"        // taken and given back, but for what the policy keeps
	Retained        PaymentStatus = "retained"        // taken and kept by the policy: the provider has given nothing back
	Returned        PaymentStatus = "returned"        // taken, and back with the customer in another way than by a refund
	ChargePrevented PaymentStatus = "voided"          // never taken, and never will be
)

// PaymentStatuses lists every status of payments.
func PaymentStatuses() []PaymentStatus {
	return []PaymentStatus{
		ChargeDeferred, ChargePending, ActionRequired, Charged, Declined, RefundPending, Refunded, Retained, Returned, ChargePrevented,
	}
}

// Payment is one order's line in the payments ledger. Its Charge's Tier and Why
// are those of the decision that stands; what that keeps is Kept.
type Payment struct {
	Charge
	Status   PaymentStatus
	Refunded int64  // what the provider has given back, in minor units of Amount.Currency
	Kept     int64  // what the policy keeps, in the same; what is kept in the end, once it is given back
	Ref      string // the provider's own id of the charge, when known
	// Action is what the customer has to do while it is ActionRequired, and ActionRef the
	// provider's id of what is to be confirmed, by which it is asked what came of that.
	Action    *NextAction
	ActionRef string
	At        time.Time
	// Asked is what the undo has asked the provider to give back under its key, in all, in the
	// same, and AskedAt when. Until the provider shows it, it may be carried out yet.
	Asked    int64
	AskedAt  time.Time
	Entries  []Entry   // its refunds, oldest first, where they were asked for
	Disputes []Dispute // where they were asked for
	// Further are its charges beside the first, oldest first, where they were asked for.
	// Amount and Ref are of all charges that were taken: see Refs.
	Further []FurtherCharge
}

// Refundable is what can still be given back of a payment with its entries: what
// is under way counts as given back, and what has failed does not. Of a payment without
// entries that is Returned it is not known how much came back: all of it.
func (p Payment) Refundable() int64 {
	if !p.Taken() || p.Status == Returned && len(p.Entries) == 0 {
		return 0
	}
	return max(0, p.Amount.Amount-max(p.given(Entry.Refunds), p.Refunded))
}

// Taken tells whether it is known that the charge was taken.
func (p Payment) Taken() bool {
	switch p.Status {
	case Charged, Refunded, Retained, Returned:
		return true
	default:
		return p.Status == RefundPending && p.Ref != ""
	}
}

// MayBeTakenLate tells whether the customer had to confirm a charge that has ended, and was not
// taken: the provider may take it all the same, or may have.
func (p Payment) MayBeTakenLate() bool {
	return p.ActionRef != "" && (p.Status == ChargePrevented || p.Status == Declined)
}

// Entry finds a refund by its key.
func (p Payment) Entry(key string) (Entry, bool) {
	for _, e := range p.Entries {
		if e.Key == key {
			return e, true
		}
	}
	return Entry{}, false
}

// With is the payment with the entry as it stands now.
func (p Payment) With(e Entry) Payment {
	p.Entries = slices.Clone(p.Entries)
	for i := range p.Entries {
		if p.Entries[i].Key == e.Key {
			p.Entries[i] = e
		}
	}
	return p
}

// Given is what was given back in all, by whomever.
func (p Payment) Given() int64 {
	return p.given(Entry.IsRefunded)
}

// BeyondLeft is what banks have taken back of a payment beyond what was left of it then: a
// dispute is about the charge, whatever was given back of that before. So much was lost
// twice.
func (p Payment) BeyondLeft() (beyond int64) {
	inTurn := slices.Clone(p.Entries)
	slices.SortStableFunc(inTurn, func(a, b Entry) int { return a.At.Compare(b.At) })
	left := p.Amount.Amount
	for _, e := range inTurn {
		switch {
		case !e.Refunds():
			continue
		case e.Reason == Disputed:
			beyond += max(0, e.Amount.Amount-left)
		}
		left = max(0, left-e.Amount.Amount)
	}
	return beyond
}

// OpenDisputes are the disputes of a payment with its disputes that are not decided.
func (p Payment) OpenDisputes() (open []Dispute) {
	for _, d := range p.Disputes {
		if d.State == DisputeOpen {
			open = append(open, d)
		}
	}
	return open
}

// RefundKey is the key of the refund that the undo of the charge makes.
func (p Payment) RefundKey() string { return p.Key + "/refund" }

// Others is what is given back beside the undo, and comes off what that gives back: all
// refunds that have not failed. A part that was decided on after the undo's own entry is
// not among them: it comes out of what is kept.
func (p Payment) Others() int64 { return p.others(Entry.Refunds) }

// Keeping is what is kept of a payment as things stand. While it is being given back
// Kept is what the policy says: what others have given back beyond that may fail yet.
func (p Payment) Keeping() int64 {
	if p.Status != RefundPending {
		return p.Kept
	}
	return p.Keeps(0)
}

// Keeps is what is kept of a payment whose undo ends, and has given back own: others may
// have given back more than the policy gives. A refund that is pending may fail, and takes
// nothing of it.
func (p Payment) Keeps(own int64) int64 {
	return max(0, min(p.Kept, p.Amount.Amount-own-p.others(Entry.IsRefunded)))
}

func (p Payment) others(counts func(Entry) bool) int64 {
	own, begun := p.Entry(p.RefundKey())
	return p.given(func(e Entry) bool {
		return counts(e) && e.Key != p.RefundKey() && (!begun || e.ByOthers() || !e.At.After(own.At))
	})
}

// Unmade are the refunds of ours that are owed: those that are pending, and those that have
// failed and for which there is room. The undo of a charge that is not known to be taken
// has no entry yet.
func (p Payment) Unmade() (unmade []Entry) {
	_, begun := p.Entry(p.RefundKey())
	if !begun && p.Status == RefundPending && p.Owed() > 0 {
		unmade = append(unmade, Entry{Key: p.RefundKey(), OrderID: p.OrderID, Kind: RefundEntry, State: EntryPending})
	}
	for _, e := range p.Entries {
		owed := e.State == EntryPending || p.HasRoom(e)
		if e.Key == p.RefundKey() {
			owed = p.Status == RefundPending && p.Owed() > 0
		}
		if owed && e.State != EntryDone && !e.ByOthers() {
			unmade = append(unmade, e)
		}
	}
	return unmade
}

// HasRoom tells whether a refund that has failed may be made yet: what it could not give
// back has not been given back otherwise, or not all of it.
func (p Payment) HasRoom(failed Entry) bool {
	return p.fits(failed, p.Amount.Amount-max(p.Given(), p.Refunded)) > 0
}

// Makes is what a refund that has failed is made for now, 0 if it is not: all of it while so
// much is left. Once the undo of the charge has given its part, nothing else gives what the
// order owes beyond that: a refund is made for less then. One that was given back otherwise
// is not made again in place of another one that fails later.
func (p Payment) Makes(failed Entry) int64 { return p.fits(failed, p.Refundable()) }

func (p Payment) fits(failed Entry, left int64) int64 {
	otherwise := failed.Words == GivenOtherwise
	switch {
	case failed.Key == p.RefundKey() && p.Status == RefundPending:
		return min(p.Owed(), left)
	case failed.Amount.Amount <= left && !otherwise:
		return failed.Amount.Amount
	case !p.isUndone():
		return 0
	case otherwise: // what has failed since is given back under its own key
		left -= p.given(func(e Entry) bool { return e.State == EntryFailed && !e.ByOthers() && e.Words != GivenOtherwise })
	}
	return max(0, min(failed.Amount.Amount, left-p.Kept))
}

// isUndone tells whether the undo of the charge has given its part, or a person for it.
func (p Payment) isUndone() bool {
	switch p.Status {
	case Refunded, Retained, Returned:
		return true
	default:
		own, _ := p.Entry(p.RefundKey())
		return p.Status == RefundPending && own.State == EntryDone
	}
}

// Owed is what the undo of the charge has to have given back when it ends, beside
// what others give back: nothing if they give back more than the policy gives, and no more
// than the parts have left that were decided on while it could not be made.
func (p Payment) Owed() int64 {
	parts := p.given(func(e Entry) bool { return e.Refunds() && e.Key != p.RefundKey() })
	return max(0, p.Amount.Amount-max(p.Kept+p.Others(), parts))
}

func (p Payment) given(counts func(Entry) bool) (sum int64) {
	for _, e := range p.Entries {
		if counts(e) {
			sum += e.Amount.Amount
		}
	}
	return sum
}
