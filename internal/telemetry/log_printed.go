package telemetry

import (
	"encoding/json"
	"fmt"
	"io"

	"go.uber.org/zap/zapcore"
)

// printed encodes the values for which zap has no encoding of its own: lists of texts
// as JSON, all others as package fmt prints them. The JSON of an input or a view would
// contain personal data, the printed text does not: see booking.Personal.
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
