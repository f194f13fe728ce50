package config

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/yeyak/yeyak/workflows/contract"
)

// New makes a parser for cli, a struct of commands that embed Dev, API and the
// others. Use Parse to parse with it.
func New(cli any, opts ...kong.Option) (*Parser, error) {
	p := &Parser{found: mistakes{}}
	options := []kong.Option{kong.Vars{
		"queues":         strings.Join(contract.Queues(), ","),
		"shutdown_grace": "20s",
		"drain_delay":    "5s",
		"version":        "development",
	}}
	stock := kong.NewRegistry().RegisterDefaults()
	for typ, want := range map[reflect.Type]string{
		reflect.TypeFor[time.Duration](): "a duration such as 2s or 5m",
		reflect.TypeFor[int]():           "a whole number",
	} {
		options = append(options, kong.TypeMapper(typ, tolerant{stock.ForType(typ), want, p.found}))
	}
	isBool := reflect.TypeFor[bool]()
	options = append(options, kong.TypeMapper(isBool,
		tolerantBool{tolerant{stock.ForType(isBool), "true or false", p.found}}))

	var err error
	p.kong, err = kong.New(cli, append(options, opts...)...)
	return p, err
}

// Parser reads settings from arguments and environment.
type Parser struct {
	kong  *kong.Kong
	found mistakes
}

// Parse reads the settings of the command that args select, which is run with a NonDefault if its
// Run method takes one. The error joins every mistake, one per line; a mistake in the form of the
// command line is a *kong.ParseError among them.
func (p *Parser) Parse(args []string) (*kong.Context, error) {
	clear(p.found)
	ctx, usage := p.kong.Parse(args)
	if ctx == nil {
		var wrong *kong.ParseError
		if errors.As(usage, &wrong) {
			ctx = wrong.Context
		}
	}
	if ctx == nil || ctx.Selected() == nil {
		return nil, usage
	}
	if usage != nil {
		// kong gave up before it read the environment.
		usage = errors.Join(usage, ctx.Reset())
	}
	// kong decodes the variables of all commands. Those of other commands do not
	// concern this one.
	offered := map[string]*kong.Flag{}
	for _, flag := range ctx.Flags() {
		offered[flag.Name] = flag
	}
	if usage == nil {
		check(ctx.Selected().Target, p.found)
	}
	if err := errors.Join(usage, p.found.err(offered)); err != nil {
		return nil, err
	}
	ctx.Bind(differing(ctx.Flags()))
	return ctx, nil
}

// Help writes the output of `--help` without a command.
func (p *Parser) Help(to io.Writer) error {
	ctx, err := kong.Trace(p.kong, nil)
	if err != nil {
		return err
	}
	p.kong.Stdout = to
	return ctx.PrintUsage(false)
}

// check calls the check of v and of every group of settings within it. An embedded
// group is checked twice, which adds no mistake.
func check(v reflect.Value, found mistakes) {
	if v.Kind() != reflect.Struct || !v.CanAddr() {
		return
	}
	if group, ok := v.Addr().Interface().(interface{ check(found mistakes) }); ok {
		group.check(found)
	}
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			check(v.Field(i), found)
		}
	}
}

// tolerant decodes like kong, but notes a bad value and continues; kong stops at the first one.
type tolerant struct {
	kong.Mapper
	want  string
	found mistakes
}

// Decode implements kong.Mapper.
func (t tolerant) Decode(ctx *kong.DecodeContext, target reflect.Value) error {
	value := ctx.Scan.Peek()
	if value.IsEOL() {
		return t.Mapper.Decode(ctx, target)
	}
	if t.Mapper.Decode(ctx, target) != nil {
		t.found.add(ctx.Value.Name, value.String(), t.want)
	}
	return nil
}

// tolerantBool declares to kong that the flag needs no value.
type tolerantBool struct{ tolerant }

// IsBool implements kong.BoolMapper.
func (tolerantBool) IsBool() bool { return true }
