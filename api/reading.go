package api

import (
	"context"
	"net/http"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// orderByID requests one order.
type orderByID struct {
	Strict
	Labelled
	ID string `path:"id" doc:"The order's id"`
}

func (s *server) getOrder(ctx context.Context, kind booking.Kind, in *orderByID) (*orderAnswer, error) {
	view, err := s.read(ctx, kind, in.ID)
	if err != nil {
		return nil, err
	}
	return in.language().answer(http.StatusOK, view, readerOf(ctx, view)), nil
}

// readerOfOrder is readerOf for an order of which only the id is known. It also returns
// whether the order is under way. If the order cannot be read, the reader is none.
// Callers that may read every order see the same before and after its end, so the order
// is not read for them.
func (s *server) readerOfOrder(ctx context.Context, kind booking.Kind, id string) (to booking.Reader, underWay bool) {
	if caller := CallerOf(ctx); caller.AlwaysAllowed(booking.ReadOrder) {
		return caller.ReaderOf(booking.Thing{}), true
	}
	view, err := s.read(ctx, kind, id)
	if err != nil {
		return booking.ReaderNone, false
	}
	return readerOf(ctx, view), !view.Status.Final()
}

// read finds an order of the kind; "" is any kind.
func (s *server) read(ctx context.Context, kind booking.Kind, id string) (contract.View, error) {
	aboutOrder(ctx, kind, id)
	return s.Orders.Read(ctx, CallerOf(ctx), kind, id)
}
