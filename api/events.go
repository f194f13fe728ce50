package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"github.com/yeyak/yeyak/booking"
)

func (s *server) registerEvents() {
	responses := s.problems(booking.Invalid, booking.InvalidCursor, tooManyStreams, tooManyStreamsOfOne, booking.Unavailable)
	responses["200"] = &huma.Response{
		Description: "A part of the feed, or the feed as a stream",
		Content: map[string]*huma.MediaType{
			"application/json": {Schema: s.schemaOf(reflect.TypeFor[eventPart]())},
			streamMediaType:    {Schema: streamSchema},
		},
	}
	register(s, huma.Operation{
		OperationID: "list-events", Method: http.MethodGet, Path: "/v1/events", Tags: []string{tagRecords},
		Summary: "Follow what happens to orders and in the catalogue",
		Description: "What has happened to orders of every kind and in the catalogue, as CloudEvents 1.0, in an order in which " +
			"a reader misses none. Ask again with after=next; next is there even if there is nothing new.\n\nA customer follows " +
			"their own orders with customerId, a member of an organisation its orders with ownerId, and not both at once; the whole feed needs the " +
			"scope `events:read`.\n\nWith `Accept: text/event-stream` the answer continues: Server-Sent Events from after, or " +
			"from Last-Event-ID, for as long as the reader stays and may read it.",
		Responses: responses,
	}, s.followEvents)
}

type eventList struct {
	After       string `query:"after" maxLength:"512" doc:"Cursor: next of the previous part, or the id of an event of a stream; now for the events after all present ones; by default from the beginning"`
	Limit       int    `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"The largest number of events in a list; a stream continues"`
	CustomerID  name   `query:"customerId" doc:"Only events of this customer's orders; not together with ownerId" example:"alice"`
	OwnerID     name   `query:"ownerId" doc:"Only events of this owner's orders; not together with customerId" example:"olivia"`
	LastEventID string `header:"Last-Event-ID" maxLength:"512" doc:"Cursor of a stream. It takes precedence over after: a browser that reconnects repeats its old query and adds this header. A list ignores it"`

	stream bool   // the client requests a stream
	caller string // account whose limit a stream counts against
}

// Resolve validates the query as a whole and finds whether a stream is requested.
func (in *eventList) Resolve(ctx huma.Context) []error {
	in.stream = prefersStream(humagin.Unwrap(ctx).Request.Header.Values("Accept"))
	in.caller = countsFor(ctx)
	var f faults
	f.checkQuery(ctx)
	if in.CustomerID != "" && in.OwnerID != "" {
		f.add("query.ownerId", "cannot be given with customerId: events are followed of one customer or of one owner")
	}
	return f
}

// eventsAnswer is a list or a stream; both write themselves.
type eventsAnswer struct {
	Body func(huma.Context)
}

type eventPart struct {
	Items []cloudEvent `json:"items" nullable:"false"`
	Next  string       `json:"next" doc:"Cursor of the next part, for now or later"`
}

// cloudEvent is an event in the JSON format of CloudEvents 1.0
// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md).
type cloudEvent struct {
	SpecVersion     string            `json:"specversion" enum:"1.0"`
	ID              string            `json:"id" doc:"Unique in the feed; always the same for this event" example:"lodging-g500aemwcp1h8g3vdxajcakkpw/PaymentApproved"`
	Source          string            `json:"source" format:"uri-reference" doc:"The business" example:"/yeyak/lodging"`
	Type            booking.EventType `json:"type" doc:"What happened" example:"PaymentApproved"`
	Subject         string            `json:"subject" doc:"The id of the order, or of the place, menu, drink or cleaner" example:"lodging-g500aemwcp1h8g3vdxajcakkpw"`
	Time            time.Time         `json:"time" doc:"When it happened, in UTC"`
	DataContentType string            `json:"datacontenttype" enum:"application/json"`
	Data            eventData         `json:"data"`
}

// eventData is the data of an order or of the catalogue: one of them is nil.
type eventData struct {
	booking.EventData
	catalogue *booking.CatalogueData
}

// MarshalJSON writes the one that is not nil.
func (d eventData) MarshalJSON() ([]byte, error) {
	var payload any = d.EventData
	if d.catalogue != nil {
		payload = d.catalogue
	}
	var text bytes.Buffer
	writer := json.NewEncoder(&text)
	writer.SetEscapeHTML(false) // as in all other answers
	err := writer.Encode(payload)
	return text.Bytes(), err
}

// Schema documents both, with the values of the domain's string types.
func (eventData) Schema(r huma.Registry) *huma.Schema {
	order := r.Schema(reflect.TypeFor[booking.EventData](), true, "")
	catalogue := r.Schema(reflect.TypeFor[booking.CatalogueData](), true, "")
	ofOrder, ofCatalogue := r.SchemaFromRef(order.Ref).Properties, r.SchemaFromRef(catalogue.Ref).Properties
	for _, properties := range []map[string]*huma.Schema{ofOrder, ofCatalogue} {
		properties["kind"].Enum = enumOf(booking.Kinds())
	}
	ofOrder["status"].Enum = enumOf(booking.Statuses())
	ofOrder["reason"].Enum = enumOf(booking.Reasons())
	for of, statuses := range map[string][]any{
		"payment": enumOf(booking.PaymentStatuses()), "delivery": enumOf(booking.JobStatuses()), "production": enumOf(booking.JobStatuses()),
	} {
		r.SchemaFromRef(ofOrder[of].Ref).Properties["status"].Enum = statuses
	}
	ofCatalogue["confirmation"].Enum = []any{string(booking.Auto), string(booking.Manual)}
	return &huma.Schema{Description: "The order, or the item of the catalogue, as it was then", OneOf: []*huma.Schema{order, catalogue}}
}

func envelope(e booking.Event) cloudEvent {
	kind := e.Data.Kind
	if e.Catalogue != nil {
		kind = e.Catalogue.Kind
	}
	return cloudEvent{
		SpecVersion: "1.0", ID: e.Key, Source: "/yeyak/" + string(kind), Type: e.Type,
		Subject: e.Subject, Time: e.At.UTC(), DataContentType: "application/json", Data: eventData{e.Data, e.Catalogue},
	}
}

// TransformSchema lists the event types.
func (cloudEvent) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["type"].Enum = enumOf(booking.EventTypes())
	return s
}

func (s *server) followEvents(ctx context.Context, in *eventList) (*eventsAnswer, error) {
	if err := in.followed().may(ctx); err != nil {
		return nil, err
	}
	if in.stream {
		return s.streamEvents(ctx, in)
	}
	return s.listEvents(ctx, in)
}

func (s *server) listEvents(ctx context.Context, in *eventList) (*eventsAnswer, error) {
	after, err := s.feedPlace(ctx, in.After)
	if err != nil {
		return nil, err
	}
	events, next, err := s.eventsOf(ctx, in.followed(), after, in.Limit)
	if err != nil {
		return nil, cursorFault(err, "after")
	}
	part := eventPart{Items: make([]cloudEvent, len(events)), Next: next}
	for i, e := range events {
		part.Items[i] = envelope(e)
	}
	return &eventsAnswer{Body: func(ctx huma.Context) {
		ctx.SetHeader("Content-Type", "application/json")
		_ = s.huma.Marshal(ctx.BodyWriter(), "application/json", part) // fails only if the client has gone
	}}, nil
}

// cursorFault names the parameter whose cursor is not valid.
func cursorFault(err error, field string) error {
	if invalid, ok := errors.AsType[*booking.Error](err); ok && invalid.Code == booking.InvalidCursor {
		return newProblem(booking.InvalidCursor, "%s", invalid.Message).at(field, "is not one of this list")
	}
	return err
}
