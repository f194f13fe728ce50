package config

import (
	"fmt"
	"reflect"
	"time"

	"go.uber.org/zap/zapcore"
)

// MarshalLogObject implements zapcore.ObjectMarshaler: every setting under
// its flag's name, passwords masked.
func (c Config) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	return logGroup(enc, reflect.ValueOf(c))
}

func logGroup(enc zapcore.ObjectEncoder, group reflect.Value) error {
	for i := range group.NumField() {
		field, tag := group.Field(i), group.Type().Field(i).Tag
		if tag.Get("kong") == "-" {
			continue // not a setting
		}
		name := tag.Get("name")
		if field.Kind() == reflect.Struct {
			if err := logGroup(enc, field); err != nil {
				return err
			}
			continue
		}
		if err := logSetting(enc, name, field); err != nil {
			return err
		}
	}
	return nil
}

func logSetting(enc zapcore.ObjectEncoder, name string, value reflect.Value) error {
	switch v := value.Interface().(type) {
	case URL:
		enc.AddString(name, v.String())
	case Secret:
		enc.AddString(name, v.String())
	case []Secret:
		return enc.AddArray(name, zapcore.ArrayMarshalerFunc(func(to zapcore.ArrayEncoder) error {
			for _, s := range v {
				to.AppendString(s.String())
			}
			return nil
		}))
	case time.Duration:
		enc.AddDuration(name, v)
	case string:
		enc.AddString(name, v)
	case int:
		enc.AddInt(name, v)
	case bool:
		enc.AddBool(name, v)
	case []string:
		return enc.AddReflected(name, v)
	default:
		return fmt.Errorf("setting %s is of a type that is not known to be safe to log: %T", name, v)
	}
	return nil
}
