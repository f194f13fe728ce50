package api

import (
	"context"
	"hash/maphash"
	"net/http"
	"net/netip"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/bodies"
	"github.com/yeyak/yeyak/internal/hosts"
	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/orders"
)

// Deps are the API's dependencies. Callers, People, Terms, Notices, Proxies, Admission,
// SignalAssignments, HashKey, Health, Traces, Registry, Metrics, Extra, Pages, Now, Logger
// and Closing are optional.
type Deps struct {
	// Orders places orders, reads them and decides on them.
	Orders Orders
	// Hub ticks when there may be new events.
	Hub *orders.Hub

	Catalogue   Catalogue
	Stock       Stock
	Deliveries  Jobs
	Productions Jobs
	Cleaners    Cleaners
	Management  Management
	Payments    Payments
	// Notices reads what the payment provider sends; nil for none.
	Notices Notices
	// KeptMethods are the payment methods that the payment provider keeps; nil for none.
	KeptMethods KeptMethods
	Messages    Messages
	ReadModel   ReadModel
	Members     Members
	// Memberships caches what Members returns. It is optional.
	Memberships *identity.Memberships
	Audits      Audits
	Actions     Actions
	Bulk        Bulk
	Monitor     Monitor

	// Callers identifies the caller of a request, and People knows every caller's id;
	// nil if authentication is off.
	Callers Callers
	People  People

	// Terms knows which amounts the payment provider accepts; nil for all.
	Terms PaymentTerms

	// SignalAssignments sends to the calls the cleaners that were assigned to them: a new cleaner
	// may have been assigned to a waiting call.
	SignalAssignments func(context.Context) error

	// ReplyBudget is how long a request may wait for an order's decision, 2 s by
	// default.
	ReplyBudget time.Duration
	// MaxBody is the largest request body in bytes, 64 KiB by default.
	MaxBody int64
	// BodyWithin is how long a request body may take to arrive, 5 s by default.
	BodyWithin time.Duration
	// Hosts are the host names that requests may name; nil for any (see checkOrigin).
	Hosts hosts.Names
	// Proxies are the networks of trusted proxies, whose X-Forwarded-For is used; nil
	// for loopback.
	Proxies []netip.Prefix
	// Admission limits how many requests are served at the same time; nil for the
	// defaults.
	Admission *admission.Budgets
	// HashKey is the key of the hashes that distinguish requests with the same Idempotency-Key.
	// It is the same in all processes; by default a new one.
	HashKey func(context.Context) ([]byte, error)
	// TelRegion is the country (ISO 3166) of telephone numbers without a country code,
	// DefaultTelRegion by default.
	TelRegion string
	// Heartbeat is the interval of a stream's heartbeats, 15 s by default.
	Heartbeat time.Duration
	// WriteWithin is the time limit of one write to a stream, 10 s by default.
	WriteWithin time.Duration
	// Closing is closed when the server shuts down. Streams end then: they do not end
	// by themselves.
	Closing <-chan struct{}

	Now    func() time.Time
	Logger *zap.Logger
	Health Health
	// Traces records a span for every request; nil for none.
	Traces trace.TracerProvider
	// Registry registers the API's metrics.
	Registry prometheus.Registerer
	// Metrics serves /metrics.
	Metrics http.Handler
	// Extra adds routes that are not part of the documented API, for operators.
	Extra func(gin.IRouter)
	// Pages are the web pages; nil for none. Each page identifies its visitor itself.
	Pages Pages
}

// spare is the time that a request has beyond the reply budget: to wait for a service, and to
// read the read model or the workflow once more before it is answered.
const spare = orders.ServiceWait + 3*time.Second

type server struct {
	Deps
	huma     huma.API
	router   *gin.Engine
	feed     *feedCache   // the part of the feed that streams read
	familiar *familiar    // credentials that were valid before
	seed     maphash.Seed // of their hashes

	unidentified *prometheus.CounterVec // requests, by reason
}

// New returns the handler of the whole API.
func New(d Deps) http.Handler {
	_, handler := newServer(d)
	return handler
}

func newServer(d Deps) (*server, http.Handler) {
	s := &server{Deps: d.withDefaults(), unidentified: countUnidentified(d.Registry)}
	s.feed = newFeedCache(func(ctx context.Context, after string) (batch, error) { return s.readBatch(ctx, followed{}, after) }, s.Logger)
	s.familiar, _ = lru.New[uint64, struct{}](mostFamiliar) // fails only for sizes below 1
	s.seed = maphash.MakeSeed()
	if s.Memberships == nil {
		s.Memberships = &identity.Memberships{Members: s.Members, Now: s.Now, Log: s.Logger}
	}
	if s.Admission == nil {
		s.Admission = admission.New(admission.Limits{}, s.ReplyBudget, s.Registry)
	}
	s.router = s.newRouter()
	s.huma = humagin.New(s.router, describeAPI())
	s.huma.UseMiddleware(s.identify, s.limitCaller, s.guard, s.checkMediaTypes, s.admitRequest, s.limitTime, s.knowMemberships)

	s.registerPlaces()
	s.registerStock()
	s.registerMenus()
	s.registerDeliveries()
	s.registerDrinks()
	s.registerDrinkChanges()
	s.registerProductions()
	s.registerCleaners()
	s.registerCallPolicy()
	s.registerCalls()
	s.registerKinds()
	s.registerOrders()
	s.registerRecords()
	s.registerRefunds()
	s.registerNotices()
	s.registerKeptMethods()
	s.registerEvents()
	s.registerMembers()
	s.registerAudits()
	s.registerActions()
	s.registerActing()
	s.registerBulk()
	s.registerMonitor()
	s.registerHealth()
	undocumented := s.router.Group("", s.guardUndocumented)
	s.serveDocs(undocumented)
	if s.Metrics != nil {
		undocumented.GET(metricsPath, gin.WrapH(s.Metrics))
	}
	if s.Extra != nil {
		s.Extra(undocumented)
	}
	if s.Pages != nil {
		s.Pages.Mount(s.router)
	}
	return s, answerHEAD(s.router)
}

// maxBody is several times the longest valid request.
const maxBody = 64 << 10

func (d Deps) withDefaults() Deps {
	if d.ReplyBudget <= 0 {
		d.ReplyBudget = orders.DefaultReplyBudget
	}
	if d.MaxBody <= 0 {
		d.MaxBody = maxBody
	}
	if d.BodyWithin <= 0 {
		d.BodyWithin = bodies.Within
	}
	if d.Proxies == nil {
		d.Proxies = loopback
	}
	if d.TelRegion == "" {
		d.TelRegion = DefaultTelRegion
	}
	if d.Heartbeat <= 0 {
		d.Heartbeat = 15 * time.Second
	}
	if d.WriteWithin <= 0 {
		d.WriteWithin = 10 * time.Second
	}
	if d.Terms == nil {
		d.Terms = anyTerms{}
	}
	if d.Notices == nil {
		d.Notices = noNotices{}
	}
	if d.KeptMethods == nil {
		d.KeptMethods = noKeptMethods{}
	}
	if d.SignalAssignments == nil {
		d.SignalAssignments = func(context.Context) error { return nil }
	}
	if d.HashKey == nil {
		d.HashKey = ownHashKey()
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Logger == nil {
		d.Logger = zap.NewNop()
	}
	if d.Health == nil {
		d.Health = alwaysReady{}
	}
	return d
}

func (s *server) newRouter() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.HandleMethodNotAllowed = true
	router.RedirectTrailingSlash = false // many clients lose the body of a redirected POST
	s.trustProxies(router)
	if s.Traces != nil {
		router.Use(traceRequests(s.Traces))
	}
	router.Use(measureRequests(s.Registry), logAccess(s.Logger), recoverPanics(s.Logger), setHeaders, indentAnswers)
	// The body is read first: behind a refusal, net/http would wait for it without end.
	router.Use(bodies.ReadAhead(s.MaxBody, s.BodyWithin, s.refuseBody), s.checkOrigin)
	router.NoRoute(func(c *gin.Context) {
		s.refuse(c, newProblem(booking.NotFound, "there is nothing at %s", c.Request.URL.Path))
	})
	router.NoMethod(func(c *gin.Context) {
		allowHEAD(c.Writer.Header())
		s.refuse(c, newProblem(methodNotAllowed, "%s is not possible at %s", c.Request.Method, c.Request.URL.Path))
	})
	return router
}

// serverKey is the key of an operation's metadata that holds its server, for resolvers.
const serverKey = "server"

// serverOf returns the server of a request, for resolvers and huma's error hook. It is
// nil for addresses that are no operation.
func serverOf(ctx huma.Context) *server {
	if ctx == nil || ctx.Operation() == nil {
		return nil
	}
	s, _ := ctx.Operation().Metadata[serverKey].(*server)
	return s
}

// register adds an operation. It is the only place where a handler's error becomes a
// problem.
func register[I, O any](s *server, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	rule, ruled := ruleOf(&op)
	if !ruled {
		panic("there is no rule who may " + op.OperationID) // a defect that every test finds
	}
	if !rule.Public {
		op.Responses = s.withProblems(op.Responses, booking.NotAllowed)
	}
	op.Metadata = map[string]any{serverKey: s}
	op.MaxBodyBytes = -1                                         // it has been read by then, and was not too large
	op.BodyReadTimeout = -1                                      // ditto, and a deadline would end the request
	op.Responses = s.withProblems(op.Responses, booking.Invalid) // at least for an unknown parameter
	if op.Method != http.MethodGet && op.Method != http.MethodDelete {
		op.Responses = s.withProblems(op.Responses, malformedJSON)
	}
	if isPersonal(&op) {
		op.Security = []map[string][]string{{bearer: {}}}
		op.Responses = s.withProblems(op.Responses, booking.Unauthenticated, booking.Unavailable)
	}
	if sheds(&op) {
		op.Responses = s.withProblems(op.Responses, tooManyRequests, admission.Overloaded)
	}
	// An input with a resolver reports unknown parameters itself, together with its
	// other faults.
	_, resolves := any(new(I)).(huma.Resolver)
	op.RejectUnknownQueryParameters = !resolves
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, s.toProblem(ctx, err)
		}
		return out, nil
	})
}

// describeAPI returns huma's configuration. docs.go serves the documentation and the
// OpenAPI document: huma's own pages load scripts from other sites.
func describeAPI() huma.Config {
	c := huma.DefaultConfig("Yeyak", "1")
	c.Info.Description = "Orders and reservations that are either completed or undone completely.\n\n" +
		"`?pretty` on any address formats its JSON with line breaks.\n\n" +
		"If the requests of a caller are limited, each answer has the number that is left: `RateLimit-Policy` and `RateLimit`, " +
		"as in draft-ietf-httpapi-ratelimit-headers. Further requests are answered 429 `too_many_requests`."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	// Money in requests and in answers has one schema.
	c.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[booking.Money](), reflect.TypeFor[money]())
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{bearer: bearerScheme}
	c.CreateHooks = nil // they add $schema to every answer
	c.Transformers = []huma.Transformer{setProblemHeaders}
	c.Formats = map[string]huma.Format{
		"application/json": strictJSON,
		"json":             strictJSON, // huma writes application/problem+json with it
	}
	c.Tags = append(kindTags(),
		&huma.Tag{Name: tagOrders, Description: "Orders of every kind, for customers and owners"},
		&huma.Tag{Name: tagRecords, Description: "Payments, messages and the feed of events"},
		&huma.Tag{Name: tagMembers, Description: "Callers, and the members of owners' organisations"},
		&huma.Tag{Name: tagOperations, Description: "For operators of the service"},
	)
	return c
}

// Tags of the OpenAPI document that belong to no kind of order.
const (
	tagOrders     = "Orders"
	tagRecords    = "Records"
	tagMembers    = "Members"
	tagOperations = "Operations"
)
