package nunjucks

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dop251/goja"

	"devportal.internal/internal/fault"
)

// Limits bound what one rendering may use. The zero value means the defaults.
type Limits struct {
	Time  time.Duration // of one rendering; 5 seconds
	Text  int           // characters that one rendering may give; 8 Mi
	Items int           // items that `range` may make; 10,000
}

func (l Limits) withDefaults() Limits {
	if l.Time <= 0 {
		l.Time = 5 * time.Second
	}
	if l.Text <= 0 {
		l.Text = 8 << 20
	}
	if l.Items <= 0 {
		l.Items = 10_000
	}
	return l
}

// Options say how a text is read.
type Options struct {
	// TrimBlocks drops the line end after a block tag, LstripBlocks the space before one.
	TrimBlocks   bool `json:"trimBlocks"`
	LstripBlocks bool `json:"lstripBlocks"`
	// CookiecutterCompat reads `{{ }}` instead of `${{ }}`, and knows the filter jsonify.
	CookiecutterCompat bool `json:"cookiecutterCompat"`
}

// Filter is a function that templates may call on a value, with arguments. Values are what JSON decodes to.
type Filter func(value any, args ...any) (any, error)

// CodeTemplateInvalid is the code of the fault that a text causes which is no template, or which cannot be rendered.
const CodeTemplateInvalid = "TEMPLATE_INVALID"

const maxCallDepth = 512

// Renderer is an interpreter with nunjucks in it. It is not safe for concurrent use: make one for each task.
type Renderer struct {
	vm               *goja.Runtime
	limits           Limits
	render, evaluate goja.Callable
}

var (
	//go:embed assets/nunjucks.min.js
	library string
	//go:embed assets/bridge.js
	bridge string
)

// New makes a renderer whose templates have these filters besides nunjucks' own.
func New(limits Limits, filters map[string]Filter) (*Renderer, error) {
	r := &Renderer{vm: goja.New(), limits: limits.withDefaults()}
	r.vm.SetMaxCallStackSize(maxCallDepth)
	if err := r.load(filters); err != nil {
		return nil, fault.Internal("nunjucks.New", err)
	}
	return r, nil
}

func (r *Renderer) load(filters map[string]Filter) error {
	module := r.vm.NewObject()
	exports := r.vm.NewObject()
	hostFilters := r.vm.NewObject()
	for name, filter := range filters {
		if err := hostFilters.Set(name, r.host(filter)); err != nil {
			return err
		}
	}
	limits := map[string]any{"text": r.limits.Text, "items": r.limits.Items}
	for name, value := range map[string]any{"module": module, "exports": exports, "hostFilters": hostFilters, "limits": limits} {
		if err := r.vm.Set(name, value); err != nil {
			return err
		}
	}
	if err := module.Set("exports", exports); err != nil {
		return err
	}
	for _, script := range []string{library, bridge} {
		if _, err := r.vm.RunString(script); err != nil {
			return fmt.Errorf("load nunjucks: %w", err)
		}
	}
	var found [2]bool
	r.render, found[0] = goja.AssertFunction(r.vm.Get("renderText"))
	r.evaluate, found[1] = goja.AssertFunction(r.vm.Get("evaluateText"))
	if !found[0] || !found[1] {
		return errors.New("the bridge lacks its functions")
	}
	return nil
}

// host lets templates call a filter. Arguments and results cross by value.
func (r *Renderer) host(filter Filter) func(goja.FunctionCall) goja.Value {
	return func(call goja.FunctionCall) goja.Value {
		args := make([]any, len(call.Arguments))
		for i, argument := range call.Arguments {
			args[i] = argument.Export()
		}
		var value any
		if len(args) > 0 {
			value, args = args[0], args[1:]
		}
		result, err := filter(value, args...)
		if err != nil {
			panic(r.vm.NewGoError(err))
		}
		return r.vm.ToValue(result)
	}
}

// Render turns a text into a text. The values are marshalled to JSON.
func (r *Renderer) Render(ctx context.Context, text string, values any, options Options) (string, error) {
	return r.call(ctx, r.render, text, values, options)
}

// Evaluate turns a text that is one expression into a value of its own type, as JSON decodes it (numbers as
// json.Number), nil for one that is undefined; any other text is rendered.
func (r *Renderer) Evaluate(ctx context.Context, text string, values any) (any, error) {
	if !strings.Contains(text, "${{") && !strings.Contains(text, "{%") && !strings.Contains(text, "{#") {
		return text, nil
	}
	raw, err := r.call(ctx, r.evaluate, text, values, Options{})
	if err != nil || raw == "" {
		return nil, err
	}
	decoder := json.NewDecoder(strings.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fault.Internal("nunjucks.Evaluate", err)
	}
	return value, nil
}

func (r *Renderer) call(ctx context.Context, function goja.Callable, text string, values any, options Options) (string, error) {
	const op = "nunjucks.Render"
	if len(text) > r.limits.Text {
		return "", invalid("the template is longer than %d characters", r.limits.Text)
	}
	context, err := json.Marshal(values)
	if err != nil {
		return "", fault.Internal(op, err)
	}
	settings, err := json.Marshal(options)
	if err != nil {
		return "", fault.Internal(op, err)
	}
	stop := r.interruptAt(ctx)
	result, err := function(goja.Undefined(), r.vm.ToValue(text), r.vm.ToValue(string(context)), r.vm.ToValue(string(settings)))
	stop()
	if err != nil {
		return "", r.explain(ctx, err)
	}
	rendered := result.String()
	if len(rendered) > r.limits.Text {
		return "", invalid("the result is longer than %d characters", r.limits.Text)
	}
	return rendered, nil
}

// interruptAt ends the interpreter at the limit, or with the context.
func (r *Renderer) interruptAt(ctx context.Context) (stop func()) {
	timer := time.AfterFunc(r.limits.Time, func() { r.vm.Interrupt(errTooLong) })
	release := context.AfterFunc(ctx, func() { r.vm.Interrupt(ctx.Err()) })
	return func() {
		timer.Stop()
		release()
		r.vm.ClearInterrupt()
	}
}

var errTooLong = errors.New("the template takes too long")

func (r *Renderer) explain(ctx context.Context, err error) error {
	var interrupted *goja.InterruptedError
	switch {
	case ctx.Err() != nil:
		return fault.Unavailable("nunjucks.Render", ctx.Err())
	case errors.As(err, &interrupted):
		return invalid("it takes longer than %s", r.limits.Time)
	}
	var thrown *goja.Exception
	if errors.As(err, &thrown) {
		return invalid("%s", firstLines(thrown.Value().String()))
	}
	return invalid("it nests too deep")
}

// firstLines drops what nunjucks says about the file, which has no name here, and bounds the rest.
func firstLines(message string) string {
	message = strings.TrimPrefix(message, "Template render error: (unknown path)")
	message = strings.Join(strings.Fields(message), " ")
	const most = 300
	if len(message) > most {
		message = strings.ToValidUTF8(message[:most], "") + " …"
	}
	return strings.TrimSpace(message)
}

func invalid(format string, args ...any) error {
	return fault.Invalid("nunjucks.Render", "the template cannot be rendered: "+format, args...).WithCode(CodeTemplateInvalid)
}
