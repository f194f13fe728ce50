package orders

import (
	"context"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Inbox holds orders whose saga could not be started when they were placed. The
// saga of an order remains the one authority on it: a row tells what it is to be
// started with, and nothing of a saga that was.
type Inbox interface {
	// Put keeps the order together with its row in the read model, in one commit,
	// unless there is an order of this id. It returns the hash of the request whose
	// order is kept. An error of which it is certain that nothing is kept is
	// booking.ErrNothingDone too.
	Put(ctx context.Context, k Kept, p contract.Publication) (requestHash string, err error)
	// Lease gives up to n orders that are not settled to this process, until a
	// moment, the oldest first. From then on their start may have been sent.
	Lease(ctx context.Context, n int, now, until time.Time) ([]Kept, error)
	// Failed ends a lease: the order may be leased again from a moment on.
	Failed(ctx context.Context, f Failure) error
	// Started settles an order that waits. requestHash is that of another request,
	// whose order was started under the id; "" when it is this one.
	Started(ctx context.Context, orderID, requestHash string) error
	// Withdraw lets an order that waits be closed, and shows it as being cancelled,
	// in one commit. It returns the order's view, and false if it does not wait;
	// unsent: or if its start may have been sent. An order that is being closed
	// already stays so.
	Withdraw(ctx context.Context, orderID string, w contract.Withdrawal, unsent bool) (contract.View, bool, error)
	// Expire withdraws the orders that nothing was ever sent of, and that are not
	// to be started any more. It returns how many these are.
	Expire(ctx context.Context, now time.Time) (int, error)
	// Closed settles an order that was withdrawn, with what came of it.
	Closed(ctx context.Context, orderID, outcome string) error
	// Open is what is not settled.
	Open(ctx context.Context) (OpenInbox, error)
	// OpenOf is how many orders of the customer are not settled.
	OpenOf(ctx context.Context, customerID string) (int, error)
	// OpenBy is how many orders are not settled that the caller placed for others.
	OpenBy(ctx context.Context, placedBy string) (int, error)
	// Forget drops orders that were settled before a moment, and returns how many.
	Forget(ctx context.Context, before time.Time) (int, error)
}

// Kept is an order in the inbox.
type Kept struct {
	OrderID    string
	Kind       booking.Kind
	CustomerID string
	// PlacedBy is the caller that placed it for the customer, "" where the customer did.
	PlacedBy string
	// Input is what its saga starts with, in JSON.
	Input                []byte
	Summary, RequestHash string
	ReceivedAt           time.Time
	// StartBy is until when its saga has to be started.
	StartBy time.Time
	// Withdrawal is why it is closed, nil while it waits to be started.
	Withdrawal *contract.Withdrawal
	// Sent: a start of it may have reached the engine.
	Sent  bool
	Tries int
	// LeasedUntil is until when a process works on it, zero when none ever did.
	LeasedUntil time.Time
}

// Failure is what came of a try to settle an order of the inbox.
type Failure struct {
	OrderID string
	// Sent: a start of it may have reached the engine, by this try or an earlier one.
	Sent  bool
	Again time.Time // when it is worth trying again
	Cause string
}

// OpenInbox is how much there is in the inbox.
type OpenInbox struct {
	Orders int
	Oldest time.Time // when the oldest was received; zero when there is none
}

// Versions of an order's view before its saga has shown one: each of the saga's
// is the time, in µs.
const (
	KeptVersion      = 1
	WithdrawnVersion = 2
)

// InInbox tells whether the view is that of an order whose saga has not shown
// itself yet.
func InInbox(v contract.View) bool { return v.Version == KeptVersion || v.Version == WithdrawnVersion }

// Withdrawn is the view of an order in the inbox that is given up.
func Withdrawn(v contract.View, w contract.Withdrawal, at time.Time) contract.View {
	v = v.Clone()
	v.Status, v.Reason, v.Version = booking.Cancelling, w.Why, WithdrawnVersion
	v.History = append(v.History, contract.Entry{Status: booking.Cancelling, At: at, Reason: w.Why, Note: w.Note, By: w.By})
	return v
}
