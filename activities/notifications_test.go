package activities_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// postbox implements Messages and stores its last call.
type postbox struct {
	sent      booking.Message
	withdrawn activities.Withdrawal
	acted     bool
	err       error
}

func (p *postbox) Send(_ context.Context, m booking.Message) (booking.Outcome, error) {
	p.sent = m
	return done, p.err
}

func (p *postbox) Withdraw(_ context.Context, key string, m booking.Message, reason booking.Reason) (booking.Undo, error) {
	p.withdrawn = activities.Withdrawal{Key: key, Message: m, Reason: reason}
	return booking.Undo{Acted: p.acted}, p.err
}

func TestNotify(t *testing.T) {
	t.Parallel()
	messages := &postbox{}
	n := &activities.Notifications{Service: served(), Messages: messages}
	message := booking.Message{Key: "o1/notice", OrderID: "o1", RecipientID: "bora", Type: "reservation_placed", Text: "A guest comes."}
	notify := func(ctx context.Context) (booking.Outcome, error) { return n.Notify(ctx, message) }

	got, err := do(inPlace, notify)
	require.NoError(t, err)
	require.Equal(t, done, got)
	require.Equal(t, message, messages.sent)

	messages.err = errAway
	_, err = do(durably, notify)
	require.ErrorIs(t, err, errAway)
}

func TestWithdrawNotice(t *testing.T) {
	t.Parallel()
	messages := &postbox{}
	n := &activities.Notifications{Service: served(), Messages: messages}
	off := activities.Withdrawal{
		Key: "o1/notice", Reason: booking.ByCustomer,
		Message: booking.Message{Key: "o1/notice/off", OrderID: "o1", RecipientID: "bora", Type: "reservation_cancelled"},
	}
	withdraw := func(ctx context.Context) (booking.Undo, error) { return n.WithdrawNotice(ctx, off) }

	for _, acted := range []bool{true, false} {
		messages.acted = acted
		undo, err := do(inPlace, withdraw)
		require.NoError(t, err)
		require.Equal(t, acted, undo.Acted, "whether there was a message to withdraw")
		require.Equal(t, off, messages.withdrawn)
	}
	messages.err = errAway
	_, err := do(durably, withdraw)
	require.ErrorIs(t, err, errAway)
}
