// Package issuer is an OIDC issuer on loopback, for tests and benchmarks. They choose
// what it signs, and can stop it, start it again and give it another key.
package issuer

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Audience is the audience of tokens unless their claims name another.
const Audience = "yeyak"

// Issuer is a running issuer.
type Issuer struct {
	t       tester
	address string
	fetches atomic.Int64

	mu     sync.Mutex
	server *http.Server // nil while it is stopped
	key    jose.JSONWebKey
	keys   int
}

type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

// test is the test for which an issuer runs.
type test interface {
	tester
	Cleanup(func())
}

// process replaces the test for an issuer that runs as long as its process.
type process struct{}

func (process) Helper() {}

// Fatalf implements tester.
func (process) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// Start starts an issuer with one key, until the test ends.
func Start(t test) *Issuer {
	t.Helper()
	i := start(t)
	t.Cleanup(i.Stop)
	return i
}

// Run starts an issuer for as long as its process runs.
func Run() *Issuer { return start(process{}) }

func start(t tester) *Issuer {
	t.Helper()
	i := &Issuer{t: t, address: "127.0.0.1:0"}
	i.Rotate()
	i.Resume()
	return i
}

func (i *Issuer) must(err error) {
	i.t.Helper()
	if err != nil {
		i.t.Fatalf("issuer: %v", err)
	}
}

// URL is the issuer's name.
func (i *Issuer) URL() string { return "http://" + i.address }

// KeyRequests is how often its keys were requested.
func (i *Issuer) KeyRequests() int64 { return i.fetches.Load() }

// Stop makes it unreachable.
func (i *Issuer) Stop() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.server != nil {
		_ = i.server.Close()
		i.server = nil
	}
}

// Resume makes it answer again, at the same address.
func (i *Issuer) Resume() {
	i.t.Helper()
	listener, err := net.Listen("tcp", i.address)
	i.must(err)
	server := &http.Server{Handler: i.handler(), ReadHeaderTimeout: time.Minute}
	i.mu.Lock()
	i.address, i.server = listener.Addr().String(), server
	i.mu.Unlock()
	go func() { _ = server.Serve(listener) }()
}

func (i *Issuer) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		write(w, map[string]any{
			"issuer": i.URL(), "jwks_uri": i.URL() + "/keys",
			"authorization_endpoint": i.URL() + "/authorize", "token_endpoint": i.URL() + "/token",
		})
	})
	mux.HandleFunc("GET /authorize", authorize)
	mux.HandleFunc("POST /token", i.token)
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		i.fetches.Add(1)
		strange := json.RawMessage(`{"kty":"OKP","crv":"Ed448","kid":"strange","x":"AA"}`)
		secret := json.RawMessage(`{"kty":"oct","kid":"secret","k":"c2VjcmV0"}`)
		key := i.current()
		write(w, map[string]any{"keys": []any{strange, secret, key.Public()}})
	})
	return mux
}

func write(w http.ResponseWriter, document any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(document) // fails only if the client has gone
}

// Rotate replaces the issuer's key.
func (i *Issuer) Rotate() {
	i.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	i.must(err)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys++
	i.key = jose.JSONWebKey{Key: private, KeyID: fmt.Sprint("key-", i.keys), Algorithm: string(jose.ES256), Use: "sig"}
}

func (i *Issuer) current() jose.JSONWebKey {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.key
}

// Token is an access token with these claims and the required ones. A nil claim is left
// out.
func (i *Issuer) Token(claims map[string]any) string {
	i.t.Helper()
	return i.Typed("at+jwt", claims)
}

// Operator is the token of an operator, who may act for any caller, for a month.
func (i *Issuer) Operator() string {
	return i.Token(map[string]any{
		"sub": "olga", "name": "Olga", "roles": []string{"operator"}, "exp": time.Now().Add(30 * 24 * time.Hour).Unix(),
	})
}

// Typed is Token with another typ, none if it is "".
func (i *Issuer) Typed(typ string, claims map[string]any) string {
	i.t.Helper()
	all := map[string]any{
		"iss": i.URL(), "aud": Audience, "sub": "alice",
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	maps.Copy(all, claims)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	payload, err := json.Marshal(all)
	i.must(err)
	options := &jose.SignerOptions{}
	if typ != "" {
		options = options.WithType(jose.ContentType(typ))
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: i.current()}, options)
	i.must(err)
	signed, err := signer.Sign(payload)
	i.must(err)
	token, err := signed.CompactSerialize()
	i.must(err)
	return token
}
