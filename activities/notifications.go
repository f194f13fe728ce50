package activities

import (
	"context"

	"github.com/yeyak/yeyak/booking"
)

// Messages stores messages to people.
type Messages interface {
	// Send stores the message under its key, once. Undone if it was withdrawn before it was
	// sent.
	Send(ctx context.Context, m booking.Message) (booking.Outcome, error)
	// Withdraw sends m to correct the message stored under key. If there is no message
	// under key, nothing is sent, and a later Send under key returns Undone with reason.
	Withdraw(ctx context.Context, key string, m booking.Message, reason booking.Reason) (booking.Undo, error)
}

// Notifications notifies people.
type Notifications struct {
	Service
	Messages Messages
}

// Withdrawal names the message that is withdrawn and the message that says so.
type Withdrawal struct {
	Key     string          `json:"key"`
	Message booking.Message `json:"message"`
	Reason  booking.Reason  `json:"why"`
}

// Notify sends a message about an order to a person.
func (n *Notifications) Notify(ctx context.Context, m booking.Message) (booking.Outcome, error) {
	return do(ctx, &n.Service, func(ctx context.Context) (booking.Outcome, error) {
		return n.Messages.Send(ctx, m)
	})
}

// WithdrawNotice undoes Notify: the person who was notified of an order is notified of its
// cancellation.
func (n *Notifications) WithdrawNotice(ctx context.Context, w Withdrawal) (booking.Undo, error) {
	return do(ctx, &n.Service, func(ctx context.Context) (booking.Undo, error) {
		return n.Messages.Withdraw(ctx, w.Key, w.Message, w.Reason)
	})
}
