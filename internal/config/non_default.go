package config

import (
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.uber.org/zap/zapcore"
)

// NonDefault are the settings of a command that differ from their defaults.
type NonDefault []*kong.Flag

// differing finds the settings in the flags of a parsed command.
func differing(flags []*kong.Flag) (nonDefault NonDefault) {
	for _, flag := range flags {
		if !reflect.DeepEqual(flag.Target.Interface(), defaultOf(flag)) {
			nonDefault = append(nonDefault, flag)
		}
	}
	slices.SortFunc(nonDefault, func(a, b *kong.Flag) int { return strings.Compare(a.Name, b.Name) })
	return nonDefault
}

// defaultOf is the flag's value if it is not set.
func defaultOf(flag *kong.Flag) any {
	value := reflect.New(flag.Target.Type()).Elem()
	if flag.HasDefault {
		scan := kong.ScanFromTokens(kong.Token{Type: kong.FlagValueToken, Value: flag.Default})
		_ = flag.Mapper.Decode(&kong.DecodeContext{Value: flag.Value, Scan: scan}, value) // defaults are valid: the tests check that
	}
	return value.Interface()
}

// MarshalLogObject implements zapcore.ObjectMarshaler: each setting under its
// flag's name, passwords masked.
func (g NonDefault) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	for _, flag := range g {
		if err := logSetting(enc, flag.Name, flag.Target); err != nil {
			return err
		}
	}
	return nil
}
