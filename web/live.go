package web

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
)

// writeWithin is how long a browser may take for what is written to it.
const writeWithin = 10 * time.Second

// live tells the page of an order when that has changed, for as long as it is looked at.
// It says no more than the version: what is new the page fetches, as any page.
func (p *Pages) live(c *gin.Context) {
	v := p.visit(c)
	if err := v.follow(); err != nil {
		v.c.Status(statusOfError(err)) // of which EventSource sees no more
	}
}

func (v *visit) follow() error {
	done, err := v.enterStream()
	if err != nil {
		return err
	}
	defer done()
	id := v.c.Param("id")
	changes, leave := v.Hub.Subscribe(id) // before it is read, so that nothing happens unseen
	defer leave()
	order, err := v.Orders.Read(v.ctx, v.caller, "", id)
	if err != nil {
		return err
	}
	v.beginStream()
	beat := time.NewTimer(rand.N(v.Heartbeat)) // pages that were opened at once are not told at once
	defer beat.Stop()
	version, final := order.Version, order.Status.Final()
	for v.tell(fmt.Sprintf("event: changed\ndata: %d\n\n", version)) == nil {
		if final {
			_ = v.tell("event: over\ndata: over\n\n") // it may have gone
			return nil
		}
		again := true
		for again {
			select {
			case change := <-changes:
				if is := change.View; is.Version > version { // each is told of more than once
					version, final, again = is.Version, is.Status.Final(), false
				}
			case <-beat.C:
				if !v.stillMay(id) || v.tell(": alive\n\n") != nil {
					return nil
				}
				beat.Reset(v.Heartbeat)
			case <-v.ctx.Done():
				return nil
			case <-v.Closing:
				return nil
			}
		}
	}
	return nil
}

// enterStream admits a stream of a caller who is known. What it answers ends that.
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

// beginStream says that what follows are events.
func (v *visit) beginStream() {
	h := v.c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
}

// tell writes to the browser, or gives it up.
func (v *visit) tell(text string) error {
	conn := http.NewResponseController(v.c.Writer)
	_ = conn.SetWriteDeadline(time.Now().Add(writeWithin)) // fails only without a connection
	if _, err := v.c.Writer.WriteString(text); err != nil {
		return err
	}
	return conn.Flush()
}

// stillMay tells whether the session counts still, and its caller may read the order.
// What cannot be found out leaves that open.
func (v *visit) stillMay(id string) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.ctx), identifiedWithin)
	defer cancel()
	if err := v.identify(); isOver(err) {
		return false
	}
	_, err := v.Orders.Read(ctx, v.caller, "", id)
	status := statusOfError(err)
	return err == nil || status != http.StatusNotFound && status != http.StatusForbidden
}
