package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

const productionsPath = "/v1/cafe/productions"

func (s *server) registerProductions() {
	register(s, huma.Operation{
		OperationID: "list-productions", Method: http.MethodGet, Path: productionsPath, Tags: []string{tagCafe},
		Summary: "List the productions of a café", Description: "status=started lists productions under way. Orders that have not " +
			"reached the kitchen yet are not listed.",
		Responses: s.problems(booking.NotFound, booking.Invalid, booking.InvalidCursor, booking.Unavailable),
	}, s.listProductions)
	register(s, huma.Operation{
		OperationID: "get-production", Method: http.MethodGet, Path: productionsPath + "/{orderId}", Tags: []string{tagCafe},
		Summary: "Read an order's production", Description: "It is waiting until the order has reached the kitchen.",
		Responses: s.problems(booking.NotFound, orders.TemporalUnavailable, booking.Unavailable),
	}, s.getProduction)
	registerDecision[jobDone](s, decision{
		kind: booking.Cafe, verb: "complete", path: productionsPath + "/{orderId}/complete", tag: tagCafe, update: contract.CompleteUpdate,
		summary: "The café has handed the order over", refusals: []booking.Code{booking.NotInProduction, booking.AlreadyCompleted},
	})
}

// productionView is a production as the API shows it.
type productionView struct {
	Job
	Status      booking.JobStatus `json:"status" enum:"waiting,started,completed,cancelled"`
	Reason      booking.Reason    `json:"reason,omitempty" doc:"Why the order was cancelled"`
	ReasonLabel string            `json:"reasonLabel,omitempty" doc:"The reason in words" example:"no longer sold"`
}

// TransformSchema lists the values of the domain's string types.
func (productionView) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["reason"].Enum = enumOf(booking.Reasons())
	return s
}

func (l language) showProduction(j booking.JobState) productionView {
	return productionView{Job: l.showJob(j), Status: j.Status, Reason: j.Reason, ReasonLabel: l.reason(j.Reason)}
}

type productionAnswer struct {
	Localized
	Body productionView
}

type productionSelection struct {
	Strict
	Labelled
	Paging
	Counted
	MenuID name              `query:"menuId" doc:"Only productions of this drink. Required for members of a café" example:"drink-0m5w3k1v8t2z6r4q"`
	Status booking.JobStatus `query:"status" enum:"waiting,started,completed,cancelled" doc:"Only productions in this status"`
}

type productionList struct {
	Localized
	Body part[productionView]
}

func (s *server) listProductions(ctx context.Context, in *productionSelection) (*productionList, error) {
	filter := booking.JobFilter{ItemID: string(in.MenuID), Status: in.Status}
	if err := s.mayListProductions(ctx, filter.ItemID); err != nil {
		return nil, err
	}
	jobs, next, err := s.Productions.List(ctx, filter, in.page())
	if err != nil {
		return nil, err
	}
	l := in.language()
	body, err := totalled(ctx, in.Counted, partOf(each(jobs, l.showProduction), next), filter, s.Productions.Count)
	return &productionList{Localized: l.localized(), Body: body}, err
}

// mayListProductions: members of a café list the productions of one drink at a time.
func (s *server) mayListProductions(ctx context.Context, drinkID string) error {
	caller := CallerOf(ctx)
	if caller.AlwaysAllowed(booking.ListProductions) {
		return nil
	}
	if drinkID == "" {
		return invalid([]error{&huma.ErrorDetail{Location: "query.menuId", Message: "is required"}})
	}
	drink, err := s.drink(ctx, drinkID)
	if err != nil {
		return err
	}
	return caller.Authorize(booking.ListProductions, booking.Thing{OwnerID: drink.OwnerID, ItemID: drink.ID})
}

func (s *server) getProduction(ctx context.Context, in *jobByOrder) (*productionAnswer, error) {
	job, err := s.job(ctx, s.Productions, booking.Cafe, in.OrderID)
	if err != nil {
		return nil, err
	}
	l := in.language()
	return &productionAnswer{Localized: l.localized(), Body: l.showProduction(job)}, nil
}
