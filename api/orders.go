package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

func (s *server) registerOrders() {
	register(s, huma.Operation{
		OperationID: "list-mypages", Method: http.MethodGet, Path: "/v1/mypages", Tags: []string{tagOrders},
		Summary: "List a customer's orders", Description: "Newest first. Orders that were refused before they were paid for " +
			"were never placed and are not listed.",
		Responses: s.problems(booking.Invalid, booking.InvalidCursor, booking.Unavailable),
	}, s.listMypages)
	register(s, huma.Operation{
		OperationID: "get-mypage", Method: http.MethodGet, Path: "/v1/mypages/{id}", Tags: []string{tagOrders},
		Summary: "Read an order of any kind", Description: "fresh=true reads from the order's workflow and updates the read " +
			"model; 503 if it does not answer.",
		Responses: s.problems(booking.NotFound, orders.Unreachable, orders.TemporalUnavailable, booking.Unavailable),
	}, s.getMypage)
	register(s, huma.Operation{
		OperationID: "list-orders", Method: http.MethodGet, Path: "/v1/orders", Tags: []string{tagOrders},
		Summary: "List an owner's orders", Description: "Newest first. For example, status=awaiting_owner lists the orders " +
			"that wait for the owner's decision.",
		Responses: s.problems(booking.Invalid, booking.InvalidCursor, booking.Unavailable),
	}, s.listOrders)
}

// OrderSelection is embedded in the inputs of lists of orders.
type OrderSelection struct {
	Counted
	Kind   kindParam   `query:"kind" doc:"Only orders of this kind"`
	Status statusParam `query:"status" doc:"Only orders in this status"`
}

func (o OrderSelection) filter() booking.OrderFilter {
	return booking.OrderFilter{Kind: booking.Kind(o.Kind), Status: booking.Status(o.Status)}
}

type mypageList struct {
	Labelled
	Paging
	OrderSelection
	Following
	CustomerID name `query:"customerId" doc:"The customer; by default the caller" example:"alice"`
}

// Resolve validates what the schema cannot.
func (in *mypageList) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	f.ownCustomer(ctx, "query.customerId", &in.CustomerID)
	return f
}

type ownerOrderList struct {
	Labelled
	Paging
	OrderSelection
	Following
	OwnerID name `query:"ownerId" doc:"The owner; by default the caller's organisation, if there is only one or the caller's own has no orders" example:"olivia"`
	ItemID  name `query:"itemId" doc:"Only orders of this place, menu or drink; not together with kind" example:"place-0m5w3k1v8t2z6r4q"`
}

// Resolve validates what the schema cannot.
func (in *ownerOrderList) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	f.ownList(ctx, "query.ownerId", in.OwnerID)
	if in.ItemID != "" && in.Kind != "" {
		f.add("query.kind", "cannot be given with itemId: what is offered is of one kind")
	}
	return f
}

type orderList struct {
	Localized
	Behind
	Body part[orderView]
}

type mypageByID struct {
	Strict
	Labelled
	ID    string `path:"id" doc:"The order's id"`
	Fresh bool   `query:"fresh" doc:"Read from the order's workflow, not from the read model"`
}

func (s *server) listMypages(ctx context.Context, in *mypageList) (*orderList, error) {
	filter := in.filter()
	filter.CustomerID = string(in.CustomerID)
	return s.selectOrders(ctx, filter, in.Following, in.Paging, in.Counted, in.language())
}

func (s *server) listOrders(ctx context.Context, in *ownerOrderList) (_ *orderList, err error) {
	if in.OwnerID == "" {
		if in.OwnerID, err = s.organisation(ctx, "query.ownerId"); err != nil {
			return nil, err
		}
	}
	filter := in.filter()
	filter.OwnerID, filter.ItemID = string(in.OwnerID), string(in.ItemID)
	return s.selectOrders(ctx, filter, in.Following, in.Paging, in.Counted, in.language())
}

func (s *server) selectOrders(ctx context.Context, f booking.OrderFilter, after Following, p Paging, c Counted, l language) (*orderList, error) {
	caller := CallerOf(ctx)
	found, err := s.Orders.List(ctx, caller, f, p.page(), after.seen())
	if err != nil {
		return nil, err
	}
	count := func(ctx context.Context, f booking.OrderFilter) (int, error) { return s.Orders.Count(ctx, caller, f) }
	body, err := totalled(ctx, c, partOf(each(found.Orders, l.list), found.Next), f, count)
	return &orderList{Localized: l.localized(), Behind: behind(found.Behind), Body: body}, err
}

func (s *server) getMypage(ctx context.Context, in *mypageByID) (*orderAnswer, error) {
	var view contract.View
	var err error
	if in.Fresh {
		aboutOrder(ctx, "", in.ID)
		view, err = s.Orders.ReadFresh(ctx, CallerOf(ctx), in.ID)
	} else {
		view, err = s.read(ctx, "", in.ID)
	}
	if err != nil {
		return nil, err
	}
	return in.language().answer(http.StatusOK, view, readerOf(ctx, view)), nil
}
