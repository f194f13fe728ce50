package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

const deliveriesPath = "/v1/food/deliveries"

func (s *server) registerDeliveries() {
	register(s, huma.Operation{
		OperationID: "list-deliveries", Method: http.MethodGet, Path: deliveriesPath, Tags: []string{tagFood},
		Summary: "List the deliveries", Description: "status=started lists deliveries under way; couriers see only these. " +
			"Orders that have not reached the delivery service yet are not listed. The address is in each delivery itself.",
		Responses: s.problems(booking.Invalid, booking.InvalidCursor, booking.Unavailable),
	}, s.listDeliveries)
	register(s, huma.Operation{
		OperationID: "get-delivery", Method: http.MethodGet, Path: deliveriesPath + "/{orderId}", Tags: []string{tagFood},
		Summary: "Read an order's delivery", Description: "It is waiting until the order has reached the delivery service.",
		Responses: s.problems(booking.NotFound, orders.TemporalUnavailable, booking.Unavailable),
	}, s.getDelivery)
	registerDecision[jobDone](s, decision{
		kind: booking.Food, verb: "complete", path: deliveriesPath + "/{orderId}/complete", tag: tagFood, update: contract.CompleteUpdate,
		summary: "The courier has handed the order over", refusals: []booking.Code{booking.NotDelivering, booking.AlreadyDelivered},
	})
}

// deliveryView is a delivery as the API shows it.
type deliveryView struct {
	Job
	Address string            `json:"address,omitempty" doc:"The address of the delivery; not in lists"`
	Status  booking.JobStatus `json:"status" enum:"waiting,started,delivered,cancelled"`
}

// listDelivery shows the delivery in a list, without personal data.
func (l language) listDelivery(j booking.JobState) deliveryView {
	return l.showDelivery(j, booking.ReaderNone, false)
}

// showDelivery shows the delivery of an order to a reader; underWay is false once the
// order has ended.
func (l language) showDelivery(j booking.JobState, to booking.Reader, underWay bool) deliveryView {
	underWay = underWay && (j.Status == booking.JobWaiting || j.Status == booking.JobStarted)
	return deliveryView{Job: l.showJob(j), Status: j.Status, Address: j.Address.Shown(to, booking.Address, underWay)}
}

type deliveryAnswer struct {
	Localized
	Body deliveryView
}

type deliverySelection struct {
	Strict
	Labelled
	Paging
	Counted
	Status  booking.JobStatus `query:"status" enum:"waiting,started,delivered,cancelled" doc:"Only deliveries in this status"`
	OwnerID name              `query:"ownerId" doc:"Only deliveries for this shop; for a member of one organisation that is the default" example:"sara"`
}

type deliveryList struct {
	Localized
	Body part[deliveryView]
}

func (s *server) listDeliveries(ctx context.Context, in *deliverySelection) (*deliveryList, error) {
	filter, err := s.deliveriesOf(ctx, booking.JobFilter{OwnerID: string(in.OwnerID), Status: in.Status})
	if err != nil {
		return nil, err
	}
	jobs, next, err := s.Deliveries.List(ctx, filter, in.page())
	if err != nil {
		return nil, err
	}
	l := in.language()
	body, err := totalled(ctx, in.Counted, partOf(each(jobs, l.listDelivery), next), filter, s.Deliveries.Count)
	return &deliveryList{Localized: l.localized(), Body: body}, err
}

// deliveriesOf restricts the filter to what the caller may list. A member of one
// organisation need not name it. Couriers list the deliveries of all shops that are not
// done.
func (s *server) deliveriesOf(ctx context.Context, f booking.JobFilter) (booking.JobFilter, error) {
	caller := CallerOf(ctx)
	open := booking.Thing{Delivered: f.Status == "" || f.Status == booking.JobStarted}
	if f.OwnerID == "" && !caller.Allowed(booking.ListDeliveries, open) && len(caller.Memberships) > 0 {
		ownerID, err := s.organisation(ctx, "query.ownerId")
		if err != nil {
			return f, err
		}
		f.OwnerID = string(ownerID)
	}
	open.OwnerID = f.OwnerID
	if err := caller.Authorize(booking.ListDeliveries, open); err != nil {
		return f, err
	}
	if !caller.Allowed(booking.ListDeliveries, booking.Thing{OwnerID: f.OwnerID}) { // as a courier only
		f.Status = booking.JobStarted
	}
	return f, nil
}

func (s *server) getDelivery(ctx context.Context, in *jobByOrder) (*deliveryAnswer, error) {
	job, err := s.job(ctx, s.Deliveries, booking.Food, in.OrderID)
	if err != nil {
		return nil, err
	}
	l := in.language()
	to, underWay := s.readerOfOrder(ctx, booking.Food, job.OrderID)
	return &deliveryAnswer{Localized: l.localized(), Body: l.showDelivery(job, to, underWay)}, nil
}
