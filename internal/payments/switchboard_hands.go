package payments

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
)

// Actions of people at the provider, without us, are carried out on command.

// hand is such an action on an order's charge.
type hand struct {
	OrderID string `json:"orderId"`
	Amount  int64  `json:"amount"` // minor units; 0 is all of it, or all that is left
	State   string `json:"state"`  // of a dispute: open, lost or won; of a confirmation: approve, refuse or late
	What    string `json:"what"`   // the kind of a notice
}

// decisionsMean are the words for a customer's decision about a charge.
var decisionsMean = map[string]Decision{
	"approve": {Approved: true}, "refuse": {}, "late": {Approved: true, Late: true},
}

// hands mounts POST of a refund by hand, of a dispute, of a failure of done refunds, of a
// customer's decision, and of a notice.
func (c *conduct) hands(r gin.IRouter) {
	r.POST(SwitchboardPath+"/refunds", c.carryOut("", func(ctx context.Context, h hand) error { return c.refund(ctx, h.OrderID, h.Amount) }))
	r.POST(SwitchboardPath+"/disputes", c.carryOut("open", func(ctx context.Context, h hand) error {
		return c.dispute(ctx, h.OrderID, h.Amount, h.State)
	}, "open", "lost", "won"))
	r.POST(SwitchboardPath+"/failures", c.carryOut("", func(ctx context.Context, h hand) error {
		return c.failRefunds(ctx, h.OrderID, h.Amount)
	}))
	r.POST(SwitchboardPath+"/confirmations", c.carryOut("approve", c.confirmByHand, slices.Sorted(maps.Keys(decisionsMean))...))
	r.POST(SwitchboardPath+"/notices", c.carryOut("", func(ctx context.Context, h hand) error {
		return c.resend(ctx, h.OrderID, cmp.Or(h.What, intentSucceeded))
	}))
}

// confirmByHand decides for the customer of the order's newest charge that needs confirmation.
// It returns NotFound if there is none.
func (c *conduct) confirmByHand(ctx context.Context, h hand) error {
	is, err := c.confirmations.last(ctx, h.OrderID)
	if err != nil {
		return err
	}
	d := decisionsMean[h.State]
	d.Amount = h.Amount
	return c.confirmations.decide(ctx, is, d)
}

// carryOut carries out an action with one of the states. If the request names none, it uses the
// usual one.
func (c *conduct) carryOut(usual string, do func(context.Context, hand) error, states ...string) gin.HandlerFunc {
	return func(g *gin.Context) {
		body, refused := readSwitches(g)
		if refused != nil {
			fail(g, *refused)
			return
		}
		h, faults := handOf(body, usual, states)
		if len(faults) > 0 {
			fail(g, invalid(faults))
			return
		}
		switch err := do(g.Request.Context(), h); {
		case err == nil:
			c.show(g)
		case errors.Is(err, &booking.Error{Code: booking.NotFound}):
			fail(g, problem{
				Title: "Not found", Status: http.StatusNotFound, Code: "not_found",
				Detail: "the sandbox has no such charge, or refund, of the order",
			})
		case errors.Is(err, &booking.Error{Code: booking.RefundExceeds}):
			fail(g, problem{Title: "More than is left", Status: http.StatusConflict, Code: "refund_exceeds", Detail: "that much is not left of the charge"})
		default:
			c.away(g)
		}
	}
}

// handOf parses an action, and returns a fault for every wrong field.
func handOf(body []byte, usual string, states []string) (h hand, faults []fieldError) {
	if err := json.Unmarshal(body, &h); err != nil {
		return h, []fieldError{{"body", "must be an object with orderId, amount, state (of a dispute or a confirmation) and what (of a notice)"}}
	}
	if h.OrderID == "" {
		faults = append(faults, fieldError{"orderId", "is required"})
	}
	if h.Amount < 0 {
		faults = append(faults, fieldError{"amount", "must not be negative"})
	}
	h.State = cmp.Or(h.State, usual)
	switch {
	case slices.Contains(states, h.State) || h.State == "":
	case len(states) == 0:
		faults = append(faults, fieldError{"state", "is for disputes and confirmations"})
	default:
		faults = append(faults, fieldError{"state", "must be one of " + strings.Join(states, ", ")})
	}
	return h, faults
}
