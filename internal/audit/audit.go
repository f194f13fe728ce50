package audit

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Options of an audit.
type Options struct {
	// Moment is the pause between two passes. It must be longer than a worker needs to
	// take over a workflow task from a worker that has died: until then an order may be
	// between two statuses.
	Moment time.Duration
	// Gentle: the audit pauses for as long as it reads, since no caller waits for it.
	Gentle bool
}

// maxPasses is the maximum number of passes over an order that changes each time.
const maxPasses = 5

// Run checks all orders, and checks those with findings again. It reports findings that
// were the same twice. An error means that sources could not be read.
func Run(ctx context.Context, s Sources, o Options) (Report, error) {
	pace := newPace(o)
	first, err := s.runPass(ctx, pace, nil)
	if err != nil {
		return Report{}, err
	}
	report := Report{Counts: first.counts, Findings: []Finding{}, Known: first.known}
	silent, suspects := first.silent, newSuspects(first.findings)
	for n := 1; n < maxPasses && len(suspects.seen) > 0; n++ {
		if err := wait(ctx, o.Moment); err != nil {
			return Report{}, err
		}
		again, err := s.runPass(ctx, pace, suspects.orders())
		if err != nil {
			return Report{}, err
		}
		maps.Copy(silent, again.silent)
		report.Findings = append(report.Findings, suspects.meet(again.findings)...)
	}
	report.NotJudged, report.InMotion = len(silent), len(suspects.about())
	report.silent, report.moving = silent, suspects.about()
	if len(silent) > 0 {
		id := slices.Min(slices.Collect(maps.Keys(silent)))
		report.OneNotJudged = fmt.Sprintf("%s: %v", id, silent[id])
	}
	slices.SortFunc(report.Findings, inOrder)
	slices.SortFunc(report.Known, inOrder)
	return report, nil
}

// suspects are findings that were seen once.
type suspects struct {
	seen     map[string]Finding // by their identity
	reported map[string]bool    // findings that were seen twice
}

func newSuspects(findings []Finding) *suspects {
	s := &suspects{seen: map[string]Finding{}, reported: map[string]bool{}}
	for _, f := range findings {
		s.seen[f.same] = f
	}
	return s
}

// meet checks the suspects once more, and returns the findings that are still there. A
// subject with a different finding than before stays a suspect: it changes. A finding
// that is not there any more is dropped.
func (s *suspects) meet(findings []Finding) (confirmed []Finding) {
	before, about := s.seen, s.about()
	s.seen = map[string]Finding{}
	for _, f := range findings {
		_, again := before[f.same]
		switch {
		case s.reported[f.same]:
		case again:
			s.reported[f.same] = true
			confirmed = append(confirmed, f)
		case about[f.subject()]:
			s.seen[f.same] = f
		}
	}
	return confirmed
}

// about are the subjects of the suspects.
func (s *suspects) about() map[string]bool {
	about := map[string]bool{}
	for _, f := range s.seen {
		about[f.subject()] = true
	}
	return about
}

// orders are those subjects that are orders.
func (s *suspects) orders() map[string]bool {
	orders := map[string]bool{}
	for _, f := range s.seen {
		if f.ofOrder || f.OrderID != "" {
			orders[f.OrderID] = true
		}
	}
	return orders
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// inOrder sorts findings by kind, in the order of Kinds, and by subject.
func inOrder(a, b Finding) int {
	return cmp.Or(
		slices.Index(Kinds(), a.Kind)-slices.Index(Kinds(), b.Kind),
		cmp.Compare(a.OrderID, b.OrderID), cmp.Compare(a.Item, b.Item), cmp.Compare(a.Says, b.Says),
	)
}
