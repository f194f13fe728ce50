package api

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
)

func (s *server) registerAudits() {
	register(s, huma.Operation{
		OperationID: "get-audit", Method: http.MethodGet, Path: auditPath, Tags: []string{tagOperations},
		Summary: "List the findings of the audit",
		Description: "All differences that the last audits have found, newest first. An audit compares all orders with money, " +
			"stock, work and pages. `done` is the last audit that could read everything, `last` the last one that was requested, " +
			"with any outcome. A finding is closed, and no longer listed, when an audit does not see it any more.",
		Responses: s.problems(booking.Invalid, booking.InvalidCursor, booking.Unavailable),
	}, s.getAudit)
	started := s.problems(booking.Unavailable)
	started["200"] = &huma.Response{
		Description: "An audit is already open; this is its state",
		Content:     map[string]*huma.MediaType{"application/json": {Schema: s.schemaOf(reflect.TypeFor[auditRunView]())}},
	}
	register(s, huma.Operation{
		OperationID: "run-audit", Method: http.MethodPost, Path: auditPath + "/runs", Tags: []string{tagOperations},
		Summary: "Run an audit now", DefaultStatus: http.StatusAccepted,
		Description: "Requests an audit, which a worker begins within seconds; it can be followed at Location. There is one " +
			"audit at a time: while one is open, the answer is that audit and no other is begun.",
		Responses: started,
	}, s.runAudit)
}

const auditPath = "/v1/audit"

// auditSelection selects findings.
type auditSelection struct {
	Strict
	OrderID string `query:"orderId" maxLength:"64" doc:"Only findings about this order" example:"lodging-06gzvfahhdv2qeq77vmrpjqcg8"`
	Paging
}

// auditRunView is an audit as the API shows it.
type auditRunView struct {
	ID          int64              `json:"id" doc:"A later audit has a higher id" example:"17"`
	State       booking.AuditState `json:"state" doc:"waiting: no worker has begun it. failed: it could not read everything, and words say why"`
	RequestedBy string             `json:"askedBy" doc:"The number of the caller who requested it; system for the schedule" example:"system"`
	RequestedAt time.Time          `json:"askedAt"`
	BegunAt     time.Time          `json:"begunAt,omitzero" doc:"When it was begun the last time"`
	EndedAt     time.Time          `json:"endedAt,omitzero"`
	Orders      int                `json:"orders" doc:"How many orders were audited"`
	NotJudged   int                `json:"notJudged" doc:"Orders whose workflow did not answer"`
	InMotion    int                `json:"inMotion" doc:"Orders and items that changed each time they were checked"`
	Found       int                `json:"found" doc:"The number of findings"`
	Words       string             `json:"words,omitempty" doc:"Why it failed, or why one of the orders was not judged"`
}

// TransformSchema lists the values of the domain's string types.
func (auditRunView) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["state"].Enum = enumOf(booking.AuditStates())
	return s
}

func showAuditRun(r booking.AuditRun) *auditRunView {
	if r.ID == 0 {
		return nil
	}
	return &auditRunView{
		ID: r.ID, State: r.State, RequestedBy: r.RequestedBy, RequestedAt: r.RequestedAt, BegunAt: r.BegunAt, EndedAt: r.EndedAt,
		Orders: r.Orders, NotJudged: r.NotJudged, InMotion: r.InMotion, Found: r.Found, Words: r.Words,
	}
}

// findingView is a finding as the API shows it.
type findingView struct {
	ID        string    `json:"id" doc:"The same in each audit that finds it"`
	Kind      string    `json:"kind" doc:"What it is about" example:"money"`
	OrderID   string    `json:"orderId,omitempty" example:"lodging-06gzvfahhdv2qeq77vmrpjqcg8"`
	ItemID    string    `json:"itemId,omitempty" doc:"The place, drink or cleaner that it is about"`
	Says      string    `json:"says" doc:"What is wrong" example:"its workflow was terminated while it was confirmed: 100000 KRW charged"`
	Remedy    string    `json:"remedy,omitempty" doc:"What to type or to request" example:"yeyak settle lodging-06gzvfahhdv2qeq77vmrpjqcg8"`
	FirstSeen time.Time `json:"firstSeen"`
	LastSeen  time.Time `json:"lastSeen"`
}

func showFinding(f booking.AuditFinding) findingView {
	return findingView{
		ID: f.ID, Kind: f.Kind, OrderID: f.OrderID, ItemID: f.Item, Says: f.Says, Remedy: f.Remedy, FirstSeen: f.FirstSeen, LastSeen: f.LastSeen,
	}
}

// auditView is what the audits found.
type auditView struct {
	Done  *auditRunView `json:"done,omitempty" doc:"The last audit that could read everything"`
	Last  *auditRunView `json:"last,omitempty" doc:"The audit that was requested last"`
	Items []findingView `json:"items" nullable:"false"`
	Next  string        `json:"next,omitempty" doc:"Cursor of the next part; absent at the end"`
}

type auditAnswer struct{ Body auditView }

func (s *server) getAudit(ctx context.Context, in *auditSelection) (*auditAnswer, error) {
	if err := may(ctx, booking.ReadAudit, booking.Thing{}); err != nil {
		return nil, err
	}
	done, last, err := s.Audits.Latest(ctx)
	if err != nil {
		return nil, err
	}
	findings, next, err := s.Audits.Findings(ctx, in.OrderID, in.page())
	if err != nil {
		return nil, err
	}
	return &auditAnswer{auditView{Done: showAuditRun(done), Last: showAuditRun(last), Items: each(findings, showFinding), Next: next}}, nil
}

type auditRunAnswer struct {
	Status   int
	Location string `header:"Location" doc:"Where the audit can be followed"`
	Body     *auditRunView
}

func (s *server) runAudit(ctx context.Context, _ *struct{ Strict }) (*auditRunAnswer, error) {
	if err := may(ctx, booking.RunAudit, booking.Thing{}); err != nil {
		return nil, err
	}
	run, started, err := s.Audits.Request(ctx, CallerOf(ctx).ID, s.Now())
	if err != nil {
		return nil, err
	}
	answer := &auditRunAnswer{Status: http.StatusAccepted, Location: auditPath, Body: showAuditRun(run)}
	if !started {
		answer.Status = http.StatusOK
	}
	return answer, nil
}
