package marketing

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"
)

// handler serves customers, probes and scrapes.
type handler struct {
	store    *store
	follower *follower
	log      *zap.Logger
	failed   *atomic.Int64 // failed requests since the database last answered
}

func newHandler(s *store, f *follower, own names, log *zap.Logger) http.Handler {
	h := handler{s, f, log, &atomic.Int64{}}
	counted := newMetrics(f)
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.HandleMethodNotAllowed = true
	router.RedirectTrailingSlash = false
	// A customer's id may hold a slash, and gin would make a space of its plus.
	router.UseEscapedPath, router.UnescapePathValues = true, false
	_ = router.SetTrustedProxies(nil) // nil cannot fail; nothing here believes X-Forwarded-For
	router.Use(h.recoverPanics, setHeaders, endDeadline, own.check)
	router.NoRoute(func(c *gin.Context) {
		refuse(c, http.StatusNotFound, notFound, "there is nothing at "+c.Request.URL.Path)
	})
	router.NoMethod(func(c *gin.Context) {
		refuse(c, http.StatusMethodNotAllowed, methodNotAllowed, c.Request.Method+" is not possible at "+c.Request.URL.Path)
	})
	read := []string{http.MethodGet, http.MethodHead}
	router.Match(read, "/recommendations/:customerId", counted.count, h.recommendations)
	router.Match(read, "/healthz", func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "ok"}) })
	router.Match(read, "/readyz", h.readiness)
	router.Match(read, "/metrics", gin.WrapH(counted.handler()))
	return router
}

const (
	defaultLimit = 5
	maxLimit     = 50
	// longestCustomerID is in characters.
	longestCustomerID = 200
)

func (h handler) recommendations(c *gin.Context) {
	customerID, limit, wrong := readQuery(c.Param("customerId"), c.Request.URL.RawQuery)
	if len(wrong) > 0 {
		refuse(c, http.StatusUnprocessableEntity, validationFailed, "the request is not valid", wrong...)
		return
	}
	ctx, cancel := bounded(c, dbTimeout)
	defer cancel()
	items, err := h.store.recommend(ctx, customerID, limit)
	if err != nil {
		h.unavailable(c, err)
		return
	}
	h.available()
	c.JSON(http.StatusOK, struct {
		CustomerID string           `json:"customerId"`
		Items      []recommendation `json:"items"`
	}{customerID, items})
}

// bounded is the context of a query. A client that leaves does not cancel it: a
// cancelled statement costs its connection.
func bounded(c *gin.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(c.Request.Context()), d)
}

// readQuery parses the request, and finds all its faults.
func readQuery(escapedID, rawQuery string) (customerID string, limit int, wrong []fieldError) {
	add := func(field, message string) { wrong = append(wrong, fieldError{field, message}) }
	customerID, err := url.PathUnescape(escapedID)
	if err != nil {
		customerID = escapedID // net/http lets none of these through
	}
	if message := checkCustomerID(customerID); message != "" {
		add("customerId", message)
	}
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		add("query", "cannot be read")
		return "", 0, wrong
	}
	limit = defaultLimit
	if values, ok := query["limit"]; ok {
		limit, err = strconv.Atoi(values[0])
		switch {
		case len(values) > 1:
			add("limit", "is given more than once")
		case err != nil || limit < 1 || limit > maxLimit:
			add("limit", "must be a whole number from 1 to "+strconv.Itoa(maxLimit))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if name != "limit" {
			add(name, "is not a parameter of this request")
		}
	}
	return customerID, limit, wrong
}

func checkCustomerID(id string) string {
	switch {
	case !utf8.ValidString(id) || strings.ContainsFunc(id, unicode.IsControl):
		return "contains characters that are not text"
	case strings.TrimSpace(id) == "":
		return "is blank"
	case utf8.RuneCountInString(id) > longestCustomerID:
		return "is longer than " + strconv.Itoa(longestCustomerID) + " characters"
	}
	return ""
}

// probeTime is the time limit of a probe's query.
const probeTime = 2 * time.Second

// readiness: recommendations can be answered while the feed is away, and while the follower
// catches up.
func (h handler) readiness(c *gin.Context) {
	ctx, cancel := bounded(c, probeTime)
	defer cancel()
	at, err := h.store.progress(ctx)
	if err != nil {
		h.unavailable(c, err)
		return
	}
	h.available()
	var last *time.Time
	if !at.LastEventAt.IsZero() {
		utc := at.LastEventAt.UTC()
		last = &utc
	}
	c.JSON(http.StatusOK, struct {
		Cursor      string     `json:"cursor"`
		CaughtUp    bool       `json:"caughtUp"`
		LastEventAt *time.Time `json:"lastEventAt"`
	}{at.Cursor, h.follower.caughtUp.Load(), last})
}

// unavailable logs the first request that fails. The others are counted: clients decide
// how many there are.
func (h handler) unavailable(c *gin.Context, err error) {
	if h.failed.Add(1) == 1 {
		h.log.Warn("requests fail", zap.String("route", c.FullPath()), zap.Error(err))
	}
	refuse(c, http.StatusServiceUnavailable, unavailable, "the database is away")
}

// available logs that requests are answered again, if any have failed.
func (h handler) available() {
	if failed := h.failed.Swap(0); failed > 0 {
		h.log.Info("requests are answered again", zap.Int64("failed", failed))
	}
}

// recoverPanics answers a panic with 500, without its text.
func (h handler) recoverPanics(c *gin.Context) {
	defer func() {
		if cause := recover(); cause != nil {
			h.log.Error("panic", zap.Any("cause", cause), zap.String("route", c.FullPath()), zap.Stack("stack"))
			refuse(c, http.StatusInternalServerError, internalError, "something went wrong; it has been logged")
		}
	}()
	c.Next()
}

// setHeaders sets headers of every answer: answers are personal and change at any time.
func setHeaders(c *gin.Context) {
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Cache-Control", "no-store")
}

// endDeadline removes readTimeout from a request without a body: net/http keeps
// reading, to notice a client that hangs up, and would take a slow answer for that.
func endDeadline(c *gin.Context) {
	if c.Request.ContentLength == 0 {
		// Fails only in tests without a connection.
		_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Time{})
	}
}
