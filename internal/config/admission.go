package config

import (
	"time"

	"github.com/yeyak/yeyak/internal/admission"
)

// Admission is how much the API does at the same time.
type Admission struct {
	admission.Limits `embed:""`
}

const (
	maxCalls = 1_000_000
	// longestWait is well below the time after which proxies stop waiting for an answer.
	longestWait = 30 * time.Second
	// maxRequests is more than a process can answer in a second.
	maxRequests = 10_000
)

func (a *Admission) check(m mistakes) {
	m.upTo("max-wait", a.MaxWait, longestWait)
	m.between("max-waiting-calls", a.MaxWaitingCalls, 0, maxCalls)
	m.between("requests-per-second", a.PerSecond, 0, maxRequests)
}
