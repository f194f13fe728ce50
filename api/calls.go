package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

func (s *server) registerCalls() {
	register(s, huma.Operation{
		OperationID: "list-calls", Method: http.MethodGet, Path: callsPath, Tags: []string{tagCleaning},
		Summary: "List the calls that are registered with management",
		Description: "Newest first. A call's status is absent while it is not known. The customer's telephone and location are " +
			"in each call's contact.",
		Responses: s.problems(booking.Invalid, booking.InvalidCursor, booking.Unavailable),
	}, s.listCalls)
	register(s, huma.Operation{
		OperationID: "get-contact", Method: http.MethodGet, Path: callsPath + "/{id}/contact", Tags: []string{tagCleaning},
		Summary: "How the customer of a call can be reached",
		Description: "Telephone and location: always for the customer and for operators, for the cleaner while the call is " +
			"under way. A call is not found before it is registered.",
		Responses: s.problems(booking.NotFound, booking.Unavailable),
	}, s.getContact)
}

// contactByOrder requests the contact of one call.
type contactByOrder struct {
	Strict
	ID string `path:"id" doc:"The call's id"`
}

// contactView is how the customer of a call can be reached.
type contactView struct {
	OrderID    string `json:"orderId" example:"cleaning-06gzvfahhdv2qeq77vmrpjqcg8"`
	CustomerID string `json:"customerId" example:"alice"`
	Tel        string `json:"tel,omitempty" doc:"Where the customer can be reached" example:"+8221234567"`
	Location   string `json:"location,omitempty" doc:"Where to clean" example:"12 Sejong-daero, Seoul"`
}

type contactAnswer struct{ Body contactView }

func (s *server) getContact(ctx context.Context, in *contactByOrder) (*contactAnswer, error) {
	if !booking.IsOrderID(booking.Cleaning, in.ID) {
		return nil, orders.NoSuchOrder(in.ID)
	}
	isAbout(ctx, in.ID)
	if err := s.Orders.Allow(ctx, CallerOf(ctx), booking.ReadOrder, booking.Cleaning, in.ID); err != nil {
		return nil, err
	}
	call, err := s.Management.Call(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	to, underWay := s.readerOfOrder(ctx, booking.Cleaning, call.OrderID)
	return &contactAnswer{contactView{
		OrderID: call.OrderID, CustomerID: call.CustomerID,
		Tel: call.Tel.Shown(to, booking.Telephone, underWay), Location: call.Location.Shown(to, booking.Location, underWay),
	}}, nil
}

// callView is a call as management shows it.
type callView struct {
	OrderID     string         `json:"orderId" example:"cleaning-06gzvfahhdv2qeq77vmrpjqcg8"`
	CustomerID  string         `json:"customerId" example:"alice"`
	Status      booking.Status `json:"status,omitempty"`
	StatusLabel string         `json:"statusLabel,omitempty" doc:"The status in words, in the language of Content-Language" example:"calling a cleaner"`
	At          time.Time      `json:"at" doc:"When the call was registered"`
}

// TransformSchema lists the statuses of calls.
func (callView) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	var statuses []booking.Status
	for _, status := range booking.Statuses() {
		if status.Label(booking.Cleaning, booking.English) != "" {
			statuses = append(statuses, status)
		}
	}
	s.Properties["status"].Enum = enumOf(statuses)
	return s
}

type callSelection struct {
	Strict
	Labelled
	Paging
	Following
}

type callList struct {
	Localized
	Behind
	Body part[callView]
}

func (s *server) listCalls(ctx context.Context, in *callSelection) (*callList, error) {
	if err := may(ctx, booking.ListCalls, booking.Thing{}); err != nil {
		return nil, err
	}
	calls, next, err := s.Management.Calls(ctx, in.page())
	if err != nil {
		return nil, err
	}
	ids := each(calls, func(c booking.RegisteredCall) string { return c.OrderID })
	late := s.Orders.AwaitOrders(ctx, CallerOf(ctx), ids, in.seen())
	statuses, l := s.statusesOf(ctx, calls, ids), in.language()
	return &callList{Localized: l.localized(), Behind: behind(late), Body: partOf(each(calls, func(c booking.RegisteredCall) callView {
		status := statuses[c.OrderID]
		return callView{
			OrderID: c.OrderID, CustomerID: c.CustomerID,
			Status: status, StatusLabel: l.label(booking.Cleaning, status), At: c.At.UTC(),
		}
	}), next)}, nil
}

// statusesOf reads the statuses of the calls with these ids. Management's own database knows only
// whether a call was struck off; it is the fallback if the read model is away.
func (s *server) statusesOf(ctx context.Context, calls []booking.RegisteredCall, ids []string) map[string]booking.Status {
	reading, cancel := context.WithTimeout(ctx, s.ReplyBudget)
	defer cancel()
	known, err := s.ReadModel.Statuses(reading, ids)
	if err != nil {
		s.Logger.Warn("statuses of calls cannot be read", zap.Error(err))
	}
	statuses := make(map[string]booking.Status, len(calls))
	for _, c := range calls {
		status, published := known[c.OrderID]
		switch {
		case published:
			statuses[c.OrderID] = status
		case c.StruckOff:
			statuses[c.OrderID] = booking.Cancelled
		case err == nil:
			statuses[c.OrderID] = booking.Received // its first row is being written
		}
	}
	return statuses
}
