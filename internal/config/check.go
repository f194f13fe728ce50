package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/nyaruka/phonenumbers"

	"github.com/yeyak/yeyak/workflows/contract"
)

// mistakes are the wrong settings, by the names of their flags.
type mistakes map[string]mistake

type mistake struct{ value, want string }

// add notes a mistake unless the setting has one: a value that cannot be read is
// not also out of range.
func (m mistakes) add(flag, value, want string) {
	if _, known := m[flag]; !known {
		m[flag] = mistake{value, want}
	}
}

// err joins the mistakes in the flags that the command offers, sorted by name.
func (m mistakes) err(offered map[string]*kong.Flag) error {
	var lines []error
	for flag, wrong := range m {
		f := offered[flag]
		if f == nil {
			continue
		}
		value := strconv.Quote(wrong.value)
		switch wrong.value {
		case "":
			value = "empty"
		case hidden:
			value = hidden
		}
		name := "--" + flag
		if len(f.Envs) > 0 {
			name += " (" + strings.Join(f.Envs, ", ") + ")"
		}
		lines = append(lines, fmt.Errorf("%s is %s: want %s", name, value, wrong.want))
	}
	slices.SortFunc(lines, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(lines...)
}

func (m mistakes) oneOf(flag, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		m.add(flag, value, "one of "+strings.Join(allowed, ", "))
	}
}

func (m mistakes) between(flag string, value, atLeast, atMost int) {
	if value < atLeast || value > atMost {
		m.add(flag, strconv.Itoa(value), fmt.Sprintf("a whole number from %d to %d", atLeast, atMost))
	}
}

func (m mistakes) upTo(flag string, value, atMost time.Duration) {
	if value <= 0 || value > atMost {
		m.add(flag, value.String(), fmt.Sprintf("a duration above 0s and up to %s, such as 2s", short(atMost)))
	}
}

// short writes 1m where Go writes 1m0s.
func short(d time.Duration) string {
	s := d.String()
	if trimmed, ok := strings.CutSuffix(s, "m0s"); ok {
		s = trimmed + "m"
	}
	if trimmed, ok := strings.CutSuffix(s, "h0m"); ok {
		return trimmed + "h"
	}
	return s
}

const maxPort = 65535

func (l *Log) check(m mistakes) {
	m.oneOf("log-level", l.Level, "debug", "info", "warn", "error")
	m.oneOf("log-format", l.Format, "console", "json")
}

func (p *Process) check(m mistakes) { m.upTo("shutdown-grace", p.ShutdownGrace, time.Hour) }

func (h *HTTP) check(m mistakes) {
	_, port, err := net.SplitHostPort(h.Listen)
	if n, notANumber := strconv.Atoi(port); err != nil || notANumber != nil || n < 0 || n > maxPort {
		m.add("listen", h.Listen, "an address and a port, such as 127.0.0.1:8080")
	}
	if h.DrainDelay < 0 || h.DrainDelay > time.Hour {
		m.add("drain-delay", h.DrainDelay.String(), "a duration from 0s to 1h")
	}
	if _, err := h.Proxies(); err != nil {
		m.add("trusted-proxies", strings.Join(h.TrustedProxies, ","), "a list of addresses and networks, such as 10.0.3.7,10.0.4.0/24")
	}
}

// Proxies are the networks of the trusted proxies, nil for the API's default.
func (h *HTTP) Proxies() ([]netip.Prefix, error) {
	if len(h.TrustedProxies) == 0 {
		return nil, nil
	}
	all := []netip.Prefix{}
	for _, text := range h.TrustedProxies {
		if text == "" {
			continue
		}
		network, err := netip.ParsePrefix(text)
		if address, single := netip.ParseAddr(text); single == nil {
			network, err = address.Prefix(address.BitLen())
		}
		if err != nil {
			return nil, err
		}
		all = append(all, network.Masked())
	}
	return all, nil
}

func (o *Operations) check(m mistakes) {
	_, port, err := net.SplitHostPort(o.Listen)
	if n, notANumber := strconv.Atoi(port); o.Listen != "" && (err != nil || notANumber != nil || n < 0 || n > maxPort) {
		m.add("listen-operations", o.Listen, "an address and a port, such as 127.0.0.1:8081")
	}
}

func (d *Databases) check(m mistakes) {
	for flag, value := range map[string]URL{
		"database-url":               d.Front,
		"payments-database-url":      d.Payments,
		"inventory-database-url":     d.Inventory,
		"notifications-database-url": d.Notifications,
		"management-database-url":    d.Management,
		"fulfilment-database-url":    d.Fulfilment,
		"mypage-database-url":        d.Mypage,
	} {
		if want := value.wanted(); value != "" && want != "" {
			m.add(flag, value.String(), want)
		}
	}
}

func (r *RequiredDatabases) check(m mistakes) {
	if r.Front == "" {
		m.add("database-url", "", wantURL)
	}
}

func (o *Orders) check(m mistakes) {
	m.upTo("reply-budget", o.ReplyBudget, time.Minute)
	if !phonenumbers.GetSupportedRegions()[o.TelRegion] {
		m.add("tel-region", o.TelRegion, "a country's two letters, such as KR")
	}
	m.upTo("inbox-within", o.InboxWithin, 24*time.Hour)
	m.upTo("attention-after", o.AttentionAfter, 24*time.Hour)
	m.upTo("hand-over-within", o.HandOverWithin, 12*time.Hour)
	m.upTo("serve-after-day", o.ServeAfterDay, 24*time.Hour)
}

func (p *Mypage) check(m mistakes) {
	m.oneOf("mypage-feed", p.Feed, FeedPush, FeedQuery)
	m.upTo("repair-every", p.RepairEvery, 24*time.Hour)
}

func (p *Payments) check(m mistakes) {
	m.oneOf("payments", p.Provider, PaymentsAuto, PaymentsSandbox, PaymentsStripe)
	u, err := url.Parse(string(p.StripeURL))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		m.add("stripe-url", p.StripeURL.String(), "a URL without a path, such as https://api.stripe.com")
	}
	if p.StripeKey == "" && (p.Provider == PaymentsStripe || p.Provider == PaymentsAuto && p.StripeURL != DefaultStripeURL) {
		m.add("stripe-secret-key", "", "the secret key, since --payments is stripe; or --payments=sandbox")
	}
	if strings.TrimSpace(string(p.StripeKey)) != string(p.StripeKey) {
		m.add("stripe-secret-key", hidden, "a key without spaces around it")
	}
}

func (n *Notices) check(m mistakes) {
	for _, s := range n.StripeSecrets {
		if !strings.HasPrefix(string(s), "whsec_") || strings.TrimSpace(string(s)) != string(s) {
			m.add("stripe-webhook-secrets", hidden, "secrets of Stripe's webhooks, whsec_…, with a comma between them and no spaces")
		}
	}
}

// check refuses real orders without a real payment provider, unless that is intended.
func (c *API) check(m mistakes) {
	c.Payments.mustBeNamed(m, c.Worker)
	c.Auth.mustBeConfigured(m, c.HTTP.Listen)
}

func (c *WorkerOnly) check(m mistakes) { c.Payments.mustBeNamed(m, c.Worker) }

// mustBeNamed is for processes that charge outside of `yeyak dev`: if the key is
// missing there, customers must not get orders without paying.
func (p *Payments) mustBeNamed(m mistakes, w Worker) {
	if p.Provider == PaymentsAuto && !p.Stripe() && slices.Contains(w.Serve, contract.PaymentsQueue) {
		m.add("payments", p.Provider, "stripe with a secret key (STRIPE_SECRET_KEY), or sandbox, which charges nobody")
	}
}

const (
	maxCapacity = 1_000_000
	maxPercent  = 100
)

func (s *SandboxPayments) check(m mistakes) {
	_, port, err := net.SplitHostPort(s.Listen)
	if n, notANumber := strconv.Atoi(port); err != nil || notANumber != nil || n < 0 || n > maxPort {
		m.add("sandbox-listen", s.Listen, "an address and a port, such as 127.0.0.1:8091")
	}
	if want := s.Database.wanted(); s.Database != "" && want != "" {
		m.add("sandbox-database-url", s.Database.String(), want)
	}
	if s.Latency < 0 || s.Latency > time.Hour {
		m.add("latency", s.Latency.String(), "a duration from 0s to 1h")
	}
	if s.LatencyUpTo < 0 || s.LatencyUpTo > time.Hour {
		m.add("latency-up-to", s.LatencyUpTo.String(), "a duration from 0s to 1h")
	}
	m.between("capacity", s.Capacity, 0, maxCapacity)
	m.between("refuse-percent", s.RefusePercent, 0, maxPercent)
}

// versionName excludes the character that separates a deployment's name from a build's.
var versionName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$`)

func (w *Worker) check(m mistakes) {
	known := contract.Queues()
	strange := func(queue string) bool { return !slices.Contains(known, queue) }
	if len(w.Serve) == 0 || slices.ContainsFunc(w.Serve, strange) {
		m.add("serve", strings.Join(w.Serve, ","), "a list of "+strings.Join(known, ", "))
	}
	if !versionName.MatchString(w.BuildID) {
		m.add("build-id", w.BuildID, "letters, digits, and any of - _ + . after the first, such as v1.4.0")
	}
}

func (d *DevServer) check(m mistakes) {
	if d.DataDir == "" {
		m.add("data-dir", "", "a folder")
	}
	m.between("temporal-port", d.TemporalPort, 0, maxPort)
	m.between("ui-port", d.UIPort, 0, maxPort)
	if d.UIPort != 0 && d.UIPort == d.TemporalPort {
		m.add("ui-port", strconv.Itoa(d.UIPort), "another port than --temporal-port (YEYAK_TEMPORAL_PORT)")
	}
}

// check finds servers that would listen on the same port.
func (c *Dev) check(m mistakes) {
	c.Auth.mustBeReachable(m, c.HTTP.Listen)
	host, value, err := net.SplitHostPort(c.HTTP.Listen)
	port, notANumber := strconv.Atoi(value)
	if err != nil || notANumber != nil || port == 0 || !meetsLoopback(host) {
		return
	}
	switch port {
	case c.Dev.TemporalPort:
		m.add("listen", c.HTTP.Listen, "another port than --temporal-port (YEYAK_TEMPORAL_PORT)")
	case c.Dev.UIPort:
		m.add("listen", c.HTTP.Listen, "another port than --ui-port (YEYAK_UI_PORT)")
	}
}

// meetsLoopback reports whether a server on the host takes the same port as one on
// 127.0.0.1, like the dev server.
func meetsLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || host == "localhost" || ip.IsUnspecified() || ip.Equal(net.IPv4(127, 0, 0, 1))
}
