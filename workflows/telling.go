package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// notice is a message to somebody that is taken back, by another one, when the
// order is cancelled.
type notice struct {
	name        string // in the words of the business
	key         string // of the message, within the order
	recipientID string
	kind, text  string
	// off is the message that takes it back.
	off func(why booking.Reason) (kind, text string)
}

// tellSomebody sends a notice.
func (s *saga) tellSomebody(ctx workflow.Context, n notice) error {
	_, err := s.step(ctx, step{
		call: call{name: n.name, queue: contract.NotificationsQueue, quick: quickStep, do: notifications.Notify, with: s.message(n, n.key, n.kind, n.text)},
		undo: s.takeBack(n),
	})
	return err
}

func (s *saga) takeBack(n notice) undo {
	return undo{
		call: call{name: n.name + " that it is off", queue: contract.NotificationsQueue, quick: quickStep, do: notifications.WithdrawNotice},
		because: func(why booking.Reason) any {
			kind, text := n.off(why)
			return activities.Withdrawal{Key: s.messageKey(n.key), Message: s.message(n, n.key+"/withdrawal", kind, text), Why: why}
		},
	}
}

func (s *saga) message(n notice, key, kind, text string) booking.Message {
	return booking.Message{
		Key: s.messageKey(key), OrderID: s.in.OrderID, RecipientID: n.recipientID,
		Type: kind, Text: text, At: workflow.Now(s.ctx),
	}
}

func (s *saga) messageKey(key string) string { return s.in.OrderID + "/" + key }
