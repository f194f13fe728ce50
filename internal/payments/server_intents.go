package payments

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
)

// Statuses of intents.
const (
	succeeded             = "succeeded"
	canceled              = "canceled"
	requiresPaymentMethod = "requires_payment_method"
	requiresConfirmation  = "requires_confirmation"
	requiresAction        = "requires_action"
)

// usedBefore is the refusal of a used method. The provider sends it without a code and
// without a parameter.
const usedBefore = "The provided PaymentMethod was used before without a Customer. It may not be used again."

// usableOnce reports whether a payment method can pay only once, since it belongs to no customer.
// The name of a test method means a new method each time.
func usableOnce(method string) bool { return method != "" && !strings.HasPrefix(method, "pm_card_") }

func (s *Server) createIntent(ctx context.Context, g *gin.Context) (any, error) {
	form := g.Request.PostForm
	i, err := intentOf(form)
	if err != nil {
		return nil, err
	}
	i.Key, i.ID, i.Request = g.GetHeader("Idempotency-Key"), newID("pi_"), form.Encode()
	if err := s.ofCustomer(ctx, i, form); err != nil {
		return nil, err
	}
	s.decide(&i, form)
	if i.Status == succeeded && i.Customer != "" && i.Keeps && slices.Contains(testMethods, i.Method) {
		i.Method = ofTestMethod(i.Method)
	}
	stored, used, err := s.intents.Create(ctx, i, i.Status == succeeded && usableOnce(i.Method))
	switch {
	case err != nil:
		return nil, err
	case used:
		return nil, &apiError{Status: http.StatusBadRequest, Type: invalidRequest, Message: usedBefore, saved: true}
	case stored.Request != i.Request:
		return nil, otherRequest()
	case stored.ID != i.ID:
		g.Header("Idempotent-Replayed", "true")
	case stored.Status == succeeded && isDisputed(stored):
		s.raised.Store(stored.ID, nil)
		s.notify(disputeCreated, stored.ID, s.renderedDispute(stored))
	}
	stored.Status = stored.Answered // a repeated answer stays the same
	if stored.Refusal != "" {
		return nil, &apiError{
			Status: http.StatusPaymentRequired, Type: cardError, Code: stored.Refusal, DeclineCode: "generic_decline",
			Message: "Your card was declined.", Intent: rendered(stored, nil),
		}
	}
	return s.shown(g, stored, nil), nil
}

// intentOf reads the fields that do not depend on the payment method.
func intentOf(form url.Values) (Intent, error) {
	amount, err := strconv.ParseInt(form.Get("amount"), 10, 64)
	term, known := terms[strings.ToUpper(form.Get("currency"))]
	switch {
	case err != nil || amount < 1:
		return Intent{}, wrong("amount", "parameter_invalid_integer")
	case !known:
		return Intent{}, wrong("currency", "")
	case amount > term.most:
		return Intent{}, wrong("amount", "amount_too_large")
	case amount < term.least:
		return Intent{}, wrong("amount", "amount_too_small")
	case amount%term.multiple != 0:
		return Intent{}, wrong("amount", "")
	case form.Get("payment_method") != "" && !strings.HasPrefix(form.Get("payment_method"), "pm_"):
		return Intent{}, wrong("payment_method", "resource_missing")
	case form.Get("confirm") == "true" && form.Get("payment_method") == "":
		return Intent{}, wrong("payment_method", "parameter_missing")
	}
	i := Intent{
		Amount:   booking.Money{Amount: amount, Currency: strings.ToUpper(form.Get("currency"))},
		Method:   form.Get("payment_method"),
		Metadata: labelsIn(form),
	}
	i.ChargeKey = i.Metadata[metadataKey]
	i.ReturnTo, i.Customer = form.Get("return_url"), form.Get("customer")
	i.Keeps = form.Get("setup_future_usage") != "" || form.Get("payment_method_options[card][setup_future_usage]") != ""
	return i, nil
}

func labelsIn(form url.Values) map[string]string {
	labels := map[string]string{}
	for name, values := range form {
		if label, ok := strings.CutPrefix(name, "metadata["); ok {
			labels[strings.TrimSuffix(label, "]")] = values[0]
		}
	}
	return labels
}

// decide charges or declines, by the names of Stripe's test methods.
func (s *Server) decide(i *Intent, form url.Values) {
	method := form.Get("payment_method")
	switch {
	case form.Get("confirm") != "true" && method == "":
		i.Status = requiresPaymentMethod
	case form.Get("confirm") != "true":
		i.Status = requiresConfirmation
	case needsConfirmation(method) && form.Get("off_session") == "true":
		i.Status, i.Refusal = requiresPaymentMethod, "authentication_required"
	case needsConfirmation(method):
		i.Status = requiresAction
	case declines(method) || s.Behaviour().refuses():
		i.Status, i.Refusal = requiresPaymentMethod, "card_declined"
	default:
		i.Status = succeeded
	}
	i.Answered = i.Status
}

func wrong(param, code string) *apiError {
	return &apiError{
		Status: http.StatusBadRequest, Type: invalidRequest, Code: code, Param: param, Message: "Invalid " + param,
	}
}

func (s *Server) showIntent(ctx context.Context, g *gin.Context) (any, error) {
	i, err := s.intents.Intent(ctx, g.Param("id"))
	if err != nil {
		return nil, err
	}
	refunds, err := s.refundsOf(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	i, err = s.intents.Intent(ctx, i.ID) // a failed refund is left again
	return s.shown(g, i, refunds), err
}

func (s *Server) labelIntent(ctx context.Context, g *gin.Context) (any, error) {
	if err := s.intents.Label(ctx, g.Param("id"), labelsIn(g.Request.PostForm)); err != nil {
		return nil, err
	}
	return s.showIntent(ctx, g)
}

func (s *Server) cancelIntent(ctx context.Context, g *gin.Context) (any, error) {
	id := g.Param("id")
	changed, err := s.intents.Change(ctx, id, []string{requiresPaymentMethod, requiresConfirmation, requiresAction}, canceled)
	if err != nil {
		return nil, err
	}
	i, err := s.intents.Intent(ctx, id)
	switch {
	case err != nil:
	case changed && i.ReturnTo != "":
		s.notify(intentCanceled, i.ID, rendered(i, nil))
	case !changed:
		err = &apiError{
			Status: http.StatusBadRequest, Type: invalidRequest, Code: "payment_intent_unexpected_state",
			Message: "You cannot cancel this PaymentIntent because it has a status of " + i.Status + ".", Intent: rendered(i, nil),
		}
	}
	return rendered(i, nil), err
}

// chargeQuery matches the only supported query.
var chargeQuery = regexp.MustCompile(`^metadata\['key'\]:'((?:[^'\\]|\\.)*)'$`)

func (s *Server) searchIntents(ctx context.Context, g *gin.Context) (any, error) {
	query := chargeQuery.FindStringSubmatch(g.Query("query"))
	if query == nil {
		return nil, wrong("query", "")
	}
	found, err := s.intents.Search(ctx, strings.NewReplacer(`\\`, `\`, `\'`, `'`).Replace(query[1]))
	indexed := time.Now().Add(-s.Behaviour().SearchLag)
	found = slices.DeleteFunc(found, func(i Intent) bool { return i.At.After(indexed) })
	return gin.H{"object": "search_result", "url": "/v1/payment_intents/search", "has_more": false, "data": all(found)}, err
}

// The provider's page sizes.
const (
	defaultPage = 10
	maxPage     = 100
)

func (s *Server) listIntents(ctx context.Context, g *gin.Context) (any, error) {
	limit := defaultPage
	if value := g.Query("limit"); value != "" {
		var err error
		if limit, err = strconv.Atoi(value); err != nil || limit < 1 || limit > maxPage {
			return nil, wrong("limit", "parameter_invalid_integer")
		}
	}
	since := int64(0)
	if value := g.Query("created[gte]"); value != "" {
		var err error
		if since, err = strconv.ParseInt(value, 10, 64); err != nil {
			return nil, wrong("created[gte]", "parameter_invalid_integer")
		}
	}
	found, err := s.intents.List(ctx, g.Query("starting_after"), limit+1)
	found = slices.DeleteFunc(found, func(i Intent) bool { return i.At.Unix() < since })
	more := len(found) > limit
	return gin.H{
		"object": "list", "url": "/v1/payment_intents", "has_more": more, "data": all(found[:min(limit, len(found))]),
	}, err
}

func all(intents []Intent) []any {
	out := make([]any, len(intents))
	for i, intent := range intents {
		out[i] = rendered(intent, nil)
	}
	return out
}

// rendered is an intent in the provider's format. It always contains the full charge, as if the
// request had requested its expansion.
func rendered(i Intent, refunds []Refund) gin.H {
	out := gin.H{
		"id": i.ID, "object": "payment_intent", "amount": i.Amount.Amount, "currency": strings.ToLower(i.Amount.Currency),
		"metadata": i.Metadata, "status": i.Status, "created": i.At.Unix(), "livemode": false,
	}
	if i.Customer != "" {
		out["customer"] = i.Customer
	}
	if i.Method != "" && i.Status != requiresPaymentMethod {
		out["payment_method"] = i.Method
	}
	if i.Refusal != "" {
		out["last_payment_error"] = gin.H{"type": cardError, "code": i.Refusal}
	}
	if i.Status == succeeded {
		out["latest_charge"] = gin.H{
			"id": "ch_" + strings.TrimPrefix(i.ID, "pi_"), "object": "charge", "amount": i.Amount.Amount,
			"amount_refunded": i.Refunded, "currency": out["currency"], "status": succeeded, "disputed": isDisputed(i),
			"refunds": gin.H{"object": "list", "url": "/v1/refunds", "has_more": false, "data": allRefunds(refunds)},
		}
	}
	return out
}
