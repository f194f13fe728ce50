package booking

import (
	"slices"
	"time"
)

// Charge requests a payment. Key is the idempotency key: one charge is made per key,
// however often it is requested.
type Charge struct {
	Key     string `json:"key"`
	OrderID string `json:"orderId"`
	Amount  Money  `json:"amount"`
	Method  string `json:"method"`         // the provider's token, e.g. pm_card_visa
	Late    bool   `json:"late,omitempty"` // it is too late to begin
	Reason  Reason `json:"why,omitempty"`  // why it is undone or not begun; set on the undo, or when it is late
	// Owed is why it is known not to be refunded yet; set on the undo only.
	Owed string `json:"owed,omitempty"`
	// Keep is what the policy keeps of the charge, in minor units of Amount.Currency, Tier
	// the tier of the policy that says so, and By the number of the caller whose decision
	// the refund follows; set on the undo only. A charge that was not known to be made
	// when its undo began keeps nothing.
	Keep int64  `json:"keep,omitempty"`
	Tier string `json:"tier,omitempty"`
	By   string `json:"by,omitempty"`
	// AttentionAfter is how long the provider may answer only with errors about a charge of
	// unknown outcome before it needs a person. Set on the undo only.
	AttentionAfter Duration `json:"patience,omitempty"`
	// WantsOwnRefund: the answer contains what the undo's own refund has refunded. Set on the
	// undo only.
	WantsOwnRefund bool `json:"tellOwn,omitempty"`
	// ReturnTo is the page to which the provider sends the customer back, if the customer
	// is there to confirm the charge. If it is "", a charge that the customer would have to
	// confirm is declined.
	ReturnTo string `json:"returnTo,omitempty"`
	// Customer is the customer's id, "" for a charge of an earlier build.
	Customer string `json:"customerId,omitempty"`
	// KeepsMethod: the customer agrees that the provider keeps the method for the customer's
	// next charge.
	KeepsMethod bool `json:"keepsMethod,omitempty"`
	// CustomerRef is the provider's id of the customer when the charge began, "" if there was
	// none. It is set for the provider only.
	CustomerRef string `json:"-"`
	// Since is when the ledger recorded the charge: the provider was not called before. It is set
	// for the provider only.
	Since time.Time `json:"-"`
}

// PaymentStatus is the status of a payment.
type PaymentStatus string

// The statuses of payments.
const (
	ChargeDeferred  PaymentStatus = "deferred"        // the provider has not been called yet
	ChargePending   PaymentStatus = "pending"         // requested; the provider's answer is not recorded yet
	ActionRequired  PaymentStatus = "requires_action" // the customer has to confirm it at the provider
	Charged         PaymentStatus = "charged"         // the charge was made
	Declined        PaymentStatus = "declined"        // refused by the provider
	RefundPending   PaymentStatus = "refunding"       // to be refunded, or to be voided if the charge may not be made yet
	Refunded        PaymentStatus = "refunded"        // charged and refunded, but for what the policy keeps
	Retained        PaymentStatus = "retained"        // charged and kept by the policy: the provider has refunded nothing
	Returned        PaymentStatus = "returned"        // charged, and back with the customer in another way than by a refund
	ChargePrevented PaymentStatus = "voided"          // never charged, and never will be
)

// PaymentStatuses lists every status of payments.
func PaymentStatuses() []PaymentStatus {
	return []PaymentStatus{
		ChargeDeferred, ChargePending, ActionRequired, Charged, Declined, RefundPending, Refunded, Retained, Returned, ChargePrevented,
	}
}

// Payment is one order's payment in the ledger. Tier and Reason of its Charge are those of the
// decision that counts. Kept is the amount that this decision keeps.
type Payment struct {
	Charge
	Status   PaymentStatus
	Refunded int64  // what the provider has refunded, in minor units of Amount.Currency
	Kept     int64  // what the policy keeps, in minor units; the amount really kept once it is refunded
	Ref      string // the provider's own id of the charge, when known
	// Action is what the customer has to do while it is ActionRequired, and ActionRef the
	// provider's id of what is to be confirmed, by which the result is retrieved.
	Action    *NextAction
	ActionRef string
	At        time.Time
	// Requested is the total that the undo has requested from the provider under its key, in
	// minor units, and RequestedAt when. Until the provider shows it, the request may still be
	// carried out.
	Requested   int64
	RequestedAt time.Time
	Entries     []Entry   // its refunds, oldest first, if they were read
	Disputes    []Dispute // if they were read
	// Further are its charges beside the first, oldest first, if they were read. Amount and
	// Ref cover all charges that were made: see Refs.
	Further []FurtherCharge
}

// Refundable is what can still be refunded of a payment with its entries: pending refunds
// count, failed ones do not. For a Returned payment without entries it is 0, because it is
// not known how much came back.
func (p Payment) Refundable() int64 {
	if !p.WasCharged() || p.Status == Returned && len(p.Entries) == 0 {
		return 0
	}
	return max(0, p.Amount.Amount-max(p.sumOf(Entry.Refunds), p.Refunded))
}

// WasCharged reports whether it is known that the charge was made.
func (p Payment) WasCharged() bool {
	switch p.Status {
	case Charged, Refunded, Retained, Returned:
		return true
	default:
		return p.Status == RefundPending && p.Ref != ""
	}
}

// MayBeChargedLate reports whether the customer had to confirm a charge that has ended without
// being made: the provider may still make it, or may have made it.
func (p Payment) MayBeChargedLate() bool {
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

// With is the payment with its entry of the same key replaced by e.
func (p Payment) With(e Entry) Payment {
	p.Entries = slices.Clone(p.Entries)
	for i := range p.Entries {
		if p.Entries[i].Key == e.Key {
			p.Entries[i] = e
		}
	}
	return p
}

// RefundedInAll is the sum of all refunds that are done, whether by us or by others.
func (p Payment) RefundedInAll() int64 {
	return p.sumOf(Entry.IsRefunded)
}

// RefundedAtProvider is the sum of the refunds that a person has made at the provider.
func (p Payment) RefundedAtProvider() int64 {
	return p.sumOf(func(e Entry) bool { return e.IsRefunded() && e.Reason == AtProvider })
}

// LostTwice is the amount that was refunded and also charged back by a bank, since a dispute is
// about the whole charge.
func (p Payment) LostTwice() (beyond int64) {
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

// OpenDisputes are the undecided disputes of a payment with its disputes.
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

// RefundedByOthers is the sum of refunds beside the undo's own that reduce what the undo refunds: all
// that have not failed, except parts that were decided after the undo's own entry: these reduce
// what is kept.
func (p Payment) RefundedByOthers() int64 { return p.refundedByOthers(Entry.Refunds) }

// KeptNow is what is kept of a payment at present. While it is being refunded, that is the
// policy's amount, or what others have left of the payment if that is less.
func (p Payment) KeptNow() int64 {
	if p.Status != RefundPending {
		return p.Kept
	}
	return p.KeptAfter(0)
}

// KeptAfter is what is kept of a payment whose undo ends and has refunded own: less than the
// policy's amount if others have refunded more than the policy gives. Pending refunds do
// not count, because they may fail.
func (p Payment) KeptAfter(own int64) int64 {
	return max(0, min(p.Kept, p.Amount.Amount-own-p.refundedByOthers(Entry.IsRefunded)))
}

func (p Payment) refundedByOthers(counts func(Entry) bool) int64 {
	own, begun := p.Entry(p.RefundKey())
	return p.sumOf(func(e Entry) bool {
		return counts(e) && e.Key != p.RefundKey() && (!begun || e.ByOthers() || !e.At.After(own.At))
	})
}

// Unmade are our refunds that are owed: pending ones, and failed ones whose amount is still left.
// The undo of a charge that is not known to be made has no entry yet and gets one here.
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

// HasRoom reports whether a failed refund can still be made: its amount has not been refunded
// otherwise, or not all of it.
func (p Payment) HasRoom(failed Entry) bool {
	return p.fits(failed, p.notRefunded()) > 0
}

// notRefunded is what would be left if all pending refunds failed.
func (p Payment) notRefunded() int64 { return p.Amount.Amount - max(p.RefundedInAll(), p.Refunded) }

// RefundsNow is the amount for which a failed refund is made now, 0 if it is not: all of it
// while that much is left. The refund of a change is made for what other refunds have left,
// once none of these is pending. Once the undo of the charge is done, only this refund can pay
// what the order owes beyond that, so it is made for less. A refund with the words
// RefundedOtherwise is not made again in place of another one that fails later.
func (p Payment) RefundsNow(failed Entry) int64 { return p.fits(failed, p.Refundable()) }

func (p Payment) fits(failed Entry, left int64) int64 {
	otherwise := failed.Words == RefundedOtherwise
	switch {
	case failed.Key == p.RefundKey() && p.Status == RefundPending:
		return min(p.Owed(), left)
	case failed.Amount.Amount <= left && !otherwise:
		return failed.Amount.Amount
	case !p.isUndone() && failed.Reason == Changed && !otherwise && left == p.notRefunded():
		return max(0, left)
	case !p.isUndone():
		return 0
	case otherwise: // refunds that have failed since are made under their own keys
		left -= p.sumOf(func(e Entry) bool { return e.State == EntryFailed && !e.ByOthers() && e.Words != RefundedOtherwise })
	}
	return max(0, min(failed.Amount.Amount, left-p.Kept))
}

// isUndone reports whether the undo of the charge has refunded its part, or a person has in
// its place.
func (p Payment) isUndone() bool {
	switch p.Status {
	case Refunded, Retained, Returned:
		return true
	default:
		own, _ := p.Entry(p.RefundKey())
		return p.Status == RefundPending && own.State == EntryDone
	}
}

// Owed is what the undo has to refund itself: the price, minus what is kept and what others have
// refunded or are refunding, and never more than all other refunds leave. Of these, parts that were
// decided while the undo could not be made count in the latter only.
func (p Payment) Owed() int64 {
	parts := p.sumOf(func(e Entry) bool { return e.Refunds() && e.Key != p.RefundKey() })
	return max(0, p.Amount.Amount-max(p.Kept+p.RefundedByOthers(), parts))
}

func (p Payment) sumOf(counts func(Entry) bool) (sum int64) {
	for _, e := range p.Entries {
		if counts(e) {
			sum += e.Amount.Amount
		}
	}
	return sum
}
