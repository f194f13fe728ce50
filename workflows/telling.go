package workflows

import (
	"cmp"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// notice is a message that is taken back, by another one, when the order is
// cancelled. Their words are booking's.
type notice struct {
	name        string // in the words of the business
	key         string // one of contract's
	offAs       string // the one by which it is taken back, where that takes back another one, too
	recipientID string
	tells       booking.MessageType
	off         booking.MessageType // takes it back
	data        booking.MessageData // of both; its Kind is the order's
}

// tellSomebody sends a notice.
func (s *saga) tellSomebody(ctx workflow.Context, n notice) error {
	_, err := s.step(ctx, step{
		call: call{name: n.name, queue: contract.NotificationsQueue, quick: quickStep, do: notifications.Notify, with: s.message(n)},
		undo: s.takeBack(func() notice { return n }),
	})
	return err
}

// takeBack withdraws a notice, with what its data is when that is done: undos are
// known before all of the data is.
func (s *saga) takeBack(n func() notice) undo {
	return undo{
		call: call{name: n().name + " that it is off", queue: contract.NotificationsQueue, quick: quickStep, do: notifications.WithdrawNotice},
		because: func(why booking.Reason) any {
			return activities.Withdrawal{Key: s.messageKey(n().key), Message: s.withdrawal(n(), why), Why: why}
		},
	}
}

func (s *saga) message(n notice) booking.Message {
	n.data.Kind = s.view.Kind
	return booking.Message{
		Key: s.messageKey(n.key), OrderID: s.in.OrderID, RecipientID: n.recipientID,
		Type: n.tells, Data: n.data, At: workflow.Now(s.ctx),
	}
}

// withdrawal is the message that takes a notice back. It asks for no decision.
func (s *saga) withdrawal(n notice, why booking.Reason) booking.Message {
	n.key, n.tells, n.data.ConfirmWithin = cmp.Or(n.offAs, n.key)+"/withdrawal", n.off, 0
	m := s.message(n)
	m.Reason = why
	return m
}

func (s *saga) messageKey(key string) string { return contract.MessageKey(s.in.OrderID, key) }

// telling is notices on their way beside the story: no work waits for a message.
type telling struct {
	left   []notice // that are not sent yet
	done   bool
	failed error // why they cannot be sent
}

func (t *telling) over() bool { return t.done || t.failed != nil }

// tellBeside sends the notices, one after the other, while the story goes on.
func (s *saga) tellBeside(ctx workflow.Context, notices ...notice) *telling {
	t := &telling{}
	workflow.Go(ctx, func(ctx workflow.Context) {
		for t.left = notices; len(t.left) > 0; t.left = t.left[1:] {
			if t.failed = s.tellSomebody(ctx, t.left[0]); t.failed != nil {
				return
			}
		}
		t.done = true
	})
	return t
}

// finishTold is finish for an order whose notices are on their way. One that
// cannot be sent, since it was taken back in a life of the saga that is not
// remembered, breaks off a story whose work is not finished.
func (s *saga) finishTold(ctx workflow.Context, t *telling, finished func() bool, c call) error {
	_ = workflow.Await(ctx, func() bool { return finished() || t.failed != nil })
	if t.failed != nil && s.taken == "" {
		return t.failed
	}
	return s.finish(ctx, finished, c)
}

// told waits for the end of the notices, which may come after that of the work. A
// cancellation of the workflow that came when the work was finished has ended the
// sending, and nothing else: it is done all the same.
func (s *saga) told(t *telling) {
	_ = workflow.Await(s.ctx, t.over)
	if temporal.IsCanceledError(t.failed) {
		_ = workflow.Await(s.ctx, s.tellBeside(s.ctx, t.left...).over)
	}
}
