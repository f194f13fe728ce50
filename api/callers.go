package api

import (
	"context"
	"hash/maphash"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/identity"
)

// Callers identifies callers by their credentials. Nil: authentication is off.
type Callers interface {
	// Caller returns the caller of an access token or API key. It returns
	// Unauthenticated for a credential that is not valid, and Unavailable if it cannot
	// be checked.
	Caller(ctx context.Context, credential string) (booking.Caller, error)
}

type callerKey struct{}

// WithCaller returns a context with the request's caller.
func WithCaller(ctx context.Context, c booking.Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf returns the caller of a request; the zero value if the request needs none.
func CallerOf(ctx context.Context) booking.Caller {
	c, _ := ctx.Value(callerKey{}).(booking.Caller)
	return c
}

// bearer is the security scheme of the API document.
const bearer = "bearer"

var bearerScheme = &huma.SecurityScheme{
	Type: "http", Scheme: "bearer", BearerFormat: "JWT",
	Description: "An access token of the issuer that this service trusts, or an API key of a program. `yeyak dev` prints tokens of its " +
		"demonstration accounts: `yeyak token alice`.",
}

// isPersonal reports whether an operation requires a caller.
func isPersonal(op *huma.Operation) bool {
	rule, _ := ruleOf(op)
	return !rule.Public
}

// identifiedWithin is the time limit of identifying a caller.
const identifiedWithin = 5 * time.Second

// identify identifies the caller before the handler runs.
func (s *server) identify(ctx huma.Context, next func(huma.Context)) {
	if s.Callers != nil && !isPersonal(ctx.Operation()) || s.introduce(humagin.Unwrap(ctx)) {
		next(ctx)
	}
}

// introduce puts the caller into the context of gin's request, where access log and
// streams read it. It answers the request and returns false if the caller is unknown.
func (s *server) introduce(c *gin.Context) bool {
	caller := booking.Caller{Unchecked: true}
	if s.Callers != nil {
		var known bool
		if caller, known = s.callerOf(c); !known {
			return false
		}
	}
	c.Request = c.Request.WithContext(WithCaller(c.Request.Context(), caller))
	return true
}

// callerOf identifies the caller of a request, or answers the request. Requests without
// a valid credential count against their address. Once an address is over its quota,
// only credentials that were valid recently are checked: every other check would cost a
// database query or a signature.
func (s *server) callerOf(c *gin.Context) (caller booking.Caller, known bool) {
	address := accountOf(booking.Caller{}, c.ClientIP())
	credential, fault := presented(c.Request.Header.Values("Authorization"))
	digest := maphash.String(s.seed, credential)
	if !s.familiar.Contains(digest) && s.refuseExhausted(c, address) {
		return caller, false
	}
	caller, refusal, p := s.resolveCaller(c.Request, credential, fault)
	if p == nil {
		s.familiar.Add(digest, struct{}{})
		return caller, true
	}
	if p.Code == booking.Unauthenticated {
		s.familiar.Remove(digest)
	}
	if s.countRequest(c, address) {
		s.unidentified.WithLabelValues(string(refusal)).Inc()
		writeProblem(c, p)
	}
	return caller, false
}

// mostFamiliar is how many recently valid credentials are remembered, as hashes with a
// seed of the process. A credential with the same hash as another one is still checked.
const mostFamiliar = 10_000

type familiar = lru.Cache[uint64, struct{}]

// resolveCaller identifies the caller of a credential, unless the header is at fault.
func (s *server) resolveCaller(r *http.Request, credential, fault string) (booking.Caller, identity.Refusal, *problem) {
	if fault != "" {
		return booking.Caller{}, identity.NoCredential, newProblem(booking.Unauthenticated, "%s", fault).challenge("")
	}
	// A client that hangs up does not cancel the database query.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), identifiedWithin)
	defer cancel()
	caller, err := s.Callers.Caller(ctx, credential)
	if err == nil {
		return caller, "", nil
	}
	p := s.toProblem(r.Context(), err)
	if p.Code == booking.Unauthenticated {
		p = p.challenge(p.Detail)
	}
	return booking.Caller{}, identity.RefusalOf(credential, err), p
}

// presented returns what follows the word Bearer in the only Authorization header, or
// what is wrong with the headers.
func presented(headers []string) (credential, fault string) {
	if len(headers) > 1 {
		return "", "the request has several Authorization headers"
	}
	scheme, credential, _ := strings.Cut(strings.Join(headers, ""), " ")
	credential = strings.TrimSpace(credential)
	if !strings.EqualFold(scheme, "Bearer") || credential == "" {
		return "", "send an access token or an API key: Authorization: Bearer …"
	}
	return credential, ""
}

// challenge adds how to authenticate (RFC 6750), and what is wrong with the credential,
// if there was one.
func (p *problem) challenge(fault string) *problem {
	value := `Bearer realm="yeyak"`
	if fault != "" {
		value += `, error="invalid_token", error_description="` + fault + `"`
	}
	p.header.Set("WWW-Authenticate", value)
	return p
}
