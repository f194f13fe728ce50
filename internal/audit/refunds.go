package audit

import (
	"context"
	"fmt"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// refunds finds partial refunds that have not ended and that no workflow follows. While
// an order's saga runs, it follows them; after that, a refund by staff has a workflow
// of its own.
func (l *pass) refunds(ctx context.Context) error {
	for _, f := range l.orders {
		for _, e := range f.openRefunds() {
			follows, err := l.followed(ctx, f, e)
			if err != nil {
				return err
			}
			if !follows {
				f.unfollowed = append(f.unfollowed, e)
			}
		}
		if f.followed = f.followsParts(); f.followed >= len(f.unfollowed) {
			f.unfollowed = nil
		}
	}
	return nil
}

// openRefunds are the partial refunds that have not ended. A failed one without room
// for it was refunded otherwise. A lost order that has not ended is abandoned as a
// whole.
func (f *facts) openRefunds() (open []booking.Entry) {
	if f.payment == nil || f.life == unknown || f.life == lost && !f.order().status.Final() {
		return nil
	}
	for _, e := range f.payment.Entries {
		_, ours := contract.RefundIDOf(f.id, e.Key)
		covered := e.State == booking.EntryFailed && f.payment.RefundsNow(e) == 0
		part := ours && e.Key != f.payment.RefundKey()
		if f.failedAfterEnd(e) || part && e.State != booking.EntryDone && !covered {
			open = append(open, e)
		}
	}
	return open
}

// failedAfterEnd reports whether the undo's own refund was done and failed after the
// end of its order.
func (f *facts) failedAfterEnd(e booking.Entry) bool {
	return f.life != running && e.Key == f.payment.RefundKey() && e.State == booking.EntryFailed && f.payment.Status == booking.RefundPending
}

// followed reports whether a workflow of its own follows a refund.
func (l *pass) followed(ctx context.Context, f *facts, e booking.Entry) (bool, error) {
	id, ours := contract.RefundIDOf(f.id, e.Key)
	if !ours {
		return false, nil
	}
	saga, err := l.Workflows.Describe(ctx, contract.RefundWorkflowID(f.id, id))
	return saga.Running(), ignoreNotFound(err)
}

// followsParts is how many partial refunds the order's saga follows. The second read
// has what it waits for. During a workflow task it may follow any.
func (f *facts) followsParts() int {
	switch {
	case f.life != running:
		return 0
	case len(f.pending[orders.WorkflowTask]) > 0:
		return len(f.unfollowed)
	default:
		return len(f.pending[contract.RefundPartActivity])
	}
}

// unfollowedRefunds are the findings about them.
func (f *facts) unfollowedRefunds() (found []Finding) {
	for _, e := range f.unfollowed {
		remedy := "repeat the request for it under its Idempotency-Key"
		if e.State == booking.EntryFailed && f.followed == 0 {
			remedy = checkRemedy(f.id)
		} else if _, ofStaff := contract.RefundID(e.Key); !ofStaff {
			remedy = "reset its workflow to the beginning"
		}
		is := f.finds(Money, remedy, "refund %s of %s is %s, and nothing follows it", e.Key, inWords(e.Amount), e.State)
		if f.followed > 0 {
			is[0].Says = fmt.Sprintf("refund %s of %s is %s, and its saga follows %d of %d such refunds",
				e.Key, inWords(e.Amount), e.State, f.followed, len(f.unfollowed))
		}
		found = append(found, is...)
	}
	return found
}
