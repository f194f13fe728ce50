package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// answerWithin bounds a request. It is longer than a request may wait for its turn and for
// its order's decision.
const answerWithin = 30 * time.Second

// people sends requests to the API, each with the token of an account.
type people struct {
	url   string
	token func(ctx context.Context, account string) (string, error)
	http  *http.Client

	mu     sync.Mutex
	tokens map[string]string
}

func newPeople(url string, token func(context.Context, string) (string, error)) *people {
	return &people{url: url, token: token, http: &http.Client{Timeout: answerWithin}, tokens: map[string]string{}}
}

// request is a request of the account as. key is its Idempotency-Key, "" for none.
type request struct {
	as, method, path, key string
	in                    object
}

// answer is the answer to a request. status is 0 if there was none.
type answer struct {
	status     int
	retryAfter time.Duration
	raw        []byte
	about      about
}

// about has the fields of answers: of an order, a refund or a problem.
type about struct {
	ID       string
	Status   word
	State    string // of a refund
	Code     string
	Reason   booking.Reason
	Cleaning struct{ Cleaner struct{ ID string } }
	Order    struct{ ID string }
}

// word is an order's status. In a problem it is a number.
type word booking.Status

// UnmarshalJSON implements json.Unmarshaler.
func (w *word) UnmarshalJSON(text []byte) error {
	*w = word(strings.Trim(string(text), `"`))
	return nil
}

// order is the id of the order in the answer, "" for none.
func (a answer) order() string {
	if a.about.Order.ID != "" {
		return a.about.Order.ID
	}
	if a.status < http.StatusBadRequest {
		return a.about.ID
	}
	return ""
}

// later reports whether the request has to be repeated or awaited.
func (a answer) later() bool {
	switch a.status {
	case 0, http.StatusAccepted, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

func (a answer) ok() bool { return a.status == http.StatusOK || a.status == http.StatusCreated }

func (a answer) String() string {
	const most = 300
	text := strings.Join(strings.Fields(string(a.raw)), " ")
	return fmt.Sprintf("%d %s", a.status, text[:min(len(text), most)])
}

// send sends a request. If the token has expired, it is sent once more with a new one.
func (p *people) send(ctx context.Context, r request) (answer, error) {
	a, err := p.once(ctx, r)
	if err == nil && a.status == http.StatusUnauthorized {
		p.mu.Lock()
		delete(p.tokens, r.as)
		p.mu.Unlock()
		a, err = p.once(ctx, r)
	}
	return a, err
}

func (p *people) once(ctx context.Context, r request) (a answer, err error) {
	var body io.Reader
	if r.in != nil {
		text, err := json.Marshal(r.in)
		if err != nil {
			return a, err
		}
		body = bytes.NewReader(text)
	}
	sent, err := http.NewRequestWithContext(ctx, r.method, p.url+r.path, body)
	if err != nil {
		return a, err
	}
	token, err := p.tokenOf(ctx, r.as)
	if err != nil {
		return a, err
	}
	sent.Header.Set("Authorization", "Bearer "+token)
	if r.in != nil {
		sent.Header.Set("Content-Type", "application/json")
	}
	if r.key != "" {
		sent.Header.Set("Idempotency-Key", r.key)
	}
	got, err := p.http.Do(sent)
	if err != nil {
		return a, err
	}
	defer got.Body.Close()
	a.status = got.StatusCode
	seconds, _ := strconv.Atoi(got.Header.Get("Retry-After"))
	a.retryAfter = time.Duration(seconds) * time.Second
	if a.raw, err = io.ReadAll(got.Body); err == nil && strings.Contains(got.Header.Get("Content-Type"), "json") {
		err = json.Unmarshal(a.raw, &a.about)
	}
	return a, err
}

// must sends a request for the preparation of a demonstration. Any refusal is an error.
func (p *people) must(ctx context.Context, r request, out any) error {
	a, err := p.send(ctx, r)
	switch {
	case err != nil:
		return err
	case !a.ok():
		return fmt.Errorf("%s %s: %s", r.method, r.path, a)
	case out == nil:
		return nil
	default:
		return json.Unmarshal(a.raw, out)
	}
}

func (p *people) tokenOf(ctx context.Context, account string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if token := p.tokens[account]; token != "" {
		return token, nil
	}
	token, err := p.token(ctx, account)
	if err == nil {
		p.tokens[account] = token
	}
	return token, err
}
