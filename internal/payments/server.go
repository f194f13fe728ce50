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

// Intents stores the data of the Server; it outlives the process.
type Intents interface {
	// Create stores the intent unless there is one under its key, and returns the stored
	// one. used means that neither exists, since another intent was paid for with the same
	// method, which can be used once only, or belongs to another customer.
	Create(ctx context.Context, i Intent, once bool) (stored Intent, used bool, err error)
	// Intent returns the intent with the id, or NotFound.
	Intent(ctx context.Context, id string) (Intent, error)
	// Change sets the intent's status if it has one of those in from, and reports whether it
	// had.
	Change(ctx context.Context, id string, from []string, to string) (changed bool, err error)
	// Decide records the customer's decision about an intent that requires action, and
	// reports whether the intent was still open. If the decision's amount is not 0 it replaces
	// the intent's. once means that the method has no customer, or belongs to the intent's.
	Decide(ctx context.Context, id string, d Decision, once bool) (open bool, err error)
	// Confirmed returns the order's newest intent that needs, or needed, confirmation, or
	// NotFound.
	Confirmed(ctx context.Context, orderID string) (Intent, error)
	// CreateCustomer stores a customer unless there is one under its key, and returns the stored one.
	CreateCustomer(ctx context.Context, c Customer) (Customer, error)
	// HasCustomer reports whether the customer exists.
	HasCustomer(ctx context.Context, id string) (bool, error)
	// Methods lists the methods that belong to a customer, newest first.
	Methods(ctx context.Context, customer string) ([]Method, error)
	// Detach takes a method from its customer, and reports whether it had one.
	Detach(ctx context.Context, method string) (was bool, err error)
	// Search lists the intents of a charge.
	Search(ctx context.Context, chargeKey string) ([]Intent, error)
	// List lists the intents after the named one, newest first.
	List(ctx context.Context, after string, limit int) ([]Intent, error)
	// Refund refunds a part of an intent, once per key, and returns the refund stored under
	// the key; made is false if that much is not left.
	Refund(ctx context.Context, r Refund) (stored Refund, made bool, err error)
	// Refunds lists the refunds of an intent, newest first.
	Refunds(ctx context.Context, intentID string) ([]Refund, error)
	// ByHand refunds a part of an order's intent, or with 0 all that is left. It returns
	// RefundExceeds if that much is not left, and NotFound if no intent has succeeded.
	ByHand(ctx context.Context, orderID string, amount int64) error
	// Dispute disputes a part of an order's intent, or with 0 all of it, and sets the state of
	// the dispute. It returns NotFound if no intent has succeeded.
	Dispute(ctx context.Context, orderID string, amount int64, state string) error
	// FailRefunds makes the refunds of an order's intent that have the amount, or with 0 all
	// of them, fail although they have succeeded. It returns the newest of them, or NotFound
	// if there is none.
	FailRefunds(ctx context.Context, orderID string, amount int64) (Refund, error)
	// EndRefunds sets the status of the pending refunds of an intent.
	EndRefunds(ctx context.Context, intentID, status string) error
	// Label adds labels to an intent's metadata. It returns NotFound if there is no intent.
	Label(ctx context.Context, id string, labels map[string]string) error
	// KeepFailure stores the failure of a request, once per key.
	KeepFailure(ctx context.Context, f Failure) error
	// Failure returns the failure stored under the key, if there is one.
	Failure(ctx context.Context, key string) (f Failure, found bool, err error)
	// Totals sums up the charged and the refunded amounts, in minor units over all
	// currencies.
	Totals(ctx context.Context) (charged, refunded int64, err error)
}

// Intent is a PaymentIntent.
type Intent struct {
	Key       string // the request's Idempotency-Key
	ID        string
	Request   string // the request under the key
	Amount    booking.Money
	Method    string // the payment method, "" for none
	Metadata  map[string]string
	ChargeKey string // the search finds it by this
	Answered  string // the status in the answer to its creation
	Status    string
	Refusal   string // why it was refused, "" if it was not
	Refunded  int64  // minor units of Amount.Currency
	Disputed  int64  // the same
	Dispute   string // its state; "" while there is none
	At        time.Time
	// ReturnTo is where the customer goes after confirming; "" if no customer is present.
	ReturnTo string
	Customer string // the customer's id, "" for none
	Keeps    bool   // when it has paid, the method belongs to the customer
	// DisputedAt is when the dispute was raised on command.
	DisputedAt time.Time
}

// Customer is a customer with stored payment methods.
type Customer struct {
	Key      string // the request's Idempotency-Key
	ID       string
	Request  string // the request under the key
	Metadata map[string]string
}

// Method is a payment method that belongs to a customer.
type Method struct {
	ID       string
	Customer string
	At       time.Time // since when it belongs to the customer
}

// Refund is a refund of an intent.
type Refund struct {
	Key      string
	ID       string
	Request  string
	IntentID string
	Amount   booking.Money
	Label    string // the key of its metadata
	Status   string
	At       time.Time
}

// Server simulates Stripe: the part of Stripe's API that the provider Stripe uses. It has the
// same switchboard as the Sandbox, and accepts every secret key of the right format.
type Server struct {
	// Hosts are the host names that requests may carry, any by default.
	Hosts hosts.Names
	// PagesAt is the URL of its pages for customers, such as http://127.0.0.1:8091; by default
	// that of its API.
	PagesAt string

	conduct
	intents  Intents
	underWay sync.Map // keys of requests under way
	raised   sync.Map // intents whose method has raised a dispute
}

// NewServer makes a server without faults. Close it.
func NewServer(intents Intents) *Server {
	s := &Server{intents: intents}
	s.totals, s.refund, s.dispute, s.failRefunds = intents.Totals, s.refundByHand, s.disputeByHand, s.failLater
	s.confirmations, s.resend = serverConfirmations{s}, s.resendNotice
	s.sender, s.switched = newSender(post), s.onSwitched
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
	api.GET("/customers/:id/payment_methods", s.plain(s.listMethods))
	api.GET("/customers/:id/payment_methods/:method", s.plain(s.showMethod))
	api.POST("/payment_methods/:method/detach", s.plain(s.detachMethod))
	api.POST("/refunds", s.keyed(s.createRefund))
	api.GET("/refunds", s.plain(s.listRefunds))
	api.GET("/disputes", s.plain(s.listDisputes))
	router.NoRoute(func(g *gin.Context) {
		answerFailure(g, &apiError{Status: http.StatusNotFound, Type: invalidRequest, Message: "the sandbox does not offer this"})
	})
	return router
}

// refuseOtherSites refuses requests that a page of another site could make through a browser
// that reaches this server.
func (s *Server) refuseOtherSites(g *gin.Context) {
	if !s.Hosts.Allow(g.Request.Host) {
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

// maxForm is the size limit of a request, in bytes.
const maxForm = 64 << 10

// keyed is for requests with an effect: those under one key run one after another, and take
// effect once.
func (s *Server) keyed(do call) gin.HandlerFunc {
	return func(g *gin.Context) {
		key := g.GetHeader("Idempotency-Key")
		if key == "" {
			key = rand.Text()
			g.Request.Header.Set("Idempotency-Key", key)
		}
		if _, running := s.underWay.LoadOrStore(key, nil); running {
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

// call carries out a request. Its error is an *apiError or an internal failure.
type call func(ctx context.Context, g *gin.Context) (any, error)

// plain runs a request according to the Behaviour. A request that was received is carried
// out, also if its caller has hung up.
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

// apiError is an error answer in the provider's format.
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
