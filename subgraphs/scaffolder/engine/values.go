package engine

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/scaffolder"
)

// Stable codes of the faults that this package makes.
const (
	CodeActionUnknown  = "ACTION_UNKNOWN"
	CodeOutputTooLarge = "OUTPUT_TOO_LARGE"
	CodeEachInvalid    = "EACH_INVALID"
)

// ownEntity lets everybody see who they are.
type ownEntity = entityindex.Everything

// item is what a step with `each` is done for; nil for a step without.
type item map[string]any

// evaluate fills in a text in which templates may be.
func (r *run) evaluate(ctx context.Context, text string, values map[string]any) (any, error) {
	return r.renderer.Evaluate(ctx, text, values)
}

// evaluateAll fills in every text of a JSON value. Fields that come out as nothing are left out.
func (r *run) evaluateAll(ctx context.Context, value any, values map[string]any) (any, error) {
	switch value := value.(type) {
	case string:
		return r.evaluate(ctx, value, values)
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			var err error
			if items[i], err = r.evaluateAll(ctx, item, values); err != nil {
				return nil, err
			}
		}
		return items, nil
	case map[string]any:
		fields := make(map[string]any, len(value))
		for _, key := range slices.Sorted(maps.Keys(value)) {
			filled, err := r.evaluateAll(ctx, value[key], values)
			if err != nil {
				return nil, at(key, err)
			}
			if filled != nil {
				fields[key] = filled
			}
		}
		return fields, nil
	default:
		return value, nil
	}
}

// at says which field of an input a fault is about.
func at(key string, err error) error {
	message, ok := fault.Message(err)
	if !ok {
		return err
	}
	return fault.New(fault.KindOf(err), "engine.evaluate", "%s: %s", key, message).WithCode(fault.Code(err)).Because(err)
}

// input fills in the input of a step: here, and nowhere else, secrets are among the values.
func (r *run) input(ctx context.Context, step scaffolder.Step, each item) (map[string]any, error) {
	values := maps.Clone(r.given)
	values["secrets"] = r.secrets
	if each != nil {
		values["each"] = map[string]any(each)
	}
	raw, err := scaffolder.DecodeJSON(step.Input)
	if err != nil {
		return nil, fault.Internal("engine.input", err)
	}
	filled, err := r.evaluateAll(ctx, raw, values)
	if err != nil {
		return nil, err
	}
	input, ok := filled.(map[string]any)
	if filled != nil && !ok {
		return nil, fault.Invalid("engine.input", "the input of a step is an object").WithCode("ACTION_INPUT_INVALID")
	}
	return input, nil
}

// items are what a step is done for: the entries of its `each`, or, without one, a single nil.
func (r *run) items(ctx context.Context, step scaffolder.Step) ([]item, error) {
	if len(step.Each) == 0 {
		return []item{nil}, nil
	}
	raw, err := scaffolder.DecodeJSON(step.Each)
	if err != nil {
		return nil, fault.Internal("engine.items", err)
	}
	value, err := r.evaluateAll(ctx, raw, r.given)
	if err != nil {
		return nil, at("each", err)
	}
	var items []item
	switch value := value.(type) {
	case []any:
		for i, entry := range value {
			items = append(items, item{"key": strconv.Itoa(i), "value": entry})
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			items = append(items, item{"key": key, "value": value[key]})
		}
	default:
		return nil, fault.Invalid("engine.items", "each is neither a list nor an object").WithCode(CodeEachInvalid)
	}
	if len(items) > maxIterations {
		return nil, fault.Invalid("engine.items", "each has more than %d entries", maxIterations).WithCode(CodeEachInvalid)
	}
	return items, nil
}

// Conditions may ask how the steps before went. Templates have no functions of ours: the calls become values.
var (
	callsAlways  = regexp.MustCompile(`\balways\s*\(\s*\)`)
	callsFailure = regexp.MustCompile(`\bfailure\s*\(\s*\)`)
)

func asksForFailure(condition json.RawMessage) bool {
	return callsAlways.Match(condition) || callsFailure.Match(condition)
}

// holds says whether a condition holds; one that is not there does.
func (r *run) holds(ctx context.Context, condition json.RawMessage) (bool, error) {
	if len(condition) == 0 {
		return true, nil
	}
	value, err := scaffolder.DecodeJSON(condition)
	if err != nil {
		return false, fault.Internal("engine.holds", err)
	}
	text, ok := value.(string)
	if !ok {
		return truthy(value), nil
	}
	text = callsFailure.ReplaceAllString(callsAlways.ReplaceAllString(text, "true"), strconv.FormatBool(r.failure != ""))
	if value, err = r.evaluate(ctx, text, r.given); err != nil {
		return false, at("if", err)
	}
	return truthy(value), nil
}

// truthy is what Backstage takes for true: what JavaScript does, but for a list with nothing in it.
func truthy(value any) bool {
	switch value := value.(type) {
	case nil:
		return false
	case bool:
		return value
	case string:
		return value != ""
	case json.Number:
		number, err := value.Float64()
		return err != nil || number != 0
	case []any:
		return len(value) > 0
	default:
		return true
	}
}

// textOf is a value as a text.
func textOf(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(raw)
}

// nameIn is the name in a reference.
func nameIn(ref string) string { return ref[strings.LastIndexAny(ref, ":/")+1:] }
