package api

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// outcome is how far an order got in the time that a request has.
type outcome struct {
	view    contract.View
	decided bool // view is the one at the first decision
	over    bool // the order had not been taken before this request came, and left it its key
}

// awaitDecision waits for the order's first decision until the budget ends,
// and then looks once more: the decision may have fallen in another process.
//
// A decision that waits for a payment in its turn may take long, and is not
// waited for.
func (s *server) awaitDecision(ctx, budget context.Context, seen contract.View, changes <-chan contract.Publication) outcome {
	for seen.PaymentDeferred == nil {
		change, heard := nextChange(budget, changes)
		if !heard {
			return s.lastLook(ctx, seen)
		}
		if decision, fallen := s.decisionIn(ctx, change); fallen {
			return outcome{view: decision, decided: true}
		}
		seen = change.View
	}
	return outcome{view: seen}
}

// nextChange waits for a change until the budget ends. One that is there counts,
// although the budget has ended.
func nextChange(budget context.Context, changes <-chan contract.Publication) (change contract.Publication, heard bool) {
	select {
	case change = <-changes:
		return change, true
	case <-budget.Done():
	}
	select {
	case change = <-changes:
		return change, true
	default:
		return change, false
	}
}

// decisionIn is the order's view at its first decision, if it has fallen.
func (s *server) decisionIn(ctx context.Context, p contract.Publication) (contract.View, bool) {
	switch {
	case p.Decision != nil:
		return *p.Decision, true
	case !p.View.Decided():
		return contract.View{}, false
	}
	// Once the read model holds the decision, publications leave it out.
	if row, err := s.glanceAtRow(ctx, p.View.ID); err == nil && row.Decision != nil {
		return *row.Decision, true
	}
	if decision, err := s.queryDecision(ctx, p.View.ID); err == nil && decision != nil {
		return *decision, true
	}
	return p.View, true
}

// lastGlance bounds the last look at an order whose request has had its time.
const lastGlance = 400 * time.Millisecond

// lastLook finds out how far an order got that was not heard of in time.
// What cannot be reached is passed over: the order is on its way, and who has
// waited for so long is told so soon.
func (s *server) lastLook(ctx context.Context, seen contract.View) outcome {
	ctx, cancel := context.WithTimeout(ctx, lastGlance)
	defer cancel()
	half, over := context.WithTimeout(ctx, lastGlance/2)
	defer over()
	if row, err := s.glanceAtRow(half, seen.ID); err == nil {
		if decision, fallen := s.decisionIn(ctx, row); fallen {
			return outcome{view: decision, decided: true}
		}
		seen = newer(seen, row.View)
	}
	decision, err := s.queryDecision(ctx, seen.ID)
	switch {
	case err != nil:
		s.log(ctx).Debug("undecided order does not answer", zap.Error(err))
	case decision != nil:
		return outcome{view: *decision, decided: true}
	default:
		if view, err := s.queryView(ctx, seen.ID, glance); err == nil {
			seen = newer(seen, view)
		}
	}
	return outcome{view: seen}
}

func newer(a, b contract.View) contract.View {
	if b.Version > a.Version {
		return b
	}
	return a
}

// moneyOf says what became of the money of an order that was refused.
func moneyOf(v contract.View) string {
	undone := v.Status == booking.Cancelled
	switch {
	case v.Amount.Amount == 0:
		return "" // no money was involved
	case v.Placed && undone:
		return " What was paid has been refunded."
	case v.Placed:
		return " What was paid is being refunded."
	case undone || v.Reason == booking.CafeUnavailable || v.Reason == booking.NotRegistered:
		return " Nothing was charged."
	default:
		return " You pay nothing: what may have been charged is given back."
	}
}

// answerPlaced says what came of placing an order. One that is still being
// undone was refused, too, when that is its decision.
func (l language) answerPlaced(o outcome) (*orderAnswer, error) {
	switch {
	case !o.decided:
		return l.answer(http.StatusAccepted, o.view).located(), nil
	case o.view.Status != booking.Cancelled && o.view.Status != booking.Cancelling:
		return l.answer(http.StatusCreated, o.view).located(), nil
	default:
		code := cmp.Or(codeOf(o.view.Reason), booking.AlreadyCancelled)
		return nil, newProblem(code, "%s%s", kindOf(code).meaning, moneyOf(o.view)).about(l.show(o.view))
	}
}
