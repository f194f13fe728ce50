package web

import (
	"time"

	"github.com/yeyak/yeyak/booking"
)

// policy is a cancellation policy in words, a line per tier.
func (w words) policy(p *booking.CancellationPolicy, currency string) []string {
	if p == nil {
		return []string{w.say("policy.all")}
	}
	var lines []string
	for _, t := range p.Tiers {
		switch {
		case t.Before != nil:
			lines = append(lines, w.say("policy.before", w.span(time.Duration(*t.Before)), t.Percent))
		case t.Within != nil:
			lines = append(lines, w.say("policy.within", w.span(time.Duration(*t.Within)), t.Percent))
		case t.Status != "":
			lines = append(lines, w.say("policy.status", w.statusWords(t.Status), t.Percent))
		}
	}
	if len(p.Tiers) > 0 {
		lines = append(lines, w.say("policy.none"))
	}
	if p.Fee > 0 {
		lines = append(lines, w.say("policy.fee", w.money(booking.Money{Amount: p.Fee, Currency: currency})))
	}
	if p.NoShow != nil {
		lines = append(lines, w.say("policy.noshow", *p.NoShow))
	}
	if p.EarlyDeparture > 0 {
		lines = append(lines, w.say("policy.early", p.EarlyDeparture))
	}
	return lines
}

// statusWords is the status in the words of food or drinks, because only these have tiers
// by status.
func (w words) statusWords(s booking.Status) string {
	if label := s.Label(booking.Food, w.language); label != "" {
		return label
	}
	return s.Label(booking.Cafe, w.language)
}

// span is a duration in words.
func (w words) span(d time.Duration) string {
	hours, minutes := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case hours >= 48 && hours%24 == 0 && minutes == 0:
		return w.say("span.days", hours/24)
	case hours > 0 && minutes == 0:
		return w.say("span.hours", hours)
	default:
		return w.say("span.minutes", int(d/time.Minute))
	}
}
