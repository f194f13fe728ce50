package orders

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"slices"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Resolve records that what the provider could not refund of an order was paid by hand, with the
// evidence. The order's saga records that and continues, and so do the workflows of refunds that
// were begun after its end. A repeat with the same evidence gets the same answer.
func (o *Orders) Resolve(ctx context.Context, caller booking.Caller, orderID string, evidence booking.Personal) (Outcome, error) {
	is := actionRequest{action: booking.ResolvePayment, kind: booking.KindOf(orderID), orderID: orderID, reason: evidence}
	return authorizeAndLog(ctx, o, caller, is, func(ctx context.Context, w Warrant) (Outcome, error) {
		return o.resolve(ctx, w, caller, orderID, evidence)
	})
}

func (o *Orders) resolve(ctx context.Context, w Warrant, caller booking.Caller, orderID string, evidence booking.Personal) (Outcome, error) {
	out, err := o.decide(ctx, w, caller, Decision{
		OrderID: orderID, Kind: booking.KindOf(orderID), Update: contract.ResolveUpdate, Note: evidence,
	})
	no, refused := errors.AsType[*booking.Error](err)
	ended := refused && (no.Code == NotRunning || no.Code == endedCode(out.View.Status))
	if !ended && (!refused || no.Code != booking.NothingOwed) {
		return out, err
	}
	payment, unread := o.Ledger.Payment(ctx, orderID)
	switch {
	case unread != nil && !errors.Is(unread, &booking.Error{Code: booking.NotFound}):
		return out, unread
	case !ended && isRecorded(payment, evidence):
		return Outcome{View: out.View, Done: true}, nil
	case !ended:
		return out, cmp.Or(stillOwed(payment), err)
	}
	resolved, err := resolveRefunds(payment, orderID, func(workflowID string) error {
		d := Decision{OrderID: workflowID, Update: contract.ResolveUpdate, Note: evidence, By: caller.ID}
		id := o.updateIDs.next(o.Now(), caller, d)
		_, wasAccepted, err := o.Engine.decide(ctx, w, id.id, d)
		if wasAccepted && !isAway(err) {
			o.updateIDs.answered(id)
		}
		return err
	})
	switch {
	case err != nil:
		return out, o.notRefunded(ctx, orderID, err)
	case resolved == 0 && !isRecorded(payment, evidence):
		return out, cmp.Or(stillOwed(payment), error(booking.Errorf(booking.NothingOwed, "no refund of the order waits for a person")))
	}
	return Outcome{View: out.View, Done: true}, nil
}

// stillOwed is why a refund that is not done cannot be paid by hand at the moment; nil if
// nothing is owed. The order may not know yet that the refund has failed.
func stillOwed(payment booking.Payment) error {
	unmade := payment.Unmade()
	isAccepted := func(e booking.Entry) bool { return e.State == booking.EntryPending && e.Words != "" }
	switch {
	case len(unmade) == 0:
		return nil
	case !slices.ContainsFunc(unmade, func(e booking.Entry) bool { return !isAccepted(e) }):
		return booking.Errorf(booking.StillPending, "%s: cancel it at the payment provider before it is paid by hand", unmade[0].Words)
	default:
		return booking.BeingRequested(unmade)
	}
}

// resolveRefunds sends the resolution to the workflows of the order's refunds that are not
// done: those begun after its end, or failed since. It returns how many have recorded it;
// the others do not need a person, or have ended.
func resolveRefunds(payment booking.Payment, orderID string, put func(workflowID string) error) (resolved int, err error) {
	for _, e := range payment.Entries {
		id, ours := contract.RefundIDOf(orderID, e.Key)
		if !ours || e.State == booking.EntryDone {
			continue
		}
		err := put(contract.RefundWorkflowID(orderID, id))
		switch answer, _ := answerOf(err); {
		case err == nil:
			resolved++
		case isWorkflowMissing(err), answer != nil && (answer.Type() == string(booking.NothingOwed) || answer.Type() == updateLostToClose):
		default:
			return resolved, err
		}
	}
	return resolved, nil
}

// isRecorded reports whether a refund of the payment was paid by hand with this evidence.
func isRecorded(payment booking.Payment, evidence booking.Personal) bool {
	said := booking.Lines(evidence)
	return said != "" && slices.ContainsFunc(payment.Entries, func(e booking.Entry) bool { return e.Evidence() == said })
}

// evidenceID distinguishes evidence in the ids of updates.
func evidenceID(evidence booking.Personal) string {
	digest := sha256.Sum256([]byte(evidence))
	return booking.IDText(digest[:16])
}
