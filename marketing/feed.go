package marketing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// pageSize is the feed's maximum.
	pageSize    = 200
	feedTimeout = 15 * time.Second
	// maxPage is the maximum size of an answer in bytes: some hundred times a page.
	maxPage = 32 << 20
)

// feed reads pages of the public feed.
type feed struct {
	events *url.URL
	key    string // API key, "" for none
	client *http.Client
}

func newFeed(api *url.URL, key string) feed {
	return feed{events: api.JoinPath("v1", "events"), key: key, client: &http.Client{Timeout: feedTimeout}}
}

// page is one page of the feed. Its items are parsed one by one: an unreadable one does
// not affect the others.
type page struct {
	items []json.RawMessage
	next  string
}

// full: there are probably more events already.
func (p page) full() bool { return len(p.items) >= pageSize }

// after reads the page that follows the cursor, "" for the first. Its errors
// are setbacks.
func (f feed) after(ctx context.Context, cursor string) (page, error) {
	answer, err := f.request(ctx, cursor)
	if err != nil {
		return page{}, failure{feedAway, err}
	}
	defer answer.Body.Close()
	body := io.LimitReader(answer.Body, maxPage)
	if answer.StatusCode != http.StatusOK {
		return page{}, refusal(answer.StatusCode, body)
	}
	var read struct {
		Items []json.RawMessage `json:"items"`
		Next  *string           `json:"next"`
	}
	if err := json.NewDecoder(body).Decode(&read); err != nil {
		return page{}, failure{feedUnreadable, err}
	}
	switch {
	case read.Next == nil:
		return page{}, failure{feedUnreadable, errors.New("it has no next cursor")}
	case len(read.Items) > 0 && (*read.Next == cursor || *read.Next == ""), *read.Next == "" && cursor != "":
		// Following this cursor would read the same page for ever.
		return page{}, failure{feedUnreadable, errors.New("its next cursor was read before")}
	}
	return page{read.Items, *read.Next}, nil
}

func (f feed) request(ctx context.Context, cursor string) (*http.Response, error) {
	query := url.Values{"limit": {strconv.Itoa(pageSize)}}
	if cursor != "" {
		query.Set("after", cursor)
	}
	u := *f.events
	u.RawQuery = query.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	if f.key != "" {
		r.Header.Set("Authorization", "Bearer "+f.key)
	}
	return f.client.Do(r)
}

// refusal is an answer that is no page. A client error does not go away by itself, so
// it gets another line in the log.
func refusal(status int, body io.Reader) error {
	what := feedAway
	if status >= 300 && status < 500 && status != http.StatusTooManyRequests {
		what = feedRefuses
	}
	beginning, _ := io.ReadAll(io.LimitReader(body, 500)) // as much as can be read
	return failure{what, fmt.Errorf("it answers %d: %s", status, strings.TrimSpace(string(beginning)))}
}
