package identity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

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
	// stated checks all but the signature, signed that as well: a token that is
	// refused anyhow asks for no keys.
	stated, signed *oidc.IDTokenVerifier
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
	keys := &keySet{issuer: o.Issuer, client: o.Client, now: o.Now}
	config := oidc.Config{ClientID: o.Audience, SupportedSigningAlgs: names, Now: o.Now}
	unsigned := config
	unsigned.InsecureSkipSignatureCheck = true // signed checks it next
	return &Verifier{
		claims: o.Claims.orDefaults(), keys: keys,
		stated: oidc.NewVerifier(o.Issuer, keys, &unsigned), signed: oidc.NewVerifier(o.Issuer, keys, &config),
	}
}

// Verify answers what the token says. Unauthenticated: it is not valid here.
// Unavailable: that depends on a key which the issuer cannot be asked for.
func (v *Verifier) Verify(ctx context.Context, token string) (Subject, error) {
	typ, err := typeOf(token)
	if err != nil {
		return Subject{}, refuse(err)
	}
	stated, err := v.stated.Verify(ctx, token)
	if err != nil {
		return Subject{}, refuse(err)
	}
	if err := checkPurpose(typ, stated); err != nil {
		return Subject{}, refuse(err)
	}
	if _, err := v.keys.VerifySignature(ctx, token); err != nil {
		if away, ok := errors.AsType[errAway](err); ok {
			return Subject{}, booking.Errorf(booking.Unavailable, "the issuer of the token cannot be asked for its keys").Because(away)
		}
		return Subject{}, refuse(err)
	}
	checked, err := v.signed.Verify(ctx, token)
	if err != nil {
		return Subject{}, refuse(err)
	}
	var all map[string]any
	if err := checked.Claims(&all); err != nil {
		return Subject{}, refuse(err)
	}
	s := v.claims.read(all)
	s.Issuer = checked.Issuer
	if !utf8.ValidString(s.ID) || utf8.RuneCountInString(s.ID) > longestSubject || booking.TextFault(s.ID) != "" || s.ID == "" {
		return Subject{}, refuse(fmt.Errorf("the claim %q names nobody", v.claims.ID))
	}
	return s, nil
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

// typeOf is the type of a token. It fails for one that is no signed JWT, and for one
// whose type says that it is for another purpose.
func typeOf(token string) (string, error) {
	if len(token) > maxToken {
		return "", errors.New("it is too long")
	}
	jws, err := jose.ParseSignedCompact(token, algorithms())
	if err != nil || len(jws.Signatures) != 1 {
		return "", errors.New("it is not a signed JWT")
	}
	typ, _ := jws.Signatures[0].Protected.ExtraHeaders[jose.HeaderType].(string)
	typ = strings.TrimPrefix(strings.ToLower(typ), "application/")
	if typ != accessTokenType && typ != anyTokenType {
		return "", errors.New("its typ is neither at+jwt nor JWT")
	}
	return typ, nil
}

// checkPurpose refuses an ID token, which tells a client who has logged in and permits
// nothing. Where its type does not tell, the claims do that only ID tokens have.
func checkPurpose(typ string, token *oidc.IDToken) error {
	if typ == accessTokenType {
		return nil
	}
	var all map[string]any
	if err := token.Claims(&all); err != nil {
		return err
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

// Claims are the names of the claims that are read of tokens. One within
// another is named with a dot between: realm_access.roles.
//
// Names is the claim that holds the names by which builds that knew no callers knew
// people, "" for none: nothing of theirs is given to anybody then.
type Claims struct{ ID, Name, Roles, Scopes, Names string }

func (c Claims) orDefaults() Claims {
	return Claims{
		ID: cmp.Or(c.ID, "sub"), Name: cmp.Or(c.Name, "name"), Roles: cmp.Or(c.Roles, "roles"), Scopes: cmp.Or(c.Scopes, "scope"),
		Names: c.Names,
	}
}

// read leaves out roles and scopes that are none of ours.
func (c Claims) read(all map[string]any) Subject {
	var s Subject
	s.ID, _ = claim(all, c.ID).(string)
	s.Name, _ = claim(all, c.Name).(string)
	if c.Names != "" {
		s.Former, _ = claim(all, c.Names).(string)
	}
	s.Program = isProgram(all)
	for _, word := range words(claim(all, c.Roles)) {
		if role := booking.Role(word); slices.Contains(booking.Roles(), role) && role != booking.ServiceRole {
			s.Roles = append(s.Roles, role)
		}
	}
	for _, word := range words(claim(all, c.Scopes)) {
		if scope := booking.Scope(word); slices.Contains(booking.Scopes(), scope) {
			s.Scopes = append(s.Scopes, scope)
		}
	}
	return s
}

// isProgram tells whether a client got the token for itself: its subject is the client
// then (RFC 9068, section 2.2).
func isProgram(all map[string]any) bool {
	subject, _ := all["sub"].(string)
	return subject != "" && (all["client_id"] == subject || all["azp"] == subject)
}

// claim finds a claim whose own name may have dots, too.
func claim(in map[string]any, name string) any {
	if value, found := in[name]; found {
		return value
	}
	for i := range len(name) {
		if within, ok := in[name[:i]].(map[string]any); ok && name[i] == '.' {
			if value := claim(within, name[i+1:]); value != nil {
				return value
			}
		}
	}
	return nil
}

// words are those of a text, a list, or the names in an object: issuers write
// roles in each of these ways. Of an object, a name counts whose value is true or an
// object: {"operator": false} is no operator.
func words(value any) (out []string) {
	switch v := value.(type) {
	case string:
		return strings.Fields(v)
	case []any:
		for _, one := range v {
			if word, ok := one.(string); ok {
				out = append(out, word)
			}
		}
	case map[string]any:
		for word, value := range v {
			if _, within := value.(map[string]any); within || value == true {
				out = append(out, word)
			}
		}
		slices.Sort(out)
	}
	return out
}
