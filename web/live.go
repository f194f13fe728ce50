package web

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// writeWithin bounds a write to a browser.
const writeWithin = 10 * time.Second

// live streams the versions of an order to its page while that is open, also for a while after
// the order's end: staff may refund then. The page fetches the new content like any page.
func (p *Pages) live(c *gin.Context) {
	v := p.visit(c)
	if err := v.follow(); err != nil {
		v.c.Status(statusOfError(err)) // EventSource shows the script no more of it
	}
}

func (v *visit) follow() error {
	done, err := v.enterStream()
	if err != nil {
		return err
	}
	defer done()
	id := v.c.Param("id")
	changes, leave := v.Hub.Subscribe(id) // before the first read, so that no change is missed
	defer leave()
	order, err := v.Orders.Read(v.ctx, v.caller, "", id)
	if err != nil {
		return err
	}
	v.beginStream()
	heartbeat := time.NewTimer(rand.N(v.Heartbeat)) // random, so that pages opened together are not written to together
	defer heartbeat.Stop()
	for more := true; more && v.send(fmt.Sprintf("event: changed\ndata: %d\n\n", order.Version)) == nil; {
		order, more = v.next(order, changes, heartbeat)
	}
	return nil
}

// next waits for a later version of the order. Returns false if the stream ends before that: a
// page that stays open must not keep a stream for an order that has ended.
func (v *visit) next(order contract.View, changes <-chan contract.Publication, heartbeat *time.Timer) (contract.View, bool) {
	var over <-chan time.Time // nil before the order's end
	if order.Status.Final() {
		over = time.After(v.AfterEnd)
	}
	for {
		select {
		case change := <-changes:
			if change.View.Version > order.Version { // publications arrive more than once
				return change.View, true
			}
		case <-heartbeat.C:
			if !v.stillMay(order.ID) || v.send(": alive\n\n") != nil {
				return order, false
			}
			heartbeat.Reset(v.Heartbeat)
		case <-over:
			_ = v.send("event: over\ndata: over\n\n") // the browser would connect again without it
			return order, false
		case <-v.ctx.Done():
			return order, false
		case <-v.Closing:
			return order, false
		}
	}
}

// enterStream admits a stream of an authenticated caller. Its error ends the stream.
func (v *visit) enterStream() (leave func(), err error) {
	if err := v.identify(); err != nil {
		return nil, err
	}
	account := "caller " + v.caller.ID
	if !v.Admission.Callers.OpenStream(account) {
		return nil, booking.Errorf(tooManyRequests, "")
	}
	if err := v.Admission.Streams.Enter(v.ctx); err != nil {
		v.Admission.Callers.CloseStream(account)
		return nil, err
	}
	return func() { v.Admission.Streams.Leave(true); v.Admission.Callers.CloseStream(account) }, nil
}

// beginStream sends the headers of a stream of events.
func (v *visit) beginStream() {
	h := v.c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // otherwise nginx buffers events
}

// send writes to the browser. Returns an error if that fails or takes too long.
func (v *visit) send(text string) error {
	conn := http.NewResponseController(v.c.Writer)
	_ = conn.SetWriteDeadline(time.Now().Add(writeWithin)) // fails only without a connection
	if _, err := v.c.Writer.WriteString(text); err != nil {
		return err
	}
	return conn.Flush()
}

// stillMay reports whether the session is valid, and its caller may read the order. It
// returns true if that cannot be found out.
func (v *visit) stillMay(id string) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.ctx), identifiedWithin)
	defer cancel()
	if err := v.identify(); sessionEnded(err) {
		return false
	}
	_, err := v.Orders.Read(ctx, v.caller, "", id)
	status := statusOfError(err)
	return err == nil || status != http.StatusNotFound && status != http.StatusForbidden
}
