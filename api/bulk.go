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
		Description: "Names the orders on which the action would be done, up to 1,000, and does nothing. What it names is kept: run it at Location plus /run " +
			"within an hour. The list of orders may be some seconds behind.",
		Responses: s.problems(orders.BulkPlanCodes()...),
	}, s.planBulk)
	register(s, huma.Operation{
		OperationID: "run-bulk-action", Method: http.MethodPost, Path: bulkPath + "/{id}/run", Tags: []string{tagOperations},
		Summary: "Run an action on many orders", DefaultStatus: http.StatusAccepted,
		Description: "Does the action to the orders that the dry run has named, some ten of them in a second. An order to be cancelled that has changed " +
			"since is left as it is and counted as `changed`; so is one of which no step waits any more, or that is not lost. It goes on when the process that runs it ends. Each order's action is in GET /v1/actions, with the id in `bulk`.",
		Responses: s.problems(orders.BulkCodes()...),
	}, s.runBulk)
	register(s, huma.Operation{
		OperationID: "stop-bulk-action", Method: http.MethodPost, Path: bulkPath + "/{id}/stop", Tags: []string{tagOperations},
		Summary:     "Stop an action on many orders",
		Description: "No further order is acted on. What was done is not undone. GET /v1/actions names the one who has stopped it.",
		Responses:   s.problems(orders.BulkCodes()...),
	}, s.stopBulk)
	register(s, huma.Operation{
		OperationID: "get-bulk-action", Method: http.MethodGet, Path: bulkPath + "/{id}", Tags: []string{tagOperations},
		Summary: "Where an action on many orders stands", Description: "With the orders that its dry run has named, in its order.",
		Responses: s.problems(booking.Invalid, booking.InvalidCursor, booking.NotFound, booking.Unavailable),
	}, s.getBulk)
	register(s, huma.Operation{
		OperationID: "list-bulk-actions", Method: http.MethodGet, Path: bulkPath, Tags: []string{tagOperations},
		Summary: "List actions on many orders", Description: "The newest first, dry runs among them.",
		Responses: s.problems(booking.Invalid, booking.InvalidCursor, booking.Unavailable),
	}, s.listBulk)
}

// bulkRequest asks for a dry run.
type bulkRequest struct {
	Body bulkWish
}

type bulkWish struct {
	Action booking.Action   `json:"action" doc:"What is to be done to each order"`
	Filter bulkFilter       `json:"filter" doc:"Which orders; only those that have not come to their end. At least one field"`
	Reason booking.Personal `json:"reason" minLength:"1" maxLength:"500" doc:"Kept in the log, and in the history of orders that are cancelled" example:"The inn has burnt down"`
}

// TransformSchema documents what the domain's string types may hold.
func (bulkWish) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["action"].Enum = enumOf(booking.BulkActions())
	return s
}

type bulkFilter struct {
	Kind         booking.Kind    `json:"kind,omitempty"`
	Status       booking.Status  `json:"status,omitempty"`
	Trouble      booking.Trouble `json:"trouble,omitempty" doc:"attention: marked, since something keeps failing or somebody is late. undo: being undone. disputed: a dispute of its payment is open. lost: its workflow was terminated or has failed; for settle, and only for that"`
	OwnerID      string          `json:"ownerId,omitempty" maxLength:"64" doc:"Orders of this owner's" example:"1001"`
	ItemID       string          `json:"itemId,omitempty" maxLength:"64" doc:"Orders of this place, menu or drink" example:"place-seaside"`
	PlacedBefore time.Time       `json:"placedBefore,omitzero" doc:"Older orders than that"`
}

// TransformSchema documents what the domain's string types may hold.
func (bulkFilter) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["kind"].Enum = enumOf(booking.Kinds())
	s.Properties["status"].Enum = enumOf(booking.Statuses())
	s.Properties["trouble"].Enum = enumOf(booking.Troubles())
	return s
}

// Resolve finds what the schema cannot.
func (in *bulkRequest) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	f.checkLines("body.reason", &in.Body.Reason)
	return f
}

// bulkView is a bulk action as the API shows it.
type bulkView struct {
	ID        string            `json:"id"`
	State     booking.BulkState `json:"state" doc:"planned: a dry run, which has done nothing"`
	Action    booking.Action    `json:"action"`
	Filter    bulkFilter        `json:"filter"`
	Reason    string            `json:"reason"`
	By        string            `json:"by,omitempty" doc:"The number of the one who has planned it and, once it runs, has begun it: its actions are in that name" example:"1027"`
	PlannedAt time.Time         `json:"plannedAt"`
	BegunAt   time.Time         `json:"begunAt,omitzero"`
	EndedAt   time.Time         `json:"endedAt,omitzero"`
	Orders    int               `json:"orders" doc:"How many orders the dry run has named"`
	More      bool              `json:"more" doc:"The filter selects more orders than one action takes: make another one after it"`
	Acted     int               `json:"acted" doc:"How many of the orders it has come to; absent results are of none" example:"120"`
	Results   bulkResults       `json:"results"`
}

// bulkResults tell of how many orders what has come.
type bulkResults struct {
	Done    int `json:"done" doc:"It was done, or goes on by itself"`
	Changed int `json:"changed" doc:"Nothing was done: they are no longer as the dry run has shown them"`
	Refused int `json:"refused" doc:"Nothing was done: they do not allow it"`
	Failed  int `json:"failed" doc:"They did not answer, and it is not known whether anything was done"`
}

// TransformSchema documents what the domain's string types may hold.
func (bulkView) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["state"].Enum = enumOf(booking.BulkStates())
	s.Properties["action"].Enum = enumOf(booking.BulkActions())
	return s
}

func showBulk(r booking.BulkRun) bulkView {
	return bulkView{
		ID: r.ID, State: r.State, Action: r.Action, Filter: bulkFilter(r.Filter), Reason: ownWords(r.Reason), By: r.By, PlannedAt: r.PlannedAt,
		BegunAt: r.BegunAt, EndedAt: r.EndedAt, Orders: r.Orders, More: r.More, Acted: r.Acted(),
		Results: bulkResults{
			Done: r.Results[booking.BulkDid], Changed: r.Results[booking.BulkChanged], Refused: r.Results[booking.BulkRefused], Failed: r.Results[booking.BulkFailed],
		},
	}
}

// bulkOrderView is an order that a dry run has named.
type bulkOrderView struct {
	OrderID string             `json:"orderId" example:"lodging-06gzvfahhdv2qeq77vmrpjqcg8"`
	Status  booking.Status     `json:"status" doc:"In the dry run"`
	Result  booking.BulkResult `json:"result,omitempty" doc:"Absent until it was acted on"`
	Outcome string             `json:"outcome,omitempty" doc:"As in the log of operators' actions: done, accepted, or the code of a refusal" example:"done"`
	DoneAt  time.Time          `json:"doneAt,omitzero"`
}

// TransformSchema documents what the domain's string types may hold.
func (bulkOrderView) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["status"].Enum = enumOf(booking.Statuses())
	s.Properties["result"].Enum = enumOf(booking.BulkResults())
	return s
}

func showBulkOrder(o booking.BulkOrder) bulkOrderView {
	return bulkOrderView{OrderID: o.OrderID, Status: o.Status, Result: o.Result, Outcome: o.Outcome, DoneAt: o.DoneAt}
}

type bulkAnswer struct {
	Location string `header:"Location" doc:"Where it shows how it stands"`
	Body     bulkView
}

func answerBulk(r booking.BulkRun) *bulkAnswer {
	return &bulkAnswer{Location: bulkPath + "/" + r.ID, Body: showBulk(r)}
}

func (s *server) planBulk(ctx context.Context, in *bulkRequest) (*bulkAnswer, error) {
	w := in.Body
	run, err := s.Orders.PlanBulk(ctx, CallerOf(ctx), w.Action, booking.BulkFilter(w.Filter), booking.Lines(w.Reason))
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

// bulkOrdersRequest asks for a bulk action and a part of its orders.
type bulkOrdersRequest struct {
	Strict
	ID   string `path:"id" maxLength:"64" doc:"The id of its dry run"`
	Left bool   `query:"left" doc:"Only orders to which it was not done"`
	Paging
}

type bulkStanding struct {
	Run   bulkView        `json:"run"`
	Items []bulkOrderView `json:"items" nullable:"false"`
	Next  string          `json:"next,omitempty" doc:"Cursor of the part that follows; absent at the end"`
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
	for n := range runs {
		if runs[n], err = s.Bulk.Run(ctx, runs[n].ID); err != nil {
			return nil, err
		}
	}
	return &list[bulkView]{partOf(each(runs, showBulk), next)}, nil
}
