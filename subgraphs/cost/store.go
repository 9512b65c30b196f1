package cost

import (
	"context"

	"github.com/quagmt/udecimal"
)

// Source is what is known of a bill file.
type Source struct {
	Name            string // the file's path, as the settings have it
	Digest          string // of its content and of the rules that it was read by
	Currency        string
	CompleteThrough Day
	Rows, Problems  int
}

// BillStore keeps bills.
type BillStore interface {
	// Source is what is known of the source's last import; the zero value when there was none.
	Source(ctx context.Context, name string) (Source, error)
	// Replace makes the charges those of the source, in one transaction.
	Replace(ctx context.Context, source Source, charges []DailyCharge) error
	// Retain removes all sources but these.
	Retain(ctx context.Context, sources []string) error
	// Series is what each entity cost on each of the last n complete days, without gaps.
	Series(ctx context.Context, days int) ([]EntitySeries, error)
	// Alert records anomalies and tells of those that are new, in one transaction.
	Alert(ctx context.Context, alerts []Alert) error
}

// EntitySeries is what one entity cost day by day.
type EntitySeries struct {
	EntityID string
	Currency string
	Daily    []DayAmount
}

// Alert is an anomaly of an entity's cost. Its JSON is the payload of events on [AlertTopic].
type Alert struct {
	EntityID string           `json:"entityId"`
	Day      Day              `json:"day"`
	Amount   udecimal.Decimal `json:"amount"`
	Expected udecimal.Decimal `json:"expected"`
	Currency string           `json:"currency"`
}

// AlertTopic is the topic of the event log that alerts are told on; an event's key is the entity's id.
const AlertTopic = "cost.alerts"
