package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

func (s *server) registerRecords() {
	register(s, huma.Operation{
		OperationID: "get-payment", Method: http.MethodGet, Path: "/v1/payments/{orderId}", Tags: []string{tagRecords},
		Summary: "An order's payment", Responses: s.problems(booking.NotFound, orders.TemporalUnavailable, booking.Unavailable),
	}, s.getPayment)
	register(s, huma.Operation{
		OperationID: "list-messages", Method: http.MethodGet, Path: "/v1/messages", Tags: []string{tagRecords},
		Summary: "What an owner or customer was told", Responses: s.problems(booking.Invalid, booking.InvalidCursor, booking.Unavailable),
	}, s.listMessages)
}

type paymentByOrder struct {
	Strict
	Labelled
	OrderID string `path:"orderId" doc:"The order's id"`
}

// paymentView is a payment as the API shows it.
type paymentView struct {
	OrderID     string                `json:"orderId" example:"lodging-06gzvfahhdv2qeq77vmrpjqcg8"`
	Status      booking.PaymentStatus `json:"status" enum:"deferred,pending,charged,declined,refunding,refunded,retained,returned,voided" doc:"deferred: its turn has not come yet. refunding: to be given back, or to be made certain that it was never taken. retained: taken and kept, by the cancellation policy. returned: back with the customer in another way than by a refund, such as a dispute. voided: never taken, and never will be"`
	StatusLabel string                `json:"statusLabel" doc:"The status in words, in the language of Content-Language" example:"paid"`
	Amount      booking.Money         `json:"amount" doc:"What was asked for"`
	Refunded    booking.Money         `json:"refunded" doc:"What was given back"`
}

type paymentAnswer struct {
	Localized
	Body paymentView
}

func (s *server) getPayment(ctx context.Context, in *paymentByOrder) (*paymentAnswer, error) {
	if err := s.Orders.Allow(ctx, CallerOf(ctx), booking.ReadPayment, "", in.OrderID); err != nil {
		return nil, err
	}
	p, err := s.Payments.Payment(ctx, in.OrderID)
	if err != nil {
		return nil, err
	}
	l := in.language()
	return &paymentAnswer{Localized: l.localized(), Body: paymentView{
		OrderID: p.OrderID, Status: p.Status, StatusLabel: p.Status.Label(booking.Language(l)), Amount: p.Amount,
		Refunded: booking.Money{Amount: p.Refunded, Currency: p.Amount.Currency},
	}}, nil
}

// messageView is a message as the API shows it.
type messageView struct {
	ID          string              `json:"id"`
	OrderID     string              `json:"orderId" example:"food-06gzvfahhdv2qeq77vmrpjqcg8"`
	RecipientID string              `json:"recipientId" example:"olivia"`
	Type        booking.MessageType `json:"type" doc:"What it tells" example:"order_cancelled"`
	Data        booking.MessageData `json:"data,omitzero" doc:"What the text is made of. Messages of early versions have none"`
	Reason      booking.Reason      `json:"reason,omitempty" doc:"Of a message that takes another one back: why" example:"customer"`
	Text        string              `json:"text" doc:"The message in words, in the language of Content-Language" example:"Cancelled (at the customer's wish): 2 × Bibimbap, for alice"`
	At          time.Time           `json:"at"`
}

// TransformSchema documents what the domain's string types may hold.
func (messageView) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["type"].Enum = enumOf(booking.MessageTypes())
	s.Properties["reason"].Enum = enumOf(booking.Reasons())
	data := r.SchemaFromRef(s.Properties["data"].Ref).Properties
	data["kind"].Enum, data["for"].Enum = enumOf(booking.Kinds()), enumOf(booking.Addressees())
	return s
}

type messageSelection struct {
	Labelled
	Paging
	RecipientID name `query:"recipientId" doc:"Whose messages; the caller's own without it" example:"olivia"`
}

// Resolve finds what the schema cannot.
func (in *messageSelection) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	if caller := CallerOf(ctx.Context()); caller.Is(booking.OwnerRole) {
		f.ownList(ctx, "query.recipientId", in.RecipientID)
	} else if in.RecipientID == "" {
		in.RecipientID = name(caller.ID)
		f.required("query.recipientId", in.RecipientID)
	}
	return f
}

type messageList struct {
	Localized
	Body part[messageView]
}

func (s *server) listMessages(ctx context.Context, in *messageSelection) (_ *messageList, err error) {
	if in.RecipientID == "" {
		if in.RecipientID, err = s.organisation(ctx, "query.recipientId"); err != nil {
			return nil, err
		}
	}
	recipient, caller := string(in.RecipientID), CallerOf(ctx)
	err = caller.Authorize(booking.ReadMessages, booking.Thing{CustomerID: recipient, OwnerID: recipient, CleanerID: recipient})
	if err != nil {
		return nil, err
	}
	messages, next, err := s.Messages.Messages(ctx, recipient, in.page())
	if err != nil {
		return nil, err
	}
	messages = slices.DeleteFunc(messages, func(m booking.Message) bool { return !caller.Allowed(booking.ReadMessages, addressee(m)) })
	l := in.language()
	return &messageList{Localized: l.localized(), Body: partOf(each(messages, l.showMessage), next)}, nil
}

// addressee is who the message is for: of a customer, an owner and a cleaner that have
// the same id each is told something else. Messages of early builds do not say so by
// themselves, and their keys do. One of which nothing tells it is for those who may read
// all.
func addressee(m booking.Message) booking.Thing {
	switch cmp.Or(m.Data.For, contract.AddresseeOf(m.OrderID, m.Key)) {
	case booking.ForCustomer:
		return booking.Thing{CustomerID: m.RecipientID}
	case booking.ForOwner:
		return booking.Thing{OwnerID: m.RecipientID}
	case booking.ForCleaner:
		return booking.Thing{CleanerID: m.RecipientID}
	default:
		return booking.Thing{}
	}
}

func (l language) showMessage(m booking.Message) messageView {
	return messageView{
		ID: m.Key, OrderID: m.OrderID, RecipientID: m.RecipientID, Type: m.Type, Data: m.Data, Reason: m.Reason,
		Text: m.Words(booking.Language(l)), At: m.At,
	}
}
