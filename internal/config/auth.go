package config

import (
	"net"
	neturl "net/url"
	"slices"
	"strings"
)

// Whether requests have to be authenticated.
const (
	AuthOn  = "on"
	AuthOff = "off"
	// AuthOffAnywhere is AuthOff for an address that other machines can reach, which
	// has to be said twice.
	AuthOffAnywhere = "off,off"
)

// Auth says how callers are authenticated.
type Auth struct {
	Mode     string   `name:"auth" env:"YEYAK_AUTH" default:"on" help:"Whether requests have to be authenticated: on, or off, with which every caller may do everything. If the address is not loopback, off has to be given twice: off,off."`
	Issuer   URL      `name:"auth-issuer" env:"YEYAK_AUTH_ISSUER" help:"OIDC issuer whose access tokens are accepted, such as https://id.example.com. yeyak dev has one of its own."`
	Audience string   `name:"auth-audience" env:"YEYAK_AUTH_AUDIENCE" default:"yeyak" help:"Required audience (aud) of these tokens."`
	Claims   []string `name:"auth-claims" env:"YEYAK_AUTH_CLAIMS" help:"Names of the claims that differ from the default id=sub,name=name,roles=roles,scopes=scope. A claim within another is written as realm_access.roles. names=… is the claim with a person's name in builds without callers, by which the person gets the orders of that time; none by default."`
}

// Off reports whether requests need no authentication.
func (a Auth) Off() bool { return a.Mode == AuthOff || a.Mode == AuthOffAnywhere }

// Claim is the name of the claim that holds the id, name, roles, scopes or names; "" for the default.
func (a Auth) Claim(of string) string {
	for _, c := range a.Claims {
		if name, claim, _ := strings.Cut(c, "="); name == of {
			return claim
		}
	}
	return ""
}

func (a *Auth) check(m mistakes) {
	m.oneOf("auth", a.Mode, AuthOn, AuthOff, AuthOffAnywhere)
	if a.Issuer != "" && !isIssuer(string(a.Issuer)) {
		m.add("auth-issuer", a.Issuer.String(), "https://host/path, or http:// on loopback")
	}
	if a.Audience == "" {
		m.add("auth-audience", "", "what the issuer calls this API")
	}
	for _, c := range a.Claims {
		of, claim, _ := strings.Cut(c, "=")
		if claim == "" || !slices.Contains([]string{"id", "name", "roles", "scopes", "names"}, of) {
			m.add("auth-claims", strings.Join(a.Claims, ","), "a list such as id=preferred_username,roles=realm_access.roles")
		}
	}
}

// PagesOff is the Client that turns the pages off.
const PagesOff = "off"

// Pages are the pages for browsers.
type Pages struct {
	Client string `name:"pages" env:"YEYAK_PAGES" default:"yeyak-pages" help:"OIDC client id of the pages for browsers, where people log in; off removes the pages. Without authentication there are no pages either."`
	// TemporalUI is for links only: no request is sent there.
	TemporalUI string `name:"temporal-ui" env:"YEYAK_TEMPORAL_UI" help:"Address of Temporal's web UI for operators, such as https://temporal.example.com. The timeline of an order links to it. yeyak dev knows the address of its own web UI."`
}

// Off reports whether there are no pages. The zero value is off, for tests and benchmarks.
func (p Pages) Off() bool { return p.Client == PagesOff || p.Client == "" }

func (p *Pages) check(m mistakes) {
	if p.Client == "" {
		m.add("pages", "", "the OIDC client id of the pages, or off")
	}
	if u, err := neturl.Parse(p.TemporalUI); p.TemporalUI != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		m.add("temporal-ui", p.TemporalUI, "https://host/path")
	}
}

// isIssuer reports whether keys from the URL can be trusted.
func isIssuer(text string) bool {
	u, err := neturl.Parse(text)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname())
}

// mustBeConfigured refuses an API that has neither an issuer nor authentication turned
// off, and one without authentication that other machines can reach, unless that is
// said twice.
func (a *Auth) mustBeConfigured(m mistakes, listen string) {
	if a.Mode == AuthOn && a.Issuer == "" {
		m.add("auth-issuer", "", "the OIDC issuer of the callers' tokens, such as https://id.example.com; or say --auth=off")
	}
	a.mustBeReachable(m, listen)
}

func (a *Auth) mustBeReachable(m mistakes, listen string) {
	host, _, err := net.SplitHostPort(listen)
	if err == nil && a.Mode == AuthOff && !isLoopback(host) {
		m.add("auth", a.Mode, "on, or off,off, since "+listen+" is not on loopback")
	}
}

func isLoopback(host string) bool { return host == "localhost" || net.ParseIP(host).IsLoopback() }
