package orders

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/workflows/contract"
)

// mostOwed is the maximum of orders that a process owes to the inbox.
const mostOwed = 10_000

// owed is an order that was promised to its customer but is not known to be started or in
// the inbox: engine and database were away.
type owed struct {
	kept Kept
	row  contract.Publication
}

// owe remembers an order that is to be written into the inbox once that is back. The memory
// is lost with the process.
func (d *Dispatcher) owe(k Kept, row contract.Publication) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.owed) >= mostOwed {
		d.Log.Error("order is given up: too many wait for the inbox", zap.String("order", k.OrderID))
		return
	}
	d.owed = append(d.owed, owed{k, row})
}

// takeOwed returns the owed orders and forgets them.
func (d *Dispatcher) takeOwed() []owed {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := d.owed
	d.owed = nil
	return all
}

// payOwed writes the owed orders until ctx ends, and then once more. It does not wait for
// the engine: an owed order is lost with this process.
func (d *Dispatcher) payOwed(ctx context.Context) {
	for ctx.Err() == nil {
		d.writeOwed(ctx)
		sleep(ctx, firstWait, nil)
	}
	d.writeOwed(context.WithoutCancel(ctx))
}

// writeOwed writes the owed orders into the inbox, as far as that is available.
func (d *Dispatcher) writeOwed(ctx context.Context) {
	away := false
	for _, o := range d.takeOwed() {
		if !away {
			call, cancel := context.WithTimeout(ctx, keptWithin)
			_, err := d.put(call, o.kept, o.row)
			cancel()
			if err == nil {
				d.Log.Info("order is in the inbox after all", zap.String("order", o.kept.OrderID))
				continue
			}
			d.Log.Debug("order is still owed to the inbox", zap.String("order", o.kept.OrderID), zap.Error(err))
			away = true
		}
		if time.Now().Before(o.kept.StartBy) {
			d.owe(o.kept, o.row)
		}
	}
}
