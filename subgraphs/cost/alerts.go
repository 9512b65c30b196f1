package cost

import (
	"context"
	"slices"
)

// historyDays is how far back anomalies are looked for, in days.
const historyDays = 120

// Alerts finds the anomalies of all entities and tells of those that are new. It is called after an import and once the
// index of entities is up to date.
func Alerts(ctx context.Context, store BillStore) error {
	all, err := store.Series(ctx, historyDays)
	if err != nil {
		return err
	}
	var alerts []Alert
	for _, series := range all {
		for _, anomaly := range Anomalies(fromFirstCharge(series.Daily)) {
			alerts = append(alerts, Alert{series.EntityID, anomaly.Day, anomaly.Amount, anomaly.Expected, series.Currency})
		}
	}
	slices.SortStableFunc(alerts, func(a, b Alert) int { return a.Day.Compare(b.Day) })
	return store.Alert(ctx, alerts)
}

// fromFirstCharge drops the days before an entity cost anything: that it began to cost something is no anomaly.
func fromFirstCharge(daily []DayAmount) []DayAmount {
	first := slices.IndexFunc(daily, func(day DayAmount) bool { return !day.Amount.IsZero() })
	return daily[max(first, 0):]
}
