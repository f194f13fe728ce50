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

// loopback are the addresses of this machine, whose X-Forwarded-For is believed unless
// other proxies are named. Elsewhere an address says nothing of who sends: a port that
// a container or a cluster publishes may pass requests of the internet on from a
// private one.
var loopback = networks("127.0.0.0/8", "::1/128")

// nearby are the addresses of this machine and of private networks, which no client
// on the internet has. A request from one of them comes through a proxy or from a
// service of the same house.
var nearby = append(networks(
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", // private
	"169.254.0.0/16", "fe80::/10", // of a link
	"100.64.0.0/10", // shared, which clusters use for their pods
), loopback...)

func networks(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// trustProxies tells the router whose X-Forwarded-For is believed.
func (s *server) trustProxies(router *gin.Engine) {
	texts := make([]string, len(s.Proxies))
	for n, network := range s.Proxies {
		texts[n] = network.String()
	}
	router.RemoteIPHeaders = []string{"X-Forwarded-For"}
	_ = router.SetTrustedProxies(texts) // they are networks, which cannot fail
}

// countsFor names who a request counts for, once it has come through identify.
func countsFor(ctx huma.Context) string {
	return accountOf(CallerOf(ctx.Context()), humagin.Unwrap(ctx).ClientIP())
}

// accountOf names who the requests of a caller count for: the caller or, while they
// name none, the address that they come from. An address that is nearby counts for
// none, "": behind a proxy that forwards no addresses all clients would count as
// one. Of an IPv6 address its network of 64 bits counts, which is what one client
// gets.
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

// limitCaller counts a request of the API, and refuses it when it is one too many.
func (s *server) limitCaller(ctx huma.Context, next func(huma.Context)) {
	if !sheds(ctx.Operation()) || s.countRequest(humagin.Unwrap(ctx), countsFor(ctx)) {
		next(ctx)
	}
}

// countRequest counts a request for an account, and tells in the fields of
// draft-ietf-httpapi-ratelimit-headers where that stands. It returns false for one
// that is too many, which is answered then.
func (s *server) countRequest(c *gin.Context, account string) bool {
	quota, counted := s.Admission.Callers.Request(account)
	if !counted {
		return true
	}
	s.tellQuota(c, quota)
	return !quota.Exceeded
}

// refuseExhausted answers a request of an account that has sent too many already, and
// counts it for nothing. It returns false for others.
func (s *server) refuseExhausted(c *gin.Context, account string) bool {
	quota, exceeded := s.Admission.Callers.Exceeded(account)
	if exceeded {
		s.tellQuota(c, quota)
	}
	return exceeded
}

// tellQuota tells a caller where it stands, and refuses its request if that is one too
// many.
func (s *server) tellQuota(c *gin.Context, quota admission.Quota) {
	c.Header(rateLimitPolicy, fmt.Sprintf(`"caller";q=%d;w=%s`, quota.Most, inSeconds(admission.Window)))
	c.Header(rateLimit, fmt.Sprintf(`"caller";r=%d;t=%s`, quota.Left, inSeconds(quota.Reset)))
	if quota.Exceeded {
		writeProblem(c, newProblem(tooManyRequests, "%d requests in %s is as much as one caller may send", quota.Most, admission.Window).after(quota.Reset))
	}
}

// The fields of draft-ietf-httpapi-ratelimit-headers.
const (
	rateLimit       = "RateLimit"
	rateLimitPolicy = "RateLimit-Policy"
)

// shareHeaders documents the header of an answer to a caller that has its share.
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
