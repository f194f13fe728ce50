package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

const placesPath = "/v1/lodging/places"

func (s *server) registerPlaces() {
	register(s, huma.Operation{
		OperationID: "add-place", Method: http.MethodPost, Path: placesPath, Tags: []string{tagLodging},
		Summary: "Register a place", DefaultStatus: http.StatusCreated,
		Description: "A place with manual confirmation asks its owner about each reservation and waits confirmWithin.",
		Responses:   s.problems(booking.Invalid, booking.Unavailable),
	}, s.addPlace)
	register(s, huma.Operation{
		OperationID: "list-places", Method: http.MethodGet, Path: placesPath, Tags: []string{tagLodging},
		Summary: "List the places", Description: "Newest first.", Responses: s.problems(booking.Invalid, booking.InvalidCursor, booking.Unavailable),
	}, s.listPlaces)
	register(s, huma.Operation{
		OperationID: "get-place", Method: http.MethodGet, Path: placesPath + "/{id}", Tags: []string{tagLodging},
		Summary: "Read a place", Responses: s.problems(booking.NotFound, booking.Unavailable),
	}, s.getPlace)
	register(s, huma.Operation{
		OperationID: "change-place", Method: http.MethodPatch, Path: placesPath + "/{id}", Tags: []string{tagLodging},
		Summary: "Change or withdraw a place",
		Description: "Fields that are left out do not change. Reservations keep the place as it was when they were made. A " +
			"place that is withdrawn accepts no new reservations, and its present ones go on; it can be brought back.",
		Responses: s.problems(booking.NotFound, booking.Invalid, booking.Unavailable),
	}, s.changePlace)
}

// placeView is a place as the API shows it.
type placeView struct {
	ID            string               `json:"id" example:"place-0m5w3k1v8t2z6r4q"`
	Name          string               `json:"name" example:"Seaside Inn"`
	OwnerID       string               `json:"ownerId" example:"olivia"`
	Price         booking.Money        `json:"price" doc:"Price per room and night"`
	Confirmation  booking.Confirmation `json:"confirmation" enum:"auto,manual"`
	ConfirmWithin string               `json:"confirmWithin" doc:"How long the owner may take if confirmation is manual" example:"24h"`
	TimeZone      string               `json:"timeZone" doc:"IANA name of the time zone of this place's dates and times" example:"Asia/Seoul"`
	CheckInTime   string               `json:"checkInTime" example:"15:00"`
	CheckOutTime  string               `json:"checkOutTime" example:"11:00"`
	Withdrawn     bool                 `json:"withdrawn" doc:"Whether it accepts no new reservations"`
	// Cancellation is nil for a place whose customers get everything back.
	Cancellation *booking.CancellationPolicy `json:"cancellation,omitempty" doc:"How much is refunded to customers who cancel; by default everything"`
}

func showPlace(p booking.Place) placeView {
	return placeView{
		ID: p.ID, Name: p.Name, OwnerID: p.OwnerID, Price: p.Price, Confirmation: p.Confirmation,
		ConfirmWithin: p.ConfirmWithin.String(), TimeZone: p.TimeZone,
		CheckInTime: p.CheckInTime.String(), CheckOutTime: p.CheckOutTime.String(), Withdrawn: p.Withdrawn,
		Cancellation: p.Cancellation,
	}
}

type placeAnswer struct {
	Location string `header:"Location" doc:"The new place's address"`
	Body     placeView
}

type placeByID struct {
	Strict
	ID string `path:"id" doc:"The place's id"`
}

type placeList struct {
	Strict
	Paging
	Counted
	Selection
}

func (s *server) addPlace(ctx context.Context, in *addPlaceInput) (*placeAnswer, error) {
	place := booking.Place{ID: newID("place")}
	in.edit(&place)
	if err := may(ctx, booking.ChangeCatalogue, booking.Thing{OwnerID: place.OwnerID}); err != nil {
		return nil, err
	}
	if err := s.Catalogue.AddPlace(ctx, CallerOf(ctx).ID, place); err != nil {
		return nil, err
	}
	s.noteChange(ctx, "place added", zap.String("item", place.ID), zap.String("owner", place.OwnerID))
	return &placeAnswer{Location: placesPath + "/" + place.ID, Body: showPlace(place)}, nil
}

func (s *server) listPlaces(ctx context.Context, in *placeList) (*list[placeView], error) {
	places, next, err := s.Catalogue.Places(ctx, in.filter(), in.page())
	if err != nil {
		return nil, err
	}
	body, err := totalled(ctx, in.Counted, partOf(each(places, showPlace), next), in.filter(), s.Catalogue.CountPlaces)
	return &list[placeView]{Body: body}, err
}

func (s *server) getPlace(ctx context.Context, in *placeByID) (*placeAnswer, error) {
	place, err := s.place(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &placeAnswer{Body: showPlace(place)}, nil
}

func (s *server) changePlace(ctx context.Context, in *changePlaceInput) (*placeAnswer, error) {
	place, err := known(ctx, "place", in.ID, func(ctx context.Context, id string) (booking.Place, error) {
		return s.Catalogue.ChangePlace(ctx, CallerOf(ctx).ID, id, func(p *booking.Place) error {
			if err := mayChange(ctx, p.ID, p.OwnerID, in.ownerID); err != nil {
				return err
			}
			in.edit(p)
			return in.checkTimes(*p)
		})
	})
	if err != nil {
		return nil, err
	}
	s.noteChange(ctx, "place changed", zap.String("item", place.ID), zap.String("owner", place.OwnerID))
	return &placeAnswer{Body: showPlace(place)}, nil
}

func (s *server) place(ctx context.Context, id string) (booking.Place, error) {
	return known(ctx, "place", id, s.Catalogue.Place)
}
