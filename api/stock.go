package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

func (s *server) registerStock() {
	register(s, huma.Operation{
		OperationID: "set-stock", Method: http.MethodPut, Path: placesPath + "/{id}/stock", Tags: []string{tagLodging},
		Summary:     "Set how many rooms a place has",
		Description: "For every night of [from, to), or for none if more rooms are held on one of them.",
		Responses:   s.problems(booking.NotFound, booking.StockBelowHeld, booking.Invalid, booking.Unavailable),
	}, s.setStock)
	register(s, huma.Operation{
		OperationID: "get-stock", Method: http.MethodGet, Path: placesPath + "/{id}/stock", Tags: []string{tagLodging},
		Summary: "Read a place's rooms, night by night", Responses: s.problems(booking.NotFound, booking.Invalid, booking.Unavailable),
	}, s.getStock)
}

// nights is a requested range of nights.
type nights struct{ from, to booking.Date }

// nights parses the nights of [from, to); toField is the field of the end.
func (f *faults) nights(toField, from, to string) nights {
	n := nights{dateOf(from), dateOf(to)}
	if n.from.IsZero() || n.to.IsZero() {
		return n // the schema reports the fault
	}
	if fault := booking.RangeFault("from", n.from, n.to); fault != "" {
		f.add(toField, "%s", fault)
	}
	return n
}

type setStockInput struct {
	ID   string `path:"id" doc:"The place's id"`
	Body struct {
		From  string `json:"from" format:"date" doc:"First night" example:"{today+30}"`
		To    string `json:"to" format:"date" doc:"The day after the last night" example:"{today+37}"`
		Rooms whole  `json:"rooms" minimum:"0" maximum:"1000" doc:"Number of rooms on each of these nights" example:"5"`
	} `nameHint:"StockChange"`

	nights
}

// Resolve validates what the schema cannot.
func (in *setStockInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	in.nights = f.nights("body.to", in.Body.From, in.Body.To)
	return f
}

type getStockInput struct {
	ID   string `path:"id" doc:"The place's id"`
	From string `query:"from" required:"true" format:"date" doc:"First night" example:"{today+30}"`
	To   string `query:"to" required:"true" format:"date" doc:"The day after the last night" example:"{today+37}"`

	nights
}

// Resolve validates what the schema cannot.
func (in *getStockInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	in.nights = f.nights("query.to", in.From, in.To)
	return f
}

// stockNight is one night as the API shows it.
type stockNight struct {
	Date      string `json:"date" format:"date" example:"{today+30}"`
	Capacity  int    `json:"capacity" doc:"Number of rooms" example:"5"`
	Remaining int    `json:"remaining" doc:"Number of rooms that no reservation holds" example:"3"`
}

func showNight(d booking.StockDay) stockNight {
	return stockNight{Date: d.Date.String(), Capacity: d.Capacity, Remaining: d.Remaining}
}

func (s *server) setStock(ctx context.Context, in *setStockInput) (*list[stockNight], error) {
	place, err := s.place(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := may(ctx, booking.ChangeStock, booking.Thing{OwnerID: place.OwnerID, ItemID: place.ID}); err != nil {
		return nil, err
	}
	err = s.Stock.ChangeStock(ctx, CallerOf(ctx).ID, booking.StockChange{
		Kind: booking.Lodging, OwnerID: place.OwnerID, Item: booking.Item{ID: place.ID, Name: place.Name},
		From: in.from, To: in.to, Capacity: int(in.Body.Rooms),
	})
	if err != nil {
		return nil, err
	}
	s.noteChange(ctx, "stock set", zap.String("item", place.ID), zap.String("owner", place.OwnerID))
	return s.showStock(ctx, in.ID, in.nights)
}

func (s *server) getStock(ctx context.Context, in *getStockInput) (*list[stockNight], error) {
	if _, err := s.place(ctx, in.ID); err != nil {
		return nil, err
	}
	return s.showStock(ctx, in.ID, in.nights)
}

func (s *server) showStock(ctx context.Context, placeID string, n nights) (*list[stockNight], error) {
	stock, err := s.Stock.Days(ctx, placeID, n.from, n.to)
	if err != nil {
		return nil, err
	}
	return &list[stockNight]{Body: partOf(each(stock, showNight), "")}, nil
}
