package config

import "time"

// Demo holds the settings of `yeyak demo`: those of the demonstration, and all of `yeyak dev`.
type Demo struct {
	Dev        `embed:""`
	For        time.Duration `name:"for" default:"0s" help:"How long the demonstration runs, before its audit; 0s: until Ctrl-C."`
	Seed       uint64        `name:"seed" default:"1" help:"Number that determines the orders and the actions on them."`
	PerMinute  int           `name:"per-minute" default:"60" help:"Orders per minute."`
	Failing    time.Duration `name:"failing" default:"15s" help:"How long each service fails."`
	HealWithin time.Duration `name:"heal-within" default:"2m" help:"How long orders that met a failure may take to recover. A slow machine needs more."`
}

// mostPerMinute is what two cores carry out beside everything else, with the requests that
// customers' accounts may send in a second.
const mostPerMinute = 300

func (d *Demo) check(m mistakes) {
	m.between("per-minute", d.PerMinute, 1, mostPerMinute)
	m.upTo("failing", d.Failing, 5*time.Minute)
	m.upTo("heal-within", d.HealWithin, time.Hour)
	if d.For < 0 {
		m.add("for", d.For.String(), "a duration such as 5m, or 0s")
	}
}
