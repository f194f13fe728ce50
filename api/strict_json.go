package api

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/danielgtaylor/huma/v2"
)

// strictJSON is huma's JSON with two differences. A body that is decoded for validation
// keeps what encoding/json would drop. And errors do not name Go types: the schema
// reports values of a wrong type.
var strictJSON = huma.Format{
	Marshal: huma.DefaultJSONFormat.Marshal,
	Unmarshal: func(data []byte, v any) error {
		if tree, ok := v.(*any); ok { // huma decodes into it to validate
			return decodeTree(data, tree)
		}
		err := json.Unmarshal(data, v)
		if _, mistyped := errors.AsType[*json.UnmarshalTypeError](err); mistyped {
			return errors.New("a value has the wrong type")
		}
		return err
	},
}

// flaw replaces a value that no schema admits, so that its field is reported. It is the
// message.
type flaw string

const (
	isNull     flaw = "must not be null"
	isRepeated flaw = "is given more than once"
	isEmpty    flaw = "must not be empty"
)

// decodeTree decodes a body for validation. A null or a repeated field becomes a flaw,
// and a number that is too large becomes infinite, which is too large for its field,
// too.
func decodeTree(data []byte, tree *any) (err error) {
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		return err // not JSON, or something follows it, which a Decoder would not notice
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	*tree, err = decodeValue(dec)
	return err
}

func decodeValue(dec *json.Decoder) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return decodeObject(dec)
		}
		return decodeArray(dec)
	case json.Number:
		f, _ := t.Float64() // on a range error f is infinite
		return f, nil
	case nil:
		return isNull, nil
	default:
		return t, nil
	}
}

func decodeObject(dec *json.Decoder) (any, error) {
	object := map[string]any{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		value, err := decodeValue(dec)
		if err != nil {
			return nil, err
		}
		name, _ := key.(string) // keys are nothing else
		if _, had := object[name]; had {
			value = isRepeated
		}
		object[name] = value
	}
	_, err := dec.Token() // the closing brace
	return object, err
}

func decodeArray(dec *json.Decoder) (any, error) {
	array := []any{}
	for dec.More() {
		value, err := decodeValue(dec)
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	_, err := dec.Token() // the closing bracket
	return array, err
}
