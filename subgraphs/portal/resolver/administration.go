package resolver

import (
	"strings"

	"devportal.internal/graph/failure"
	"devportal.internal/internal/audit"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/policy"
	"devportal.internal/subgraphs/portal"
	"devportal.internal/subgraphs/portal/internal/generated"
)

// changeOf reads the input of updatePolicy.
func changeOf(input generated.UpdatePolicyInput) policy.Change {
	return policy.Change{
		From: portal.FromVersion(input.Version), Rules: input.Rules, Conditions: input.Conditions,
		Bind: bindingsOf(input.Bind), Unbind: bindingsOf(input.Unbind), Reason: input.Reason,
		DryRun: input.DryRun != nil && *input.DryRun,
	}
}

func bindingsOf(input []*generated.RoleBindingInput) []authz.Binding {
	bindings := make([]authz.Binding, len(input))
	for i, b := range input {
		bindings[i] = authz.Binding{Member: b.Member, Role: b.Role}
	}
	return bindings
}

func payloadOf(update *portal.PolicyUpdate, problems []*failure.UserError) *generated.UpdatePolicyPayload {
	payload := &generated.UpdatePolicyPayload{
		Gains: []*portal.AccessDifference{}, Losses: []*portal.AccessDifference{}, Changes: []*portal.AccessDifference{},
		UserErrors: problems,
	}
	if update != nil {
		payload.Policy, payload.DifferenceCount = update.Policy, int32(update.DifferenceCount)
		payload.Gains = append(payload.Gains, update.Gains...)
		payload.Losses = append(payload.Losses, update.Losses...)
		payload.Changes = append(payload.Changes, update.Changes...)
	}
	return payload
}

// filterOf reads the filter of auditEvents.
func filterOf(input *generated.AuditEventFilter) audit.Filter {
	var filter audit.Filter
	if input == nil {
		return filter
	}
	for _, kind := range input.Kinds {
		filter.Kinds = append(filter.Kinds, audit.Kind(strings.ToLower(string(kind))))
	}
	for _, outcome := range input.Outcomes {
		filter.Outcomes = append(filter.Outcomes, audit.Outcome(strings.ToLower(string(outcome))))
	}
	filter.Actions = input.Actions
	for to, from := range map[*string]*string{&filter.Actor: input.Actor, &filter.Person: input.Person, &filter.TraceID: input.TraceID} {
		if from != nil {
			*to = *from
		}
	}
	if input.From != nil {
		filter.From = *input.From
	}
	if input.Until != nil {
		filter.Until = *input.Until
	}
	return filter
}
