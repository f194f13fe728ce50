package api

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// decision is something that people may decide on orders of a kind.
type decision struct {
	kind     booking.Kind // keeps other orders away from the address
	verb     string
	path     string
	tag      string
	summary  string
	update   string // that carries it to the order
	refusals []booking.Code
	// asks: a service has to agree, to this decision or to one that is open
	// before it. That the order took the decision is no promise yet.
	asks bool
}

// deciding is the input of a decision.
type deciding interface {
	orderByID() orderByID
	words() string
}

// registerDecision adds a decision. I is its input.
func registerDecision[I any, P interface {
	*I
	deciding
}](s *server, d decision) {
	refusals := slices.Concat(d.refusals, []booking.Code{
		booking.AlreadyCancelled, booking.BeingCancelled, booking.Superseded, booking.DecisionPending, decisionsExhausted,
		notRunning, notFound, validationFailed, orderUnreachable, temporalUnavailable,
	})
	register(s, huma.Operation{
		OperationID: d.verb + "-" + string(d.kind), Method: http.MethodPost, Path: d.path, Tags: []string{d.tag},
		Summary:     d.summary,
		Description: "200: it is done. 202: it will be done and can be followed at Location. 503: it is not promised.",
		Responses:   s.withAccepted(s.problems(refusals...)),
	}, func(ctx context.Context, in *I) (*orderAnswer, error) {
		return s.decide(ctx, d, P(in).orderByID(), P(in).words())
	})
}

// decisionInput is a decision on an order. A body that is a pointer may be
// left out.
type decisionInput[B interface{ words() string }] struct {
	Labelled
	ID   string `path:"id" doc:"The order's id"`
	Body B
}

// Resolve finds what the schema cannot.
func (in *decisionInput[B]) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	text := in.Body.words()
	f.checkLines("body.reason", &text)
	return f
}

func (in *decisionInput[B]) orderByID() orderByID { return orderByID{Labelled: in.Labelled, ID: in.ID} }
func (in *decisionInput[B]) words() string        { return in.Body.words() }

// nothing is the body of a decision that needs no words.
type nothing struct{}

func (*nothing) words() string { return "" }

type rejection struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Shown in the order's history" example:"We are renovating"`
}

func (r rejection) words() string { return booking.Lines(r.Reason) }

type cancellation struct {
	Reason string `json:"reason,omitempty" maxLength:"500" doc:"Shown in the order's history" example:"Change of plans"`
}

func (c *cancellation) words() string {
	if c == nil {
		return ""
	}
	return booking.Lines(c.Reason)
}

// decide carries a decision to the order and answers with the order after it.
// An order takes a decision and carries it out in one workflow task where it
// can, and the engine's answer to the first then brings the second along: that
// is one round trip. What was taken will be carried out, whoever dies, unless
// somebody has to agree; what was not is promised to nobody.
func (s *server) decide(ctx context.Context, d decision, order orderByID, note string) (*orderAnswer, error) {
	if !booking.IsOrderID(d.kind, order.ID) {
		return nil, noSuchOrder(order.ID)
	}
	isAbout(ctx, order.ID)
	l := order.language()
	// A caller who leaves does not take a decision back.
	budget, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.ReplyBudget+d.extra())
	defer cancel()
	view, taken, err := s.ask(budget, d, order.ID, note)
	switch {
	case !taken && ranOut(err):
		s.log(ctx).Warn("decision not taken", zap.String("decision", d.update), zap.Error(err))
		return nil, newProblem(orderUnreachable, "the order did not take the decision in time: it may take it yet, or never; repeat it to be certain")
	case !taken:
		return nil, s.refused(ctx, l, d.kind, order.ID, err)
	}
	switch refusal := (contract.Refusal{}); {
	case err == nil:
		return l.answer(http.StatusOK, view), nil
	case d.isUnderWay(err, &refusal):
		return s.join(budget, l, order.ID, refusal.View)
	case !temporalAway(temporalError{err}):
		return nil, s.refused(ctx, l, d.kind, order.ID, err)
	case d.asks && d.update == contract.CompleteUpdate:
		return s.stillWaiting(ctx, l, d.kind, order.ID)
	case d.asks:
		return s.stillAsking(ctx, l, d.kind, order.ID)
	default:
		return s.stillDeciding(ctx, l, d.kind, order.ID)
	}
}

// ask puts a decision to an order and waits for what comes of it. taken tells
// whether the order took the decision.
func (s *server) ask(ctx context.Context, d decision, orderID, note string) (view contract.View, taken bool, err error) {
	begun := s.Now()
	for range mostAsksOfSlot {
		ask := s.asks.next(s.Now(), orderID, d.update)
		var update client.WorkflowUpdateHandle
		update, err = s.Temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
			UpdateID: ask.id, WorkflowID: orderID, UpdateName: d.update,
			Args: []any{contract.Decision{Note: note}}, WaitForStage: client.WorkflowUpdateStageAccepted,
		})
		if err != nil {
			return view, false, err
		}
		err = update.Get(ctx, &view)
		if open := err != nil && temporalAway(temporalError{err}); open {
			return view, true, err
		}
		s.asks.answered(ask, d.update)
		if !isPast(err, begun) {
			return view, true, err
		}
	}
	return view, true, err
}

// extra is what a decision gets on top of the reply budget.
func (d decision) extra() time.Duration {
	if d.asks {
		return asking
	}
	return 0
}

// stillDeciding answers 202 for a decision that was taken and is not carried
// out yet.
func (s *server) stillDeciding(ctx context.Context, l language, kind booking.Kind, id string) (*orderAnswer, error) {
	view, err := s.read(ctx, kind, id)
	if err != nil {
		return nil, err
	}
	return l.answer(http.StatusAccepted, view).located(), nil
}

// codePattern tells a booking.Code from the Go type names that the SDK gives
// to errors which are not refusals.
var codePattern = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

// stillAsking answers for a decision that was taken, to cancel an order, and
// that somebody may yet refuse. Once the order is being undone nobody can.
func (s *server) stillAsking(ctx context.Context, l language, kind booking.Kind, id string) (*orderAnswer, error) {
	view, err := s.queryView(ctx, id, glance) // the read model may be behind
	if err != nil {
		view, err = s.read(ctx, kind, id)
	}
	p := newProblem(orderUnreachable, "nobody has agreed yet: the decision may still be carried out or refused; repeat it to be certain")
	switch {
	case err != nil:
		s.log(ctx).Warn("order does not answer", zap.Error(err))
		return nil, p
	case view.Status == booking.Cancelling:
		return l.answer(http.StatusAccepted, view).located(), nil
	case view.Status == booking.Cancelled:
		return l.answer(http.StatusOK, view), nil
	default:
		return nil, p.about(l.show(view))
	}
}

// isUnderWay tells whether a cancel was refused because the order is being
// cancelled already: that is what was asked for.
func (d decision) isUnderWay(err error, r *contract.Refusal) bool {
	refusal, ok := errors.AsType[*temporal.ApplicationError](err)
	return ok && d.update == contract.CancelUpdate && refusal.Type() == string(booking.BeingCancelled) &&
		refusal.HasDetails() && refusal.Details(r) == nil
}

// join answers for a cancel of an order that is being cancelled: 200 when that
// comes to its end in time, else 202. It waits for the end of the workflow and
// costs the order nothing.
func (s *server) join(budget context.Context, l language, id string, seen contract.View) (*orderAnswer, error) {
	var end contract.View
	if err := s.Temporal.GetWorkflow(budget, id, "").Get(budget, &end); err == nil && end.Status == booking.Cancelled {
		return l.answer(http.StatusOK, end), nil
	}
	return l.answer(http.StatusAccepted, seen).located(), nil
}

// stillWaiting answers for a decision that was taken, and may still wait for
// the outcome of a cancel: only once it does not is it certain to count.
func (s *server) stillWaiting(ctx context.Context, l language, kind booking.Kind, id string) (*orderAnswer, error) {
	var waits bool
	if err := s.query(ctx, id, contract.UndecidedQuery, glance, &waits); err != nil {
		s.log(ctx).Warn("order does not answer", zap.Error(err))
		waits = true
	}
	if waits {
		return nil, newProblem(orderUnreachable, "it is not certain yet whether the order is being cancelled: repeat the decision to be certain")
	}
	return s.stillDeciding(ctx, l, kind, id)
}

// updateLostToClose is the SDK's type of the error that an update ends with
// when the workflow ends first.
const updateLostToClose = "AcceptedUpdateCompletedWorkflow"

// refused turns what an order answered to a decision into a problem.
func (s *server) refused(ctx context.Context, l language, kind booking.Kind, id string, err error) error {
	if noWorkflow(err) {
		return s.closed(ctx, l, kind, id)
	}
	refusal, ok := errors.AsType[*temporal.ApplicationError](err)
	switch {
	case ok && refusal.Type() == updateLostToClose:
		return s.closed(ctx, l, kind, id)
	case ok && codePattern.MatchString(refusal.Type()):
		p := newProblem(booking.Code(refusal.Type()), "%s", refusal.Message())
		var why contract.Refusal
		if refusal.HasDetails() && refusal.Details(&why) == nil {
			if why.After > 0 {
				p = p.after(why.Left(s.Now()))
			}
			return p.about(l.show(why.View))
		}
		if row, err := s.glanceAtRow(ctx, id); err == nil {
			return p.about(l.show(row.View))
		}
		return p
	}
	if limit := atLimit(err); limit != nil {
		s.log(ctx).Warn("order takes no decision", zap.Error(err))
		return limit
	}
	return temporalError{err}
}

// closed answers for an order that takes no decisions any more, because its
// workflow is over.
func (s *server) closed(ctx context.Context, l language, kind booking.Kind, id string) error {
	view, err := s.read(ctx, kind, id)
	if err != nil {
		return err
	}
	if !view.Status.Final() { // the read model is behind
		if fresh, err := s.readFresh(ctx, id); err == nil {
			view = fresh
		} else {
			s.log(ctx).Warn("closed order does not answer", zap.Error(err))
		}
	}
	code := notRunning
	switch view.Status {
	case booking.Cancelled:
		code = booking.AlreadyCancelled
	case booking.Completed:
		code = booking.AlreadyCompleted
	case booking.Delivered:
		code = booking.AlreadyDelivered
	}
	return newProblem(code, "%s", kindOf(code).meaning).about(l.show(view))
}
