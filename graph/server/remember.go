package server

import (
	"context"
	"reflect"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"devportal.internal/graph/failure"
	"devportal.internal/internal/audit"
	"devportal.internal/internal/fault"
)

// remember tells the audit log of every mutation, before it is done and what came of it, and of every refused access: the
// one path that all subgraphs have in common. Of an input it tells ids and refs, and nothing else: whatever may be a secret has another type.
type remember struct {
	log *audit.Log
}

// ExtensionName is gqlgen's name for it.
func (remember) ExtensionName() string { return "Remember" }

// Validate has nothing to ask of the schema.
func (remember) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext watches the fields of mutations; queries are not slowed down.
func (r remember) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if op.Operation.Operation == ast.Mutation {
		resolve := op.ResolverMiddleware
		op.ResolverMiddleware = func(ctx context.Context, next graphql.Resolver) (any, error) {
			field := graphql.GetFieldContext(ctx)
			if field.Object != "Mutation" {
				return resolve(ctx, next)
			}
			begun, err := r.log.Begin(ctx, audit.Event{Kind: audit.Mutation, Action: field.Field.Name, Facts: targets(field.Field, op.Variables)})
			if err != nil {
				return nil, err
			}
			result, err := resolve(ctx, next)
			outcome, code := outcomeOf(result, err)
			r.log.End(ctx, begun, outcome, code)
			return result, err
		}
	}
	return nil
}

// InterceptResponse looks for what was refused.
func (r remember) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	response := next(ctx)
	if response == nil {
		return nil
	}
	var told []string
	for _, err := range response.Errors {
		if err.Extensions["code"] != codeForbidden {
			continue
		}
		if action := shape(err.Path); !slices.Contains(told, action) {
			told = append(told, action)
			r.log.Deny(ctx, audit.Event{Action: action, Code: codeForbidden})
		}
	}
	return response
}

const codeForbidden = "FORBIDDEN"

// shape gives the names of a path, without its places in lists.
func shape(path ast.Path) string {
	text := ""
	for _, element := range path {
		if name, ok := element.(ast.PathName); ok {
			if text != "" {
				text += "."
			}
			text += string(name)
		}
	}
	if text == "" {
		return "operation"
	}
	return text
}

// outcomeOf is what came of a mutation, and the code of why it was not done.
func outcomeOf(result any, err error) (audit.Outcome, string) {
	if err == nil {
		if code, refused := refusal(result); refused {
			return audit.Refused, code
		}
		return audit.Done, ""
	}
	code := fault.Code(err)
	switch kind := fault.KindOf(err); kind {
	case fault.KindInternal, fault.KindUnavailable:
		return audit.Failed, code
	case fault.KindForbidden:
		return audit.Refused, codeForbidden
	default:
		return audit.Refused, code
	}
}

// refusal finds the first of the userErrors that every payload has.
func refusal(payload any) (code string, refused bool) {
	value := reflect.ValueOf(payload)
	for value.Kind() == reflect.Pointer && !value.IsNil() {
		value = value.Elem()
	}
	if value.Kind() != reflect.Struct {
		return "", false
	}
	list := value.FieldByName("UserErrors")
	if !list.IsValid() {
		return "", false
	}
	problems, ok := list.Interface().([]*failure.UserError)
	if !ok || len(problems) == 0 || problems[0] == nil {
		return "", false
	}
	return problems[0].Code, true
}

// targets gives the ids and refs of a mutation's arguments, and of the fields of its input.
func targets(field graphql.CollectedField, variables map[string]any) (facts []audit.Fact) {
	if field.Definition == nil {
		return nil
	}
	values := field.ArgumentMap(variables)
	for _, argument := range field.Definition.Arguments {
		if isIdentity(argument.Type) {
			facts = appendTarget(facts, argument.Name, values[argument.Name])
			continue
		}
		input, ok := values[argument.Name].(map[string]any)
		if given := field.Arguments.ForName(argument.Name); !ok || given == nil || given.Value == nil || given.Value.Definition == nil {
			continue
		} else {
			for _, part := range given.Value.Definition.Fields {
				if isIdentity(part.Type) {
					facts = appendTarget(facts, part.Name, input[part.Name])
				}
			}
		}
	}
	return facts
}

func isIdentity(t *ast.Type) bool { return t.NamedType == "ID" || t.NamedType == "EntityRef" }

func appendTarget(facts []audit.Fact, name string, value any) []audit.Fact {
	if text, ok := value.(string); ok && text != "" {
		return append(facts, audit.About(name, text))
	}
	return facts
}
