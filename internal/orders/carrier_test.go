package orders_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// storeDecisions puts decisions on the order of a kind into the table, one second apart.
func (d desk) storeDecisions(kind booking.Kind, names ...string) {
	d.t.Helper()
	for n, name := range names {
		require.NoError(d.t, d.decisions.Put(d.t.Context(), orders.KeptDecision{
			Decision:  orders.Decision{OrderID: of(kind).id(), Kind: kind, Update: name, Note: "as I say"},
			ID:        name + "/_anonymous/1/0",
			Caller:    "_anonymous",
			DecidedAt: time.Now().Add(time.Duration(n-len(names)) * time.Second),
		}))
	}
}

// deliverAll runs the carrier until no decision waits, and counts the outcomes.
func (d desk) deliverAll() map[string]int {
	d.t.Helper()
	var mu sync.Mutex
	outcomes := map[string]int{}
	d.Carrier.Count = func(outcome string) {
		mu.Lock()
		defer mu.Unlock()
		outcomes[outcome]++
	}
	ctx, stop := context.WithCancel(d.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.Carrier.Run(ctx)
	}()
	require.Eventually(d.t, func() bool {
		open, err := d.decisions.Open(d.t.Context())
		return err == nil && open.Decisions == 0
	}, time.Minute, 10*time.Millisecond)
	stop()
	<-ended
	return outcomes
}

// messagesTo lists the messages to a recipient.
func (d desk) messagesTo(person string) []booking.Message {
	d.t.Helper()
	messages, _, err := d.messages.Messages(d.t.Context(), person, booking.Page{})
	require.NoError(d.t, err)
	return messages
}

// TestCarrier: kept decisions are delivered once the engine answers again, per order the oldest
// first, with their ids and times.
func TestCarrier(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.has(booking.Lodging, booking.AwaitingOwner, "")
	d.storeDecisions(booking.Lodging, confirm, cancels, complete)
	want := d.kept()
	d.engine.On("CheckHealth", mock.Anything, mock.Anything).Return(&client.CheckHealthResponse{}, nil)
	sent := d.answersUpdates(func(n int) error {
		switch n {
		case 1:
			return serviceerror.NewUnavailable("away")
		case 2:
			return serviceerror.NewInternal("the database is locked")
		}
		return nil
	}, well)
	require.Equal(t, map[string]int{"postponed": 2, "delivered": 3}, d.deliverAll())
	require.Equal(t, confirm, sent.all[0].UpdateName)
	for n, u := range sent.all[2:] {
		require.Equal(t, want[n].ID, u.UpdateID)
		require.Equal(t, want[n].Update, u.UpdateName)
		require.Equal(t, contract.Decision{Note: "as I say", At: want[n].DecidedAt}, u.said)
	}
	require.Empty(t, d.messagesTo("olivia"))
}

// TestCarrier_Accepted: an order that has accepted a decision carries it out, unless a service
// has to agree: then the carrier waits for the answer.
func TestCarrier_Accepted(t *testing.T) {
	t.Parallel()
	for kind, want := range map[booking.Kind]map[string]int{
		booking.Lodging: {"delivered": 1}, booking.Food: {"postponed": 1, "delivered": 1},
	} {
		d := newDesk(t)
		d.has(kind, booking.Paid, "")
		d.storeDecisions(kind, cancels)
		sent := d.answersUpdates(well, func(n int) error {
			if n == 1 {
				return serviceerror.NewDeadlineExceeded("slow")
			}
			return nil
		})
		require.Equal(t, want, d.deliverAll())
		for _, u := range sent.all {
			require.Equal(t, sent.all[0].UpdateID, u.UpdateID, "it is the same update")
		}
	}
}

// TestCarrier_NotDone: a decision that its order no longer allows is in the order's
// history, and the person who made it is notified once. A decision for a status that the
// order already has is done.
func TestCarrier_NotDone(t *testing.T) {
	t.Parallel()
	ended := serviceerror.NewNotFound("workflow execution already completed")
	for name, test := range map[string]struct {
		kind    booking.Kind
		update  string
		status  booking.Status
		reason  booking.Reason
		answer  error
		outcome string
		code    booking.Code
		to      string // the recipient of the message, "" for none
	}{
		"ConfirmsCancelled": {booking.Lodging, confirm, booking.Cancelled, booking.ByOperator, ended, "over", booking.AlreadyCancelled, "olivia"},
		"ConfirmsRefused":   {booking.Lodging, confirm, booking.Cancelling, booking.ByCustomer, noFor(booking.BeingCancelled), "refused", booking.BeingCancelled, "olivia"},
		"ConfirmsAgain":     {booking.Lodging, confirm, booking.Confirmed, "", noFor(booking.AlreadyConfirmed), "delivered", "", ""},
		"RejectsAgain":      {booking.Lodging, contract.RejectUpdate, booking.Cancelled, booking.RejectedByOwner, ended, "delivered", "", ""},
		"NoShowAgain":       {booking.Lodging, contract.NoShowUpdate, booking.Cancelled, booking.NoShow, ended, "delivered", "", ""},
		"NoShowCancelled":   {booking.Lodging, contract.NoShowUpdate, booking.Cancelled, booking.ByCustomer, ended, "over", booking.AlreadyCancelled, "olivia"},
		"RejectsCancelled":  {booking.Lodging, contract.RejectUpdate, booking.Cancelled, booking.ByCustomer, ended, "over", booking.AlreadyCancelled, "olivia"},
		"CancelsAgain":      {booking.Lodging, cancels, booking.Cancelled, booking.ByOperator, ended, "delivered", "", ""},
		"CancelsCompleted":  {booking.Lodging, cancels, booking.Completed, "", ended, "over", booking.AlreadyCompleted, "alice"},
		"CompletesAgain":    {booking.Food, complete, booking.Delivered, "", ended, "delivered", "", ""},
		"CompletesNothing":  {booking.Food, complete, booking.Cancelled, booking.TooLate, ended, "over", booking.AlreadyCancelled, "sara"},
		"DeliveryAway":      {booking.Food, cancels, booking.Delivering, "", noFor(booking.DeliveryUnavailable), "refused", booking.DeliveryUnavailable, "alice"},
		"AcceptsNoMore":     {booking.Cafe, complete, booking.InProduction, "", serviceerror.NewFailedPrecondition("2000"), "refused", orders.DecisionsExhausted, "cora"},
		"NoRecipient":       {booking.Cleaning, complete, booking.Cancelled, booking.ByCustomer, ended, "over", booking.AlreadyCancelled, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			before := d.has(test.kind, test.status, test.reason)
			d.storeDecisions(test.kind, test.update)
			kept := d.kept()[0]
			d.answersUpdates(func(int) error { return test.answer }, well)
			require.Equal(t, map[string]int{test.outcome: 1}, d.deliverAll())
			v, err := d.pages.View(t.Context(), before.ID)
			require.NoError(t, err)
			if test.code == "" {
				require.Equal(t, before, v)
			} else {
				last := v.History[len(v.History)-1]
				require.Equal(t, []any{test.status, test.code, test.update, booking.Personal("as I say"), kept.DecidedAt},
					[]any{last.Status, last.Refused, last.Decision, last.Note, last.DecidedAt})
				require.Len(t, v.History, len(before.History)+1)
			}
			for _, person := range []string{"olivia", "alice", "sara", "cora"} {
				var types []booking.MessageType
				for _, m := range d.messagesTo(person) {
					types = append(types, m.Type)
					require.Equal(t, test.update, m.Data.Decision)
					require.Equal(t, test.status, m.Data.Status)
					require.NotContains(t, m.Words(booking.English), "{")
				}
				if person == test.to {
					require.Equal(t, []booking.MessageType{booking.DecisionNotDoneMessage}, types)
				} else {
					require.Empty(t, types, person)
				}
			}
		})
	}
}

// TestCarrier_NotDoneNotifiesItsMaker: the message goes to the party that decided, and to
// none if an operator, a program, a courier or another cleaner did. The history names the
// caller in each case.
func TestCarrier_NotDoneNotifiesItsMaker(t *testing.T) {
	t.Parallel()
	ended := serviceerror.NewNotFound("workflow execution already completed")
	for name, test := range map[string]struct {
		kind    booking.Kind
		update  string
		caller  string
		byParty bool
		to      string // the recipient of the message, "" for none
	}{
		"Customer":        {booking.Lodging, cancels, "alice", true, "alice"},
		"OperatorCancels": {booking.Lodging, cancels, "olga", false, ""},
		"Member":          {booking.Lodging, confirm, "1031", true, "olivia"},
		"OperatorForShop": {booking.Lodging, confirm, "olga", false, ""},
		"Barista":         {booking.Cafe, complete, "1031", true, "cora"},
		"Courier":         {booking.Food, complete, "dana", true, ""},
		"Cleaner":         {booking.Cleaning, complete, "kim", true, "kim"},
		"FormerCleaner":   {booking.Cleaning, complete, "lee", true, ""},
		"OperatorOfCall":  {booking.Cleaning, complete, "olga", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			p := of(test.kind).in(booking.Cancelled, booking.ByOperator)
			if test.update == cancels { // otherwise the order would already have the wanted status
				p = of(test.kind).in(booking.Completed, "")
			}
			if test.kind == booking.Cleaning {
				p.View.Cleaning = &contract.Visit{Cleaner: &booking.Cleaner{ID: "kim", Name: "Kim"}}
			}
			require.NoError(t, d.pages.Publish(t.Context(), p))
			require.NoError(t, d.decisions.Put(t.Context(), orders.KeptDecision{
				Decision: orders.Decision{OrderID: p.View.ID, Kind: test.kind, Update: test.update},
				ID:       test.update + "/1/0", Caller: test.caller, ByParty: test.byParty, DecidedAt: time.Now(),
			}))
			d.answersUpdates(func(int) error { return ended }, well)
			require.Equal(t, map[string]int{"over": 1}, d.deliverAll())
			v, err := d.pages.View(t.Context(), p.View.ID)
			require.NoError(t, err)
			require.Equal(t, test.caller, v.History[len(v.History)-1].By)
			for _, person := range []string{"alice", "olivia", "sara", "cora", "kim", "lee", "olga", "dana", "1031"} {
				require.Equal(t, person == test.to, len(d.messagesTo(person)) == 1, person)
			}
		})
	}
}

// TestCarrier_NotStarted: an order that waits to be started gets its decisions once it is
// started.
func TestCarrier_NotStarted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.has(booking.Lodging, booking.Received, "")
	d.storeDecisions(booking.Lodging, cancels)
	d.answersUpdates(func(n int) error {
		if n == 1 {
			return serviceerror.NewNotFound("no such workflow")
		}
		return nil
	}, well)
	require.Equal(t, map[string]int{"postponed": 1, "delivered": 1}, d.deliverAll())
}
