package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// Acting is embedded in the inputs of operators' actions on orders. (Huma finds
// parameters in embedded structs only if these are exported.)
type Acting struct {
	SeenAction string `header:"Yeyak-Seen-Action" pattern:"^[0-9]{1,18}$" patternDescription:"a whole number" doc:"The highest seq of the order's lines in GET /v1/actions, 0 for none: if another operator has acted on the order since, nothing is done (409 acted_meanwhile)" example:"1742"`
}

// acting adds to the context which actions of others the caller has seen.
func (in Acting) acting(ctx context.Context) context.Context {
	seen, err := strconv.ParseInt(in.SeenAction, 10, 64)
	if err != nil {
		return ctx
	}
	return orders.WithSeenLine(ctx, seen)
}

// actedMeanwhile adds the code for an action of another operator that the caller has
// not seen.
func actedMeanwhile(codes []booking.Code) []booking.Code { return append(codes, orders.ActedMeanwhile) }

func (s *server) registerActing() {
	register(s, huma.Operation{
		OperationID: "retry-order", Method: http.MethodPost, Path: "/v1/orders/{id}/retry", Tags: []string{tagOperations},
		Summary: "Retry the failed steps of an order now", DefaultStatus: http.StatusAccepted,
		Description: "Retries at once each step or undo of the order, and each of its refunds, that has failed and waits for " +
			"its next attempt. Paused steps and steps that run are not changed. The answer lists the retried ones.",
		Responses: s.problems(actedMeanwhile(orders.RetryCodes())...),
	}, s.retryOrder)
	register(s, huma.Operation{
		OperationID: "settle-order", Method: http.MethodPost, Path: "/v1/orders/{id}/settlement", Tags: []string{tagOperations},
		Summary: "Settle a lost order", DefaultStatus: http.StatusAccepted,
		Description: "Begins the undos of an order whose workflow was terminated, has failed or is no longer known to the " +
			"engine: money is refunded, stock is released, and the order ends as cancelled. The outcome can be read at Location.",
		Responses: s.problems(actedMeanwhile(orders.SettleCodes())...),
	}, s.settleOrder)
}

// deedRequest requests an action on an order, for a reason.
type deedRequest struct {
	Acting
	ID   string `path:"id" doc:"The order's id"`
	Body because
}

type because struct {
	Reason booking.Personal `json:"reason" minLength:"1" maxLength:"500" doc:"Kept in the log of operators' actions" example:"The provider is back"`
}

// Resolve validates what the schema cannot.
func (in *deedRequest) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	f.checkLines("body.reason", &in.Body.Reason)
	return f
}

// waitingStep is a step that waits for its next attempt.
type waitingStep struct {
	Name    string    `json:"name" doc:"Type of the activity" example:"RefundPayment"`
	Attempt int       `json:"attempt" doc:"The attempt that it waited for"`
	Next    time.Time `json:"next,omitzero" doc:"When that attempt would have come"`
	Failure string    `json:"failure,omitempty" doc:"The service's message of the last failure"`
}

type retriedView struct {
	Steps []waitingStep `json:"steps" nullable:"false" doc:"The steps and undos that are tried at once"`
}

type retryAnswer struct {
	Location string `header:"Location" doc:"Where the order can be read"`
	Body     retriedView
}

func (s *server) retryOrder(ctx context.Context, in *deedRequest) (*retryAnswer, error) {
	aboutOrder(ctx, "", in.ID)
	done, err := s.Orders.Retry(in.acting(ctx), CallerOf(ctx), in.ID, booking.Lines(in.Body.Reason))
	if err != nil {
		return nil, s.notActed(ctx, in.ID, err)
	}
	return &retryAnswer{Location: mypagePath + in.ID, Body: retriedView{each(done.Steps, func(w orders.WaitingStep) waitingStep {
		return waitingStep{Name: w.Name, Attempt: w.Attempt, Next: w.Next, Failure: w.Failure}
	})}}, nil
}

const mypagePath = "/v1/mypages/"

type settlementAnswer struct {
	Location string `header:"Location" doc:"Where the order can be read"`
}

func (s *server) settleOrder(ctx context.Context, in *deedRequest) (*settlementAnswer, error) {
	aboutOrder(ctx, "", in.ID)
	if err := s.Orders.Settle(in.acting(ctx), CallerOf(ctx), in.ID, booking.Lines(in.Body.Reason)); err != nil {
		return nil, s.notActed(ctx, in.ID, err)
	}
	return &settlementAnswer{Location: mypagePath + in.ID}, nil
}

// notActed is the problem of a refused action on an order. It shows operators the
// actions of other operators on the order.
func (s *server) notActed(ctx context.Context, orderID string, err error) *problem {
	return s.withActions(ctx, s.toProblem(ctx, err), orderID)
}

// actionsShown is the maximum number of other operators' actions that a problem shows.
const actionsShown = 3

// withActions adds other operators' last actions on the order if they may explain the
// refusal and the caller may read them. If the log cannot be read, the problem stays as
// it is.
func (s *server) withActions(ctx context.Context, p *problem, orderID string) *problem {
	caller := CallerOf(ctx)
	conflict := p.Status == http.StatusConflict || p.Status == http.StatusPreconditionFailed
	if !conflict || s.Actions == nil || !caller.AlwaysAllowed(booking.ReadActions) {
		return p
	}
	ctx, cancel := context.WithTimeout(ctx, orders.OptionalReadTimeout)
	defer cancel()
	lines, err := s.Actions.Newest(ctx, orderID, 4*actionsShown)
	if err != nil {
		return p
	}
	seen := map[string]bool{}
	for _, a := range lines {
		if a.By != caller.ID && !seen[a.ID] && len(p.Actions) < actionsShown {
			seen[a.ID] = true // the newest line of each action is its outcome
			p.Actions = append(p.Actions, showAction(a))
		}
	}
	return p
}
