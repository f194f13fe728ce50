package activities

import (
	"context"

	"github.com/yeyak/yeyak/booking"
)

// Outbox is where messages to people are kept and read from.
type Outbox interface {
	// Send keeps the message under its key, once. Undone when it was withdrawn
	// before it was ever sent.
	Send(ctx context.Context, m booking.Message) (booking.Outcome, error)
	// Withdraw follows the message kept under key with another one that takes
	// it back. Nothing is sent if there was no message under key, and there
	// never will be one: a Send that comes later answers Undone and why.
	Withdraw(ctx context.Context, key string, m booking.Message, why booking.Reason) (booking.Undo, error)
}

// Notifications tells people.
type Notifications struct {
	Service
	Outbox Outbox
}

// Withdrawal names the message that is taken back and the one that says so.
type Withdrawal struct {
	Key     string          `json:"key"`
	Message booking.Message `json:"message"`
	Why     booking.Reason  `json:"why"`
}

// Notify tells somebody of an order.
func (n *Notifications) Notify(ctx context.Context, m booking.Message) (booking.Outcome, error) {
	return do(ctx, &n.Service, func(ctx context.Context) (booking.Outcome, error) {
		return n.Outbox.Send(ctx, m)
	})
}

// WithdrawNotice undoes Notify: whoever was told of an order is told that it is
// off.
func (n *Notifications) WithdrawNotice(ctx context.Context, w Withdrawal) (booking.Undo, error) {
	return do(ctx, &n.Service, func(ctx context.Context) (booking.Undo, error) {
		return n.Outbox.Withdraw(ctx, w.Key, w.Message, w.Why)
	})
}
