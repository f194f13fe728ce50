package audit

import (
	"fmt"

	"github.com/yeyak/yeyak/booking"
)

// judgeDay checks an item's capacity on a day: held plus left. Concurrent holds do not
// change the difference that is missing.
func judgeDay(d StockDay) []Finding {
	off := d.Capacity - d.Remaining - d.Held
	if off == 0 {
		return nil
	}
	return []Finding{{
		Kind: Stock, Item: d.ItemID,
		Says: fmt.Sprintf("on %s its capacity is %d; %d remain and %d are held", d.Date, d.Capacity, d.Remaining, d.Held),
		same: fmt.Sprintf("stock of %s on %s is off by %d", d.ItemID, d.Date, off),
	}}
}

// judgeItem reports stored data that the rules of this build would not accept.
func judgeItem(id string, fault error, remedy string) []Finding {
	if fault == nil {
		return nil
	}
	return []Finding{{
		Kind: Catalogue, Item: id, Says: "it takes no orders: its " + fault.Error(), Remedy: remedy, same: "fault of " + id,
	}}
}

// crew is the cleaners, and the calls that wait for one or have one.
type crew struct {
	cleaners map[string]booking.CleanerAtWork
	calls    map[string]Call
}

// judge reports cleaners and calls that do not agree.
func (c crew) judge() (found []Finding) {
	idle := 0
	for id, cleaner := range c.cleaners {
		if cleaner.OrderID == "" {
			if !cleaner.Withdrawn {
				idle++
			}
			continue
		}
		call, ok := c.calls[cleaner.OrderID]
		if !ok || call.State != CallAssigned || call.CleanerID != id {
			found = append(found, finding(cleaner.OrderID, id, "cleaner %s is busy with call %s, which is %s", id, cleaner.OrderID, call.inWords()))
		}
	}
	for id, call := range c.calls {
		switch cleaner, ok := c.cleaners[call.CleanerID]; {
		case call.State == CallAssigned && !ok:
			found = append(found, finding(id, call.CleanerID, "it is assigned to %s, who is not among the cleaners", call.CleanerID))
		case call.State == CallAssigned && cleaner.OrderID != id:
			found = append(found, finding(id, call.CleanerID, "it is assigned to %s, who is %s", call.CleanerID, inTheWords(cleaner)))
		case call.State == CallWaiting && idle > 0:
			f := finding(id, "", "it waits for a cleaner; cleaners who are free: %d", idle)
			f.same = "waiting call " + id // the same finding for any number of cleaners
			found = append(found, f)
		}
	}
	return found
}

func finding(orderID, cleanerID, format string, args ...any) Finding {
	says := fmt.Sprintf(format, args...)
	return Finding{Kind: Cleaner, OrderID: orderID, Item: cleanerID, Says: says, same: "crew: " + orderID + ": " + says}
}

func (c Call) inWords() string {
	switch c.State {
	case "", CallDone, CallCancelled: // these calls need no cleaner
		return "not open"
	case CallAssigned:
		return "assigned to " + orNobody(c.CleanerID)
	default:
		return string(c.State)
	}
}

func inTheWords(c booking.CleanerAtWork) string {
	if c.OrderID == "" {
		return "free"
	}
	return "busy with call " + c.OrderID
}
