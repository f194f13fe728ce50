package config

import "github.com/yeyak/yeyak/internal/admission"

// Admission is how much the API takes on at the same time.
type Admission struct {
	admission.Limits `embed:""`
}

const (
	maxAtOnce = 100_000
	maxCalls  = 1_000_000
	// maxRequests is more than a process answers in a second.
	maxRequests = 10_000
)

func (a *Admission) check(m mistakes) {
	m.between("max-streams", a.MaxStreams, 1, maxAtOnce)
	m.between("max-waiting-calls", a.MaxWaitingCalls, 0, maxCalls)
	m.between("requests-per-second", a.PerSecond, 0, maxRequests)
}
