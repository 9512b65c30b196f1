package operation

import (
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// integersInRange refuses Int literals beyond 32 bits (GraphQL specification, section 3.5.1).
var integersInRange = Rule{Name: "ValuesOfCorrectType", RuleFunc: func(observers *core.Events, addError core.AddErrFunc) {
	observers.OnValue(func(_ *core.Walker, value *ast.Value) {
		if value.Kind != ast.IntValue || value.Definition == nil || value.Definition.Name != "Int" {
			return
		}
		if _, err := strconv.ParseInt(value.Raw, 10, 32); err != nil {
			addError(core.Message("Int cannot represent non 32-bit signed integer value: %s", value.Raw), core.At(value.Position))
		}
	})
}}

// unconditionalSubscriptionRoot refuses @skip and @include on the root field of a subscription (GraphQL specification
// of September 2025, section 5.2.4.1).
var unconditionalSubscriptionRoot = Rule{Name: "SingleRootField", RuleFunc: func(observers *core.Events, addError core.AddErrFunc) {
	observers.OnOperation(func(_ *core.Walker, operation *ast.OperationDefinition) {
		if operation.Operation != ast.Subscription {
			return
		}
		seen := map[string]bool{}
		eachConditional(operation.SelectionSet, seen, func(directive *ast.Directive) {
			addError(core.Message("@%s is not allowed at the root of a subscription.", directive.Name), core.At(directive.Position))
		})
	})
}}

func eachConditional(selections ast.SelectionSet, seen map[string]bool, report func(*ast.Directive)) {
	for _, selection := range selections {
		var directives ast.DirectiveList
		var sub ast.SelectionSet
		switch selection := selection.(type) {
		case *ast.Field:
			directives = selection.Directives
		case *ast.InlineFragment:
			directives, sub = selection.Directives, selection.SelectionSet
		case *ast.FragmentSpread:
			directives = selection.Directives
			if selection.Definition != nil && !seen[selection.Name] {
				seen[selection.Name] = true
				sub = selection.Definition.SelectionSet
			}
		}
		for _, directive := range directives {
			if directive.Name == "skip" || directive.Name == "include" {
				report(directive)
			}
		}
		eachConditional(sub, seen, report)
	}
}

// executableDefinitions refuses documents without any operation (GraphQL specification, section 5.1.1).
var executableDefinitions = Rule{Name: "ExecutableDefinitions", RuleFunc: func(observers *core.Events, addError core.AddErrFunc) {
	observers.OnFragment(func(walker *core.Walker, fragment *ast.FragmentDefinition) {
		if len(walker.Document.Operations) == 0 {
			addError(core.Message("The document has no operation."), core.At(fragment.Position))
		}
	})
}}
