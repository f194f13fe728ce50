package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/rig/issuer"
	"github.com/yeyak/yeyak/internal/store"
)

// placesAt is a page that needs no caller.
const placesAt = "/v1/lodging/places"

// issuers is the issuer that all systems of these tests trust.
var issuers = sync.OnceValue(issuer.Run)

// operator is the token of an operator, who may act for any customer or owner.
var operator = sync.OnceValue(func() string { return issuers().Operator() })

// trusting is the setting of a process that trusts the issuer.
func trusting() string { return "YEYAK_AUTH_ISSUER=" + issuers().URL() }

// present adds an operator's token to a request without a credential.
func (s *system) present(r *http.Request) {
	token := s.token
	if token == "" {
		token = operator()
	}
	r.Header.Set("Authorization", "Bearer "+token)
}

// reader is the key of a program that reads the feed.
func (s *system) reader() string {
	s.Helper()
	if s.readerKey == "" {
		_, s.readerKey = s.newKey("reader")
	}
	return s.readerKey
}

func (s *system) newKey(program string) (identity.Key, string) {
	s.Helper()
	key, text := identity.NewKey(program, []booking.Scope{booking.AllEvents}, "", time.Now(), time.Hour)
	s.onKeys(func(all identity.Keys) error { return all.AddKey(s.Context(), key) })
	return key, text
}

func (s *system) onKeys(do func(identity.Keys) error) {
	s.Helper()
	require.NoError(s, app.OnKeys(s.Context(), s.options, do))
}

// TestAccess_EveryRequestHasACaller: every request needs a valid credential, over
// sockets, with tokens and keys of all kinds.
func TestAccess_EveryRequestHasACaller(t *testing.T) {
	t.Parallel()
	s := boot(t)
	as := func(credential string) answer { return s.get(placesAt, "Authorization", "Bearer "+credential) }
	for _, role := range booking.Roles() {
		as(issuers().Token(map[string]any{"sub": "auth0|" + string(role), "roles": []string{string(role)}})).with(t, http.StatusOK)
	}
	for _, id := range []string{"o'brien@example.com", "김철수", "auth0|5f7c8ec7c33c6c004bbafe82", strings.Repeat("s", 255)} {
		as(issuers().Token(map[string]any{"sub": id})).with(t, http.StatusOK)
	}
	for name, token := range map[string]string{
		"Expired":       issuers().Token(map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}),
		"OtherAudience": issuers().Token(map[string]any{"aud": "another"}),
		"OtherIssuer":   issuer.Start(t).Token(nil),
		"Garbage":       "garbage",
		"NoKey":         "yeyak_" + strings.Repeat("0", 8) + "_" + strings.Repeat("0", 52),
		"HalfAKey":      "yeyak_1",
	} {
		refused := as(token).with(t, http.StatusUnauthorized)
		require.Equal(t, string(booking.Unauthenticated), refused.body.Code, name)
		require.Contains(t, refused.header.Get("WWW-Authenticate"), `error="invalid_token"`, name)
	}
	require.Equal(t, `Bearer realm="yeyak"`, s.get(placesAt, "Authorization", "").with(t, http.StatusUnauthorized).header.Get("WWW-Authenticate"))
	s.get("/healthz", "Authorization", "").with(t, http.StatusOK)
	s.eventually(func() bool { return len(s.degraded()) == 0 })
}

// TestAccess_KeysAreRotated: a program can have two live keys, and no third; a revoked
// key is refused.
func TestAccess_KeysAreRotated(t *testing.T) {
	t.Parallel()
	s := boot(t)
	as := func(credential string) int { return s.get("/v1/events", "Authorization", "Bearer "+credential).status }
	first, firstText := s.newKey("till")
	_, secondText := s.newKey("till")
	require.Equal(t, http.StatusOK, as(firstText))
	require.Equal(t, http.StatusOK, as(secondText))
	third, _ := identity.NewKey("till", nil, "", time.Now(), time.Hour)
	require.ErrorIs(t, app.OnKeys(t.Context(), s.options, func(all identity.Keys) error { return all.AddKey(t.Context(), third) }),
		&booking.Error{Code: booking.Invalid})
	s.onKeys(func(all identity.Keys) error {
		_, err := all.RevokeKey(t.Context(), first.ID, booking.SystemID, time.Now())
		return err
	})
	s.eventually(func() bool { return as(firstText) == http.StatusUnauthorized })
	require.Equal(t, http.StatusOK, as(secondText))
	s.onKeys(func(all identity.Keys) error { return all.AddKey(t.Context(), third) })
}

// TestAccess_StreamsEndWithTheirKey: an open stream ends when its key is revoked, and a
// stream with another key goes on.
func TestAccess_StreamsEndWithTheirKey(t *testing.T) {
	t.Parallel()
	s := boot(t)
	revoked, text := s.newKey("till")
	open := func(credential string, status int) io.Reader {
		ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
		t.Cleanup(cancel)
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/v1/events?after=now", http.NoBody)
		require.NoError(t, err)
		r.Header.Set("Accept", "text/event-stream")
		r.Header.Set("Authorization", "Bearer "+credential)
		a, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		t.Cleanup(func() { _ = a.Body.Close() })
		require.Equal(t, status, a.StatusCode)
		return a.Body
	}
	ends, stays := open(text, http.StatusOK), open(s.reader(), http.StatusOK)
	s.onKeys(func(all identity.Keys) error {
		_, err := all.RevokeKey(t.Context(), revoked.ID, booking.SystemID, time.Now())
		return err
	})
	_, err := io.ReadAll(ends)
	require.NoError(t, err, "the stream ends without an error")
	open(text, http.StatusUnauthorized)
	s.post("/v1/lodging/places", object{
		"name": "Inn", "ownerId": "bora", "price": object{"amount": 1000, "currency": "KRW"}, "confirmation": "auto",
	}).with(t, http.StatusCreated)
	for lines := bufio.NewScanner(stays); ; {
		require.True(t, lines.Scan(), "it ended, too")
		if lines.Text() == "event: PlaceRegistered" {
			return
		}
	}
}

// TestAccess_Off: /readyz says that authentication is off.
func TestAccess_Off(t *testing.T) {
	t.Parallel()
	s := boot(t, func(o *app.Options) { o.Config.Auth = config.Auth{Mode: config.AuthOff} })
	s.get(placesAt, "Authorization", "").with(t, http.StatusOK)
	require.Contains(t, s.degraded()["authentication"], "--auth=off")
	require.NotEmpty(t, s.log.FilterMessageSnippet("authentication is off").All())
}

// TestAccess_Switches: the switches of the sandbox are for operators.
func TestAccess_Switches(t *testing.T) {
	t.Parallel()
	s := boot(t)
	s.get("/sandbox/payments", "Authorization", "").with(t, http.StatusUnauthorized)
	alice := s.person("alice", booking.CustomerRole)
	alice.gets("/sandbox/payments", http.StatusForbidden)
	alice.does(http.MethodPut, "/sandbox/payments", object{"down": true}, http.StatusForbidden)
	s.get("/sandbox/payments").with(t, http.StatusOK)
	s.reserve(s.place(1)).with(t, http.StatusCreated)
}

// TestAccess_NoIssuer: an API that could identify no caller does not start.
func TestAccess_NoIssuer(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Config.Auth.Issuer, o.Log = "", zap.NewNop()
	_, err := app.Start(t.Context(), o)
	require.ErrorContains(t, err, "--auth-issuer")
}

// TestAccess_IssuerAway: known signing keys still work; a token with another key is
// neither valid nor invalid. /readyz names the issuer as away.
func TestAccess_IssuerAway(t *testing.T) {
	t.Parallel()
	own := issuer.Start(t)
	s := boot(t, func(o *app.Options) { o.Config.Auth.Issuer = config.URL(own.URL()) })
	known := own.Token(nil)
	as := func(token string) answer { return s.get(placesAt, "Authorization", "Bearer "+token) }
	as(known).with(t, http.StatusOK)
	own.Rotate()
	own.Stop()
	unknown := own.Token(nil)
	var away answer
	s.eventually(func() bool { // the keys that the issuer had a moment ago count as all
		away = as(unknown)
		return away.status == http.StatusServiceUnavailable
	})
	require.NotEmpty(t, away.header.Get("Retry-After"))
	as(known).with(t, http.StatusOK)
	s.eventually(func() bool { return strings.Contains(s.degraded()["authentication"], "cannot be fetched") })
	s.eventually(func() bool { return s.metric("yeyak_issuer_away") == 1 })
	require.Positive(t, s.metric("yeyak_http_requests_unidentified_total", "reason", "issuer_away"))
	own.Resume()
	s.eventually(func() bool { return s.metric("yeyak_issuer_away") == 0 }) // though no request needs its keys
	s.eventually(func() bool { return as(unknown).status == http.StatusOK })
}

// TestDev_Tokens: yeyak dev has an issuer with accounts, and yeyak token gets their
// tokens; accounts survive a restart.
func TestDev_Tokens(t *testing.T) {
	t.Parallel()
	d := newDev(t)
	d.run()
	token := d.tokenOf("alice")
	d.requireSelf(token, "alice") // her first request, before any record has her name
	d.requireSelf(d.tokenOf("bora"), "bora")
	d.get(placesAt, "Authorization", "Bearer "+token).with(t, http.StatusOK)
	d.get(placesAt, "Authorization", "").with(t, http.StatusUnauthorized)
	d.kill()
	d.run()
	d.get(placesAt, "Authorization", "Bearer "+token).with(t, http.StatusOK)
	out, err := d.yeyak("token", "mallory").CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), `there is no account "mallory"`)

	out, err = d.yeyak("keys", "create", "till", "--scopes", "events:read").Output()
	require.NoError(t, err)
	key := strings.TrimSpace(string(out))
	d.get("/v1/events", "Authorization", "Bearer "+key).with(t, http.StatusOK)
	out, err = d.yeyak("keys", "list").Output()
	require.NoError(t, err)
	require.Regexp(t, `till +live`, string(out))
	require.NotContains(t, string(out), key)
	id := strings.Split(key, "_")[1]
	require.NoError(t, d.yeyak("keys", "revoke", id).Run())
	d.eventually(func() bool {
		return d.get("/v1/events", "Authorization", "Bearer "+key).status == http.StatusUnauthorized
	})
}

// yeyak is another command on the folder.
func (d *dev) yeyak(args ...string) *exec.Cmd {
	d.Helper()
	cmd := d.command()
	cmd.Args = append(cmd.Args[:1], args...)
	return cmd
}

// requireSelf requires that the account's id is its name, also as an organisation.
func (d *dev) requireSelf(token, name string) {
	d.Helper()
	var self struct {
		ID          string
		Memberships []struct{ OwnerID string }
	}
	require.NoError(d, json.Unmarshal(d.get("/v1/self", "Authorization", "Bearer "+token).with(d, http.StatusOK).raw, &self))
	require.Equal(d, name, self.ID)
	for _, m := range self.Memberships {
		require.Equal(d, name, m.OwnerID)
	}
}

// tokenOf is what yeyak token prints.
func (d *dev) tokenOf(account string) string {
	d.Helper()
	out, err := d.yeyak("token", account).CombinedOutput()
	require.NoError(d, err, "%s", out)
	return strings.TrimSpace(string(out))
}

// TestAccess_OrdersOfTheTimeBefore: orders from before there were tokens go on, and
// their customers and owners keep their ids. New people get numbers.
func TestAccess_OrdersOfTheTimeBefore(t *testing.T) {
	t.Parallel()
	o := options(t)
	withIssuer := o.Config.Auth
	onPostgreSQL(t, &o)
	o.Config.Auth = config.Auth{Mode: config.AuthOff}
	s := start(t, o)
	order := s.reserve(s.place(1, byOwner)).with(t, http.StatusCreated).body.ID
	s.finished(order)
	stop(s, s.app)
	o.Config.Auth = withIssuer
	s = start(t, o)
	for account, role := range map[string]string{"alice": "customer", "bora": "owner", "minho": "customer"} {
		token := issuers().Token(map[string]any{"sub": account, "roles": []string{role}})
		s.get(placesAt, "Authorization", "Bearer "+token).with(t, http.StatusOK)
	}
	db, err := store.Open(t.Context(), string(o.Config.Databases.Front), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	known := func(account string, kind identity.Kind) string {
		id, err := store.NewPeople(db).Find(t.Context(), identity.Person{Issuer: issuers().URL(), Subject: account, Kind: kind})
		require.NoError(t, err)
		return id
	}
	require.Equal(t, "alice", known("alice", identity.CustomerKind))
	require.Equal(t, "bora", known("bora", identity.OwnerKind))
	require.Regexp(t, `^\d+$`, known("bora", identity.CustomerKind))
	require.Regexp(t, `^\d+$`, known("minho", identity.CustomerKind))
	require.Equal(t, booking.Confirmed, s.decide(order, "confirm").with(t, http.StatusOK).body.Status)
}
