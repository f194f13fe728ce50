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

// Callers knows callers by what they present. Nil: authentication is off.
type Callers interface {
	// Caller answers the caller who presents an access token or an API key.
	// Unauthenticated: it is not valid. Unavailable: that cannot be found out.
	Caller(ctx context.Context, credential string) (booking.Caller, error)
}

type callerKey struct{}

// WithCaller is the context of a request of the caller's.
func WithCaller(ctx context.Context, c booking.Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf is the caller of a request; the zero value for one that needs none.
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

// isPersonal tells whether requests for an operation have to say whose they are.
func isPersonal(op *huma.Operation) bool {
	rule, _ := ruleOf(op)
	return !rule.Public
}

// identifiedWithin bounds the time in which a caller is found out.
const identifiedWithin = 5 * time.Second

// identify finds out whose a request is before anything is done for it.
func (s *server) identify(ctx huma.Context, next func(huma.Context)) {
	if s.Callers != nil && !isPersonal(ctx.Operation()) || s.introduce(humagin.Unwrap(ctx)) {
		next(ctx)
	}
}

// introduce puts the caller into the context of the request itself, where its log line
// and a stream look for it. It returns false for a request whose caller is not known,
// which is answered then.
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

// callerOf finds out whose a request is, or answers it. Requests whose caller is not
// known count for the address that they come from. When it has sent too many, only
// credentials that were valid a while ago are looked at: all others would cost the
// database a look, or a signature its check.
func (s *server) callerOf(c *gin.Context) (caller booking.Caller, known bool) {
	address := accountOf(booking.Caller{}, c.ClientIP())
	credential, fault := presented(c.Request.Header.Values("Authorization"))
	digest := maphash.String(s.seed, credential)
	if !s.familiar.Contains(digest) && s.refuseExhausted(c, address) {
		return caller, false
	}
	caller, refusal, p := s.ask(c.Request, credential, fault)
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

// mostFamiliar is how many credentials are known to have been valid. They are known by
// a hash with a seed of the process: one that is taken for another is still checked.
const mostFamiliar = 10_000

type familiar = lru.Cache[uint64, struct{}]

// ask asks Callers for the caller who presents the credential, unless it is at fault.
func (s *server) ask(r *http.Request, credential, fault string) (booking.Caller, identity.Refusal, *problem) {
	if fault != "" {
		return booking.Caller{}, identity.NoCredential, newProblem(booking.Unauthenticated, "%s", fault).challenge("")
	}
	// A client that hangs up does not cut off the look into the database.
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

// presented is what follows the word Bearer in the one Authorization header that
// there may be, and what is wrong where there is none.
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

// challenge says how to authenticate (RFC 6750), and what is wrong with what was
// presented, if anything was.
func (p *problem) challenge(fault string) *problem {
	value := `Bearer realm="yeyak"`
	if fault != "" {
		value += `, error="invalid_token", error_description="` + fault + `"`
	}
	p.header.Set("WWW-Authenticate", value)
	return p
}
