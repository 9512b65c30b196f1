package router

import (
	"context"
	"encoding/json"

	"devportal.internal/router/plan"
)

// extensions is the member `extensions` of a response whose actual cost is given, nil where it has none: the cost of
// the operation, and its plan where the client asked for it and may see it. Who gives the member out has settled the bill.
func (p *prepared) extensions(ctx context.Context, actual int) []byte {
	cost, shown := p.settle(ctx, actual), p.shownPlan(ctx)
	if cost == nil && shown == nil {
		return nil
	}
	member := []byte(`"extensions":{`)
	if cost != nil {
		member = append(append(member, `"cost":`...), cost...)
	}
	if shown != nil {
		if cost != nil {
			member = append(member, ',')
		}
		member = append(append(member, `"plan":`...), shown...)
	}
	return append(member, '}')
}

// shownPlan is the text of the plan as JSON, nil where it is not to be shown.
func (p *prepared) shownPlan(ctx context.Context) []byte {
	may := p.graph.options.ShowPlan
	if may == nil || p.made == nil || len(p.request.Extensions) == 0 {
		return nil
	}
	var asked struct{ Plan bool }
	if json.Unmarshal(p.request.Extensions, &asked) != nil || !asked.Plan || !may(ctx, p.request.Caller) {
		return nil
	}
	return quoted(plan.Text(p.made))
}
