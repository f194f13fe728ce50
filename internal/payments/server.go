package payments

import (
	"context"
	"crypto/rand"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/bodies"
	"github.com/yeyak/yeyak/internal/hosts"
)

// Intents is what the Server remembers; it outlives the process.
type Intents interface {
	// Create keeps the intent unless there is one under its key, and returns
	// the one that stands there. used: there is none, and another intent was
	// paid for with a method that can be used once only, or that another customer has.
	Create(ctx context.Context, i Intent, once bool) (stands Intent, used bool, err error)
	// Intent finds one by its id. NotFound: there is none.
	Intent(ctx context.Context, id string) (Intent, error)
	// Change gives the intent another status if it has one of those named, and
	// tells whether it had.
	Change(ctx context.Context, id string, from []string, to string) (changed bool, err error)
	// Decide records what the customer decides of an intent that requires action, and tells
	// whether that was still open. The intent takes the decision's amount where that is not
	// 0; once: it was paid for with a method that belongs to nobody, or to its customer.
	Decide(ctx context.Context, id string, d Decision, once bool) (open bool, err error)
	// Confirmed is the order's newest intent that its customer has, or had, to confirm.
	// NotFound: there is none.
	Confirmed(ctx context.Context, orderID string) (Intent, error)
	// CreateCustomer keeps a customer unless there is one under its key, and returns the one that stands.
	CreateCustomer(ctx context.Context, c Customer) (Customer, error)
	// HasCustomer tells whether there is one with the id.
	HasCustomer(ctx context.Context, id string) (bool, error)
	// Search lists the intents of a charge.
	Search(ctx context.Context, chargeKey string) ([]Intent, error)
	// List lists intents that follow the one named, newest first.
	List(ctx context.Context, after string, limit int) ([]Intent, error)
	// Refund gives back some of an intent, once per key, and returns the refund
	// that stands under it; given is false when that much is not left.
	Refund(ctx context.Context, r Refund) (stands Refund, given bool, err error)
	// Refunds lists the refunds of an intent, newest first.
	Refunds(ctx context.Context, intentID string) ([]Refund, error)
	// ByHand gives some of an order's intent back, or with 0 all that is left.
	// RefundExceeds: that much is not left. NotFound: it has none that has succeeded.
	ByHand(ctx context.Context, orderID string, amount int64) error
	// Dispute has some of an order's intent disputed, or with 0 all of it, and says
	// where that stands. NotFound: it has none that has succeeded.
	Dispute(ctx context.Context, orderID string, amount int64, state string) error
	// FailRefunds has the refunds of an order's intent fail that are of the amount, or
	// with 0 all of them, though they have succeeded. Returns the newest of them.
	// NotFound: there is none.
	FailRefunds(ctx context.Context, orderID string, amount int64) (Refund, error)
	// EndRefunds gives the pending refunds of an intent another status.
	EndRefunds(ctx context.Context, intentID, status string) error
	// Label adds labels to an intent's metadata. NotFound: there is none.
	Label(ctx context.Context, id string, labels map[string]string) error
	// KeepFailure keeps what a request failed with, once per key.
	KeepFailure(ctx context.Context, f Failure) error
	// Failure is what is kept under the key, if there is anything.
	Failure(ctx context.Context, key string) (f Failure, found bool, err error)
	// Totals sums up what was charged and what was refunded, in minor units
	// over all currencies.
	Totals(ctx context.Context) (charged, refunded int64, err error)
}

// Intent is a PaymentIntent.
type Intent struct {
	Key       string // the request's Idempotency-Key
	ID        string
	Request   string // what was asked for under the key
	Amount    booking.Money
	Method    string // the payment method, "" for none
	Metadata  map[string]string
	ChargeKey string // what it is searched by
	Answered  string // the status that its creation was answered with
	Status    string
	Refusal   string // why it was refused, "" when it was not
	Refunded  int64  // minor units of Amount.Currency
	Disputed  int64  // the same
	Dispute   string // where that stands; "" while there is none
	At        time.Time
	// ReturnTo is where its customer goes on from the page where it is confirmed; "" where no
	// customer is there.
	ReturnTo string
	Customer string // the customer's id, "" for none
	Keeps    bool   // the method is the customer's from when it has paid
	// DisputedAt is when the dispute was raised on command.
	DisputedAt time.Time
}

// Customer is a customer of whom payment methods are kept.
type Customer struct {
	Key      string // the request's Idempotency-Key
	ID       string
	Request  string // what was asked for under the key
	Metadata map[string]string
}

// Refund is a refund of an intent.
type Refund struct {
	Key      string
	ID       string
	Request  string
	IntentID string
	Amount   booking.Money
	Label    string // its metadata's key
	Status   string
	At       time.Time
}

// Server is a stand-in for Stripe: the part of its API that Stripe, the
// provider, uses. It behaves as it is told, over the same switchboard as the
// Sandbox, and takes every secret key that looks like one.
type Server struct {
	// Hosts are the names that requests may be addressed to, by default any.
	Hosts hosts.Names
	// PagesAt is where customers reach its pages, such as http://127.0.0.1:8091; by default
	// where its API is reached.
	PagesAt string

	conduct
	intents  Intents
	underWay sync.Map // keys of the requests that are worked on
	raised   sync.Map // intents whose method has raised a dispute
}

// NewServer makes a server that behaves well. Close it.
func NewServer(intents Intents) *Server {
	s := &Server{intents: intents}
	s.totals, s.refund, s.dispute, s.failRefunds = intents.Totals, s.refundByHand, s.disputeByHand, s.failLater
	s.confirmations, s.retell = serverConfirmations{s}, s.retellNotice
	s.herald, s.switched = newHerald(post), s.onSwitched
	return s
}

// Handler serves the API and the switchboard.
func (s *Server) Handler() http.Handler {
	router := gin.New()
	router.Use(bodies.ReadAhead(maxForm, bodies.Within, refuseBody), s.refuseOtherSites)
	s.Switchboard(router)
	s.Pages(router)
	api := router.Group("/v1", onlyWithKey)
	api.POST("/payment_intents", s.keyed(s.createIntent))
	api.GET("/payment_intents", s.plain(s.listIntents))
	api.GET("/payment_intents/search", s.plain(s.searchIntents))
	api.GET("/payment_intents/:id", s.plain(s.showIntent))
	api.POST("/payment_intents/:id", s.plain(s.labelIntent))
	api.POST("/payment_intents/:id/cancel", s.plain(s.cancelIntent))
	api.POST("/customers", s.keyed(s.createCustomer))
	api.POST("/refunds", s.keyed(s.createRefund))
	api.GET("/refunds", s.plain(s.listRefunds))
	api.GET("/disputes", s.plain(s.listDisputes))
	router.NoRoute(func(g *gin.Context) {
		answerFailure(g, &apiError{Status: http.StatusNotFound, Type: invalidRequest, Message: "the sandbox does not offer this"})
	})
	return router
}

// refuseOtherSites refuses what a web page of another site could do here with
// the help of a browser that can reach this server.
func (s *Server) refuseOtherSites(g *gin.Context) {
	if !s.Hosts.Have(g.Request.Host) {
		answerFailure(g, &apiError{Status: http.StatusMisdirectedRequest, Type: invalidRequest, Message: "this server has another name"})
		return
	}
	if hosts.OtherSite(g.Request) {
		answerFailure(g, &apiError{Status: http.StatusForbidden, Type: invalidRequest, Message: "a page of another site sent this request"})
	}
}

func refuseBody(g *gin.Context, status int) {
	answerFailure(g, &apiError{Status: status, Type: invalidRequest, Message: "the body is too large, or did not arrive in time"})
}

func onlyWithKey(g *gin.Context) {
	if !strings.HasPrefix(g.GetHeader("Authorization"), "Bearer sk_") {
		answerFailure(g, &apiError{Status: http.StatusUnauthorized, Type: invalidRequest, Message: "Invalid API Key provided"})
	}
}

// maxForm is the largest request in bytes that is read.
const maxForm = 64 << 10

// keyed is for requests that do something: those under one key do it once, one
// after the other.
func (s *Server) keyed(do call) gin.HandlerFunc {
	return func(g *gin.Context) {
		key := g.GetHeader("Idempotency-Key")
		if key == "" {
			key = rand.Text()
			g.Request.Header.Set("Idempotency-Key", key)
		}
		if _, taken := s.underWay.LoadOrStore(key, nil); taken {
			answerFailure(g, &apiError{
				Status: http.StatusConflict, Type: idempotency, Code: "idempotency_key_in_use",
				Message: "another request with this key is under way",
			})
			return
		}
		defer s.underWay.Delete(key)
		s.plain(s.once(do))(g)
	}
}

// call does what a request asks for. Its error is an *apiError or a failure of
// our own.
type call func(ctx context.Context, g *gin.Context) (any, error)

// plain does a request the way the server is told to behave. What a caller
// has sent is carried out, though it may have hung up meanwhile.
func (s *Server) plain(do call) gin.HandlerFunc {
	return func(g *gin.Context) {
		g.Header("Request-Id", "req_"+rand.Text()[:14])
		if err := g.Request.ParseForm(); err != nil {
			answerFailure(g, &apiError{Status: http.StatusBadRequest, Type: invalidRequest, Message: "the form cannot be read"})
			return
		}
		ctx := context.WithoutCancel(g.Request.Context())
		var body any
		var failed error
		err := s.act(ctx, func() error {
			body, failed = do(ctx, g)
			return nil
		})
		if errors.Is(err, ErrAnswerLost) {
			panic(http.ErrAbortHandler) // net/http closes the connection
		}
		if err = errors.Join(err, failed); err != nil {
			answerFailure(g, asAPIError(g, err))
			return
		}
		g.JSON(http.StatusOK, body)
	}
}

// Types of errors.
const (
	invalidRequest = "invalid_request_error"
	idempotency    = "idempotency_error"
	cardError      = "card_error"
	apiFailure     = "api_error"
)

// apiError is an answer that is none, in the provider's form.
type apiError struct {
	Status      int    `json:"-"`
	Type        string `json:"type"`
	Code        string `json:"code,omitempty"`
	DeclineCode string `json:"decline_code,omitempty"`
	Param       string `json:"param,omitempty"`
	Message     string `json:"message"`
	Intent      any    `json:"payment_intent,omitempty"`

	saved bool // it is repeated under the request's key
}

// Error implements error.
func (e *apiError) Error() string { return e.Message }

func answerFailure(g *gin.Context, e *apiError) {
	g.AbortWithStatusJSON(e.Status, gin.H{"error": e})
}

func asAPIError(g *gin.Context, err error) *apiError {
	if said, ok := errors.AsType[*apiError](err); ok {
		return said
	}
	if busy, ok := errors.AsType[*Busy](err); ok {
		g.Header("Retry-After", strconv.Itoa(int(math.Ceil(busy.RetryAfter().Seconds()))))
		return &apiError{Status: http.StatusTooManyRequests, Type: invalidRequest, Code: "rate_limit", Message: "too many requests at once"}
	}
	if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		return &apiError{Status: http.StatusNotFound, Type: invalidRequest, Code: "resource_missing", Param: "intent", Message: "No such payment_intent"}
	}
	return &apiError{Status: http.StatusInternalServerError, Type: apiFailure, Message: "the sandbox is out of order"}
}

func otherRequest() *apiError {
	return &apiError{
		Status: http.StatusBadRequest, Type: idempotency,
		Message: "Keys for idempotent requests can only be used with the same parameters they were first used with.",
	}
}

func newID(prefix string) string { return prefix + strings.ReplaceAll(uuid.NewString(), "-", "")[:24] }
