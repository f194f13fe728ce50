package api

import (
	"fmt"
	"net/netip"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
)

// loopback are this machine's addresses, whose X-Forwarded-For is used unless other
// proxies are configured. Private addresses are not trusted by default: a port that a
// container or a cluster publishes may pass on requests of the internet from a private
// address.
var loopback = networks("127.0.0.0/8", "::1/128")

// nearby are the addresses of this machine and of private networks, which no client on
// the internet has. A request from such an address comes through a proxy or from
// another service of the operator.
var nearby = append(networks(
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", // private
	"169.254.0.0/16", "fe80::/10", // link-local
	"100.64.0.0/10", // shared; clusters use them for pods
), loopback...)

func networks(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// trustProxies configures the proxies whose X-Forwarded-For the router uses.
func (s *server) trustProxies(router *gin.Engine) {
	texts := make([]string, len(s.Proxies))
	for n, network := range s.Proxies {
		texts[n] = network.String()
	}
	router.RemoteIPHeaders = []string{"X-Forwarded-For"}
	_ = router.SetTrustedProxies(texts) // they are networks, so this cannot fail
}

// countsFor returns the account that a request counts against, after identify.
func countsFor(ctx huma.Context) string {
	return accountOf(CallerOf(ctx.Context()), humagin.Unwrap(ctx).ClientIP())
}

// accountOf is the account that requests count against: the caller or, without a
// caller, the address of the sender. A nearby address has no account (""): behind a
// proxy that forwards no addresses all clients would share one. For IPv6 it is the
// network of 64 bits, which is what one client gets.
func accountOf(caller booking.Caller, address string) string {
	if caller.ID != "" {
		return "caller " + caller.ID
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	ip = ip.Unmap()
	for _, network := range nearby {
		if network.Contains(ip) {
			return ""
		}
	}
	if ip.Is6() {
		network, _ := ip.Prefix(64) // fails only for other lengths
		ip = network.Addr()
	}
	return "address " + ip.String()
}

// limitCaller counts a request of the API, and refuses it if its account is over the
// quota.
func (s *server) limitCaller(ctx huma.Context, next func(huma.Context)) {
	if !sheds(ctx.Operation()) || s.countRequest(humagin.Unwrap(ctx), countsFor(ctx)) {
		next(ctx)
	}
}

// countRequest counts a request against an account, and sets the fields of
// draft-ietf-httpapi-ratelimit-headers. It answers the request and returns false if the
// account is over the quota.
func (s *server) countRequest(c *gin.Context, account string) bool {
	quota, counted := s.Admission.Callers.Request(account)
	if !counted {
		return true
	}
	s.writeQuota(c, quota)
	return !quota.Exceeded
}

// refuseExhausted answers a request of an account that is over its quota, without
// counting it. It returns false for other accounts.
func (s *server) refuseExhausted(c *gin.Context, account string) bool {
	quota, exceeded := s.Admission.Callers.Exceeded(account)
	if exceeded {
		s.writeQuota(c, quota)
	}
	return exceeded
}

// writeQuota sets the quota's header fields, and refuses the request if it is over the
// quota.
func (s *server) writeQuota(c *gin.Context, quota admission.Quota) {
	c.Header(rateLimitPolicy, fmt.Sprintf(`"caller";q=%d;w=%s`, quota.Most, inSeconds(admission.RefillTime)))
	c.Header(rateLimit, fmt.Sprintf(`"caller";r=%d;t=%s`, quota.Left, inSeconds(quota.Reset)))
	if quota.Exceeded {
		writeProblem(c, newProblem(tooManyRequests, "%d requests in %s is as much as one caller may send", quota.Most, admission.RefillTime).after(quota.Reset))
	}
}

// The fields of draft-ietf-httpapi-ratelimit-headers.
const (
	rateLimit       = "RateLimit"
	rateLimitPolicy = "RateLimit-Policy"
)

// shareHeaders documents the header fields of an answer that counts against a quota.
func shareHeaders() map[string]*huma.Param {
	text := &huma.Schema{Type: huma.TypeString}
	return map[string]*huma.Param{
		"Retry-After":   retryAfterHeader(),
		rateLimitPolicy: {Description: "How many requests a caller may send (q) in how many seconds (w)", Schema: text, Example: `"caller";q=200;w=10`},
		rateLimit: {Description: "How many requests are left (r), and after how many seconds all are available again or, " +
			"if none is left, one is (t)", Schema: text, Example: `"caller";r=0;t=1`},
	}
}

func retryAfterHeader() *huma.Param {
	return &huma.Param{Description: "Seconds to wait", Schema: &huma.Schema{Type: huma.TypeInteger}}
}
