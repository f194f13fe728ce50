package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
)

func (s *server) registerActions() {
	register(s, huma.Operation{
		OperationID: "list-actions", Method: http.MethodGet, Path: actionsPath, Tags: []string{tagOperations},
		Summary: "What operators have done",
		Description: "The log of operators' actions on orders, newest first, whether they came by API, pages or command: who did what, when and why, and what " +
			"came of it. Refunds are in it whoever makes them. Nothing changes or removes a line.",
		Responses: s.problems(booking.Invalid, booking.InvalidCursor, booking.Unavailable),
	}, s.listActions)
}

const actionsPath = "/v1/actions"

// actionSelection selects operators' actions.
type actionSelection struct {
	Strict
	OrderID string `query:"orderId" maxLength:"64" doc:"Only what was done to this order" example:"lodging-06gzvfahhdv2qeq77vmrpjqcg8"`
	Paging
}

// actionView is an operator's action as the API shows it.
type actionView struct {
	ID      string         `json:"id"`
	Seq     int64          `json:"seq" doc:"Grows with each line of the log: for Yeyak-Seen-Action" example:"1742"`
	At      time.Time      `json:"at"`
	By      string         `json:"by,omitempty" doc:"The number of the one who did it; system for a command that was not told" example:"1027"`
	Action  booking.Action `json:"action" doc:"What was done" example:"resolve"`
	OrderID string         `json:"orderId" doc:"Empty where a bulk action was stopped" example:"lodging-06gzvfahhdv2qeq77vmrpjqcg8"`
	Reason  string         `json:"reason,omitempty" doc:"In the words of the one who did it; the evidence of what was paid by hand"`
	Bulk    string         `json:"bulk,omitempty" doc:"The bulk action that it is a part of"`
	Outcome string         `json:"outcome,omitempty" doc:"done; accepted: it went on after the answer; the state of a refund; the code of a refusal; failed; stopped, of a bulk action. Absent while it is not known, and for ever where a process died over it" example:"done"`
}

func showAction(a booking.OperatorAction) actionView {
	return actionView{
		ID: a.ID, Seq: a.Seq, Bulk: a.Bulk, At: a.At, By: a.By, Action: a.Action, OrderID: a.OrderID,
		Reason: a.Reason.Shown(booking.ReaderOperator, booking.Note, true), Outcome: a.Outcome,
	}
}

func (s *server) listActions(ctx context.Context, in *actionSelection) (*list[actionView], error) {
	if err := may(ctx, booking.ReadActions, booking.Thing{}); err != nil {
		return nil, err
	}
	actions, next, err := s.Actions.Actions(ctx, in.OrderID, in.page())
	if err != nil {
		return nil, err
	}
	return &list[actionView]{partOf(each(actions, showAction), next)}, nil
}
