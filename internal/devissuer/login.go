package devissuer

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"html/template"
	"net/http"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/yeyak/yeyak/booking"
)

// PagesClient is the client id of Yeyak's own pages: a client without a secret, which
// proves itself by PKCE.
const PagesClient = "yeyak-pages"

const (
	loginPath = "/login"
	// maxLogins is how many logins may be open: the oldest is dropped for a new one.
	maxLogins = 100
	// loginWithin is how long a login may take, and how long a code is valid.
	loginWithin = 10 * time.Minute
)

var errNoLogin = errors.New("there is no such login, or it took too long")

// login is an open login. The library reads it as a copy.
type login struct {
	*oidc.AuthRequest
	id, code, account, audience string
	begun                       time.Time
}

// logins are the open logins, oldest first.
type logins struct {
	mu   sync.Mutex
	open []*login
}

// CreateAuthRequest implements op.Storage.
func (s *storage) CreateAuthRequest(_ context.Context, request *oidc.AuthRequest, _ string) (op.AuthRequest, error) {
	if request.CodeChallenge == "" || request.CodeChallengeMethod != oidc.CodeChallengeMethodS256 {
		return nil, oidc.ErrInvalidRequest().WithDescription("code_challenge is required, by S256")
	}
	l := &login{AuthRequest: request, id: rand.Text(), audience: s.audience, begun: time.Now()}
	s.logins.mu.Lock()
	defer s.logins.mu.Unlock()
	if s.logins.open = append(s.logins.open, l); len(s.logins.open) > maxLogins {
		s.logins.open = s.logins.open[1:]
	}
	return *l, nil
}

// AuthRequestByID implements op.Storage.
func (s *storage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	return s.logins.find(func(l *login) bool { return l.id == id })
}

// AuthRequestByCode implements op.Storage.
func (s *storage) AuthRequestByCode(_ context.Context, code string) (op.AuthRequest, error) {
	return s.logins.find(func(l *login) bool { return code != "" && l.code == code })
}

// SaveAuthCode implements op.Storage.
func (s *storage) SaveAuthCode(_ context.Context, id, code string) error {
	return s.logins.change(id, func(l *login) { l.code = code })
}

// DeleteAuthRequest implements op.Storage. A login is deleted when its code is used.
func (s *storage) DeleteAuthRequest(_ context.Context, id string) error {
	s.logins.mu.Lock()
	defer s.logins.mu.Unlock()
	for i, l := range s.logins.open {
		if l.id == id {
			s.logins.open = append(s.logins.open[:i:i], s.logins.open[i+1:]...)
			return nil
		}
	}
	return errNoLogin
}

func (ls *logins) find(is func(*login) bool) (op.AuthRequest, error) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for _, l := range ls.open {
		if is(l) && time.Since(l.begun) < loginWithin {
			return *l, nil
		}
	}
	return nil, errNoLogin
}

func (ls *logins) change(id string, change func(*login)) error {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for _, l := range ls.open {
		if l.id == id && time.Since(l.begun) < loginWithin {
			change(l)
			return nil
		}
	}
	return errNoLogin
}

// GetID implements op.AuthRequest, like the methods below.
func (l login) GetID() string { return l.id }

// GetACR returns none.
func (login) GetACR() string { return "" }

// GetAMR returns none: a login requires no proof of identity.
func (login) GetAMR() []string { return nil }

// GetAudience returns the API's audience.
func (l login) GetAudience() []string { return []string{l.audience} }

// GetAuthTime returns when the login began.
func (l login) GetAuthTime() time.Time { return l.begun }

// GetClientID returns the client's id.
func (l login) GetClientID() string { return l.ClientID }

// GetCodeChallenge returns the challenge that the client has to prove.
func (l login) GetCodeChallenge() *oidc.CodeChallenge {
	return &oidc.CodeChallenge{Challenge: l.CodeChallenge, Method: l.CodeChallengeMethod}
}

// GetNonce returns the client's nonce.
func (l login) GetNonce() string { return l.Nonce }

// GetRedirectURI returns where the code is sent.
func (l login) GetRedirectURI() string { return l.RedirectURI }

// GetResponseType returns the client's response type, a code.
func (l login) GetResponseType() oidc.ResponseType { return l.ResponseType }

// GetResponseMode returns the client's response mode.
func (l login) GetResponseMode() oidc.ResponseMode { return l.ResponseMode }

// GetScopes returns the client's scopes.
func (l login) GetScopes() []string { return l.Scopes }

// GetState returns the client's state.
func (l login) GetState() string { return l.State }

// GetSubject returns the account that was chosen.
func (l login) GetSubject() string { return l.account }

// Done reports whether an account was chosen.
func (l login) Done() bool { return l.account != "" }

//go:embed login.html
var loginHTML string

var loginPage = template.Must(template.New("login").Parse(loginHTML))

// korean are the roles in Korean; in English a role is shown by its own name.
var korean = map[booking.Role]string{
	booking.CustomerRole: "고객", booking.OwnerRole: "사업자", booking.CourierRole: "배달원",
	booking.CleanerRole: "청소원", booking.OperatorRole: "운영자",
}

// serveLogin lets a person choose any account, with one click.
func (s *storage) serveLogin(callback func(context.Context, string) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := r.FormValue("id")
		if _, err := s.AuthRequestByID(r.Context(), id); err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		if r.Method != http.MethodPost {
			h := w.Header()
			h.Set("Content-Type", "text/html; charset=utf-8")
			h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
			h.Set("Cache-Control", "no-store")
			_ = loginPage.Execute(w, map[string]any{"ID": id, "Accounts": Accounts(), "Korean": korean}) // fails when the browser has gone
			return
		}
		account, known := accountOf(r.FormValue("account"))
		if !known {
			http.Error(w, "there is no such account", http.StatusUnprocessableEntity)
			return
		}
		if err := s.logins.change(id, func(l *login) { l.account = account.ID }); err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		http.Redirect(w, r, callback(r.Context(), id), http.StatusSeeOther)
	}
}

// pages is the client of Yeyak's own pages. They are on loopback, on any port.
type pages struct{ client }

// RedirectURIs are where the pages receive their code.
func (pages) RedirectURIs() []string {
	return []string{"http://127.0.0.1/login/callback", "http://localhost/login/callback", "http://[::1]/login/callback"}
}

// ApplicationType is native, an application on the person's own machine, which may use any port.
func (pages) ApplicationType() op.ApplicationType { return op.ApplicationTypeNative }

// AuthMethod is PKCE alone.
func (pages) AuthMethod() oidc.AuthMethod { return oidc.AuthMethodNone }

// ResponseTypes are the offered ones: a code.
func (pages) ResponseTypes() []oidc.ResponseType { return []oidc.ResponseType{oidc.ResponseTypeCode} }

// GrantTypes are the offered ones: a code.
func (pages) GrantTypes() []oidc.GrantType { return []oidc.GrantType{oidc.GrantTypeCode} }

// LoginURL is the page on which the person chooses an account.
func (pages) LoginURL(id string) string { return loginPath + "?id=" + id }

// IDTokenLifetime is that of a login: the token is read at once.
func (pages) IDTokenLifetime() time.Duration { return loginWithin }
