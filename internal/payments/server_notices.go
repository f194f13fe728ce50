package payments

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stripe/stripe-go/v84"
	"github.com/stripe/stripe-go/v84/webhook"

	"github.com/yeyak/yeyak/booking"
)

// noticeTimeout is how long the server waits for the answer to a notice.
const noticeTimeout = 10 * time.Second

// noticeClient sends notices. It follows no redirects.
var noticeClient = &http.Client{
	Timeout:       noticeTimeout,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// notify sends a notice about an intent to the URL in the switches, with a signature like
// Stripe's.
func (s *Server) notify(what, ref string, object any) {
	if as := s.Behaviour().Notices; as.URL != "" {
		s.sender.sendAs(notice{booking.PaymentNotice{ID: newID("evt_"), What: what, Ref: ref}, object}, as)
	}
}

func post(ctx context.Context, n notice, as Notices) error {
	now := time.Now()
	body, err := json.Marshal(gin.H{
		"id": n.ID, "object": objectOfNotices, "type": n.What, "api_version": stripe.APIVersion, "created": now.Unix(), "livemode": false,
		"pending_webhooks": 1, "data": gin.H{"object": n.object},
	})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, as.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set(SignatureHeader, signature(now, body, as))
	answer, err := noticeClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxForm)) // so that the connection can be reused
	if answer.StatusCode/100 != 2 && !as.Forged {
		return fmt.Errorf("notice %s was answered with %d", n.ID, answer.StatusCode)
	}
	return nil
}

// signature has one part per secret: Stripe signs with both while one replaces the other.
func signature(now time.Time, body []byte, as Notices) string {
	all := []string{"t=" + strconv.FormatInt(now.Unix(), 10)}
	for secret := range strings.SplitSeq(as.Secret, ",") {
		if as.Forged {
			secret = "not " + secret
		}
		all = append(all, "v1="+hex.EncodeToString(webhook.ComputeSignature(now, body, secret)))
	}
	return strings.Join(all, ",")
}

// resendNotice sends a notice on command, about an order that need not exist.
func (s *Server) resendNotice(ctx context.Context, orderID, what string) error {
	is, err := s.intents.Confirmed(ctx, orderID)
	if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		is, err = Intent{ID: newID("pi_"), Status: succeeded, Metadata: map[string]string{metadataOrder: orderID, metadataPresent: "yes"}}, nil
	}
	if err == nil {
		s.notify(what, is.ID, rendered(is, nil))
	}
	return err
}

// refundByHand refunds a part of an order's intent, and sends a notice.
func (s *Server) refundByHand(ctx context.Context, orderID string, amount int64) error {
	if err := s.intents.ByHand(ctx, orderID, amount); err != nil {
		return err
	}
	s.notifyOf(ctx, orderID, chargeRefunded, renderedCharge)
	return nil
}

// failLater makes succeeded refunds fail, and sends a notice of the newest one.
func (s *Server) failLater(ctx context.Context, orderID string, amount int64) error {
	r, err := s.intents.FailRefunds(ctx, orderID, amount)
	if err == nil {
		s.notify(refundFailed, r.IntentID, renderedRefund(r))
	}
	return err
}

// disputeByHand begins or ends a dispute of an order's intent, and sends a notice.
func (s *Server) disputeByHand(ctx context.Context, orderID string, amount int64, state string) error {
	before, err := s.paidFor(ctx, orderID)
	if err != nil {
		return err
	}
	if err := s.intents.Dispute(ctx, orderID, amount, state); err != nil {
		return err
	}
	s.notifyOf(ctx, orderID, disputeNotice(isDisputed(before), state), s.renderedDispute)
	return nil
}

// disputeNotice is the kind of notice for a dispute that now has the state.
func disputeNotice(known bool, state string) string {
	switch {
	case booking.DisputeState(state) != booking.DisputeOpen:
		return disputeClosed
	case known:
		return disputeUpdated
	default:
		return disputeCreated
	}
}

// notifyOf sends a notice about an order's intent. If the intent cannot be read it sends none:
// notices get lost.
func (s *Server) notifyOf(ctx context.Context, orderID, what string, object func(Intent) any) {
	if i, err := s.paidFor(ctx, orderID); err == nil {
		s.notify(what, i.ID, object(i))
	}
}

// paidFor returns the intent that paid for the order, or NotFound.
func (s *Server) paidFor(ctx context.Context, orderID string) (Intent, error) {
	all, err := s.intents.Search(ctx, booking.ChargeKey(orderID))
	if err != nil {
		return Intent{}, err
	}
	for _, i := range all {
		if i.Status == succeeded {
			return i, nil
		}
	}
	return Intent{}, booking.Errorf(booking.NotFound, "there is no charge of order %s", orderID)
}

// renderedCharge is the intent's charge as notices of refunds show it, with the intent's
// metadata.
func renderedCharge(i Intent) any {
	return gin.H{
		"id": "ch_" + strings.TrimPrefix(i.ID, "pi_"), "object": "charge", "payment_intent": i.ID, "amount": i.Amount.Amount,
		"amount_refunded": i.Refunded, "currency": strings.ToLower(i.Amount.Currency), "metadata": i.Metadata,
		"refunded": i.Refunded == i.Amount.Amount, "disputed": isDisputed(i),
	}
}

// onSwitched sends notices of changes that follow from new switches: pending refunds end, and
// disputes of pm_card_createDispute change their state.
func (s *Server) onSwitched(ctx context.Context, was, is Behaviour) {
	s.unfinished.Range(func(id, _ any) bool {
		_, _ = s.refundsOf(ctx, id.(string)) // what cannot be read ends when it is requested
		return true
	})
	if was.Disputes == is.Disputes {
		return
	}
	s.raised.Range(func(id, _ any) bool {
		if i, err := s.intents.Intent(ctx, id.(string)); err == nil && i.Dispute == "" {
			s.notify(disputeNotice(true, wordOf(is.Disputes)), i.ID, s.renderedDispute(i))
		}
		return true
	})
}
