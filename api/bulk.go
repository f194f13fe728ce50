package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

const bulkPath = "/v1/bulk-actions"

func (s *server) registerBulk() {
	register(s, huma.Operation{
		OperationID: "plan-bulk-action", Method: http.MethodPost, Path: bulkPath, Tags: []string{tagOperations},
		Summary: "Dry run of an action on many orders", DefaultStatus: http.StatusCreated,
		Description: "Lists the orders on which the action would be done, up to 1,000, and changes nothing. The list is stored: " +
			"run it at Location plus /run within an hour. It may be some seconds behind.",
		Responses: s.problems(orders.BulkPlanCodes()...),
	}, s.planBulk)
	register(s, huma.Operation{
		OperationID: "run-bulk-action", Method: http.MethodPost, Path: bulkPath + "/{id}/run", Tags: []string{tagOperations},
		Summary: "Run an action on many orders", DefaultStatus: http.StatusAccepted,
		Description: "Does the action on the orders of the dry run, about ten of them in a second. An order to be cancelled " +
			"that has changed since is not cancelled, and counted as `changed`; so is an order in which no step waits any more, " +
			"or that is not lost. The run continues when the process that runs it ends. Each order's action is in GET " +
			"/v1/actions, with the id in `bulk`.",
		Responses: s.problems(orders.BulkCodes()...),
	}, s.runBulk)
	register(s, huma.Operation{
		OperationID: "stop-bulk-action", Method: http.MethodPost, Path: bulkPath + "/{id}/stop", Tags: []string{tagOperations},
		Summary: "Stop an action on many orders",
		Description: "Stops before the next order. What was done is not undone. GET /v1/actions names the caller who has " +
			"stopped it.",
		Responses: s.problems(orders.BulkCodes()...),
	}, s.stopBulk)
	register(s, huma.Operation{
		OperationID: "get-bulk-action", Method: http.MethodGet, Path: bulkPath + "/{id}", Tags: []string{tagOperations},
		Summary: "Show the progress of an action on many orders", Description: "With the orders of its dry run, in the same order.",
		Responses: s.problems(booking.Invalid, booking.InvalidCursor, booking.NotFound, booking.Unavailable),
	}, s.getBulk)
	register(s, huma.Operation{
		OperationID: "list-bulk-actions", Method: http.MethodGet, Path: bulkPath, Tags: []string{tagOperations},
		Summary: "List actions on many orders", Description: "Newest first, including dry runs.",
		Responses: s.problems(booking.Invalid, booking.InvalidCursor, booking.Unavailable),
	}, s.listBulk)
}

// bulkRequest requests a dry run.
type bulkRequest struct {
	Body bulkWish
}

type bulkWish struct {
	Action booking.Action   `json:"action" doc:"The action on each order"`
	Filter bulkFilter       `json:"filter" doc:"Which orders, of those that have not ended. At least one field"`
	Reason booking.Personal `json:"reason" minLength:"1" maxLength:"500" doc:"Kept in the log, and in the history of orders that are cancelled" example:"The inn has burnt down"`
}

// TransformSchema lists the values of the domain's string types.
func (bulkWish) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["action"].Enum = enumOf(booking.BulkActions())
	return s
}

type bulkFilter struct {
	Kind         booking.Kind    `json:"kind,omitempty"`
	Status       booking.Status  `json:"status,omitempty"`
	Problem      booking.Problem `json:"trouble,omitempty" doc:"attention: marked, since a call keeps failing or a person is late. undo: being undone. disputed: a dispute of its payment is open. lost: its workflow was terminated or has failed; for settle, and only for that"`
	OwnerID      string          `json:"ownerId,omitempty" maxLength:"64" doc:"Orders of this owner" example:"1001"`
	ItemID       string          `json:"itemId,omitempty" maxLength:"64" doc:"Orders of this place, menu or drink" example:"place-seaside"`
	PlacedBefore *time.Time      `json:"placedBefore,omitempty" doc:"Only orders that were placed longer ago than this"`
}

func showFilter(f booking.BulkFilter) bulkFilter {
	shown := bulkFilter{Kind: f.Kind, Status: f.Status, Problem: f.Problem, OwnerID: f.OwnerID, ItemID: f.ItemID}
	if !f.PlacedBefore.IsZero() {
		shown.PlacedBefore = &f.PlacedBefore
	}
	return shown
}

func (f bulkFilter) value() booking.BulkFilter {
	filter := booking.BulkFilter{Kind: f.Kind, Status: f.Status, Problem: f.Problem, OwnerID: f.OwnerID, ItemID: f.ItemID}
	set(&filter.PlacedBefore, f.PlacedBefore)
	return filter
}

// TransformSchema lists the values of the domain's string types.
func (bulkFilter) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["kind"].Enum = enumOf(booking.Kinds())
	s.Properties["status"].Enum = enumOf(booking.Statuses())
	s.Properties["trouble"].Enum = enumOf(booking.Problems())
	return s
}

// Resolve validates what the schema cannot.
func (in *bulkRequest) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	f.checkLines("body.reason", &in.Body.Reason)
	if before := in.Body.Filter.PlacedBefore; before != nil {
		if fault := booking.InstantFault(*before); fault != "" {
			f.add("body.filter.placedBefore", "%s", fault)
		}
	}
	return f
}

// bulkView is a bulk action as the API shows it.
type bulkView struct {
	ID        string            `json:"id"`
	State     booking.BulkState `json:"state" doc:"planned: a dry run, which has changed nothing"`
	Action    booking.Action    `json:"action"`
	Filter    bulkFilter        `json:"filter"`
	Reason    string            `json:"reason"`
	By        string            `json:"by,omitempty" doc:"The number of the caller who has planned it, or has begun it once it runs: its actions are in that caller's name" example:"1027"`
	PlannedAt time.Time         `json:"plannedAt"`
	BegunAt   time.Time         `json:"begunAt,omitzero"`
	EndedAt   time.Time         `json:"endedAt,omitzero"`
	Orders    int               `json:"orders" doc:"The number of orders of the dry run"`
	More      bool              `json:"more" doc:"The filter selects more orders than one action can have: plan another one after it"`
	Acted     int               `json:"acted" doc:"How many orders have each result; an absent result has none" example:"120"`
	Results   bulkResults       `json:"results"`
}

// bulkResults are the numbers of orders by result.
type bulkResults struct {
	Done    int `json:"done" doc:"The action was done, or continues without further requests"`
	Changed int `json:"changed" doc:"Nothing was done: the orders have changed since the dry run"`
	Refused int `json:"refused" doc:"Nothing was done: the orders do not allow it"`
	Failed  int `json:"failed" doc:"The orders did not answer; it is not known whether anything was done"`
}

// TransformSchema lists the values of the domain's string types.
func (bulkView) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["state"].Enum = enumOf(booking.BulkStates())
	s.Properties["action"].Enum = enumOf(booking.BulkActions())
	return s
}

func showBulk(r booking.BulkRun) bulkView {
	return bulkView{
		ID: r.ID, State: r.State, Action: r.Action, Filter: showFilter(r.Filter), Reason: ownWords(r.Reason), By: r.By, PlannedAt: r.PlannedAt,
		BegunAt: r.BegunAt, EndedAt: r.EndedAt, Orders: r.Orders, More: r.More, Acted: r.Acted(),
		Results: bulkResults{
			Done: r.Results[booking.BulkDid], Changed: r.Results[booking.BulkChanged], Refused: r.Results[booking.BulkRefused], Failed: r.Results[booking.BulkFailed],
		},
	}
}

// bulkOrderView is an order that a dry run has selected.
type bulkOrderView struct {
	OrderID string             `json:"orderId" example:"lodging-06gzvfahhdv2qeq77vmrpjqcg8"`
	Status  booking.Status     `json:"status" doc:"The status in the dry run"`
	Result  booking.BulkResult `json:"result,omitempty" doc:"Absent until the action on this order has ended"`
	Outcome string             `json:"outcome,omitempty" doc:"The outcome as in the log of operators' actions: done, accepted, or the code of a refusal" example:"done"`
	DoneAt  time.Time          `json:"doneAt,omitzero"`
}

// TransformSchema lists the values of the domain's string types.
func (bulkOrderView) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["status"].Enum = enumOf(booking.Statuses())
	s.Properties["result"].Enum = enumOf(booking.BulkResults())
	return s
}

func showBulkOrder(o booking.BulkOrder) bulkOrderView {
	return bulkOrderView{OrderID: o.OrderID, Status: o.Status, Result: o.Result, Outcome: o.Outcome, DoneAt: o.DoneAt}
}

type bulkAnswer struct {
	Location string `header:"Location" doc:"Where its progress can be read"`
	Body     bulkView
}

func answerBulk(r booking.BulkRun) *bulkAnswer {
	return &bulkAnswer{Location: bulkPath + "/" + r.ID, Body: showBulk(r)}
}

func (s *server) planBulk(ctx context.Context, in *bulkRequest) (*bulkAnswer, error) {
	w := in.Body
	run, err := s.Orders.PlanBulk(ctx, CallerOf(ctx), w.Action, w.Filter.value(), booking.Lines(w.Reason))
	if err != nil {
		return nil, err
	}
	return answerBulk(run), nil
}

// bulkByID names a bulk action.
type bulkByID struct {
	Strict
	ID string `path:"id" maxLength:"64" doc:"The id of its dry run"`
}

func (s *server) runBulk(ctx context.Context, in *bulkByID) (*bulkAnswer, error) {
	run, err := s.Orders.BeginBulk(ctx, CallerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return answerBulk(run), nil
}

func (s *server) stopBulk(ctx context.Context, in *bulkByID) (*bulkAnswer, error) {
	run, err := s.Orders.StopBulk(ctx, CallerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return answerBulk(run), nil
}

// bulkOrdersRequest requests a bulk action and one page of its orders.
type bulkOrdersRequest struct {
	Strict
	ID   string `path:"id" maxLength:"64" doc:"The id of its dry run"`
	Left bool   `query:"left" doc:"Only orders on which the action was not done"`
	Paging
}

type bulkStanding struct {
	Run   bulkView        `json:"run"`
	Items []bulkOrderView `json:"items" nullable:"false"`
	Next  string          `json:"next,omitempty" doc:"Cursor of the next part; absent at the end"`
}

type bulkStandingAnswer struct{ Body bulkStanding }

func (s *server) getBulk(ctx context.Context, in *bulkOrdersRequest) (*bulkStandingAnswer, error) {
	if err := may(ctx, booking.ActInBulk, booking.Thing{}); err != nil {
		return nil, err
	}
	run, err := s.Bulk.Run(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	named, next, err := s.Bulk.Orders(ctx, in.ID, in.Left, in.page())
	if err != nil {
		return nil, err
	}
	return &bulkStandingAnswer{bulkStanding{Run: showBulk(run), Items: each(named, showBulkOrder), Next: next}}, nil
}

// bulkSelection selects bulk actions.
type bulkSelection struct {
	Strict
	Paging
}

func (s *server) listBulk(ctx context.Context, in *bulkSelection) (*list[bulkView], error) {
	if err := may(ctx, booking.ActInBulk, booking.Thing{}); err != nil {
		return nil, err
	}
	runs, next, err := s.Bulk.Runs(ctx, in.page())
	if err != nil {
		return nil, err
	}
	var begun []string // a dry run has no results
	for _, r := range runs {
		if !r.BegunAt.IsZero() {
			begun = append(begun, r.ID)
		}
	}
	results, err := s.Bulk.Results(ctx, begun)
	if err != nil {
		return nil, err
	}
	for n, r := range runs {
		runs[n].Results = results[r.ID]
	}
	return &list[bulkView]{partOf(each(runs, showBulk), next)}, nil
}
