package payments

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
)

// What people do at the provider, beside us, is done on command.

// hand is what is done by hand with an order's charge.
type hand struct {
	OrderID string `json:"orderId"`
	Amount  int64  `json:"amount"` // minor units; 0 is all of it, or all that is left
	State   string `json:"state"`  // of a dispute: open, lost or won
}

// hands mounts POST of a refund by hand, of a dispute, and of the failure of what was refunded.
func (c *conduct) hands(r gin.IRouter) {
	r.POST(SwitchboardPath+"/refunds", c.carryOut(func(ctx context.Context, h hand) error { return c.refund(ctx, h.OrderID, h.Amount) }))
	r.POST(SwitchboardPath+"/disputes", c.carryOut(func(ctx context.Context, h hand) error {
		return c.dispute(ctx, h.OrderID, h.Amount, h.State)
	}))
	r.POST(SwitchboardPath+"/failures", c.carryOut(func(ctx context.Context, h hand) error {
		return c.failRefunds(ctx, h.OrderID, h.Amount)
	}))
}

func (c *conduct) carryOut(do func(context.Context, hand) error) gin.HandlerFunc {
	return func(g *gin.Context) {
		body, refused := readSwitches(g)
		if refused != nil {
			fail(g, *refused)
			return
		}
		h, faults := handOf(body)
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

// handOf reads what is to be done by hand, and says of every field at fault what is
// wrong.
func handOf(body []byte) (h hand, faults []fieldError) {
	if err := json.Unmarshal(body, &h); err != nil {
		return h, []fieldError{{"body", "must be an object with orderId, amount and, of a dispute, state"}}
	}
	if h.OrderID == "" {
		faults = append(faults, fieldError{"orderId", "is required"})
	}
	if h.Amount < 0 {
		faults = append(faults, fieldError{"amount", "must not be negative"})
	}
	if _, known := disputesEnd[h.State]; !known {
		faults = append(faults, fieldError{"state", "must be one of open, lost, won"})
	}
	if h.State == "" {
		h.State = "open"
	}
	return h, faults
}
