package workflows_test

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/sony/gobreaker/v2"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workers"
	"github.com/yeyak/yeyak/workflows/contract"
)

var errAway = errors.New("service is away")

// fault is what happens to one call of a service: an error before it acts, or
// after.
type fault struct{ before, after bool }

// world is everything a saga acts on, in memory, with faults to order. It
// keeps the promises that the stores keep: one outcome a key, for ever.
type world struct {
	mu       sync.Mutex
	faults   func(call string) fault // nil: none
	rooms    int
	holds    map[string]booking.Outcome
	released map[string]booking.Undo
	pays     map[string]booking.Payment
	provider map[string]*atProvider
	messages map[string]booking.Message
	off      map[string]booking.Undo
	offWhy   map[string]booking.Reason
	row      contract.Publication
	decision *contract.View
	events   []booking.Event
	calls    []string
}

type atProvider struct {
	charged, refunded int64
	voided, declined  bool
}

func newWorld(rooms int) *world {
	return &world{
		rooms: rooms, holds: map[string]booking.Outcome{}, released: map[string]booking.Undo{},
		pays: map[string]booking.Payment{}, provider: map[string]*atProvider{},
		messages: map[string]booking.Message{}, off: map[string]booking.Undo{}, offWhy: map[string]booking.Reason{},
	}
}

func (w *world) services() workers.Services {
	served := func(name string) activities.Service {
		return activities.NewService(name, func(string, gobreaker.State, gobreaker.State) {})
	}
	return workers.Services{
		Payments:      &activities.Payments{Service: served("payments"), Ledger: w, Provider: provider{w}},
		Inventory:     &activities.Inventory{Service: served("inventory"), Stock: w},
		Notifications: &activities.Notifications{Service: served("notifications"), Outbox: w},
		Mypage:        &activities.Mypage{Service: served("mypage"), ReadModel: w, Waiters: nobody{}},
	}
}

// act does one call with the fault that is ordered for it.
func (w *world) act(call string, f func()) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, call)
	var fl fault
	if w.faults != nil {
		fl = w.faults(call)
	}
	if fl.before {
		return errAway
	}
	f()
	if fl.after {
		return errAway
	}
	return nil
}

type nobody struct{}

func (nobody) Wake(contract.Publication)        {}
func (nobody) Announce(context.Context, string) {}

func (w *world) BeginCharge(_ context.Context, c booking.Charge) (p booking.Payment, err error) {
	err = w.act("begin charge", func() {
		if _, known := w.pays[c.OrderID]; !known {
			w.pays[c.OrderID] = booking.Payment{Charge: c, Status: booking.ChargePending}
		}
		p = w.pays[c.OrderID]
	})
	return p, err
}

func (w *world) EndCharge(_ context.Context, id string, answer booking.PaymentStatus, ref string) (p booking.Payment, err error) {
	err = w.act("end charge", func() {
		if p = w.pays[id]; p.Status == booking.ChargePending {
			p.Status, p.Ref = answer, ref
			w.pays[id] = p
		}
	})
	return p, err
}

func (w *world) BeginRefund(_ context.Context, id string, why booking.Reason) (p booking.Payment, err error) {
	err = w.act("begin refund", func() {
		p = w.pays[id]
		switch p.Status {
		case "":
			p = booking.Payment{Charge: booking.Charge{OrderID: id, Why: why}, Status: booking.ChargePrevented}
		case booking.ChargePending, booking.Charged:
			p.Status, p.Why = booking.RefundPending, why
		}
		w.pays[id] = p
	})
	return p, err
}

func (w *world) EndRefund(_ context.Context, id string, end booking.PaymentStatus, ref string, refunded int64) error {
	return w.act("end refund", func() {
		if p := w.pays[id]; p.Status == booking.RefundPending {
			p.Status, p.Ref, p.Refunded = end, ref, refunded
			w.pays[id] = p
		}
	})
}

func (w *world) Hold(_ context.Context, h booking.Hold) (o booking.Outcome, err error) {
	err = w.act("hold", func() {
		if _, known := w.holds[h.Key]; !known {
			w.holds[h.Key] = booking.Outcome{Result: booking.Refused, Reason: booking.SoldOut}
			if w.rooms >= h.Rooms {
				w.rooms -= h.Rooms
				w.holds[h.Key] = booking.Outcome{Result: booking.Done}
			}
		}
		o = w.holds[h.Key]
	})
	return o, err
}

func (w *world) Release(_ context.Context, h booking.Hold) (u booking.Undo, err error) {
	err = w.act("release", func() {
		if _, known := w.released[h.Key]; !known {
			held := w.holds[h.Key].Result == booking.Done
			if held {
				w.rooms += h.Rooms
			}
			if w.holds[h.Key].Result != booking.Refused {
				w.holds[h.Key] = booking.Outcome{Result: booking.Undone, Reason: h.Why}
			}
			w.released[h.Key] = booking.Undo{Acted: held}
		}
		u = w.released[h.Key]
	})
	return u, err
}

func (w *world) Send(_ context.Context, m booking.Message) (o booking.Outcome, err error) {
	err = w.act("send", func() {
		if _, off := w.off[m.Key]; off {
			o = booking.Outcome{Result: booking.Undone, Reason: w.offWhy[m.Key]}
			return
		}
		w.messages[m.Key] = m
		o = booking.Outcome{Result: booking.Done}
	})
	return o, err
}

func (w *world) Withdraw(_ context.Context, key string, m booking.Message, why booking.Reason) (u booking.Undo, err error) {
	err = w.act("withdraw", func() {
		if _, known := w.off[key]; !known {
			_, sent := w.messages[key]
			if sent {
				w.messages[m.Key] = m
			}
			w.off[key], w.offWhy[key] = booking.Undo{Acted: sent}, why
		}
		u = w.off[key]
	})
	return u, err
}

func (w *world) Publish(_ context.Context, p contract.Publication) error {
	return w.act("publish", func() {
		if p.View.Version > w.row.View.Version {
			w.row = p
		}
		if w.decision == nil {
			w.decision = p.Decision
		}
		for _, e := range p.Events {
			if !slices.ContainsFunc(w.events, func(told booking.Event) bool { return told.Key == e.Key }) {
				w.events = append(w.events, e)
			}
		}
	})
}

func (w *world) eventTypes() []booking.EventType {
	types := []booking.EventType{}
	for _, e := range w.events {
		types = append(types, e.Type)
	}
	return types
}

// provider is the payment provider of a world.
type provider struct{ *world }

func (p provider) at(key string) *atProvider {
	if p.provider[key] == nil {
		p.provider[key] = &atProvider{}
	}
	return p.provider[key]
}

func (p provider) Charge(_ context.Context, c booking.Charge) (ref string, err error) {
	var is *atProvider
	err = p.act("charge", func() {
		is = p.at(c.Key)
		if is.voided {
			return
		}
		if c.Method == "pm_card_chargeDeclined" {
			is.declined = true
			return
		}
		is.charged = c.Amount.Amount
	})
	switch {
	case err != nil:
		return "", err
	case is.voided:
		return "", activities.ErrVoided
	case is.declined:
		return "", activities.ErrDeclined
	default:
		return "ref of " + c.Key, nil
	}
}

func (p provider) Void(_ context.Context, c booking.Charge) (ref string, err error) {
	err = p.act("void", func() {
		is := p.at(c.Key)
		if is.charged == 0 {
			is.voided = true
			return
		}
		ref = "ref of " + c.Key
	})
	return ref, err
}

func (p provider) Refund(_ context.Context, _, ref string, amount booking.Money) error {
	return p.act("refund", func() {
		for key, is := range p.provider {
			if ref == "ref of "+key {
				is.refunded = amount.Amount
			}
		}
	})
}

// owed is what was charged and not refunded, at the provider.
func (w *world) owed() (sum int64) {
	for _, is := range w.provider {
		sum += is.charged - is.refunded
	}
	return sum
}
