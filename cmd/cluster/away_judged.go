package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/rig/cluster/crowd"
)

// awayRow is the result of an outage.
type awayRow struct {
	name          string
	outage        outage
	placements    []crowd.Placement // from shortly before it until all were stable again
	order         dispatchOrder
	stableAfter   time.Duration // after Temporal was back
	repeated      int           // requests whose answer named no order
	existedAnyway int           // those of them with an order, which had no answer
}

// maxFaults is how many faults of a kind are reported.
const maxFaults = 5

// judge checks every answer.
func (r awayRow) judge() (faults []error) {
	kinds := map[string]int{}
	waited := false
	for _, p := range r.placements {
		why := r.wrong(p)
		waited = waited || p.CanWait() && p.Status == http.StatusAccepted
		if why == "" {
			continue
		}
		if kinds[why]++; kinds[why] <= maxFaults {
			faults = append(faults, fmt.Errorf("%s: %s", why, p))
		}
	}
	for why, n := range kinds {
		if n > maxFaults {
			faults = append(faults, fmt.Errorf("%s: %d in all", why, n))
		}
	}
	if !waited {
		faults = append(faults, errors.New("no order had to wait: Temporal was not away"))
	}
	return faults
}

// wrong says what is wrong with an answer, "" if nothing is.
func (r awayRow) wrong(p crowd.Placement) string {
	during := !r.outage.hole && !p.Begun.Before(r.outage.left) && !p.Answered().After(r.outage.returns)
	switch {
	case p.Status == http.StatusCreated || p.Status == http.StatusAccepted:
		switch {
		case p.OrderID == "" || !p.Located:
			return "accepted, without a Location"
		case during && p.Status == http.StatusCreated:
			return "decided on without Temporal"
		}
		return ""
	case p.Status == http.StatusServiceUnavailable && !p.CanWait():
		return "" // no order exists, see repeat and unreported; or the answer names the refused order
	case p.Refused() || lost(p):
		if r.outage.excuses(p) {
			return ""
		}
		return "refused or not answered, with everything up but Temporal"
	default:
		return "not an answer to be expected"
	}
}

// lost reports whether the answer of an API did not get through the entry point.
func lost(p crowd.Placement) bool {
	return p.Status == 0 || p.Status == http.StatusBadGateway || p.Status == http.StatusGatewayTimeout
}

// dispatchOrder says in which order the dispatchers started the orders of the inbox.
type dispatchOrder struct {
	orders int
	// behind is how many orders were started after a younger one, and latest by how much at
	// most.
	behind int
	latest time.Duration
}

func (s dispatchOrder) judge(late time.Duration) error {
	switch {
	case s.orders == 0:
		return errors.New("nothing was in the inbox")
	case s.latest > late:
		return fmt.Errorf("an order was begun %s after a younger one, and may be %s", seconds(s.latest), seconds(late))
	}
	return nil
}

// orderOf compares the times at which orders were started. They are sorted by when the
// orders were received.
func orderOf(started []time.Time) dispatchOrder {
	s := dispatchOrder{orders: len(started)}
	var youngest time.Time // the first of the younger ones that was started
	for _, at := range slices.Backward(started) {
		if late := at.Sub(youngest); !youngest.IsZero() && late > 0 {
			s.behind++
			s.latest = max(s.latest, late)
			continue
		}
		youngest = at
	}
	return s
}

// tallied counts the requests between Temporal's going down and its being back.
type tallied struct {
	placed, created, accepted, received, unanswered int
	refused                                         map[string]int
	took                                            map[bool][]crowd.Record // by whether the order can wait in the inbox
}

func (r awayRow) tally() tallied {
	t := tallied{refused: map[string]int{}, took: map[bool][]crowd.Record{}}
	for _, p := range r.placements {
		if p.Begun.Before(r.outage.left) || p.Begun.After(r.outage.back) {
			continue
		}
		t.placed++
		t.took[p.CanWait()] = append(t.took[p.CanWait()], crowd.Record{Begun: p.Begun, Took: p.Took})
		switch p.Status {
		case http.StatusCreated:
			t.created++
		case http.StatusAccepted:
			t.accepted++
		case http.StatusServiceUnavailable:
			t.refused[fmt.Sprintf("%s %s", p.Kind, p.Code)]++
		default:
			t.unanswered++
		}
		if p.Received && p.CanWait() {
			t.received++
		}
	}
	return t
}

// printAway prints a line for each absence.
func printAway(out io.Writer, rows []awayRow) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nTemporal is\tfor\tasked\t201\t202\treceived\tno answer\tp99, stays and food\tp99, others\t"+
		"stable after\tbegun after a younger one\tfound by a repeat\t503, by kind")
	for _, r := range rows {
		t := r.tally()
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%d of %d, by %s\t%d of %d\t%s\n",
			r.name, seconds(r.outage.back.Sub(r.outage.left)), t.placed, t.created, t.accepted, t.received, t.unanswered,
			seconds(crowd.Sum(t.took[true]).P99), seconds(crowd.Sum(t.took[false]).P99), seconds(r.stableAfter),
			r.order.behind, r.order.orders, seconds(r.order.latest), r.existedAnyway, r.repeated, counts(t.refused))
	}
	return table.Flush()
}

// counts describes how often each value occurred.
func counts(of map[string]int) string {
	var words []string
	for _, what := range slices.Sorted(maps.Keys(of)) {
		words = append(words, fmt.Sprintf("%d %s", of[what], what))
	}
	return cmp.Or(strings.Join(words, ", "), "none")
}

// onTheWay are the statuses of an order whose saga still has work to do.
var onTheWay = []booking.Status{booking.Received, booking.PaymentPending, booking.Paid}
