package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
)

// callTermsPath is the page where operators set the cancellation policy of calls.
const callTermsPath = "/desk/cleaning"

func (p *Pages) mountTerms(r gin.IRouter) {
	for _, o := range offerings {
		p.page(r, http.MethodGet, o.path+"/:id/cancellation", booking.ChangeCatalogue, func(v *visit) error { return v.showTerms(o) })
		p.page(r, http.MethodPost, o.path+"/:id/cancellation", booking.ChangeCatalogue, func(v *visit) error { return v.setTerms(o) })
	}
	p.page(r, http.MethodGet, callTermsPath, booking.ChangeCallPolicy, p.showCallTerms)
	p.page(r, http.MethodPost, callTermsPath, booking.ChangeCallPolicy, p.setCallTerms)
}

// termsForm is the form of a cancellation policy.
type termsForm struct {
	*ordering
	kind       booking.Kind
	currency   string
	rows       []termsRow
	name, back string // of the item, and the address to return to
}

// termsRow is a tier in the form, by the names of its fields.
type termsRow struct {
	time, percent string
	status        booking.Status // its condition, "" for a time
}

// emptyRows is how many empty rows follow the existing tiers.
const emptyRows = 2

// newTerms is the form as it was sent, or with the stored policy.
func (v *visit) newTerms(kind booking.Kind, currency string, is *booking.CancellationPolicy) *termsForm {
	f := &termsForm{kind: kind, currency: currency, rows: rowsFor(kind, is)}
	names := []string{"fee", "noshow", "early"}
	for _, row := range f.rows {
		names = append(names, row.time, row.percent)
	}
	f.ordering = v.newOrdering(names...)
	if v.c.Request.Method != http.MethodPost {
		f.fill(is)
	}
	return f
}

// rowsFor are the rows of the form: one for each status that may be a condition, or one for
// each existing time, and some empty ones.
func rowsFor(kind booking.Kind, is *booking.CancellationPolicy) (rows []termsRow) {
	for i, s := range booking.TierStatuses(kind) {
		rows = append(rows, termsRow{percent: "percent" + strconv.Itoa(i), status: s})
	}
	if rows != nil {
		return rows
	}
	tiers := emptyRows
	if is != nil {
		tiers += len(is.Tiers)
	}
	for i := range min(max(tiers, 2*emptyRows), booking.MostTiers) {
		rows = append(rows, termsRow{time: "time" + strconv.Itoa(i), percent: "percent" + strconv.Itoa(i)})
	}
	return rows
}

// fill writes the stored policy into the fields.
func (f *termsForm) fill(is *booking.CancellationPolicy) {
	if is == nil {
		return
	}
	for i, t := range is.Tiers {
		for n, row := range f.rows {
			if row.status != t.Status || row.status == "" && n != i {
				continue
			}
			f.fields[row.percent] = strconv.Itoa(t.Percent)
			switch {
			case t.Before != nil:
				f.fields[row.time] = t.Before.String()
			case t.Within != nil:
				f.fields[row.time] = t.Within.String()
			}
		}
	}
	if is.Fee > 0 {
		f.fields["fee"] = writeAmount(booking.Money{Amount: is.Fee, Currency: f.currency})
	}
	if is.NoShow != nil {
		f.fields["noshow"] = strconv.Itoa(*is.NoShow)
	}
	if is.EarlyDeparture > 0 {
		f.fields["early"] = strconv.Itoa(is.EarlyDeparture)
	}
}

// read is the policy in the form, nil if everything is refunded. booking checks whether it
// is valid.
func (f *termsForm) read(v *visit) *booking.CancellationPolicy {
	var p booking.CancellationPolicy
	var filled []termsRow
	for _, row := range f.rows {
		if f.fields[row.percent] == "" && f.fields[row.time] == "" {
			continue
		}
		filled, p.Tiers = append(filled, row), append(p.Tiers, f.readRow(v, row))
	}
	if f.fields["fee"] != "" {
		fee, ok := readAmount(f.fields["fee"], f.currency)
		if p.Fee = fee.Amount; !ok {
			f.faults["fee"] = v.say("fault.money")
		}
	}
	if f.fields["noshow"] != "" {
		percent := f.number(v, "noshow", 0, 100)
		p.NoShow = &percent
	}
	if f.fields["early"] != "" {
		p.EarlyDeparture = f.number(v, "early", 0, 100)
	}
	if len(p.Tiers) == 0 && p.Fee == 0 && p.NoShow == nil && p.EarlyDeparture == 0 {
		return nil
	}
	if len(f.faults) == 0 {
		for _, fault := range p.Faults(f.kind) {
			f.explain(v, fault, filled)
		}
	}
	return &p
}

func (f *termsForm) readRow(v *visit, row termsRow) booking.Tier {
	t := booking.Tier{Status: row.status, Percent: f.number(v, row.percent, 0, 100)}
	if row.status != "" {
		return t
	}
	var span booking.Duration
	if err := span.UnmarshalText([]byte(f.fields[row.time])); err != nil {
		f.faults[row.time] = v.say("fault.span")
	}
	if f.kind == booking.Cleaning {
		t.Within = &span
	} else {
		t.Before = &span
	}
	return t
}

// explain adds a fault of the policy to its field.
func (f *termsForm) explain(v *visit, fault booking.Fault, filled []termsRow) {
	var n int
	var of string
	if _, err := fmt.Sscanf(strings.NewReplacer("[", " ", "].", " ").Replace(fault.Field), "tiers %d %s", &n, &of); err != nil || n >= len(filled) {
		at, word := fault.Field, "fault.other" // for the policy as a whole
		if fault.Field == "tiers" {
			at, word = f.rows[0].percent, "fault.required"
		}
		f.faults[at] = v.say(word)
		return
	}
	at, word := filled[n].time, "fault.span"
	switch {
	case of == "percent":
		at, word = filled[n].percent, "fault.more"
	case n > 0 && f.kind == booking.Lodging:
		word = "fault.shorter"
	case n > 0:
		word = "fault.longer"
	}
	f.faults[at] = v.say(word)
}

func (v *visit) termsPage(status int, f *termsForm) error {
	return v.show(status, termsPage(v.page(v.say("terms.title"), "nav.catalogue"), f))
}

// termsOf is the form of an item's policy.
func (v *visit) termsOf(o offering) (*termsForm, offered, error) {
	is, err := v.offered(o.kind, v.c.Param("id"), booking.ChangeCatalogue)
	if err != nil {
		return nil, is, err
	}
	f := v.newTerms(o.kind, is.price().Currency, *is.policy())
	f.name, f.back = *is.name(), o.path+"/"+is.id()
	return f, is, nil
}

// showTerms shows the form of an item's policy.
func (v *visit) showTerms(o offering) error {
	f, _, err := v.termsOf(o)
	if err != nil {
		return err
	}
	return v.termsPage(http.StatusOK, f)
}

// setTerms sets an item's policy for orders from now on.
func (v *visit) setTerms(o offering) error {
	f, is, err := v.termsOf(o)
	if err != nil {
		return err
	}
	policy := f.read(v)
	if len(f.faults) > 0 {
		return v.termsPage(http.StatusUnprocessableEntity, f)
	}
	if err := v.change(o.kind, is.id(), func(now *offered) { *now.policy() = policy }); err != nil {
		return err
	}
	v.noteChange(o.prefix+" changed", is)
	return v.goTo(f.back)
}

// callTerms is the form for calls for a cleaner. It has no fee, because customers choose
// the currency of a call.
func (v *visit) callTerms() (*termsForm, error) {
	is, err := v.Catalogue.CallPolicy(v.ctx)
	if err != nil {
		return nil, err
	}
	f := v.newTerms(booking.Cleaning, "KRW", is)
	f.name, f.back = v.say("nav.cleaning"), "/desk/catalogue"
	return f, nil
}

// showCallTerms shows the form for calls for a cleaner.
func (p *Pages) showCallTerms(v *visit) error {
	f, err := v.callTerms()
	if err != nil {
		return err
	}
	return v.termsPage(http.StatusOK, f)
}

// setCallTerms sets the cancellation policy of calls from now on.
func (p *Pages) setCallTerms(v *visit) error {
	if err := v.caller.Authorize(booking.ChangeCallPolicy, booking.Thing{}); err != nil {
		return err
	}
	f, err := v.callTerms()
	if err != nil {
		return err
	}
	policy := f.read(v)
	if len(f.faults) > 0 {
		return v.termsPage(http.StatusUnprocessableEntity, f)
	}
	if err := p.Catalogue.SetCallPolicy(v.ctx, v.caller.ID, policy); err != nil {
		return err
	}
	v.noteCallPolicy()
	return v.goTo(callTermsPath)
}
