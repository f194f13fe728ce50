package lab

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"github.com/yeyak/yeyak/internal/rig/issuer"
)

// Visitor is a customer who has logged in to the pages.
type Visitor struct {
	Name  string
	Token string // for the API, of the same customer

	url  string
	http *http.Client
}

// Visitor logs in a customer. Orders carry the customer's name.
func (w *World) Visitor(ctx context.Context, s *Service, name string) (*Visitor, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	v := &Visitor{Name: name, Token: w.issuer.Token(map[string]any{"sub": name, "name": name}), url: s.URL, http: NewHTTPClient()}
	v.http.Jar = jar
	v.http.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), w.issuer.URL()+"/authorize?") {
			r.URL.RawQuery += "&" + issuer.SubjectParam + "=" + url.QueryEscape(name)
		}
		return nil
	}
	return v, v.Open(ctx, "/login?back=/orders")
}

// Open opens a page, and fails unless the answer is 200.
func (v *Visitor) Open(ctx context.Context, path string) error {
	resp, err := v.get(ctx, path)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// Follow opens the stream of an order's page, and returns after its first event. The stream
// is read until ctx ends.
func (v *Visitor) Follow(ctx context.Context, order string) error {
	resp, err := v.get(ctx, "/orders/"+order+"/live") //nolint:bodyclose // it is closed where it is read to its end
	if err != nil {
		return err
	}
	stream := bufio.NewReader(resp.Body)
	if _, err := stream.ReadString('\n'); err != nil {
		_ = resp.Body.Close() // the first error is returned
		return fmt.Errorf("the live page of %s: %w", order, err)
	}
	go func() {
		defer resp.Body.Close()
		_, _ = io.Copy(io.Discard, stream) // it ends with ctx
	}()
	return nil
}

func (v *Visitor) get(ctx context.Context, path string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.url+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := v.http.Do(r)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close() // the status is reported
		return nil, fmt.Errorf("%s: %s", r.URL, resp.Status)
	}
	return resp, nil
}
