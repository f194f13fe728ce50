package devissuer

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/yeyak/yeyak/internal/hosts"
)

// Name identifies the issuer in the stored data of its accounts. Its URL has a port
// that may change.
const Name = "yeyak:dev"

// Issuer is a running issuer.
type Issuer struct {
	State
	url    string
	server *http.Server
}

// Start starts the issuer of the data folder, whose tokens are for the audience. It
// listens on its last port, or on another one if that is taken. Its HTTP server
// writes to log.
func Start(dir, audience string, log *log.Logger) (*Issuer, error) {
	state, err := stateOf(dir)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(state.Port)))
	if err != nil {
		listener, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, fmt.Errorf("the issuer of tokens cannot listen: %w", err)
	}
	state.Port = listener.Addr().(*net.TCPAddr).Port
	if err := state.write(dir); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	i := &Issuer{State: state, url: "http://" + listener.Addr().String()}
	handler, err := i.handler(audience, hosts.Of(listener.Addr(), nil))
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	i.server = &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ErrorLog: log}
	go func() { _ = i.server.Serve(listener) }() // until Stop
	return i, nil
}

// URL is the issuer's name in tokens.
func (i *Issuer) URL() string { return i.url }

// Stop stops it.
func (i *Issuer) Stop() { _ = i.server.Close() }

// served are the paths of the library that are used here. It offers more.
var served = []string{"/.well-known/openid-configuration", "/keys", "/oauth/token", "/authorize", "/authorize/callback"}

func (i *Issuer) handler(audience string, names hosts.Names) (http.Handler, error) {
	keeps := &storage{state: i.State, audience: audience}
	provider, err := op.NewProvider(
		&op.Config{CryptoKey: sha256.Sum256([]byte(i.Secret)), AuthMethodPost: true, CodeMethodS256: true, SupportedScopes: []string{"openid"}},
		keeps, op.StaticIssuer(i.url), op.WithAllowInsecure(),
	)
	if err != nil {
		return nil, fmt.Errorf("the issuer of tokens: %w", err)
	}
	login := keeps.serveLogin(op.AuthCallbackURL(provider))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !names.Allow(r.Host):
			http.Error(w, "this server is not "+strconv.Quote(r.Host), http.StatusMisdirectedRequest)
		case r.URL.Path == loginPath && hosts.OtherSite(r):
			http.Error(w, "a page of another site sent this request", http.StatusForbidden)
		case r.URL.Path == loginPath:
			login(w, r.WithContext(op.ContextWithIssuer(r.Context(), i.url)))
		case slices.Contains(served, r.URL.Path):
			provider.ServeHTTP(w, r)
		default:
			http.NotFound(w, r)
		}
	}), nil
}

// Token requests an access token of the account from the issuer at the URL, which
// runs on the data folder.
func Token(ctx context.Context, dir, issuer, account string) (string, error) {
	if _, known := accountOf(account); !known {
		var names []string
		for _, a := range Accounts() {
			names = append(names, a.ID)
		}
		return "", fmt.Errorf("there is no account %q, only %s", account, strings.Join(names, ", "))
	}
	state, err := ReadState(dir)
	if err != nil {
		return "", err
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {account}, "client_secret": {state.Secret}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, issuer+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return "", err
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(text, &token); err != nil || answer.StatusCode != http.StatusOK || token.AccessToken == "" {
		return "", fmt.Errorf("the issuer answers %s: %s", answer.Status, text)
	}
	return token.AccessToken, nil
}
