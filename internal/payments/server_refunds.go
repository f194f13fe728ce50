package payments

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// Statuses of refunds, besides succeeded.
const (
	pending = "pending"
	failed  = "failed"
	refused = "refused" // no refund is made: the balance is too low
)

// The switches determine the statuses of refunds and disputes.
var (
	refundsEnd  = map[string]string{"": succeeded, "succeed": succeeded, "wait": pending, "fail": failed, "refuse": refused}
	disputesEnd = map[string]string{"": "needs_response", "open": "needs_response", "lost": "lost", "won": "won"}
)

func (s *Server) createRefund(ctx context.Context, g *gin.Context) (any, error) {
	form := g.Request.PostForm
	intent, err := s.intents.Intent(ctx, form.Get("payment_intent"))
	if err != nil {
		return nil, err
	}
	r := Refund{
		Key: g.GetHeader("Idempotency-Key"), ID: newID("re_"), Request: form.Encode(), IntentID: intent.ID,
		Amount: intent.Amount, Label: form.Get("metadata[" + metadataKey + "]"), Status: refundsEnd[s.Behaviour().Refunds],
	}
	if value := form.Get("amount"); value != "" {
		if r.Amount.Amount, err = strconv.ParseInt(value, 10, 64); err != nil || r.Amount.Amount < 1 {
			return nil, wrong("amount", "parameter_invalid_integer")
		}
	}
	if isDisputed(intent) && s.disputed(intent) != "won" {
		return nil, &apiError{
			Status: http.StatusBadRequest, Type: invalidRequest, Code: "charge_disputed",
			Message: "The charge has been disputed and cannot be refunded.", saved: true,
		}
	}
	if r.Status == refused {
		return s.refuseRefund(ctx, r)
	}
	stored, made, err := s.intents.Refund(ctx, r)
	switch {
	case err != nil:
		return nil, err
	case !made && intent.Status == succeeded && intent.Refunded == intent.Amount.Amount:
		return nil, &apiError{
			Status: http.StatusBadRequest, Type: invalidRequest, Code: "charge_already_refunded",
			Message: "The charge has already been refunded.", saved: true,
		}
	case !made:
		return nil, &apiError{
			Status: http.StatusBadRequest, Type: invalidRequest, Param: "amount",
			Message: "Refund amount is greater than what is left of the charge.", saved: true,
		}
	case stored.Request != r.Request:
		return nil, otherRequest()
	case stored.ID != r.ID:
		g.Header("Idempotent-Replayed", "true")
	default:
		s.begun(ctx, stored)
	}
	return renderedRefund(stored), nil
}

// begun sends a notice of a new refund. A pending refund has another notice when it ends.
func (s *Server) begun(ctx context.Context, r Refund) {
	i, err := s.intents.Intent(ctx, r.IntentID)
	switch {
	case err != nil: // notices get lost
	case r.Status == pending:
		s.unfinished.Store(r.IntentID, nil)
		s.notify(refundCreated, i.ID, renderedRefund(r))
	case r.Status == failed:
		s.notify(refundFailed, i.ID, renderedRefund(r))
	default:
		s.notify(chargeRefunded, i.ID, renderedCharge(i))
	}
}

// refuseRefund refuses because the balance is too low. An earlier refund under the key stays.
func (s *Server) refuseRefund(ctx context.Context, r Refund) (any, error) {
	refunds, err := s.intents.Refunds(ctx, r.IntentID)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(refunds, func(stored Refund) bool { return stored.Key == r.Key }); i >= 0 {
		return renderedRefund(refunds[i]), nil
	}
	return nil, &apiError{
		Status: http.StatusBadRequest, Type: invalidRequest, Code: "balance_insufficient",
		Message: "Insufficient funds in your balance to refund this charge.", saved: true,
	}
}

// refundsOf are an intent's refunds. Pending ones end when the switches say so.
func (s *Server) refundsOf(ctx context.Context, intentID string) ([]Refund, error) {
	now := refundsEnd[s.Behaviour().Refunds]
	if now != succeeded && now != failed {
		return s.intents.Refunds(ctx, intentID)
	}
	if err := s.intents.EndRefunds(ctx, intentID, now); err != nil {
		return nil, err
	}
	refunds, err := s.intents.Refunds(ctx, intentID)
	if _, ended := s.unfinished.LoadAndDelete(intentID); ended && err == nil && len(refunds) > 0 {
		what := refundUpdated
		if now == failed {
			what = refundFailed
		}
		s.notify(what, intentID, renderedRefund(refunds[0]))
	}
	return refunds, err
}

func (s *Server) listRefunds(ctx context.Context, g *gin.Context) (any, error) {
	refunds, err := s.refundsOf(ctx, g.Query("payment_intent"))
	return gin.H{"object": "list", "url": "/v1/refunds", "has_more": false, "data": allRefunds(refunds)}, err
}

func allRefunds(refunds []Refund) []any {
	out := make([]any, len(refunds))
	for i, r := range refunds {
		out[i] = renderedRefund(r)
	}
	return out
}

func renderedRefund(r Refund) gin.H {
	out := gin.H{
		"id": r.ID, "object": "refund", "amount": r.Amount.Amount, "payment_intent": r.IntentID,
		"currency": strings.ToLower(r.Amount.Currency), "status": r.Status, "created": r.At.Unix(),
		"metadata": gin.H{metadataKey: r.Label},
	}
	if r.Status == failed {
		out["failure_reason"] = "expired_or_canceled_card"
	}
	return out
}

// evidenceWithin is how long the provider accepts evidence against a dispute.
const evidenceWithin = 7 * 24 * time.Hour

// isDisputed reports whether the charge is disputed: on command, or by Stripe's test method
// of that name.
func isDisputed(i Intent) bool { return i.Dispute != "" || i.Method == "pm_card_createDispute" }

// disputed is the state of the intent's dispute.
func (s *Server) disputed(i Intent) string {
	return disputesEnd[cmp.Or(i.Dispute, s.Behaviour().Disputes)]
}

func (s *Server) listDisputes(ctx context.Context, g *gin.Context) (any, error) {
	data := []any{}
	intent, err := s.intents.Intent(ctx, g.Query("payment_intent"))
	if err == nil && isDisputed(intent) {
		data = append(data, s.renderedDispute(intent))
	}
	return gin.H{"object": "list", "url": "/v1/disputes", "has_more": false, "data": data}, err
}

func (s *Server) renderedDispute(i Intent) any {
	raised := i.At
	if !i.DisputedAt.IsZero() {
		raised = i.DisputedAt
	}
	return gin.H{
		"id": "du_" + strings.TrimPrefix(i.ID, "pi_"), "object": "dispute", "amount": cmp.Or(i.Disputed, i.Amount.Amount),
		"currency": strings.ToLower(i.Amount.Currency), "status": s.disputed(i), "payment_intent": i.ID,
		"evidence_details": gin.H{"due_by": raised.Add(evidenceWithin).Unix(), "has_evidence": false, "past_due": false, "submission_count": 0},
	}
}
