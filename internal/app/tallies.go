package app

import (
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/yeyak/yeyak/internal/orders"
)

// lateAfter is a bound of the buckets of yeyak_http_request_seconds: an order that is answered
// later counts as late.
const lateAfter = 2.5

// placing are the routes on which orders are placed.
var placing = []string{"/v1/lodging/reservations", "/v1/food/orders", "/v1/cafe/orders", "/v1/cleaning/calls"}

// tallies counts this process's answers from its metrics, as the alerts do.
func tallies(metrics prometheus.Gatherer) []orders.Tally {
	families, _ := metrics.Gather() // a metric that cannot be gathered is not counted
	failed, late, unknown := orders.Tally{Name: orders.TallyFailed}, orders.Tally{Name: orders.TallyLate}, orders.Tally{Name: orders.TallyUnknown}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			counted := int(m.GetCounter().GetValue())
			switch family.GetName() {
			case "yeyak_http_requests_shed_total":
				failed.Count -= counted
			case "yeyak_http_requests_unidentified_total":
				unknown.Count += counted
			case "yeyak_http_request_seconds":
				is := answers{labels: map[string]string{}, all: int(m.GetHistogram().GetSampleCount())} //nolint:gosec // no process counts that far
				for _, l := range m.GetLabel() {
					is.labels[l.GetName()] = l.GetValue()
				}
				for _, b := range m.GetHistogram().GetBucket() {
					if b.GetUpperBound() == lateAfter {
						is.inTime = int(b.GetCumulativeCount()) //nolint:gosec // no process counts that far
					}
				}
				is.count(&failed, &late, &unknown)
			}
		}
	}
	failed.Count = max(0, failed.Count) // a request may be counted as refused before it is answered
	return []orders.Tally{failed, late, unknown}
}

// answers counts the answers of a route with a status.
type answers struct {
	labels      map[string]string
	all, inTime int
}

func (a answers) count(failed, late, unknown *orders.Tally) {
	failed.Of += a.all
	if strings.HasPrefix(a.labels["status"], "5") {
		failed.Count += a.all
	}
	if strings.HasPrefix(a.labels["route"], "/v1/") && a.labels["status"] != "429" {
		unknown.Of += a.all
	}
	if slices.Contains(placing, a.labels["route"]) && a.labels["method"] == "POST" && strings.HasPrefix(a.labels["status"], "2") {
		late.Of += a.all
		late.Count += a.all - a.inTime
	}
}
