package app

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

// runAudits runs audits that are due or requested, if this process runs audits: it must
// know the payment provider, as processes that serve payments do.
func (a *App) runAudits(ctx context.Context, registry prometheus.Registerer) {
	cfg := a.options.Config
	if !cfg.Audits.Run || !slices.Contains(cfg.Worker.Serve, contract.PaymentsQueue) {
		return
	}
	audits := store.NewAudits(a.dbs[mypageDB])
	registry.MustRegister(auditMetrics{audits, cfg.Audits.Every})
	runner := &audit.Runner{Runs: audits, Sources: auditSources(a.dbs, a.sagas, a.money), Every: cfg.Audits.Every, Log: a.log}
	a.beside.Go(func() { runner.Run(ctx) })
}

// auditMetrics reads the findings of the audits at each scrape. All processes that run
// audits report the same.
type auditMetrics struct {
	audits *store.Audits
	every  time.Duration
}

var (
	auditFindings  = prometheus.NewDesc("yeyak_audit_findings", "What is wrong as the last audits saw it, by kind.", []string{"kind"}, nil)
	auditAge       = prometheus.NewDesc("yeyak_audit_age_seconds", "How long ago the last complete audit ended.", nil, nil)
	auditEvery     = prometheus.NewDesc("yeyak_audit_every_seconds", "How often an audit runs by itself; 0 for never.", nil, nil)
	auditNotJudged = prometheus.NewDesc("yeyak_audit_not_judged", "Orders that did not answer the last audit.", nil, nil)
	auditUnknown   = prometheus.NewDesc("yeyak_audit_unknown", "1 when it cannot be read what the audits have found.", nil, nil)
)

// Describe implements prometheus.Collector.
func (m auditMetrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{auditFindings, auditAge, auditEvery, auditNotJudged, auditUnknown} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (m auditMetrics) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), scrapeReadTimeout)
	defer cancel()
	gauge(auditEvery, m.every.Seconds())
	byKind, err := m.audits.OpenFindings(ctx)
	if err != nil {
		gauge(auditUnknown, 1)
		return
	}
	done, _, err := m.audits.Latest(ctx)
	if err != nil {
		gauge(auditUnknown, 1)
		return
	}
	age, err := m.audits.SinceDone(ctx, time.Now())
	if err != nil {
		gauge(auditUnknown, 1)
		return
	}
	gauge(auditUnknown, 0)
	gauge(auditAge, age.Seconds())
	gauge(auditNotJudged, float64(done.NotJudged))
	for _, kind := range audit.Kinds() {
		gauge(auditFindings, float64(byKind[string(kind)]), string(kind))
	}
}
