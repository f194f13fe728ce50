package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// decision is a decision on orders of a kind.
type decision struct {
	kind    booking.Kind // orders of other kinds are NotFound
	verb    string
	path    string
	tag     string
	summary string
	update  string // name of the workflow update
	// refusals are the codes of this decision, besides those of every decision.
	refusals []booking.Code
}

// description describes the answers to a decision. If a service has to agree first, the decision
// is not kept while that service is away.
func (d decision) description() string {
	const done = "200: it is done. 202: it is accepted, also while the order cannot be reached; the outcome can be read at Location. " +
		"If the order no longer allows it, the order's history says so (`refused`). " +
		"If its customer, a member of its owner or its cleaner decided, they get a message, too. "
	if d.update == contract.CancelUpdate && contract.BusinessOf(d.kind).ServiceAgreesToCancel {
		return done + "503: the order is not cancelled. Only with `order_unreachable` it may still accept the decision."
	}
	return done + "503: it was not accepted. Only with `order_unreachable` the order may still accept it."
}

// deciding is the input of a decision.
type deciding interface {
	orderByID() orderByID
	seenVersion() int64
	acting(context.Context) context.Context
	said
}

// said is the body of a decision: a note for the order's history and, for a cancel, the
// quote that the customer was shown.
type said interface {
	words() booking.Personal
	expected() string
}

// registerDecision adds a decision. I is its input.
func registerDecision[I any, P interface {
	*I
	deciding
}](s *server, d decision) {
	register(s, huma.Operation{
		OperationID: d.verb + "-" + string(d.kind), Method: http.MethodPost, Path: d.path, Tags: []string{d.tag},
		Summary:     d.summary,
		Description: d.description(),
		Responses:   s.withAccepted(s.withProblems(s.problems(actedMeanwhile(d.refusals)...), orders.DecisionCodes()...)),
	}, func(ctx context.Context, in *I) (*orderAnswer, error) {
		return s.decide(ctx, d, P(in).orderByID(), P(in))
	})
}

// decisionInput is a decision on an order. A body that is a pointer may be
// left out.
type decisionInput[B said] struct {
	Labelled
	Conditional
	Acting
	ID   string `path:"id" doc:"The order's id"`
	Body B
}

// Resolve validates what the schema cannot.
func (in *decisionInput[B]) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	text, field := in.Body.words(), "body.reason"
	if _, noted := any(in.Body).(*remark); noted {
		field = "body.note"
	}
	f.checkLines(field, &text)
	return f
}

func (in *decisionInput[B]) orderByID() orderByID    { return orderByID{Labelled: in.Labelled, ID: in.ID} }
func (in *decisionInput[B]) words() booking.Personal { return in.Body.words() }
func (in *decisionInput[B]) expected() string        { return in.Body.expected() }

// nothing is the body of a decision without a note.
type nothing struct{}

func (*nothing) words() booking.Personal { return "" }
func (*nothing) expected() string        { return "" }

type rejection struct {
	Reason booking.Personal `json:"reason" minLength:"1" maxLength:"500" doc:"Shown in the order's history" example:"We are renovating"`
}

func (r rejection) words() booking.Personal { return booking.Lines(r.Reason) }
func (rejection) expected() string          { return "" }

// remark is the optional note of a decision.
type remark struct {
	Note booking.Personal `json:"note,omitempty" maxLength:"500" doc:"Shown in the order's history" example:"Could not be reached by telephone"`
}

func (*remark) expected() string { return "" }

func (r *remark) words() booking.Personal {
	if r == nil {
		return ""
	}
	return booking.Lines(r.Note)
}

type cancellation struct {
	Reason booking.Personal `json:"reason,omitempty" maxLength:"500" doc:"Shown in the order's history" example:"Change of plans"`
	Expect string           `json:"expect,omitempty" minLength:"1" maxLength:"64" pattern:"^[ -~]+$" patternDescription:"printable ASCII" doc:"The quote that the customer was shown: if the quote is different, the order is not cancelled" example:"before:72h/95000"`
}

func (c *cancellation) words() booking.Personal {
	if c == nil {
		return ""
	}
	return booking.Lines(c.Reason)
}

func (c *cancellation) expected() string {
	if c == nil {
		return ""
	}
	return c.Expect
}

// decide sends a decision to the order and answers with the order: 200 if the decision
// has been carried out, 202 if it will be.
func (s *server) decide(ctx context.Context, d decision, order orderByID, what deciding) (*orderAnswer, error) {
	aboutOrder(ctx, d.kind, order.ID)
	l := order.language()
	out, err := s.Orders.Decide(what.acting(ctx), CallerOf(ctx), orders.Decision{
		OrderID: order.ID, Kind: d.kind, Update: d.update, Note: what.words(), Expect: what.expected(), Version: what.seenVersion(),
	})
	if err != nil {
		return nil, s.withActions(ctx, s.withQuote(ctx, s.problemAbout(ctx, l, out.View, err), out.View), order.ID)
	}
	return l.answerOutcome(out, readerOf(ctx, out.View), http.StatusOK), nil
}
