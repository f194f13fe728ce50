package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// orderView is an order as the API shows it: the view, with its statuses and reasons in
// words.
type orderView struct {
	contract.View
	StatusLabel string          `json:"statusLabel" doc:"The status in words, in the language of Content-Language" example:"confirmed"`
	ReasonLabel string          `json:"reasonLabel,omitempty" doc:"The reason in words" example:"sold out"`
	History     []entryView     `json:"history" nullable:"false" doc:"The order's statuses, oldest first"`
	Delivery    *deliveryPart   `json:"delivery,omitempty" doc:"For an order that is delivered"`
	Production  *productionPart `json:"production,omitempty" doc:"For an order that is made"`
	Cleaning    *visitPart      `json:"cleaning,omitempty" doc:"For a call for a cleaner"`

	Language language `json:"-"`
}

// Fields of the same name hide the view's personal data, and contain as much of it as
// the reader may see.

type entryView struct {
	contract.Entry
	Note        string `json:"note,omitempty" doc:"Note of the caller who decided; not in lists"`
	StatusLabel string `json:"statusLabel" doc:"The status in words" example:"confirmed"`
	ReasonLabel string `json:"reasonLabel,omitempty" doc:"The reason in words" example:"sold out"`
}

// deliveryPart and productionPart are the job in an order's view.
type deliveryPart struct {
	contract.Delivery
	Address     string `json:"address,omitempty" doc:"The address of the delivery; not in lists"`
	StatusLabel string `json:"statusLabel" doc:"The status in words" example:"started"`
}

type productionPart struct {
	contract.Production
	StatusLabel string `json:"statusLabel" doc:"The status in words" example:"started"`
}

// visitPart is the cleaning in the view of a call.
type visitPart struct {
	contract.Visit
	Location string `json:"location,omitempty" doc:"Where to clean; not in lists"`
}

// readerOf is the caller's relation to the order.
func readerOf(ctx context.Context, v contract.View) booking.Reader {
	return CallerOf(ctx).ReaderOf(v.Thing())
}

// list shows the order in a list, without personal data.
func (l language) list(v contract.View) orderView { return l.show(v, booking.ReaderNone) }

// maySendToConfirm are the readers that are shown where to confirm a payment: the address alone
// suffices to do it. Operators who order for a customer forward it.
var maySendToConfirm = []booking.Reader{booking.ReaderCustomer, booking.ReaderOperator, booking.ReaderUnchecked}

// show shows the order to a reader.
func (l language) show(v contract.View, to booking.Reader) orderView {
	underWay := !v.Status.Final()
	v.NeedsAttention, v.AttentionCause = v.NeedsAttention || v.Disputed, nil // why it needs attention is for operators
	if !slices.Contains(maySendToConfirm, to) {
		v.NextAction = nil
	}
	shown := orderView{
		View: v, StatusLabel: l.label(v.Kind, v.Status), ReasonLabel: l.reason(v.Reason),
		History: make([]entryView, len(v.History)), Language: l,
	}
	for i, entry := range v.History {
		entry.At = entry.At.UTC()
		shown.History[i] = entryView{Entry: entry, Note: entry.Note.Shown(to, booking.Note, underWay), StatusLabel: l.label(v.Kind, entry.Status), ReasonLabel: l.reason(entry.Reason)}
	}
	if v.Delivery != nil {
		shown.Delivery = &deliveryPart{
			Delivery: *v.Delivery, Address: v.Delivery.Address.Shown(to, booking.Address, underWay),
			StatusLabel: l.job(v.Kind, v.Delivery.Status),
		}
	}
	if v.Production != nil {
		shown.Production = &productionPart{Production: *v.Production, StatusLabel: l.job(v.Kind, v.Production.Status)}
	}
	if v.Cleaning != nil {
		shown.Cleaning = &visitPart{Visit: *v.Cleaning, Location: v.Cleaning.Location.Shown(to, booking.Location, underWay)}
	}
	return shown
}

func (l language) label(k booking.Kind, s booking.Status) string {
	return s.Label(k, booking.Language(l))
}
func (l language) reason(r booking.Reason) string { return r.Label(booking.Language(l)) }
func (l language) job(k booking.Kind, s booking.JobStatus) string {
	return s.Label(k, booking.Language(l))
}

// TransformSchema lists the values of the domain's string types.
func (orderView) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["kind"].Enum = enumOf(booking.Kinds())
	s.Properties["status"].Enum = enumOf(booking.Statuses())
	s.Properties["reason"].Enum = enumOf(booking.Reasons())
	return s
}

// TransformSchema lists the values of the domain's string types.
func (entryView) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["status"].Enum = enumOf(booking.Statuses())
	s.Properties["reason"].Enum = enumOf(booking.Reasons())
	return s
}

// TransformSchema lists the statuses of deliveries.
func (deliveryPart) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["status"].Enum = enumOf(deliveryStatuses)
	return s
}

// TransformSchema lists the statuses of productions.
func (productionPart) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["status"].Enum = enumOf(productionStatuses)
	return s
}

func enumOf[S ~string](values []S) []any {
	enum := make([]any, len(values))
	for i, v := range values {
		enum[i] = string(v)
	}
	return enum
}

// locationOf is the address of an order.
func locationOf(v contract.View) string { return orderKinds[v.Kind].path + "/" + v.ID }

// orderAnswer is an answer that shows one order.
type orderAnswer struct {
	Status int
	Localized
	Location string `header:"Location" doc:"Where the order can be read; on 201 and 202"`
	// RetryAfter is of an order that waits to be begun.
	RetryAfter string `header:"Retry-After" doc:"Seconds after which the order may have changed; only on 202 with the status received"`
	ETag       string `header:"ETag" doc:"The order's version. A decision or change with this as If-Match is made only if the order has not changed since"`
	AsOf       string `header:"Yeyak-As-Of" doc:"The order and its version in this answer. A list with this as Yeyak-After shows this answer, in every process"`
	Body       orderView
}

func (l language) answer(status int, v contract.View, to booking.Reader) *orderAnswer {
	return &orderAnswer{Status: status, Localized: l.localized(), ETag: etag(v), AsOf: asOf(v), Body: l.show(v, to)}
}

// answerOutcome answers with status done for what is done, and with 202 and the order's
// address for what will be.
func (l language) answerOutcome(out orders.Outcome, to booking.Reader, done int) *orderAnswer {
	if !out.Done {
		done = http.StatusAccepted
	}
	a := l.answer(done, out.View, to)
	if out.After > 0 {
		a.RetryAfter = inSeconds(out.After)
	}
	if !out.Done {
		return a.located()
	}
	return a
}

// located adds the order's address.
func (a *orderAnswer) located() *orderAnswer {
	a.Location = locationOf(a.Body.View)
	return a
}
