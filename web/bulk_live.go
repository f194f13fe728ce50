package web

import (
	"fmt"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
)

// bulkLook is how often a page that follows a bulk action looks at it.
const bulkLook = time.Second

// followBulk tells the page of a bulk action how far it is, while it is looked at.
func (p *Pages) followBulk(c *gin.Context) {
	v := p.visit(c)
	if err := v.tellBulk(); err != nil {
		v.c.Status(statusOfError(err)) // of which EventSource sees no more
	}
}

func (v *visit) tellBulk() error {
	leave, err := v.enterStream()
	if err != nil {
		return err
	}
	defer leave()
	if err := v.caller.Authorize(booking.ActInBulk, booking.Thing{}); err != nil {
		return err
	}
	run, err := v.Bulk.Run(v.ctx, v.c.Param("id"))
	if err != nil {
		return err
	}
	v.beginStream()
	look, beat := time.NewTicker(bulkLook), time.NewTicker(v.Heartbeat)
	defer look.Stop()
	defer beat.Stop()
	for told := -1; ; {
		text := ": alive\n\n"
		if is := (bulkShown{BulkRun: run}).version(); is != told {
			told, text = is, fmt.Sprintf("event: changed\ndata: %d\n\n", is)
		}
		if run.State != booking.BulkRunning {
			text += "event: over\ndata: over\n\n"
		}
		if v.tell(text) != nil || run.State != booking.BulkRunning || !v.awaitLook(look.C, beat.C) {
			return nil
		}
		if run, err = v.Bulk.Run(v.ctx, run.ID); err != nil {
			return err
		}
	}
}

// awaitLook waits until the action is looked at again. It returns false when nobody may look
// any more: the browser has left, the server ends, or the session does not count.
func (v *visit) awaitLook(look, beat <-chan time.Time) bool {
	for {
		select {
		case <-look:
			return true
		case <-beat:
			if isOver(v.identify()) || !v.caller.Allowed(booking.ActInBulk, booking.Thing{}) {
				return false
			}
		case <-v.ctx.Done():
			return false
		case <-v.Closing:
			return false
		}
	}
}
