package config

import (
	"net/url"
	"slices"
	"strings"
)

// URL says where a database is. It may hold a password: printed, marshalled
// or logged it shows none. string(u) is the real one.
type URL string

const hidden = "(not shown)"

func (u URL) String() string {
	if u == "" {
		return ""
	}
	parsed, err := url.Parse(string(u))
	if err != nil || parsed.Scheme == "" {
		// It may well be a password, pasted into the wrong variable.
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

// valid tells whether a database can be expected at u.
func (u URL) valid() bool {
	parsed, err := url.Parse(string(u))
	if err != nil {
		return false
	}
	switch parsed.Scheme {
	case "postgres", "postgresql":
		return parsed.Host != "" || parsed.Query().Has("host")
	case "sqlite":
		return parsed.Host+parsed.Path != ""
	default:
		return false
	}
}
