package operation

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// Rule is one validation rule. It registers its visitors with the events of one walk over the document, and adds errors
// as it finds them; what it adds beyond Options.Errors is dropped.
type Rule = core.Rule

// specifiedRules are the rules of the GraphQL specification, section 5. Two differ from the library's: suggestions are
// left out, which cost time on hostile documents, and OverlappingFieldsCanBeMerged, which is quadratic, is replaced by
// fieldsCanMerge.
func specifiedRules() []Rule {
	return []Rule{
		rules.FieldsOnCorrectTypeRuleWithoutSuggestions,
		rules.FragmentsOnCompositeTypesRule,
		rules.KnownArgumentNamesRuleWithoutSuggestions,
		rules.KnownDirectivesRule,
		rules.KnownFragmentNamesRule,
		rules.KnownRootTypeRule,
		rules.KnownTypeNamesRuleWithoutSuggestions,
		rules.LoneAnonymousOperationRule,
		rules.NoFragmentCyclesRule,
		rules.NoUndefinedVariablesRule,
		rules.NoUnusedFragmentsRule,
		rules.NoUnusedVariablesRule,
		rules.PossibleFragmentSpreadsRule,
		rules.ProvidedRequiredArgumentsRule,
		rules.ScalarLeafsRule,
		rules.SingleFieldSubscriptionsRule,
		rules.UniqueArgumentNamesRule,
		rules.UniqueDirectivesPerLocationRule,
		rules.UniqueFragmentNamesRule,
		rules.UniqueInputFieldNamesRule,
		rules.UniqueOperationNamesRule,
		rules.UniqueVariableNamesRule,
		rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
		rules.VariablesAreInputTypesRule,
		rules.VariablesInAllowedPositionRule,
		fieldsCanMerge(),
		integersInRange,
		unconditionalSubscriptionRoot,
		executableDefinitions,
	}
}

// validate checks a document and annotates it with the definitions that it refers to.
func validate(api *ast.Schema, query *ast.QueryDocument, options Options) gqlerror.List {
	var errs gqlerror.List
	events := &core.Events{}
	for _, rule := range append(specifiedRules(), options.Rules...) {
		rule.RuleFunc(events, func(modify ...core.ErrorOption) {
			if len(errs) >= options.Errors {
				return
			}
			err := &gqlerror.Error{Rule: rule.Name}
			for _, option := range modify {
				option(err)
			}
			if !slices.ContainsFunc(errs, func(other *gqlerror.Error) bool { return sameError(other, err) }) {
				errs = append(errs, err)
			}
		})
	}
	core.Walk(api, query, events)
	return errs
}

// sameError says that two errors tell the same of the same place: what a fragment holds is visited from each operation
// that spreads it, and once more for itself.
func sameError(a, b *gqlerror.Error) bool {
	return a.Message == b.Message && slices.Equal(a.Locations, b.Locations)
}
