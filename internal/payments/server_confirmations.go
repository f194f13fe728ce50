package payments

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
)

// serverConfirmations are the intents of the Server that need confirmation. The id of an
// intent names its page.
type serverConfirmations struct{ *Server }

func (s serverConfirmations) find(ctx context.Context, token string) (Confirmation, error) {
	i, err := s.intents.Intent(ctx, token)
	if err == nil && i.ReturnTo == "" {
		err = booking.Errorf(booking.NotFound, "intent %s is not confirmed by a customer", token)
	}
	return confirmationOf(i), err
}

func (s serverConfirmations) last(ctx context.Context, orderID string) (Confirmation, error) {
	i, err := s.intents.Confirmed(ctx, orderID)
	return confirmationOf(i), err
}

func confirmationOf(i Intent) Confirmation {
	c := Confirmation{Token: i.ID, OrderID: i.Metadata[metadataOrder], ReturnTo: i.ReturnTo, Amount: i.Amount}
	switch i.Status {
	case requiresAction:
		c.Status = booking.ActionRequired
	case succeeded:
		c.Status = booking.Charged
	case canceled:
		c.Status = booking.ChargePrevented
	default:
		c.Status = booking.Declined
	}
	return c
}

func (s serverConfirmations) decide(ctx context.Context, c Confirmation, d Decision) error {
	if !c.open(time.Now()) && !d.Late {
		return nil
	}
	i, err := s.intents.Intent(ctx, c.Token)
	if err != nil {
		return err
	}
	open, err := s.intents.Decide(ctx, i.ID, d, usableOnce(i.Method))
	if err != nil || !open {
		return err
	}
	if i, err = s.intents.Intent(ctx, i.ID); err != nil {
		return err
	}
	s.notify(noticeOf(d.status()), i.ID, rendered(i, nil))
	return nil
}

// shown is an intent as an answer shows it: with the URL of its page while its customer has to
// confirm it.
func (s *Server) shown(g *gin.Context, i Intent, refunds []Refund) gin.H {
	out := rendered(i, refunds)
	switch {
	case i.Status != requiresAction:
	case i.ReturnTo == "":
		out["next_action"] = gin.H{"type": "use_stripe_sdk", "use_stripe_sdk": gin.H{}}
	default:
		at := s.PagesAt
		if at == "" {
			at = "http://" + g.Request.Host
		}
		out["next_action"] = gin.H{
			"type": "redirect_to_url", "redirect_to_url": gin.H{"url": at + pagePath + i.ID, "return_url": i.ReturnTo},
		}
	}
	return out
}

// ofCustomer refuses contradictory requests: an unknown customer, a return URL without a
// customer, and redirect methods without a return URL.
func (s *Server) ofCustomer(ctx context.Context, i Intent, form url.Values) error {
	const methods = "automatic_payment_methods"
	leads := form.Get(methods+"[enabled]") == "true" && form.Get(methods+"[allow_redirects]") != "never"
	there := form.Get("confirm") == "true" && form.Get("off_session") != "true"
	switch {
	case leads && there && i.ReturnTo == "":
		return wrong("return_url", "")
	case i.Keeps && form.Get("off_session") == "true":
		return wrong("setup_future_usage", "")
	case i.Customer == "":
		return nil
	}
	if has, err := s.intents.HasCustomer(ctx, i.Customer); err != nil || has {
		return err
	}
	return missing(http.StatusBadRequest, "customer", i.Customer)
}

func (s *Server) createCustomer(ctx context.Context, g *gin.Context) (any, error) {
	form := g.Request.PostForm
	requested := Customer{Key: g.GetHeader("Idempotency-Key"), ID: newID("cus_"), Request: form.Encode(), Metadata: labelsIn(form)}
	stored, err := s.intents.CreateCustomer(ctx, requested)
	switch {
	case err != nil:
		return nil, err
	case stored.Request != requested.Request:
		return nil, otherRequest()
	case stored.ID != requested.ID:
		g.Header("Idempotent-Replayed", "true")
	}
	return gin.H{"id": stored.ID, "object": "customer", "metadata": stored.Metadata, "livemode": false}, nil
}
