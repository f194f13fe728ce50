package booking

// Kind is a line of business.
type Kind string

// The kinds of order there are.
const (
	Lodging Kind = "lodging"
)

// Kinds lists every kind, for validation and documentation.
func Kinds() []Kind { return []Kind{Lodging} }

// Status is where an order stands, as its customer sees it.
type Status string

// The statuses of all kinds of order. Which kind takes which, and in what
// order, stands in transitions.go.
const (
	Received       Status = "received"
	PaymentPending Status = "payment_pending"
	Paid           Status = "paid"
	AwaitingOwner  Status = "awaiting_owner"
	Confirmed      Status = "confirmed"
	Completed      Status = "completed"
	Cancelling     Status = "cancelling"
	Cancelled      Status = "cancelled"
)

// Statuses lists every status, in the order in which an order meets them.
func Statuses() []Status {
	return []Status{Received, PaymentPending, Paid, AwaitingOwner, Confirmed, Completed, Cancelling, Cancelled}
}

// Reason is why an order was, or is being, cancelled.
type Reason string

// The reasons for which orders end as cancelled.
const (
	PaymentDeclined Reason = "payment_declined"
	SoldOut         Reason = "sold_out"
	RejectedByOwner Reason = "rejected_by_owner"
	OwnerTimeout    Reason = "owner_timeout"
	TooLate         Reason = "too_late" // the stay was over before it could be confirmed
	ByCustomer      Reason = "customer"
	ByOperator      Reason = "operator"
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{PaymentDeclined, SoldOut, RejectedByOwner, OwnerTimeout, TooLate, ByCustomer, ByOperator}
}

// Language is one that customers' pages are written in.
type Language string

// The languages that labels exist in.
const (
	English Language = "en"
	Korean  Language = "ko"
)

var labels = map[Language]map[Status]string{
	English: {
		Received: "received", PaymentPending: "payment pending", Paid: "paid",
		AwaitingOwner: "waiting for the owner", Confirmed: "confirmed",
		Completed: "completed", Cancelling: "being cancelled", Cancelled: "cancelled",
	},
	Korean: {
		Received: "예약처리", PaymentPending: "결제대기", Paid: "결제완료",
		AwaitingOwner: "승인대기", Confirmed: "예약완료",
		Completed: "이용완료", Cancelling: "취소중", Cancelled: "예약취소",
	},
}

// Label is the status in words for a customer's page.
func (s Status) Label(l Language) string { return labels[l][s] }

// Decided tells whether the order's first decision has fallen: it stands, or
// it was refused. Until then its customer has been promised nothing.
func (s Status) Decided() bool {
	switch s {
	case AwaitingOwner, Confirmed, Completed, Cancelled:
		return true
	default:
		return false
	}
}

// Final tells whether nothing can follow.
func (s Status) Final() bool { return s == Completed || s == Cancelled }
