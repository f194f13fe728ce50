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

// noticePatience is for how long an answer to a notice is waited for.
const noticePatience = 10 * time.Second

// hearers are asked as they are named: a notice is not sent on.
var hearers = &http.Client{
	Timeout:       noticePatience,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// tell sends a notice about an intent to the URL that the switches name. It is signed as
// Stripe's are.
func (s *Server) tell(what, ref string, object any) {
	if as := s.Behaviour().Notices; as.URL != "" {
		s.herald.tell(notice{booking.PaymentNotice{ID: newID("evt_"), What: what, Ref: ref}, object}, as)
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
	answer, err := hearers.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxForm)) // so that the connection is kept
	if answer.StatusCode/100 != 2 && !as.Forged {
		return fmt.Errorf("notice %s was answered with %d", n.ID, answer.StatusCode)
	}
	return nil
}

// signature is that of each secret: Stripe signs with both while one is replaced by the next.
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

// retellNotice sends a notice on command, of an order that there need not be.
func (s *Server) retellNotice(ctx context.Context, orderID, what string) error {
	is, err := s.intents.Confirmed(ctx, orderID)
	if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		is, err = Intent{ID: newID("pi_"), Status: succeeded, Metadata: map[string]string{metadataOrder: orderID, metadataPresent: "yes"}}, nil
	}
	if err == nil {
		s.tell(what, is.ID, rendered(is, nil))
	}
	return err
}

// refundByHand gives some of an order's intent back, and tells of it.
func (s *Server) refundByHand(ctx context.Context, orderID string, amount int64) error {
	if err := s.intents.ByHand(ctx, orderID, amount); err != nil {
		return err
	}
	s.tellOf(ctx, orderID, chargeRefunded, renderedCharge)
	return nil
}

// failLater has refunds fail that have succeeded, and tells of the newest of them.
func (s *Server) failLater(ctx context.Context, orderID string, amount int64) error {
	r, err := s.intents.FailRefunds(ctx, orderID, amount)
	if err == nil {
		s.tell(refundFailed, r.IntentID, renderedRefund(r))
	}
	return err
}

// disputeByHand has some of an order's intent disputed, or ends that, and tells of it.
func (s *Server) disputeByHand(ctx context.Context, orderID string, amount int64, state string) error {
	before, err := s.paidFor(ctx, orderID)
	if err != nil {
		return err
	}
	if err := s.intents.Dispute(ctx, orderID, amount, state); err != nil {
		return err
	}
	s.tellOf(ctx, orderID, disputeNotice(isDisputed(before), state), s.renderedDispute)
	return nil
}

// disputeNotice is the kind of notice about a dispute that is in the state now.
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

// tellOf tells what has been done to an order's intent. What cannot be read then is not
// told: notices get lost.
func (s *Server) tellOf(ctx context.Context, orderID, what string, object func(Intent) any) {
	if i, err := s.paidFor(ctx, orderID); err == nil {
		s.tell(what, i.ID, object(i))
	}
}

// paidFor is the intent by which an order was charged. NotFound: there is none.
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

// renderedCharge is the intent's, as notices of refunds show it: with its intent's
// metadata.
func renderedCharge(i Intent) any {
	return gin.H{
		"id": "ch_" + strings.TrimPrefix(i.ID, "pi_"), "object": "charge", "payment_intent": i.ID, "amount": i.Amount.Amount,
		"amount_refunded": i.Refunded, "currency": strings.ToLower(i.Amount.Currency), "metadata": i.Metadata,
		"refunded": i.Refunded == i.Amount.Amount, "disputed": isDisputed(i),
	}
}

// onSwitched tells of what goes on when the switches are turned: refunds that were
// pending end, and disputes of pm_card_createDispute go another way.
func (s *Server) onSwitched(ctx context.Context, was, is Behaviour) {
	s.unfinished.Range(func(id, _ any) bool {
		_, _ = s.refundsOf(ctx, id.(string)) // what cannot be read ends when it is asked for
		return true
	})
	if was.Disputes == is.Disputes {
		return
	}
	s.raised.Range(func(id, _ any) bool {
		if i, err := s.intents.Intent(ctx, id.(string)); err == nil && i.Dispute == "" {
			s.tell(disputeNotice(true, wordOf(is.Disputes)), i.ID, s.renderedDispute(i))
		}
		return true
	})
}
