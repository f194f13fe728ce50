package crowd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// answer is the outcome of a request.
type answer struct {
	status   int
	location string
	raw      []byte
	body     body
	expected bool
}

// body is an order, or a problem that contains one.
type body struct {
	ID      string
	Status  any // a problem's is a number
	Code    string
	History []struct{ At time.Time }
	Order   struct{ ID string }
	Items   []struct{ ID string }
}

func (b body) is(s booking.Status) bool { return b.Status == string(s) }

func (a answer) failed() bool { return !a.expected }

// order is the id of the order in the answer.
func (a answer) order() string {
	if a.body.ID != "" {
		return a.body.ID
	}
	return a.body.Order.ID
}

// keptOfAnswer is how many bytes of an unexpected answer are kept.
const keptOfAnswer = 200

// send sends a request once, and records whether its answer had one of the expected
// statuses.
func (c *Crowd) send(method, path string, in object, expected ...int) answer {
	begun := time.Now()
	a, err := c.request(context.Background(), method, path, in) // users wait for their answers
	r := Record{Begun: begun, Took: time.Since(begun), What: method + " " + path}
	a.expected = err == nil && slices.Contains(expected, a.status)
	switch {
	case err != nil:
		r.Failure = err.Error()
	case !a.expected:
		said := strings.Join(strings.Fields(string(a.raw)), " ")
		r.Failure = fmt.Sprintf("%d %s", a.status, said[:min(len(said), keptOfAnswer)])
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.records = append(c.records, r)
	return a
}

func (c *Crowd) request(ctx context.Context, method, path string, in object) (answer, error) {
	return c.requestUnder(ctx, "", method, path, in)
}

// requestUnder sends a request under an Idempotency-Key, "" for none.
func (c *Crowd) requestUnder(ctx context.Context, key, method, path string, in object) (a answer, err error) {
	var payload io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return a, err
		}
		payload = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.options.URL+path, payload)
	if err != nil {
		return a, err
	}
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	if c.options.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.options.Token)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	a.status, a.location = resp.StatusCode, resp.Header.Get("Location")
	if a.raw, err = io.ReadAll(resp.Body); err == nil && strings.Contains(resp.Header.Get("Content-Type"), "json") {
		err = json.Unmarshal(a.raw, &a.body)
	}
	return a, err
}

// setUp sends a request whose answer must have the status want.
func (c *Crowd) setUp(ctx context.Context, method, path string, in object, want int, out any) error {
	a, err := c.request(ctx, method, path, in)
	if err != nil {
		return err
	}
	if a.status != want {
		return fmt.Errorf("%s %s: %d %s", method, path, a.status, a.raw)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(a.raw, out)
}
