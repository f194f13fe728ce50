package web

import (
	"cmp"
	"net/http"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// messageLine is a message in a list.
type messageLine struct {
	text, when, order string
}

// listMessages lists the messages to the caller.
func (p *Pages) listMessages(v *visit) error {
	cursor := v.c.Query("cursor")
	whose := booking.Thing{CustomerID: v.caller.ID, OwnerID: v.caller.ID, CleanerID: v.caller.ID}
	if err := v.caller.Authorize(booking.ReadMessages, whose); err != nil {
		return err
	}
	found, next, err := p.Messages.Messages(v.ctx, v.caller.ID, booking.Page{Cursor: cursor, Limit: linesAtOnce})
	if err != nil {
		return err
	}
	var lines []messageLine
	for _, m := range found {
		if !v.caller.Allowed(booking.ReadMessages, addressee(m)) {
			continue
		}
		lines = append(lines, messageLine{m.Words(v.language), v.moment(m.At, defaultZone), m.OrderID})
	}
	more := ""
	if next != "" {
		more = "/messages?cursor=" + queryOf(next)
	}
	return v.show(http.StatusOK, messagesPage(v.page(v.say("nav.messages"), "nav.messages"), lines, cursor != "", more))
}

// addressee is the recipient of a message, in the role in which they got it.
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
