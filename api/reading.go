package api

import (
	"context"
	"net/http"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// orderByID asks for one order.
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
	return in.language().answer(http.StatusOK, view), nil
}

// read finds an order of the kind; "" is every kind.
func (s *server) read(ctx context.Context, kind booking.Kind, id string) (contract.View, error) {
	aboutOrder(ctx, kind, id)
	return s.Orders.Read(ctx, CallerOf(ctx), kind, id)
}
