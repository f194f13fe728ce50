package config

import neturl "net/url"

// Traces is where the traces of requests and orders are sent.
type Traces struct {
	Endpoint URL `name:"traces-endpoint" env:"OTEL_EXPORTER_OTLP_ENDPOINT" help:"URL of a collector of traces that accepts OTLP over HTTP, such as http://localhost:4318. Without it there are no traces."`
}

// On reports whether traces are made.
func (t Traces) On() bool { return t.Endpoint != "" }

func (t *Traces) check(m mistakes) {
	if !t.On() {
		return
	}
	u, err := neturl.Parse(string(t.Endpoint))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		m.add("traces-endpoint", t.Endpoint.String(), "http://host:4318 or https://host")
	}
}
