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

// VerifierOptions say whose tokens are taken. Claims, Client and Now may be left out.
type VerifierOptions struct {
	// Issuer is the URL of the OIDC issuer, and Audience what its tokens have to be for.
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
	// stated checks all but the signature. keys checks that afterwards: a token that is
	// refused anyhow asks for no keys.
	stated *oidc.IDTokenVerifier
	// valid are the tokens that passed, by their SHA-256.
	valid *lru.Cache[[sha256.Size]byte, verdict]
}

// verdict is what a valid token says. It counts until the token ends, and no longer
// than the keys by which its signature was checked.
type verdict struct {
	Subject
	ends time.Time
	keys int // the number of their fetch
}

// Subject is what a valid token says of the person or program it was issued to.
type Subject struct {
	Issuer, ID, Name string
	// Former is the name by which builds that knew no callers may have known them, ""
	// where no claim holds such names.
	Former string
	Roles  []booking.Role
	Scopes []booking.Scope
	// Program: a client of the issuer's got the token for itself, in no person's name.
	Program bool
}

const (
	// maxToken is longer than any token that a proxy would let pass in a header.
	maxToken = 16 << 10
	// longestSubject is that of OpenID Connect, in characters instead of bytes.
	longestSubject = 255
)

// algorithms are those with a public key.
func algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
	}
}

// NewVerifier makes a verifier. The issuer need not answer yet.
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
	valid, _ := lru.New[[sha256.Size]byte, verdict](remembered) // fails only for sizes that are none
	return &Verifier{
		claims: o.Claims.orDefaults(), now: o.Now, valid: valid,
		keys: &keySet{issuer: o.Issuer, client: o.Client, now: o.Now},
		stated: oidc.NewVerifier(o.Issuer, nil, &oidc.Config{
			ClientID: o.Audience, SupportedSigningAlgs: names, Now: o.Now, InsecureSkipSignatureCheck: true,
		}),
	}
}

// Verify answers what the token says. Unauthenticated: it is not valid here.
// Unavailable: that depends on a key which the issuer cannot be asked for. A valid
// token is parsed and its signature checked once, and again when keys were fetched.
func (v *Verifier) Verify(ctx context.Context, token string) (Subject, error) {
	if len(token) > maxToken {
		return Subject{}, refuse(errors.New("it is too long"))
	}
	digest := sha256.Sum256([]byte(token))
	if held, ok := v.valid.Get(digest); ok && !held.ends.Before(v.now()) && v.keys.are(held.keys) {
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
		return verdict{}, booking.Errorf(booking.Unavailable, "the issuer of the token cannot be asked for its keys").Because(away)
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

// Trouble says why the issuer's keys could not be fetched when that was last
// tried, "" when they could.
func (v *Verifier) Trouble() string {
	if err := v.keys.trouble(); err != nil {
		return err.Error()
	}
	return ""
}

// Ask fetches the issuer's keys, so that the first request need not.
func (v *Verifier) Ask(ctx context.Context) error { return v.keys.fetch(ctx) }

// The types that access tokens have: that of RFC 9068, and the one of any JWT, which
// many issuers give to ID tokens, too.
const (
	accessTokenType = "at+jwt"
	anyTokenType    = "jwt"
)

// parse is the token, and its type. It fails for one that is no signed JWT, and for one
// whose type says that it is for another purpose.
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

// checkPurpose refuses an ID token, which tells a client who has logged in and permits
// nothing. Where its type does not tell, the claims do that only ID tokens have.
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

// refuse is Unauthenticated, which says in a word why.
func refuse(cause error) error {
	why := "the token is not valid here"
	if _, expired := errors.AsType[*oidc.TokenExpiredError](cause); expired {
		why = "the token has expired"
	}
	return booking.Errorf(booking.Unauthenticated, "%s", why).Because(cause)
}
