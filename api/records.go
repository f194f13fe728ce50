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
		Summary: "An order's payment, with its refunds", Responses: s.problems(booking.NotFound, orders.TemporalUnavailable, booking.Unavailable),
	}, s.getPayment)
	register(s, huma.Operation{
		OperationID: "list-messages", Method: http.MethodGet, Path: "/v1/messages", Tags: []string{tagRecords},
		Summary: "List the messages to an owner or customer", Responses: s.problems(booking.Invalid, booking.InvalidCursor, booking.Unavailable),
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
	Status      booking.PaymentStatus `json:"status" doc:"deferred: it waits for its turn. refunding: its refund, or making sure that it never succeeds, is under way. refunded: refunded, except what the policy keeps. retained: the policy keeps everything that was left. returned: the customer has the money back in another way than by a refund, such as a dispute. voided: it has not succeeded, and never will"`
	StatusLabel string                `json:"statusLabel" doc:"The status in words, in the language of Content-Language" example:"paid"`
	Amount      booking.Money         `json:"amount" doc:"The requested charge; for an order that was changed, the sum of its charges"`
	Refunded    booking.Money         `json:"refunded" doc:"What the payment provider has refunded"`
	Kept        booking.Money         `json:"kept" doc:"What the cancellation policy keeps"`
	Tier        string                `json:"tier,omitempty" doc:"The tier of the policy by which it is kept" example:"before:72h"`
	Refundable  booking.Money         `json:"refundable" doc:"What can still be refunded. A refund that is under way counts as refunded"`
	Entries     []paymentEntry        `json:"entries" nullable:"false" doc:"The charges and their refunds, oldest first"`
	Disputes    []booking.Dispute     `json:"disputes,omitempty" doc:"Objections to the charge with the customer's bank"`
}

// TransformSchema lists the values of the domain's string types.
func (paymentView) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["status"].Enum = enumOf(booking.PaymentStatuses())
	r.SchemaFromRef(s.Properties["disputes"].Items.Ref).Properties["state"].Enum = enumOf(booking.DisputeStates())
	return s
}

// paymentEntry is an entry as the API shows it.
type paymentEntry struct {
	Key     string              `json:"key" doc:"Unique in the order" example:"lodging-06gzvfahhdv2qeq77vmrpjqcg8/charge"`
	Kind    booking.EntryKind   `json:"kind"`
	Amount  booking.Money       `json:"amount"`
	Reason  booking.EntryReason `json:"reason,omitempty" doc:"For a refund: the reason of the cancellation, goodwill, early_departure, change (the order was changed and costs less, or the change was not made), dispute (the customer's bank took it back) or provider (refunded there by hand). For a further charge: change" example:"customer"`
	By      string              `json:"by,omitempty" doc:"The number of the caller who decided it" example:"1027"`
	Note    string              `json:"note,omitempty" doc:"Note of the caller who decided it; shown to the owner while the order is under way"`
	Ref     string              `json:"ref,omitempty" doc:"The provider's id, or the evidence of what was paid by hand, which the owner sees while the order is under way"`
	State   booking.EntryState  `json:"state" doc:"pending: the provider has accepted it, and has not done it yet. failed: a person has to act"`
	Words   string              `json:"words,omitempty" doc:"The provider's message about why it waits or has failed"`
	ByHand  bool                `json:"byHand,omitempty" doc:"A person has made the refund, at the provider or in another way"`
	At      time.Time           `json:"at" doc:"When it was decided"`
	Changed time.Time           `json:"changed,omitzero" doc:"For a refund: since when it has its state"`
}

// TransformSchema lists the values of the domain's string types.
func (paymentEntry) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["kind"].Enum, s.Properties["state"].Enum = enumOf(booking.EntryKinds()), enumOf(booking.EntryStates())
	return s
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
	words, err := s.wordsOf(ctx, in.OrderID)
	if err != nil {
		return nil, err
	}
	l := in.language()
	return &paymentAnswer{Localized: l.localized(), Body: l.showPayment(p, words)}, nil
}

// words shows as much of a personal text as its reader may see.
type words func(booking.Personal) string

// wordsOf is the words function for the notes on the order's payment. For callers that
// may read every payment the order is not read.
func (s *server) wordsOf(ctx context.Context, orderID string) (words, error) {
	caller := CallerOf(ctx)
	reader, underWay := caller.ReaderOf(booking.Thing{}), true
	if !caller.AlwaysAllowed(booking.ReadPayment) {
		view, err := s.Orders.Read(ctx, caller, booking.KindOf(orderID), orderID)
		if err != nil {
			return nil, err
		}
		reader, underWay = readerOf(ctx, view), !view.Status.Final()
	}
	return func(p booking.Personal) string { return p.Shown(reader, booking.Note, underWay) }, nil
}

func (l language) showPayment(p booking.Payment, words words) paymentView {
	in := func(amount int64) booking.Money { return booking.Money{Amount: amount, Currency: p.Amount.Currency} }
	return paymentView{
		OrderID: p.OrderID, Status: p.Status, StatusLabel: p.Label(booking.Language(l)), Amount: p.Amount,
		Refunded: in(p.Refunded), Kept: in(p.KeptNow()), Tier: p.Tier, Refundable: in(p.Refundable()),
		Entries: each(entriesOf(p), words.showEntry), Disputes: p.Disputes,
	}
}

// entriesOf are a payment's charges and refunds, oldest first.
func entriesOf(p booking.Payment) []booking.Entry {
	entries := slices.Concat(chargeOf(p), p.Entries)
	for _, c := range p.Further {
		e := booking.Entry{
			Key: c.Key, Kind: booking.ChargeEntry, Amount: c.Amount, Reason: booking.Changed, By: c.By, Ref: c.Ref, State: booking.EntryPending, At: c.At,
		}
		switch c.Status {
		case booking.Charged:
			e.State = booking.EntryDone
		case booking.Declined:
			e.State = booking.EntryFailed
		case booking.ChargePrevented:
			continue
		}
		entries = append(entries, e)
	}
	slices.SortStableFunc(entries, func(a, b booking.Entry) int { return a.At.Compare(b.At) })
	return entries
}

// chargeOf is the first charge as an entry; none if nothing was ever charged.
func chargeOf(p booking.Payment) []booking.Entry {
	e := booking.Entry{
		Key: booking.ChargeKey(p.OrderID), Kind: booking.ChargeEntry, Amount: p.FirstCharge(), Ref: p.Refs()[0], State: booking.EntryPending,
		At: p.At,
	}
	switch {
	case p.WasCharged():
		e.State = booking.EntryDone
	case p.Status == booking.Declined:
		e.State = booking.EntryFailed
	case p.Status == booking.ChargePrevented:
		return nil
	}
	return []booking.Entry{e}
}

func (shown words) showEntry(e booking.Entry) paymentEntry {
	ref := e.Ref
	if evidence := e.Evidence(); evidence != "" {
		ref = shown(evidence)
	}
	return paymentEntry{
		Key: e.Key, Kind: e.Kind, Amount: e.Amount, Reason: e.Reason, By: e.By, Note: shown(e.Note), Ref: ref, State: e.State,
		Words: e.Words, ByHand: e.ByHand, At: e.At, Changed: e.Changed,
	}
}

// messageView is a message as the API shows it.
type messageView struct {
	ID          string              `json:"id"`
	OrderID     string              `json:"orderId" example:"food-06gzvfahhdv2qeq77vmrpjqcg8"`
	RecipientID string              `json:"recipientId" example:"olivia"`
	Type        booking.MessageType `json:"type" doc:"What the message says" example:"order_cancelled"`
	Data        booking.MessageData `json:"data,omitzero" doc:"The values in the text. Messages of early versions have none"`
	Reason      booking.Reason      `json:"reason,omitempty" doc:"For a message that withdraws another one: the reason" example:"customer"`
	Text        string              `json:"text" doc:"The message in words, in the language of Content-Language" example:"Cancelled (at the customer's wish): 2 × Bibimbap, for alice"`
	At          time.Time           `json:"at"`
}

// TransformSchema lists the values of the domain's string types.
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
	RecipientID name `query:"recipientId" doc:"The recipient; by default the caller" example:"olivia"`
}

// Resolve validates what the schema cannot.
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

// addressee is the recipient as a customer, an owner or a cleaner: the same id may be
// all three, with different messages. Messages of early builds do not have the role;
// their keys do. A message without either is for callers that may read all.
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
