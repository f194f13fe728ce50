package booking

import "time"

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
	// Since is when the ledger first knew of it: the provider was not asked
	// before. It is set for the provider only.
	Since time.Time `json:"-"`
}

// PaymentStatus is where a payment stands.
type PaymentStatus string

// A payment's statuses.
const (
	ChargeDeferred  PaymentStatus = "deferred"  // the provider has not been asked yet
	ChargePending   PaymentStatus = "pending"   // asked for; the provider's answer is not recorded yet
	Charged         PaymentStatus = "charged"   // taken
	Declined        PaymentStatus = "declined"  // refused by the provider
	RefundPending   PaymentStatus = "refunding" // to be given back, or to be made certain that it was never taken
	Refunded        PaymentStatus = "refunded"  // taken and given back, but for what the policy keeps
	Retained        PaymentStatus = "retained"  // taken and kept by the policy: its cancellation gave nothing back
	Returned        PaymentStatus = "returned"  // taken, and back with the customer in another way than by a refund
	ChargePrevented PaymentStatus = "voided"    // never taken, and never will be
)

// PaymentStatuses lists every status of payments.
func PaymentStatuses() []PaymentStatus {
	return []PaymentStatus{ChargeDeferred, ChargePending, Charged, Declined, RefundPending, Refunded, Retained, Returned, ChargePrevented}
}

// Payment is one order's line in the payments ledger.
type Payment struct {
	Charge
	Status   PaymentStatus
	Refunded int64  // minor units of Amount.Currency
	Ref      string // the provider's own id of the charge, when known
	At       time.Time
}
