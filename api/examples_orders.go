package api

import (
	"slices"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// orderShown makes the example orders, as of an instant.
type orderShown struct{ now time.Time }

// ends are the last two statuses of an order that goes well.
func ends(kind booking.Kind) (underWay, ended booking.Status) {
	way := orderKinds[kind].usualStatuses
	return way[len(way)-2], way[len(way)-1]
}

// after is an order after a decision that was accepted or carried out; verb is "place"
// or "" for none.
func (e orderShown) after(kind booking.Kind, verb string, accepted bool) orderView {
	underWay, ended := ends(kind)
	reasons := map[string]booking.Reason{"reject": booking.RejectedByOwner, "cancel": booking.ByCustomer, "no-show": booking.NoShow}
	switch {
	case verb == "place" && accepted:
		return e.at(kind, booking.PaymentPending, "")
	case reasons[verb] != "" && accepted:
		return e.at(kind, booking.Cancelling, reasons[verb])
	case reasons[verb] != "":
		return e.at(kind, booking.Cancelled, reasons[verb])
	case verb == "confirm" && accepted:
		return e.at(kind, booking.AwaitingOwner, "")
	case verb == "complete" && !accepted:
		return e.at(kind, ended, "")
	default:
		return e.at(kind, underWay, "")
	}
}

// refusing is an order that refuses a decision, or was refused, with the code. It
// returns false for problems without an order.
func (e orderShown) refusing(kind booking.Kind, code booking.Code) (orderView, bool) {
	underWay, ended := ends(kind)
	for _, reason := range booking.Reasons() {
		if orders.CodeOf(reason) == code {
			return e.at(kind, booking.Cancelled, reason), true
		}
	}
	switch code {
	case booking.AlreadyCompleted, booking.AlreadyDelivered, orders.NotRunning:
		return e.at(kind, ended, ""), true
	case booking.AlreadyCancelled:
		return e.at(kind, booking.Cancelled, booking.ByCustomer), true
	case booking.BeingCancelled, booking.Superseded:
		return e.at(kind, booking.Cancelling, booking.ByCustomer), true
	case booking.NotConfirmed:
		return e.at(kind, booking.AwaitingOwner, ""), true
	case booking.NotDelivering, booking.NotInProduction, booking.NotAssigned:
		return e.at(kind, orderKinds[kind].usualStatuses[1], ""), true
	case booking.AlreadyConfirmed, booking.AlreadyCheckedIn, booking.NotCheckedIn, booking.NotAwaitingOwner, booking.QuoteChanged, booking.VersionChanged:
		return e.at(kind, underWay, ""), true
	default:
		return orderView{}, false
	}
}

// at is an order in a status, with its history.
func (e orderShown) at(kind booking.Kind, status booking.Status, reason booking.Reason) orderView {
	return language("en").show(e.cameTo(kind, status, reason), booking.ReaderCustomer)
}

// listed is an order in a status, as lists show it.
func (e orderShown) listed(kind booking.Kind, status booking.Status) orderView {
	return language("en").list(e.cameTo(kind, status, ""))
}

func (e orderShown) cameTo(kind booking.Kind, status booking.Status, reason booking.Reason) contract.View {
	v := e.placed(kind)
	way := orderKinds[kind].usualStatuses
	switch n := slices.Index(way, status); {
	case n >= 0:
		way = way[1 : n+1]
	case status == booking.PaymentPending:
		way = []booking.Status{status}
	case !wasPaid(reason):
		way = []booking.Status{booking.Cancelling, booking.Cancelled}
	case status == booking.Cancelling:
		way = append(way[1:len(way)-2:len(way)-2], booking.Cancelling)
	default:
		way = append(way[1:len(way)-2:len(way)-2], booking.Cancelling, booking.Cancelled)
	}
	v.Placed = status != booking.PaymentPending && (reason == "" || wasPaid(reason))
	for i, s := range way {
		entry := contract.Entry{Status: s, At: e.now.Add(time.Duration(i+1) * time.Second)}
		if s == booking.Cancelling || s == booking.Cancelled {
			entry.Reason = reason
		}
		v.History = append(v.History, entry)
	}
	v.Status, v.Reason, v.Version = status, reason, v.History[len(v.History)-1].At.UnixMicro()
	if status == booking.PaymentPending {
		v.PaymentDeferred = &contract.Deferral{Until: e.now.Add(30 * time.Minute)}
	}
	e.carryOut(&v)
	return v
}

// wasPaid reports whether orders that are cancelled for the reason had been paid.
func wasPaid(reason booking.Reason) bool {
	return slices.Contains([]booking.Reason{
		booking.ByCustomer, booking.ByOperator, booking.NoShow, booking.RejectedByOwner, booking.OwnerTimeout, booking.MenuDeleted,
	}, reason)
}

// placed is an order of the kind that was just received.
func (e orderShown) placed(kind booking.Kind) contract.View {
	order := contract.Order{
		OrderID: string(kind) + "-06gzvfahhdv2qeq77vmrpjqcg8", CustomerID: "alice", PlacedAt: e.now,
		Amount: booking.Money{Amount: 100000, Currency: "KRW"},
	}
	return orderKinds[kind].example(order, booking.DateOf(e.now)).View()
}

// carryOut shows the delivery, production or cleaning of the order.
func (e orderShown) carryOut(v *contract.View) {
	job := booking.JobWaiting
	switch underWay, ended := ends(v.Kind); v.Status {
	case underWay:
		job = booking.JobStarted
	case ended:
		job = booking.JobStatus(ended) // a job's last status has the name of its order's
	case booking.Cancelled, booking.Cancelling:
		job = booking.JobCancelled
	}
	switch {
	case v.Delivery != nil:
		v.Delivery.Status = job
	case v.Production != nil:
		v.Production.Status = job
	case v.Cleaning != nil && (v.Status == booking.Assigned || v.Status == booking.Completed):
		v.Cleaning.Cleaner = &booking.Cleaner{ID: "cleaner-0m5w3k1v8t2z6r4q", Name: "Min-jun"}
	}
}

// event is an example event of a payment.
func (e orderShown) event() booking.Event {
	v := e.at(booking.Lodging, booking.Paid, "")
	return booking.Event{
		Key: v.ID + "/" + string(booking.PaymentApproved), Type: booking.PaymentApproved, Subject: v.ID, At: e.now,
		Data: booking.EventData{
			Kind: v.Kind, CustomerID: v.CustomerID, OwnerID: v.OwnerID, Item: v.Item, Quantity: v.Quantity, Amount: v.Amount, Status: v.Status,
			Payment: &booking.EventPayment{Status: booking.Charged, Amount: v.Amount, Refunded: booking.Money{Currency: v.Amount.Currency}}, CheckIn: v.CheckIn, CheckOut: v.CheckOut,
		},
	}
}

// production is an example of a café's production.
func (e orderShown) production() productionView {
	v := e.at(booking.Cafe, booking.InProduction, "")
	return language("en").showProduction(booking.JobState{
		Job:    booking.Job{OrderID: v.ID, OwnerID: v.OwnerID, Item: v.Item, Quantity: v.Quantity},
		Status: booking.JobStarted, At: v.History[len(v.History)-1].At,
	})
}
