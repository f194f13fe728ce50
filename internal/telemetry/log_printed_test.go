package telemetry

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestLogger_NothingPersonal: a line never shows a telephone number, a location or a
// note, however the value gets into the line, one of ours or of the SDK's.
func TestLogger_NothingPersonal(t *testing.T) {
	t.Parallel()
	const marked = booking.Personal("kept-secret")
	call := booking.Call{OrderID: "cleaning-1", Tel: marked, Location: marked}
	view := contract.View{
		ID: "cleaning-1", Cleaning: &contract.Visit{Location: marked}, Delivery: &contract.Delivery{Address: marked},
		History: []contract.Entry{{Note: marked}},
	}
	input := contract.Cleaning{Order: contract.Order{Settle: &view, Withdrawal: &contract.Withdrawal{Note: marked}}, Tel: marked, Location: marked}
	for _, format := range []string{"json", "console"} {
		var out bytes.Buffer
		log := newLogger(config.Log{Level: "debug", Format: format}, zapcore.Lock(zapcore.AddSync(&out)))
		for _, value := range []any{marked, call, &call, input, contract.Decision{Note: marked}, contract.Publication{View: view}, []booking.Personal{marked}} {
			log.Info("ours", zap.Any("value", value), zap.Reflect("again", value))
			log.With(zap.Any("value", value)).Sugar().Infow("sugared", "value", value)
			log.Sugar().Infof("printed: %v %+v", value, value)
			TemporalLogger(log, nil).Warn("the SDK's", "value", value)
		}
		log.Info("names", zap.Reflect("names", []string{"a", "b"}))
		require.NotContains(t, out.String(), "kept-secret", format)
		require.Contains(t, out.String(), "cleaning-1", "all else is there")
		require.Contains(t, strings.ReplaceAll(out.String(), " ", ""), `"names":["a","b"]`)
	}
}
