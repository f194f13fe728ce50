package workflows

import (
	"cmp"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// notice is a message that is withdrawn, by another message, when the order is cancelled.
// The texts of both are in booking.
type notice struct {
	name           string // shown in the web UI
	key            string // the name of the message within its order, a constant of contract
	offAs          string // the key under which it is withdrawn, if it shares that with another notice
	recipientID    string
	messageType    booking.MessageType
	withdrawalType booking.MessageType // the message that withdraws it
	data           booking.MessageData // of both messages; message sets its Kind
}

// sendNotice sends a notice as a step of the story.
func (s *saga) sendNotice(ctx workflow.Context, n notice) error {
	_, err := s.step(ctx, step{
		call: call{name: n.name, queue: contract.NotificationsQueue, quick: quickStep, do: notifications.Notify, with: s.message(n)},
		undo: s.withdrawNotice(func() notice { return n }),
	})
	return err
}

// withdrawNotice is the undo that withdraws a notice. It calls n again when it runs, since undos
// are set up before all of a notice's data is known.
func (s *saga) withdrawNotice(n func() notice) undo {
	return undo{
		call: call{name: n().name + " that it is off", queue: contract.NotificationsQueue, quick: quickStep, do: notifications.WithdrawNotice},
		argument: func(reason booking.Reason) any {
			return activities.Withdrawal{Key: s.messageKey(n().key), Message: s.withdrawal(n(), reason), Reason: reason}
		},
	}
}

func (s *saga) message(n notice) booking.Message {
	n.data.Kind = s.view.Kind
	return booking.Message{
		Key: s.messageKey(n.key), OrderID: s.in.OrderID, RecipientID: n.recipientID,
		Type: n.messageType, Data: n.data, At: workflow.Now(s.ctx),
	}
}

// withdrawal is the message that withdraws a notice. It asks for no decision.
func (s *saga) withdrawal(n notice, reason booking.Reason) booking.Message {
	n.key, n.messageType, n.data.ConfirmWithin = cmp.Or(n.offAs, n.key)+"/withdrawal", n.withdrawalType, 0
	m := s.message(n)
	m.Reason = reason
	return m
}

func (s *saga) messageKey(key string) string { return contract.MessageKey(s.in.OrderID, key) }

// sendingNotices is notices that are sent beside the story, since no work waits for a message.
type sendingNotices struct {
	left   []notice // not sent yet
	done   bool
	failed error // why one cannot be sent
}

func (t *sendingNotices) ended() bool { return t.done || t.failed != nil }

// sendNoticesBeside sends the notices one after the other while the story continues.
func (s *saga) sendNoticesBeside(ctx workflow.Context, notices ...notice) *sendingNotices {
	t := &sendingNotices{}
	workflow.Go(ctx, func(ctx workflow.Context) {
		for t.left = notices; len(t.left) > 0; t.left = t.left[1:] {
			if t.failed = s.sendNotice(ctx, t.left[0]); t.failed != nil {
				return
			}
		}
		t.done = true
	})
	return t
}

// finishWithNotices is finish for an order whose notices may still be under way. If a notice
// cannot be sent, since a forgotten run has withdrawn it, finishWithNotices returns its
// error, unless the order has been reported as finished.
func (s *saga) finishWithNotices(ctx workflow.Context, t *sendingNotices, finished func() bool, c call) error {
	_ = workflow.Await(ctx, func() bool { return finished() || t.failed != nil })
	if t.failed != nil && s.acceptedStatus == "" {
		return t.failed
	}
	return s.finish(ctx, finished, c)
}

// awaitSent waits until all notices are sent, which may be after the end of the work. If the
// workflow was cancelled after the work was finished, the remaining notices are still sent.
func (s *saga) awaitSent(t *sendingNotices) {
	_ = workflow.Await(s.ctx, t.ended)
	if temporal.IsCanceledError(t.failed) {
		_ = workflow.Await(s.ctx, s.sendNoticesBeside(s.ctx, t.left...).ended)
	}
}
