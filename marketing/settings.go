package marketing

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Settings are the service's settings.
type Settings struct {
	Listen      string        `name:"listen" env:"YEYAK_MARKETING_LISTEN" default:"127.0.0.1:8090" help:"Address of the recommendations, host:port."`
	Hosts       []string      `name:"hosts" env:"YEYAK_MARKETING_HOSTS" help:"Host names that requests may have besides localhost, if the service listens on loopback. On other addresses any name is allowed."`
	Feed        string        `name:"feed" env:"YEYAK_FEED_URL" help:"Address of the API whose event feed is followed. By default the address of the yeyak dev on the data folder, or http://127.0.0.1:8080."`
	APIKey      Secret        `name:"api-key" env:"YEYAK_API_KEY" help:"API key for the event feed, with the scope events:read. By default the key of the yeyak dev on the data folder."`
	DatabaseURL string        `name:"marketing-database-url" env:"MARKETING_DATABASE_URL" help:"Database of this service, which shares it with no other: postgres://… or sqlite://path/to/file.db. By default marketing.db in the data folder."`
	DataDir     string        `name:"data-dir" env:"YEYAK_DATA_DIR" default:".yeyak" help:"Data folder of the yeyak dev whose feed is followed by default. It also contains the default database of this service."`
	PollEvery   time.Duration `name:"poll-every" env:"YEYAK_MARKETING_POLL_EVERY" default:"1s" help:"Pause before the next request to the feed, after an answer without events."`
}

// longestPoll is an hour: recommendations may be late, but not that late.
const longestPoll = time.Hour

// mistakes are the invalid settings, a line each.
type mistakes []error

func (s Settings) mistakes() (m mistakes) {
	if !isAddress(s.Listen) {
		m.add("listen", "YEYAK_MARKETING_LISTEN", s.Listen, "an address and a port, such as 127.0.0.1:8090")
	}
	if _, err := feedURL(s.feed()); err != nil {
		m.add("feed", "YEYAK_FEED_URL", shown(s.feed()), "the URL of an API, such as http://127.0.0.1:8080")
	}
	if _, err := s.database(); err != nil {
		// It may contain a password, or be one that was pasted into the wrong variable.
		m = append(m, fmt.Errorf("--marketing-database-url (MARKETING_DATABASE_URL) is %s: %w", hidden, err))
	}
	if s.DatabaseURL == "" && s.DataDir == "" {
		m.add("data-dir", "YEYAK_DATA_DIR", "", "a folder")
	}
	if s.PollEvery <= 0 || s.PollEvery > longestPoll {
		m.add("poll-every", "YEYAK_MARKETING_POLL_EVERY", s.PollEvery.String(), "a duration above 0s and up to 1h, such as 2s")
	}
	return m
}

func (m *mistakes) add(flag, variable, value, want string) {
	switch value {
	case "":
		value = "empty"
	case hidden:
	default:
		value = strconv.Quote(value)
	}
	*m = append(*m, fmt.Errorf("--%s (%s) is %s: want %s", flag, variable, value, want))
}

func (m *mistakes) oneOf(flag, variable, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		m.add(flag, variable, value, "one of "+strings.Join(allowed, ", "))
	}
}

func (m *mistakes) err() error { return errors.Join(*m...) }

func isAddress(listen string) bool {
	_, port, err := net.SplitHostPort(listen)
	n, notANumber := strconv.Atoi(port)
	return err == nil && notANumber == nil && n >= 0 && n <= 65535
}

func feedURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, err
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("not the URL of an API")
	}
	return u, nil
}

const hidden = "(not shown)"

// Secret is never shown. string(s) is the value.
type Secret string

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString keeps %#v from showing what %v hides.
func (s Secret) GoString() string { return s.String() }

// shown is a URL without its password.
func shown(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.RawQuery != "" || (u.User == nil && strings.Contains(raw, "@")) {
		return hidden
	}
	return u.Redacted()
}
