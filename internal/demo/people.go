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

// answerWithin is how long a person waits for an answer: longer than a request may wait
// for its turn, and for its order's decision.
const answerWithin = 30 * time.Second

// people send requests to the API, each with the token of their account.
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

// request is one, as a person sends it. key is its Idempotency-Key, "" for none.
type request struct {
	as, method, path, key string
	in                    object
}

// answer is what came of it. status is 0 where there was no answer.
type answer struct {
	status     int
	retryAfter time.Duration
	raw        []byte
	about      about
}

// about is what answers tell of an order, or of why there is none.
type about struct {
	ID       string
	Status   word
	State    string // of a refund
	Code     string
	Reason   booking.Reason
	Cleaning struct{ Cleaner struct{ ID string } }
	Order    struct{ ID string }
}

// word is a status. Of a problem it is a number, and no word.
type word booking.Status

// UnmarshalJSON implements json.Unmarshaler.
func (w *word) UnmarshalJSON(text []byte) error {
	*w = word(strings.Trim(string(text), `"`))
	return nil
}

// order is the id of the order that an answer is about, "" for none.
func (a answer) order() string {
	if a.about.Order.ID != "" {
		return a.about.Order.ID
	}
	if a.status < http.StatusBadRequest {
		return a.about.ID
	}
	return ""
}

// later tells whether the request, or what it asked for, is not done yet.
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

// send sends a request. An answer that says that the token has ended is asked for again
// with a new one.
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

// must is a request that has to be carried out, for what is there before people order.
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
