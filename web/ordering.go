package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// ordering is the form of an order, with the faults of its last request.
type ordering struct {
	action  string            // the address that it is sent to
	fields  map[string]string // as they were filled in
	faults  map[string]string // by the field's name
	problem *problem          // why nothing was ordered
	earlier string            // address of the order that an earlier attempt may have placed, "" for none
	price   *booking.Money    // of the whole order, nil if it is not known
	key     string            // the Idempotency-Key, the same however often it is sent
	methods []string          // of payment
	// mayKeep: the payment provider keeps cards; keeps: the customer agrees to that. keptIDs
	// are the kept cards, newest first, and kept their names.
	mayKeep, keeps bool
	keptIDs        []string
	kept           map[string]string
}

// newOrdering is the form as it was sent, or with the fields of the query. It has no ways to
// pay.
func (v *visit) newOrdering(names ...string) *ordering {
	o := &ordering{action: v.c.Request.URL.Path, fields: map[string]string{}, faults: map[string]string{}}
	for _, name := range names {
		o.fields[name] = v.field(name)
	}
	if o.key = v.field("key"); v.c.Request.Method != http.MethodPost || !madeKey.MatchString(o.key) {
		o.key = rand.Text()
	}
	return o
}

// newPayable is newOrdering with the ways to pay.
func (v *visit) newPayable(names ...string) *ordering {
	o := v.newOrdering(names...)
	if o.fields["method"] = v.field("method"); v.isSent() {
		o.takeKept(v)
	} else {
		o.findKept(v)
	}
	o.offerMethods(v)
	return o
}

// offerMethods offers the ways to pay for an order.
func (o *ordering) offerMethods(v *visit) {
	o.pays(o.fields["method"], slices.Concat(o.keptIDs, v.methods()))
}

// pathWith is the address of the page with these fields filled in.
func (o *ordering) pathWith(names ...string) string { return o.action + "?" + o.query(names...) }

// query is these fields in an address.
func (o *ordering) query(names ...string) string {
	query := url.Values{}
	for _, name := range names {
		query.Set(name, o.fields[name])
	}
	return query.Encode()
}

// asksPrice is the name of the button that shows the price of what was filled in.
const asksPrice = "show"

// isSent reports whether a form was sent to be carried out, not to see its price.
func (v *visit) isSent() bool {
	return v.c.Request.Method == http.MethodPost && v.field(asksPrice) == ""
}

// pays selects a payment method, the first one unless method is offered.
func (o *ordering) pays(method string, methods []string) {
	if o.methods = methods; !slices.Contains(methods, method) {
		method = methods[0]
	}
	o.fields["method"] = method
}

// madeKey matches keys made by newOrdering.
var madeKey = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// methods are the provider's tokens of the methods of payment that are offered, the usual
// one first.
func (v *visit) methods() []string {
	if v.TestPayments {
		return []string{"pm_card_visa", "pm_card_chargeDeclined", "pm_card_threeDSecure2Required"}
	}
	return []string{"pm_card_visa"}
}

// mostOfOne is the maximum of rooms, portions or cups in one order, as in the API.
const mostOfOne = 1000

// count reads a quantity: one unless the field has another.
func (v *visit) count(o *ordering, name string) int {
	if o.fields[name] == "" {
		o.fields[name] = "1"
	}
	n, err := strconv.Atoi(o.fields[name])
	if err != nil || n < 1 || n > mostOfOne {
		o.faults[name] = v.say("fault.count", mostOfOne)
		return 0
	}
	return n
}

// text reads a required text for people.
func (v *visit) text(o *ordering, name string, longest int) booking.Personal {
	text := o.fields[name]
	if text == "" {
		o.faults[name] = v.say("fault.required")
	} else if fault := v.textFault(text, longest); fault != "" {
		o.faults[name] = fault
	}
	return booking.Lines(booking.Personal(text))
}

func (v *visit) textFault(text string, longest int) string {
	switch {
	case utf8.RuneCountInString(text) > longest:
		return v.say("fault.long", longest)
	case booking.LinesFault(text) != "":
		return v.say("fault.text")
	default:
		return ""
	}
}

// shownPrice is the price that the form has shown.
func (v *visit) shownPrice() *booking.Money {
	amount, err := strconv.ParseInt(v.field("amount"), 10, 64)
	if err != nil {
		return nil
	}
	return &booking.Money{Amount: amount, Currency: v.field("currency")}
}

// priceOf finds out what an order would cost, and its faults, without placing it.
func (v *visit) priceOf(o *ordering, wanted orders.Wanted) error {
	a, err := v.Orders.Prepare(v.ctx, v.caller, orders.Placement{Wanted: wanted, CustomerID: v.caller.ID, PaymentMethod: o.fields["method"]})
	if err != nil {
		return o.note(v, err)
	}
	if price := a.Price(); price.Currency != "" && len(o.faults) == 0 {
		o.price = &price
	}
	return nil
}

// note adds the faults of an error to their fields, and returns any other error.
func (o *ordering) note(v *visit, err error) error {
	invalid, ok := errors.AsType[*booking.Error](err)
	if !ok || len(invalid.Faults) == 0 {
		return err
	}
	for _, f := range invalid.Faults {
		if f.Field == "placeId" || f.Field == "menuId" && f.Words == "there is no such menu" || f.Words == "there is no such drink" {
			return booking.Errorf(booking.NotFound, "")
		}
		if o.faults[f.Field] == "" {
			o.faults[f.Field] = v.faultWords(f)
		}
	}
	return nil
}

// placeOrder places the order once, at the price that was shown, and shows it. If it cannot
// be placed, the form is shown again.
func (v *visit) placeOrder(o *ordering, wanted orders.Wanted, form func(status int) error) error {
	again := func(status int) error {
		o.findKept(v)
		o.offerMethods(v)
		return form(status)
	}
	if len(o.faults) > 0 {
		return again(http.StatusUnprocessableEntity)
	}
	hash, err := v.hash(wanted, o.fields["method"], o.keeps)
	if err != nil {
		return err
	}
	a, err := v.Orders.Prepare(v.ctx, v.caller, orders.Placement{
		Wanted: wanted, CustomerID: v.caller.ID, PaymentMethod: o.fields["method"], KeepsMethod: o.keeps,
		Host: v.c.Request.Host, Price: v.shownPrice(), Key: o.key, RequestHash: hash,
	})
	if err != nil {
		if err := o.note(v, err); err != nil {
			return err
		}
		return again(http.StatusUnprocessableEntity)
	}
	placed, err := v.Orders.Place(v.ctx, a)
	if err == nil || placed.View.ID != "" {
		// The page of a refused order shows the state of its payment.
		return v.goTo(orderAt(placed.View))
	}
	refusal := v.disclose(err)
	why := v.problem(refusal)
	o.problem = &why
	if refusal.Code == orders.IdempotencyKeyReused {
		o.key = rand.Text()
	}
	if placed.Earlier {
		o.earlier = "/orders/" + placed.OrderID
	}
	return again(statusOf(refusal.Code))
}

// hash distinguishes a repeated form from another one under its key.
func (v *visit) hash(wanted orders.Wanted, method string, keeps bool) (string, error) {
	key, err := v.HashKey(v.ctx)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(struct {
		Wanted orders.Wanted
		Method string
		Keeps  bool `json:",omitempty"` // forms of earlier builds do not have it
	}{wanted, method, keeps})
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "web %T %s", wanted, text) // a hash accepts every input
	return "hmac:" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), nil
}

// faultKeys are the entries for the use cases' faults, by the begin of their texts.
var faultKeys = []struct{ begins, key string }{
	{"is in the past", "fault.past"},
	{"must be after", "fault.after"},
	{"is more than 366 nights", "fault.nights"},
	{"is more than", "fault.ahead"},
	{"the whole price", "fault.price"},
	{"could be ordered until", "fault.over"},
}

func (w words) faultWords(f booking.Fault) string {
	for _, k := range faultKeys {
		if len(f.Words) >= len(k.begins) && f.Words[:len(k.begins)] == k.begins {
			return w.say(k.key)
		}
	}
	return w.say("fault.other")
}
