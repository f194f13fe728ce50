package identity_test

import (
	"encoding/base64"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/rig/issuer"
)

type claims = map[string]any

// clock is a clock that tests advance.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }

type bundle struct {
	testing.TB
	*issuer.Issuer
	*identity.Verifier
	clock clock
}

func setup(t testing.TB, names ...identity.Claims) *bundle {
	b := &bundle{TB: t, Issuer: issuer.Start(t)}
	o := identity.VerifierOptions{Issuer: b.URL(), Audience: issuer.Audience, Now: b.clock.now}
	for _, c := range names {
		o.Claims = c
	}
	b.Verifier = identity.NewVerifier(o)
	return b
}

func (b *bundle) accepts(token string) identity.Subject {
	b.Helper()
	s, err := b.Verify(b.Context(), token)
	require.NoError(b, err)
	return s
}

func (b *bundle) refuses(token string, code booking.Code) {
	b.Helper()
	_, err := b.Verify(b.Context(), token)
	require.ErrorIs(b, err, &booking.Error{Code: code})
}

func TestVerify_WhatATokenSays(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		claims claims
		names  identity.Claims
		want   identity.Subject
	}{
		"Bare":       {claims{}, identity.Claims{}, identity.Subject{ID: "alice"}},
		"AsAuth0":    {claims{"sub": "auth0|5f7c8ec7c33c6c004bbafe82"}, identity.Claims{}, identity.Subject{ID: "auth0|5f7c8ec7c33c6c004bbafe82"}},
		"Apostrophe": {claims{"sub": "o'brien@example.com"}, identity.Claims{}, identity.Subject{ID: "o'brien@example.com"}},
		"Hangul":     {claims{"sub": "김철수"}, identity.Claims{}, identity.Subject{ID: "김철수"}},
		"Roles": {
			claims{"name": "Olga", "roles": []string{"operator", "king", "service"}, "scope": "openid orders:any events:read"}, identity.Claims{},
			identity.Subject{ID: "alice", Name: "Olga", Roles: []booking.Role{booking.OperatorRole}, Scopes: []booking.Scope{booking.AnyOrder, booking.AllEvents}},
		},
		"OtherClaims": {
			claims{"realm_access": claims{"roles": []string{"courier"}}, "preferred_username": "dana", "https://example.com/scp": []string{"events:read"}},
			identity.Claims{ID: "preferred_username", Roles: "realm_access.roles", Scopes: "https://example.com/scp"},
			identity.Subject{ID: "dana", Roles: []booking.Role{booking.CourierRole}, Scopes: []booking.Scope{booking.AllEvents}},
		},
		"RolesAsNames": {
			claims{"urn:roles": claims{"owner": claims{"1": "x"}, "cleaner": claims{}, "courier": true}}, identity.Claims{Roles: "urn:roles"},
			identity.Subject{ID: "alice", Roles: []booking.Role{booking.CleanerRole, booking.CourierRole, booking.OwnerRole}},
		},
		"RolesThatAreDenied": {
			claims{"roles": claims{"operator": false, "owner": nil, "courier": 0, "cleaner": "no"}, "scope": claims{"orders:any": false}},
			identity.Claims{}, identity.Subject{ID: "alice"},
		},
		"Program":       {claims{"client_id": "alice"}, identity.Claims{}, identity.Subject{ID: "alice", Program: true}},
		"AuthorizedFor": {claims{"azp": "alice"}, identity.Claims{}, identity.Subject{ID: "alice", Program: true}},
		"ThroughClient": {claims{"client_id": "shop", "azp": "shop"}, identity.Claims{}, identity.Subject{ID: "alice"}},
		"FormerName":    {claims{"nick": "al"}, identity.Claims{Names: "nick"}, identity.Subject{ID: "alice", Former: "al"}},
		"Audiences":     {claims{"aud": []string{"another", issuer.Audience}}, identity.Claims{}, identity.Subject{ID: "alice"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, tt.names)
			tt.want.Issuer = b.URL()
			require.Equal(t, tt.want, b.accepts(b.Token(tt.claims)))
		})
	}
}

func TestVerify_Types(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, typ := range []string{"at+jwt", "AT+JWT", "application/at+jwt", "JWT"} {
		b.accepts(b.Typed(typ, nil))
	}
	for _, typ := range []string{"", "logout+jwt", "dpop+jwt", "secevent+jwt"} {
		b.refuses(b.Typed(typ, nil), booking.Unauthenticated)
	}
}

// TestVerify_IDTokens: an ID token only says who has logged in at a client. It is
// refused here, even if its type is that of any JWT and its audience is this API.
func TestVerify_IDTokens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, name := range []string{"nonce", "at_hash", "c_hash"} {
		b.refuses(b.Typed("JWT", claims{name: "n-0S6_WzA2Mj"}), booking.Unauthenticated)
		b.accepts(b.Typed("at+jwt", claims{name: "n-0S6_WzA2Mj"}))
	}
	b.accepts(b.Typed("JWT", nil))
}

func TestVerify_Refusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	stranger := issuer.Start(t)
	valid := b.Token(nil)
	b.accepts(valid)
	for name, token := range map[string]string{
		"Expired":          b.Token(claims{"exp": time.Now().Add(-time.Second).Unix()}),
		"WithoutEnd":       b.Token(claims{"exp": nil}),
		"NotYet":           b.Token(claims{"nbf": time.Now().Add(time.Hour).Unix()}),
		"OtherIssuer":      stranger.Token(nil),
		"OtherIssuersKey":  stranger.Token(claims{"iss": b.URL()}),
		"OtherAudience":    b.Token(claims{"aud": "another"}),
		"WithoutAudience":  b.Token(claims{"aud": nil}),
		"WithoutSubject":   b.Token(claims{"sub": nil}),
		"EmptySubject":     b.Token(claims{"sub": ""}),
		"ControlInSubject": b.Token(claims{"sub": "al\x00ice"}),
		"LongSubject":      b.Token(claims{"sub": strings.Repeat("a", 256)}),
		"NumberAsSubject":  b.Token(claims{"sub": 1024}),
		"Unsigned":         unsigned(t, valid),
		"WithoutSignature": valid[:strings.LastIndex(valid, ".")+1],
		"Changed":          changed(valid),
		"Symmetric":        symmetric(t, valid),
		"Empty":            "",
		"Words":            "let me in",
		"Dots":             strings.Repeat(".", 10_000),
		"Long":             valid + strings.Repeat("A", 20_000),
	} {
		t.Run(name, func(t *testing.T) { b.refuses(token, booking.Unauthenticated) })
	}
	b.accepts(valid)
}

// unsigned is the token with alg none.
func unsigned(t *testing.T, token string) string {
	t.Helper()
	payload := strings.Split(token, ".")[1]
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"at+jwt"}`))
	return header + "." + payload + "."
}

// changed is the token with one bit of its payload changed.
func changed(token string) string {
	parts := strings.Split(token, ".")
	payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
	at := strings.Index(string(payload), "alice")
	payload[at] = 'A'
	parts[1] = base64.RawURLEncoding.EncodeToString(payload)
	return strings.Join(parts, ".")
}

// symmetric is the token signed with a secret that the issuer publishes among its keys.
func symmetric(t *testing.T, token string) string {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	require.NoError(t, err)
	secret := jose.JSONWebKey{Key: []byte("a secret of thirty-two bytes, all"), KeyID: "secret"}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: secret}, (&jose.SignerOptions{}).WithType("at+jwt"))
	require.NoError(t, err)
	signed, err := signer.Sign(payload)
	require.NoError(t, err)
	token, err = signed.CompactSerialize()
	require.NoError(t, err)
	return token
}

// TestVerify_RotatedKey: a new key is fetched at once. A withdrawn key is refused once
// the keys have been fetched again.
func TestVerify_RotatedKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	old := b.Token(nil)
	b.accepts(old)
	b.Rotate()
	b.clock.forward(time.Minute)
	b.accepts(old)
	b.accepts(b.Token(nil))
	b.refuses(old, booking.Unauthenticated)
}

func TestVerify_WithdrawnKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	old := b.Token(claims{"exp": time.Now().Add(24 * time.Hour).Unix()})
	b.accepts(old)
	b.Rotate()
	b.clock.forward(time.Hour)
	b.accepts(old) // and the keys are fetched in the background
	require.Eventually(t, func() bool {
		b.clock.forward(time.Minute)
		_, err := b.Verify(t.Context(), old)
		return err != nil
	}, 30*time.Second, 10*time.Millisecond)
	b.refuses(old, booking.Unauthenticated)
}

// TestVerify_OncePerToken: an accepted token is neither parsed nor verified again. Both
// would cost far more allocations.
func TestVerify_OncePerToken(t *testing.T) { // not parallel: it counts allocations
	b := setup(t)
	token := b.Token(nil)
	b.accepts(token)
	cost := testing.AllocsPerRun(100, func() {
		_, err := b.Verify(t.Context(), token)
		require.NoError(t, err)
	})
	require.Less(t, cost, 10.0)
}

// TestVerify_RememberedEnds: an accepted token expires at its time, although it is
// cached.
func TestVerify_RememberedEnds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.Token(claims{"exp": time.Now().Add(2 * time.Minute).Unix()})
	b.accepts(token)
	b.accepts(token)
	b.clock.forward(3 * time.Minute)
	b.refuses(token, booking.Unauthenticated)
}

// TestVerify_IssuerAway: known keys stay valid. Whether a token of an unknown key is
// valid cannot be found out: it is neither accepted nor refused.
func TestVerify_IssuerAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	day := claims{"exp": time.Now().Add(24 * time.Hour).Unix()}
	known := b.Token(day)
	b.accepts(known)
	b.Rotate()
	unknown := b.Token(day)
	b.Stop()
	b.clock.forward(time.Hour)
	for range 3 {
		b.accepts(known)
		b.refuses(changed(known), booking.Unauthenticated)
		b.refuses(unknown, booking.Unavailable)
		require.NotEmpty(t, b.LastError())
	}
	b.Resume()
	b.clock.forward(time.Minute)
	b.accepts(unknown)
	require.Empty(t, b.LastError())
}

// TestLastError_EndsByItself: once the issuer answers again, also without any request.
func TestLastError_EndsByItself(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Empty(t, b.LastError(), "it was not called yet")
	b.Stop()
	require.Error(t, b.FetchKeys(t.Context()))
	require.NotEmpty(t, b.LastError())
	b.Resume()
	require.Eventually(t, func() bool {
		b.clock.forward(time.Minute)
		return b.LastError() == ""
	}, 30*time.Second, 10*time.Millisecond)
}

// TestVerify_IssuerAwayFromTheBeginning: Unavailable for tokens that depend on the
// issuer; other tokens are refused.
func TestVerify_IssuerAwayFromTheBeginning(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Stop()
	require.Error(t, b.FetchKeys(t.Context()))
	b.refuses(b.Token(nil), booking.Unavailable)
	b.refuses(b.Token(claims{"aud": "another"}), booking.Unauthenticated)
	b.Resume()
	b.clock.forward(time.Minute)
	require.NoError(t, b.FetchKeys(t.Context()))
	b.accepts(b.Token(nil))
}

// TestVerify_UnknownKeysCostTheIssuerLittle: whatever keys tokens name.
func TestVerify_UnknownKeysCostTheIssuerLittle(t *testing.T) {
	t.Parallel()
	b := setup(t)
	stranger := issuer.Start(t)
	stranger.Rotate()
	token := stranger.Token(claims{"iss": b.URL()})
	for range 50 {
		b.refuses(token, booking.Unauthenticated)
	}
	// On a busy machine real time passes, too.
	require.Less(t, b.KeyRequests(), int64(50))
}

// FuzzVerify: any token is accepted or refused, without a request to the issuer and
// without a panic.
func FuzzVerify(f *testing.F) {
	b := setup(f)
	valid := b.Token(nil)
	require.NoError(f, b.FetchKeys(f.Context()))
	for _, seed := range []string{"", valid, changed(valid), "..", "a.b.c", valid + ".", "{}", strings.ToUpper(valid)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := b.Verify(t.Context(), token); err != nil {
			require.ErrorIs(t, err, &booking.Error{Code: booking.Unauthenticated})
		}
	})
}
