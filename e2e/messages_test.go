package e2e

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

const (
	messagesFolder = "../subscribers/messages"
	messagesSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
)

// python is a command that runs in the folder of the messages. Without Python the test
// fails.
func python(t *testing.T, arguments ...string) *exec.Cmd {
	t.Helper()
	program, err := exec.LookPath("python3")
	require.NoError(t, err, "no python3: run tools/python.sh to install it")
	c := limitedCommand(t, program, append([]string{"-B"}, arguments...)...)
	c.Dir = messagesFolder
	c.Env = append(os.Environ(), "no_proxy=127.0.0.1", "NO_PROXY=127.0.0.1")
	return c
}

// TestCustomerMessages_Alone runs the subscriber's own tests.
//
// Row O12.
func TestCustomerMessages_Alone(t *testing.T) {
	t.Parallel()
	out, err := python(t, "-m", "unittest").CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NotContains(t, string(out), "Ran 0 tests")
}

// TestCustomerMessages_KnowEveryEvent: every event type in the feed has a text, or is
// known to have no message.
//
// Row O12.
func TestCustomerMessages_KnowEveryEvent(t *testing.T) {
	t.Parallel()
	out, err := python(t, "-c", "import json, texts; print(json.dumps([list(texts.TEXTS), texts.REASONS, texts.LANGUAGES]))").Output()
	require.NoError(t, err)
	var (
		types     []booking.EventType
		reasons   map[booking.Reason]map[booking.Language]string
		languages []booking.Language
	)
	require.NoError(t, json.Unmarshal(out, &[]any{&types, &reasons, &languages}))
	require.ElementsMatch(t, booking.EventTypes(), types)
	require.ElementsMatch(t, booking.Languages(), languages)
	require.Len(t, reasons, len(booking.Reasons()))
	for _, r := range booking.Reasons() {
		require.Equal(t, r.Label(booking.Korean), reasons[r][booking.Korean], "as the customer's page has it")
	}
}

// TestCustomerMessages_NoneIsLost: a service in another language takes part. It is
// killed while it sends a message and started again, and its receiver is often away;
// customers get all messages, in order.
//
// Row O12.
func TestCustomerMessages_NoneIsLost(t *testing.T) {
	t.Parallel()
	s := boot(t)
	phone := newReceiver(t)
	state := filepath.Join(t.TempDir(), "cursor")

	decided := s.place(2, byOwner)
	first := s.reserve(decided).with(t, http.StatusCreated).body.ID
	s.decide(first, "confirm").with(t, http.StatusOK)
	s.reserve(s.place(0)).with(t, http.StatusConflict)
	s.reserve(decided, object{"paymentMethod": "pm_card_chargeDeclined"}).with(t, http.StatusPaymentRequired)

	subscriber := s.startMessages(phone, state)
	select {
	case <-phone.fourth:
	case <-time.After(waitLimit):
		require.FailNow(t, "no fourth message came")
	}
	require.NoError(t, subscriber.Process.Kill())
	require.Error(t, ends(t, subscriber))

	s.decide(first, "cancel").with(t, http.StatusOK)
	subscriber = s.startMessages(phone, state)
	second := s.reserve(decided).with(t, http.StatusCreated).body.ID
	s.decide(second, "reject").with(t, http.StatusOK)

	var want []string
	s.eventually(func() bool {
		want = s.withMessage()
		return len(want) == 3+2+3+1+4 // first, its cancellation, sold out, declined, second
	})
	s.eventually(func() bool { return len(phone.arrived()) >= len(want) })
	require.NoError(t, subscriber.Process.Signal(syscall.SIGTERM))
	require.NoError(t, ends(t, subscriber), "it ends with success on SIGTERM")
	require.Equal(t, want, phone.arrived(), "in order, and all of them")
	require.Equal(t, []string{want[3]}, phone.repeated, "the message in hand came twice")
	require.Equal(t, []string{
		"[Seaside Inn] 예약이 접수되었습니다. 결제 금액: 100,000원.",
		"[Seaside Inn] 예약이 점주의 승인을 기다리고 있습니다.",
		"[Seaside Inn] 환불이 완료되었습니다. 환불 금액: 100,000원.",
		"[Seaside Inn] 예약이 취소되었습니다. 사유: 점주거절.",
	}, phone.texts(second, "alice"))

	require.NoError(t, ends(t, s.startMessages(phone, state, "--once")))
	require.Equal(t, want, phone.arrived(), "nothing is left")
}

// startMessages starts the script. Its log is shown if the test fails.
func (s *system) startMessages(phone *receiver, state string, more ...string) *exec.Cmd {
	s.Helper()
	c := python(phone.T, append([]string{"messages.py", "--poll", "0.1", "--language", "ko", "--state", state}, more...)...)
	c.Env = append(c.Env, "YEYAK_FEED_URL="+s.url, "YEYAK_API_KEY="+s.reader(), "MESSAGES_WEBHOOK="+phone.url, "MESSAGES_SECRET="+messagesSecret)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	require.NoError(s, c.Start())
	atEnd(s, func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		if s.Failed() {
			s.Log(stderr.String())
		}
	})
	return c
}

// withMessage lists the ids of the feed's events with a message to customers.
func (s *system) withMessage() (ids []string) {
	s.Helper()
	about := []booking.EventType{
		booking.ReservationPlaced, booking.ReservationStatusChanged, booking.ReservationCanceled,
		booking.PaymentDeclinedEvent, booking.PaymentCancelApproved,
	}
	for _, e := range s.get("/v1/events?limit=200").with(s, http.StatusOK).body.Items {
		if slices.Contains(about, booking.EventType(e["type"].(string))) {
			ids = append(ids, e["id"].(string))
		}
	}
	return ids
}

// receiver is a webhook that is often away. It receives its fourth message and never
// answers.
type receiver struct {
	*testing.T
	url    string
	fourth chan struct{} // closed once that has arrived

	mu            sync.Mutex
	requests      int
	ids, repeated []string // received messages, each once; and those that came again
	messages      []object
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{T: t, fourth: make(chan struct{})}
	server := httptest.NewServer(r)
	atEnd(t, server.Close)
	r.url = server.URL
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	raw, err := io.ReadAll(request.Body)
	if err != nil {
		return // the sender was killed meanwhile
	}
	switch n := r.count(); {
	case n%7 == 0:
		panic(http.ErrAbortHandler) // the connection breaks
	case n%3 == 0:
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.receive(request.Header, raw) == 4:
		close(r.fourth)
		<-request.Context().Done() // until the sender is dead
	}
}

func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests++
	return r.requests
}

// receive stores a message, and returns how many messages there are; 0 if this one came again.
func (r *receiver) receive(header http.Header, raw []byte) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := header.Get("webhook-id")
	if got := header.Get("webhook-signature"); got != signed(id, header.Get("webhook-timestamp"), raw) {
		r.Errorf("the signature of %s is %q", id, got)
	}
	var message object
	if err := json.Unmarshal(raw, &message); err != nil || message["id"] != id {
		r.Errorf("message %s: %s", id, raw)
	}
	if slices.Contains(r.ids, id) {
		r.repeated = append(r.repeated, id)
		return 0
	}
	r.ids, r.messages = append(r.ids, id), append(r.messages, message)
	return len(r.ids)
}

// signed is the signature as https://www.standardwebhooks.com describes it.
func signed(id, at string, raw []byte) string {
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(messagesSecret, "whsec_"))
	code := hmac.New(sha256.New, key)
	_, _ = code.Write([]byte(id + "." + at + "." + string(raw)))
	return "v1," + base64.StdEncoding.EncodeToString(code.Sum(nil))
}

// arrived are the ids of the messages that have arrived, each once.
func (r *receiver) arrived() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.ids)
}

// texts are a customer's messages about an order.
func (r *receiver) texts(order, customer string) (texts []string) {
	for _, m := range r.messages {
		if m["orderId"] == order && m["recipientId"] == customer {
			texts = append(texts, m["text"].(string))
		}
	}
	return texts
}

// TestCustomerMessages_OfEveryBusiness: messages about a meal, a drink that its café
// deletes, and a call for a cleaner.
//
// Rows O12, C4.
func TestCustomerMessages_OfEveryBusiness(t *testing.T) {
	t.Parallel()
	s := boot(t)
	s.cleaner("Kim")
	meal := s.order(s.menu()).with(t, http.StatusCreated).body.ID
	s.becomes(meal, booking.Delivering)
	s.decideAt(deliveries+"/"+meal, "complete").with(t, http.StatusOK)
	s.becomes(meal, booking.Delivered)
	drink := s.drink(5)
	cup := s.orderCup(drink).with(t, http.StatusCreated).body.ID
	s.request(http.MethodDelete, drinks+"/"+drink, nil).with(t, http.StatusAccepted)
	s.becomes(cup, booking.Cancelled)
	call := s.call().with(t, http.StatusCreated).body.ID
	s.becomes(call, booking.Assigned)
	s.requireEvents(call, "CallPlaced", "PaymentApproved", "CleanerAssigned")

	phone := newReceiver(t)
	require.NoError(t, ends(t, s.startMessages(phone, filepath.Join(t.TempDir(), "cursor"), "--once")))
	require.Len(t, phone.texts(meal, "alice"), 3, "ordered, on its way, handed over")
	require.Contains(t, strings.Join(phone.texts(cup, "alice"), "\n"), "강제취소")
	require.Contains(t, strings.Join(phone.texts(call, "alice"), "\n"), "Kim", "the cleaner is named")
}
