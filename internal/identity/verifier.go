package identity

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/yeyak/yeyak/booking"
)

// VerifierOptions say which tokens are accepted. Claims, Client and Now are optional.
type VerifierOptions struct {
	// Issuer is the URL of the OIDC issuer, Audience the required audience of its tokens.
	Issuer, Audience string
	// Claims names the claims that are read.
	Claims Claims
	Client *http.Client
	Now    func() time.Time
}

// Verifier checks access tokens: JWTs of one issuer, for one audience.
type Verifier struct {
	claims Claims
	keys   *keySet
	now    func() time.Time
	// stated checks everything but the signature. keys checks the signature last, so that
	// a token that is refused anyway needs no keys.
	stated *oidc.IDTokenVerifier
	// valid are the accepted tokens, by their SHA-256.
	valid *lru.Cache[[sha256.Size]byte, verdict]
}

// verdict is the content of a valid token. It is used until the token expires, or the
// keys that verified it are replaced.
type verdict struct {
	Subject
	ends time.Time
	keys int // the number of the fetch that brought them
}

// Subject is what a valid token says about its person or program.
type Subject struct {
	Issuer, ID, Name string
	// Former is the name under which builds without callers may have stored the subject,
	// "" if no claim holds such names.
	Former string
	Roles  []booking.Role
	Scopes []booking.Scope
	// Program means that a client got the token for itself, not in a person's name.
	Program bool
}

const (
	// maxToken is longer than any token that fits through a proxy's header limit.
	maxToken = 16 << 10
	// longestSubject is the limit of OpenID Connect, here in characters instead of bytes.
	longestSubject = 255
)

// algorithms are the signature algorithms with a public key.
func algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
	}
}

// NewVerifier makes a verifier. The issuer need not be up yet.
func NewVerifier(o VerifierOptions) *Verifier {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: fetchWithin}
	}
	var names []string
	for _, a := range algorithms() {
		names = append(names, string(a))
	}
	valid, _ := lru.New[[sha256.Size]byte, verdict](remembered) // fails only for a size below 1
	return &Verifier{
		claims: o.Claims.orDefaults(), now: o.Now, valid: valid,
		keys: &keySet{issuer: o.Issuer, client: o.Client, now: o.Now},
		stated: oidc.NewVerifier(o.Issuer, nil, &oidc.Config{
			ClientID: o.Audience, SupportedSigningAlgs: names, Now: o.Now, InsecureSkipSignatureCheck: true,
		}),
	}
}

// Verify returns the content of the token. It returns Unauthenticated if the token is
// not valid here, and Unavailable if that depends on a key that cannot be fetched. A
// valid token is parsed and verified once, and again after keys were fetched.
func (v *Verifier) Verify(ctx context.Context, token string) (Subject, error) {
	if len(token) > maxToken {
		return Subject{}, refuse(errors.New("it is too long"))
	}
	digest := sha256.Sum256([]byte(token))
	if held, ok := v.valid.Get(digest); ok && !held.ends.Before(v.now()) && v.keys.current(held.keys) {
		return held.Subject, nil
	}
	checked, err := v.check(ctx, token)
	if err != nil {
		v.valid.Remove(digest)
		return Subject{}, err
	}
	v.valid.Add(digest, checked)
	return checked.Subject, nil
}

// check parses the token and checks all of it.
func (v *Verifier) check(ctx context.Context, token string) (verdict, error) {
	jws, typ, err := parse(token)
	if err != nil {
		return verdict{}, refuse(err)
	}
	stated, err := v.stated.Verify(ctx, token)
	if err != nil {
		return verdict{}, refuse(err)
	}
	var all map[string]any
	if err := stated.Claims(&all); err != nil {
		return verdict{}, refuse(err)
	}
	if err := checkPurpose(typ, all); err != nil {
		return verdict{}, refuse(err)
	}
	keys, err := v.keys.check(ctx, jws)
	if away, ok := errors.AsType[errAway](err); ok {
		return verdict{}, booking.Errorf(booking.Unavailable, "the keys of the token's issuer cannot be fetched").WithCause(away)
	}
	if err != nil {
		return verdict{}, refuse(err)
	}
	s := v.claims.read(all)
	s.Issuer = stated.Issuer
	s.Roles, s.Scopes = slices.Clip(s.Roles), slices.Clip(s.Scopes) // requests share them
	if !utf8.ValidString(s.ID) || utf8.RuneCountInString(s.ID) > longestSubject || booking.TextFault(s.ID) != "" || s.ID == "" {
		return verdict{}, refuse(fmt.Errorf("the claim %q names nobody", v.claims.ID))
	}
	return verdict{s, stated.Expiry, keys}, nil
}

// LastError is the reason why the last fetch of the issuer's keys failed, "" if it
// succeeded.
func (v *Verifier) LastError() string {
	if err := v.keys.lastError(); err != nil {
		return err.Error()
	}
	return ""
}

// FetchKeys fetches the issuer's keys, so that the first request need not wait for them.
func (v *Verifier) FetchKeys(ctx context.Context) error { return v.keys.fetch(ctx) }

// The types of access tokens: that of RFC 9068, and that of any JWT, which many
// issuers also give to ID tokens.
const (
	accessTokenType = "at+jwt"
	anyTokenType    = "jwt"
)

// parse returns the token and its type. It fails for a token that is not a signed JWT,
// and for a type of another purpose.
func parse(token string) (jws *jose.JSONWebSignature, typ string, err error) {
	jws, err = jose.ParseSignedCompact(token, algorithms())
	if err != nil || len(jws.Signatures) != 1 {
		return nil, "", errors.New("it is not a signed JWT")
	}
	typ, _ = jws.Signatures[0].Protected.ExtraHeaders[jose.HeaderType].(string)
	typ = strings.TrimPrefix(strings.ToLower(typ), "application/")
	if typ != accessTokenType && typ != anyTokenType {
		return nil, "", errors.New("its typ is neither at+jwt nor JWT")
	}
	return jws, typ, nil
}

// checkPurpose refuses an ID token, which informs a client of a login and permits nothing. If the
// type leaves that open, it refuses claims that only ID tokens have.
func checkPurpose(typ string, all map[string]any) error {
	if typ == accessTokenType {
		return nil
	}
	for _, name := range []string{"nonce", "at_hash", "c_hash"} {
		if _, has := all[name]; has {
			return fmt.Errorf("it is an ID token: it has the claim %q", name)
		}
	}
	return nil
}

// refuse returns Unauthenticated, with the cause in its text.
func refuse(cause error) error {
	why := "the token is not valid here"
	if _, expired := errors.AsType[*oidc.TokenExpiredError](cause); expired {
		why = "the token has expired"
	}
	return booking.Errorf(booking.Unauthenticated, "%s", why).WithCause(cause)
}
