package router

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"devportal.internal/router/budget"
	"devportal.internal/router/execute"
	"devportal.internal/router/operation"
	"devportal.internal/router/transport"
)

// bill is what an operation costs and who pays for it.
type bill struct {
	requested int
	account   string
	bucket    budget.Bucket // unlimited where there is no budget
}

// cost is `extensions.cost`, in the form that clients know from Shopify's API.
type cost struct {
	Requested int             `json:"requestedQueryCost"`
	Actual    *int            `json:"actualQueryCost"`
	Throttle  *throttleStatus `json:"throttleStatus,omitempty"`
}

type throttleStatus struct {
	Maximum   int `json:"maximumAvailable"`
	Available int `json:"currentlyAvailable"`
	Restore   int `json:"restoreRate"`
}

// estimate estimates the cost, and refuses an operation that may not have it, be it alone or together with its batch.
func (p *prepared) estimate() *transport.Refusal {
	if p.prices == nil {
		return nil
	}
	p.bill.requested = p.prices.Estimate(p.variables)
	if limit, all := p.graph.options.Limits.Cost, p.bill.requested+p.estimatedBefore(); limit > 0 && all > limit {
		return tooExpensive(all, limit)
	}
	return nil
}

func tooExpensive(requested, limit int) *transport.Refusal {
	refusal := transport.Refuse(0, codeTooExpensive, fmt.Sprintf("the operation is estimated to cost %d, and may cost %d", requested, limit))
	refusal.Errors[0].Extensions["cost"] = map[string]int{"requested": requested, "limit": limit}
	return refusal
}

// charge takes the estimated cost from the caller's budget. It is done last before an operation is run. One that the
// transport then does not run is charged for nevertheless, and so are all events of a subscription, once.
func (p *prepared) charge(ctx context.Context) *transport.Refusal {
	if p.prices == nil {
		return nil
	}
	options := p.router.options.Budget
	p.bill.bucket = options.Bucket
	if options.Of != nil {
		p.bill.bucket = options.Of(ctx)
	}
	if p.bill.bucket.Unlimited() {
		return nil
	}
	if p.bill.requested > p.bill.bucket.Size {
		return tooExpensive(p.bill.requested, p.bill.bucket.Size)
	}
	p.bill.account = account(options, p.request)
	balance, wait := p.router.budgets.Take(ctx, p.bill.account, p.bill.requested, p.bill.bucket)
	if wait > 0 {
		return p.throttled(balance, wait)
	}
	return nil
}

func account(options Budget, req *transport.Request) string {
	switch {
	case options.Account != nil:
		return options.Account(req)
	case req.Caller.Identity != "":
		return "caller " + req.Caller.Identity
	}
	return "address " + req.Remote
}

// throttled says that the budget is used up, and for how long.
func (p *prepared) throttled(balance budget.Balance, wait time.Duration) *transport.Refusal {
	seconds := int(math.Ceil(wait.Seconds()))
	refusal := transport.Refuse(http.StatusTooManyRequests, codeThrottled,
		fmt.Sprintf("the budget is used up: the operation costs %d and %d are left: try again in %d s", p.bill.requested, balance.Available, seconds))
	status := p.bill.status(balance)
	refusal.Errors[0].Extensions["retryAfter"] = seconds
	refusal.Errors[0].Extensions["cost"] = status
	refusal.Extensions = map[string]any{"cost": status}
	refusal.Header = http.Header{"Retry-After": {strconv.Itoa(seconds)}}
	return refusal
}

func (b bill) status(balance budget.Balance) *cost {
	return &cost{Requested: b.requested, Throttle: &throttleStatus{balance.Size, balance.Available, balance.Restore}}
}

// actual is the cost of a response's data.
func (p *prepared) actual(data []byte) int {
	if p.prices == nil {
		return 0
	}
	return p.prices.Actual(data)
}

func (p *prepared) actualPart(part *execute.Part) int {
	if p.prices == nil {
		return 0
	}
	var path []string
	for _, step := range part.Path {
		if !step.IsIndex {
			path = append(path, step.Key)
		}
	}
	return p.prices.ActualPart(path, part.Data)
}

// settle gives back what an operation did not come to, and returns `extensions.cost`; nil where there is none.
func (p *prepared) settle(ctx context.Context, actual int) []byte {
	if p.prices == nil {
		return nil
	}
	said := &cost{Requested: p.bill.requested}
	if !p.bill.bucket.Unlimited() {
		said = p.bill.status(p.router.budgets.Return(ctx, p.bill.account, p.bill.requested-actual, p.bill.bucket))
	}
	said.Actual = &actual
	encoded, err := json.Marshal(said)
	if err != nil {
		return nil // integers always have a JSON form
	}
	return encoded
}

// settled settles the bill of a response and adds its extensions; own says that nobody else has the bytes.
func (p *prepared) settled(ctx context.Context, result *transport.Result, own bool) *transport.Result {
	actual := 0
	if p.prices != nil {
		actual = p.actual(operation.DataOf(result.Body))
	}
	member := p.extensions(ctx, actual)
	if member == nil {
		return result
	}
	if !own {
		result.Body = append(make([]byte, 0, len(result.Body)+len(member)+1), result.Body...)
	}
	result.Body = withMember(result.Body, string(member))
	return result
}
