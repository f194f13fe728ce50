package telemetry

import (
	"encoding/json"
	"fmt"
	"io"

	"go.uber.org/zap/zapcore"
)

// printed writes the values that zap has no encoding of its own for: lists of
// texts as JSON, and all else as package fmt prints it. JSON of an input or a view
// would show what is personal in it; what is printed does not: see
// booking.Personal.
type printed struct{ *json.Encoder }

func newPrinted(to io.Writer) zapcore.ReflectedEncoder {
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	return printed{encoder}
}

// Encode implements zapcore.ReflectedEncoder.
func (p printed) Encode(value any) error {
	if texts, ok := value.([]string); ok {
		return p.Encoder.Encode(texts)
	}
	return p.Encoder.Encode(fmt.Sprintf("%+v", value))
}
