package orders

import (
	"context"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Inbox holds orders whose saga could not be started when they were placed. The order's
// saga remains the only authority on it: a row has what the saga is to be started with, and
// nothing about a started one.
type Inbox interface {
	// Put writes the order and its row in the read model in one commit, unless there is an
	// order with this id. It returns the hash of the stored order's request. An error is
	// also booking.ErrNothingDone if it is certain that nothing was written.
	Put(ctx context.Context, k Kept, p contract.Publication) (requestHash string, err error)
	// Lease leases up to n unfinished orders to this process until a moment,
	// oldest first. From then on their start may have been sent.
	Lease(ctx context.Context, n int, now, until time.Time) ([]Kept, error)
	// Failed ends a lease: the order may be leased again from f.Again on.
	Failed(ctx context.Context, f Failure) error
	// Started finishes a waiting order. requestHash is that of another request whose order
	// was started under the id, "" if it was this one.
	Started(ctx context.Context, orderID, requestHash string) error
	// Withdraw marks a waiting order to be closed, and shows it as being cancelled, in one
	// commit. It returns the order's view; false if it does not wait or, with unsent, if
	// its start may have been sent. An order that is being closed already stays so.
	Withdraw(ctx context.Context, orderID string, w contract.Withdrawal, unsent bool) (contract.View, bool, error)
	// Expire withdraws the orders whose start was never sent and is overdue. It returns
	// their number.
	Expire(ctx context.Context, now time.Time) (int, error)
	// Closed finishes a withdrawn order with its outcome.
	Closed(ctx context.Context, orderID, outcome string) error
	// Open counts the unfinished orders.
	Open(ctx context.Context) (OpenInbox, error)
	// OpenOf is the number of the customer's unfinished orders.
	OpenOf(ctx context.Context, customerID string) (int, error)
	// OpenBy is the number of unfinished orders that the caller placed for
	// others.
	OpenBy(ctx context.Context, placedBy string) (int, error)
	// Forget deletes orders that were finished before a moment, and returns their number.
	Forget(ctx context.Context, before time.Time) (int, error)
}

// Kept is an order in the inbox.
type Kept struct {
	OrderID    string
	Kind       booking.Kind
	CustomerID string
	// PlacedBy is the caller that placed it for the customer, "" if the customer did.
	PlacedBy string
	// Input is the input of its saga, in JSON.
	Input                []byte
	Summary, RequestHash string
	ReceivedAt           time.Time
	// StartBy is the deadline for the start of its saga.
	StartBy time.Time
	// Withdrawal is why it is closed, nil while it waits to be started.
	Withdrawal *contract.Withdrawal
	// Sent: its start may have reached the engine.
	Sent  bool
	Tries int
	// LeasedUntil is the end of its last lease, zero if there was none.
	LeasedUntil time.Time
}

// Failure is the failure of an attempt to dispatch an order of the inbox.
type Failure struct {
	OrderID string
	// Sent: its start may have reached the engine, in this attempt or an earlier one.
	Sent  bool
	Again time.Time // the time of the next attempt
	Cause string
}

// OpenInbox is the content of the inbox in numbers.
type OpenInbox struct {
	Orders int
	Oldest time.Time // when the oldest was received; zero if there is none
}

// Versions of an order's view before its saga has published one. The saga's own versions
// are the time in µs.
const (
	KeptVersion      = 1
	WithdrawnVersion = 2
)

// InInbox reports whether the view is of an order whose saga has not published one yet.
func InInbox(v contract.View) bool { return v.Version == KeptVersion || v.Version == WithdrawnVersion }

// Withdrawn is the view of a withdrawn order in the inbox.
func Withdrawn(v contract.View, w contract.Withdrawal, at time.Time) contract.View {
	v = v.Clone()
	v.Status, v.Reason, v.Version = booking.Cancelling, w.Reason, WithdrawnVersion
	v.History = append(v.History, contract.Entry{Status: booking.Cancelling, At: at, Reason: w.Reason, Note: w.Note, By: w.By})
	return v
}
