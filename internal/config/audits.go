package config

import "time"

// Audits are the audits that processes run on a schedule.
type Audits struct {
	Every time.Duration `name:"audit-every" env:"YEYAK_AUDIT_EVERY" default:"6h" help:"How often workers that serve payments compare all orders with money, stock, work and pages; 0 audits only on request. The same for all workers."`
	// Run means that this process runs audits. An API does not: an audit takes memory
	// for each order, and an API needs its memory for requests.
	Run bool `kong:"-"`
}

const (
	auditAtLeast = 10 * time.Minute
	auditAtMost  = 30 * 24 * time.Hour
)

func (a *Audits) check(m mistakes) {
	if a.Every != 0 && (a.Every < auditAtLeast || a.Every > auditAtMost) {
		m.add("audit-every", a.Every.String(), "0s, or a duration from "+short(auditAtLeast)+" to "+short(auditAtMost))
	}
}
