package api

import (
	"context"
	"errors"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// The statuses of deliveries and of productions.
var (
	deliveryStatuses   = []booking.JobStatus{booking.JobWaiting, booking.JobStarted, booking.JobDelivered, booking.JobCancelled}
	productionStatuses = []booking.JobStatus{booking.JobWaiting, booking.JobStarted, booking.JobCompleted, booking.JobCancelled}
)

// Job is what a delivery and a production have in common. (Huma finds what is embedded
// only if it is exported.)
type Job struct {
	OrderID     string       `json:"orderId" example:"food-06gzvfahhdv2qeq77vmrpjqcg8"`
	OwnerID     string       `json:"ownerId" example:"sara"`
	Item        booking.Item `json:"item" doc:"What was ordered"`
	Quantity    int          `json:"quantity" example:"2"`
	StatusLabel string       `json:"statusLabel" doc:"The status in words, in the language of Content-Language" example:"started"`
	At          time.Time    `json:"at" doc:"Since when it has this status"`
}

func (l language) showJob(j booking.JobState) Job {
	return Job{
		OrderID: j.OrderID, OwnerID: j.OwnerID, Item: j.Item, Quantity: j.Quantity,
		StatusLabel: l.job(booking.KindOf(j.OrderID), j.Status), At: j.At.UTC(),
	}
}

// jobByOrder requests the job of one order.
type jobByOrder struct {
	Strict
	Labelled
	OrderID string `path:"orderId" doc:"The order's id"`
}

// jobDone says that the job of an order is done.
type jobDone struct {
	Strict
	Labelled
	Conditional
	Acting
	OrderID string `path:"orderId" doc:"The order's id"`
	Body    *nothing
}

func (in *jobDone) orderByID() orderByID    { return orderByID{Labelled: in.Labelled, ID: in.OrderID} }
func (in *jobDone) words() booking.Personal { return "" }
func (in *jobDone) expected() string        { return "" }

// job returns the job of an order of the kind. While the job does not exist yet, it is
// waiting, as long as the order exists.
func (s *server) job(ctx context.Context, jobs Jobs, kind booking.Kind, orderID string) (booking.JobState, error) {
	if err := s.Orders.Allow(ctx, CallerOf(ctx), booking.ReadJob, kind, orderID); err != nil {
		return booking.JobState{}, err
	}
	isAbout(ctx, orderID)
	job, err := jobs.Job(ctx, orderID)
	if !errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		return job, err
	}
	view, err := s.read(ctx, kind, orderID)
	if err != nil {
		return booking.JobState{}, err
	}
	return jobOf(view), nil
}

// jobOf is an order's job before it exists.
func jobOf(v contract.View) booking.JobState {
	job := booking.JobState{
		Job:    booking.Job{OrderID: v.ID, OwnerID: v.OwnerID, Item: v.Item, Quantity: v.Quantity},
		Status: booking.JobWaiting, At: v.PlacedAt(),
	}
	if v.Delivery != nil {
		job.Address = v.Delivery.Address
	}
	if v.Status == booking.Cancelled {
		job.Status, job.Reason, job.At = booking.JobCancelled, v.Reason, v.Since()
	}
	return job
}
