package api

import (
	"context"
	"errors"
	"net/http"
	"regexp"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// registerDecisions adds what people may decide on a reservation. Its kind
// keeps other orders away from these addresses.
func (s *server) registerDecisions(kind booking.Kind, path, tag string) {
	describe := func(verb, summary string, refusals ...booking.Code) huma.Operation {
		refusals = append(refusals, booking.AlreadyCancelled, booking.BeingCancelled, booking.AlreadyCompleted, booking.Superseded,
			notRunning, notFound, validationFailed, orderUnreachable, temporalUnavailable)
		return huma.Operation{
			OperationID: verb + "-" + string(kind), Method: http.MethodPost, Path: path + "/{id}/" + verb, Tags: []string{tag},
			Summary:     summary,
			Description: "200: it is done. 202: it will be done and can be followed at Location. 503: it is not promised.",
			Responses:   s.withAccepted(s.problems(refusals...)),
		}
	}
	register(s, describe("confirm", "The owner accepts", booking.AlreadyConfirmed, booking.NotAwaitingOwner),
		func(ctx context.Context, in *decisionInput[*nothing]) (*orderAnswer, error) {
			return s.decide(ctx, kind, contract.ConfirmUpdate, in.orderByID(), "")
		})
	register(s, describe("reject", "The owner refuses", booking.AlreadyConfirmed, booking.NotAwaitingOwner),
		func(ctx context.Context, in *decisionInput[rejection]) (*orderAnswer, error) {
			return s.decide(ctx, kind, contract.RejectUpdate, in.orderByID(), in.Body.Reason)
		})
	register(s, describe("cancel", "The customer cancels", booking.AlreadyCheckedIn),
		func(ctx context.Context, in *decisionInput[*cancellation]) (*orderAnswer, error) {
			return s.decide(ctx, kind, contract.CancelUpdate, in.orderByID(), in.Body.words())
		})
	register(s, describe("complete", "The guests have checked out early", booking.NotConfirmed, booking.NotCheckedIn),
		func(ctx context.Context, in *decisionInput[*nothing]) (*orderAnswer, error) {
			return s.decide(ctx, kind, contract.CompleteUpdate, in.orderByID(), "")
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
	f.checkText("body.reason", in.Body.words())
	return f
}

func (in *decisionInput[B]) orderByID() orderByID { return orderByID{Labelled: in.Labelled, ID: in.ID} }

// nothing is the body of a decision that needs no words.
type nothing struct{}

func (*nothing) words() string { return "" }

type rejection struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Shown in the order's history" example:"We are renovating"`
}

func (r rejection) words() string { return r.Reason }

type cancellation struct {
	Reason string `json:"reason,omitempty" maxLength:"500" doc:"Shown in the order's history" example:"Change of plans"`
}

func (c *cancellation) words() string {
	if c == nil {
		return ""
	}
	return c.Reason
}

// decide carries a decision to the order and answers with the order after it.
// An order takes a decision and carries it out in one workflow task where it
// can, and the engine's answer to the first then brings the second along: that
// is one round trip. What was taken will be carried out, whoever dies; what was
// not is promised to nobody.
func (s *server) decide(ctx context.Context, kind booking.Kind, update string, order orderByID, note string) (*orderAnswer, error) {
	if !isOrderID(kind, order.ID) {
		return nil, noSuchOrder(order.ID)
	}
	l := order.language()
	// A caller who leaves does not take a decision back.
	budget, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.ReplyBudget)
	defer cancel()
	taken, err := s.Temporal.UpdateWorkflow(budget, client.UpdateWorkflowOptions{
		UpdateID: uuid.NewString(), WorkflowID: order.ID, UpdateName: update,
		Args: []any{contract.Decision{Note: note}}, WaitForStage: client.WorkflowUpdateStageAccepted,
	})
	switch {
	case ranOut(err):
		s.Logger.Warn("decision not taken", zap.String("order", order.ID), zap.String("decision", update), zap.Error(err))
		return nil, newProblem(orderUnreachable, "the order did not take the decision in time: it may take it yet, or never; repeat it to be certain")
	case err != nil:
		return nil, s.refused(ctx, l, kind, order.ID, err)
	}

	var view contract.View
	err = taken.Get(budget, &view)
	switch {
	case err == nil:
		return l.answer(http.StatusOK, view), nil
	case temporalAway(temporalError{err}):
		return s.stillDeciding(ctx, l, kind, order.ID)
	default:
		return nil, s.refused(ctx, l, kind, order.ID, err)
	}
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
		if row, err := s.glanceAtRow(ctx, id); err == nil {
			return p.about(l.show(row.View))
		}
		return p
	default:
		return temporalError{err}
	}
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
			s.Logger.Warn("closed order does not answer", zap.String("order", id), zap.Error(err))
		}
	}
	code := notRunning
	switch view.Status {
	case booking.Cancelled:
		code = booking.AlreadyCancelled
	case booking.Completed:
		code = booking.AlreadyCompleted
	}
	return newProblem(code, "%s", kindOf(code).meaning).about(l.show(view))
}
