package config

import (
	"net/url"
	"slices"
	"strings"
)

// URL is the address of a database or a service. It may hold a password, which is
// hidden when the URL is printed, marshalled or logged. string(u) is the real one.
type URL string

const hidden = "(not shown)"

func (u URL) String() string {
	if u == "" {
		return ""
	}
	parsed, err := url.Parse(string(u))
	if err != nil || parsed.Scheme == "" {
		// It may be a password, pasted into the wrong variable.
		return hidden
	}
	if parsed.User != nil {
		parsed.User = url.UserPassword(parsed.User.Username(), "xxxxx")
	}
	query := parsed.Query()
	for name := range query {
		if slices.ContainsFunc([]string{"password", "secret", "token", "key"}, func(s string) bool {
			return strings.Contains(strings.ToLower(name), s)
		}) {
			query.Set(name, "xxxxx")
		}
	}
	parsed.RawQuery = query.Encode()
	return parsed.String()
}

// GoString keeps %#v from showing what %v hides.
func (u URL) GoString() string { return u.String() }

// MarshalText keeps JSON from showing what %v hides.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// Secret is never shown. string(s) is the real value.
type Secret string

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString keeps %#v from showing what %v hides.
func (s Secret) GoString() string { return s.String() }

// MarshalText keeps JSON from showing what %v hides.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// What is expected instead of a wrong URL.
const (
	wantURL     = "postgres://user:password@host:port/database or sqlite://path/to/file.db"
	wantSSLMode = "sslmode=verify-full, or sslmode=disable"
	wantNoQuery = "sqlite://path/to/file.db, which takes no parameters"
)

// wanted says what is expected instead of u, "" if u is valid. A valid URL can be
// opened, so that a mistake is reported with the name of its setting, and not later
// with the name of a service.
func (u URL) wanted() string {
	parsed, err := url.Parse(string(u))
	if err != nil {
		return wantURL
	}
	switch parsed.Scheme {
	case "postgres", "postgresql":
		return wantedOfPostgres(parsed)
	case "sqlite":
		return wantedOfSQLite(parsed)
	default:
		return wantURL
	}
}

func wantedOfPostgres(u *url.URL) string {
	if u.Hostname() == "" || len(u.Path) < 2 || u.User.Username() == "" {
		return wantURL
	}
	switch u.Query().Get("sslmode") {
	case "", "disable", "require", "verify-ca", "verify-full":
		return ""
	default:
		return wantSSLMode
	}
}

func wantedOfSQLite(u *url.URL) string {
	switch {
	case u.Host+u.Path == "":
		return wantURL
	case u.RawQuery != "":
		return wantNoQuery
	default:
		return ""
	}
}
