package cost

import (
	"math"

	"github.com/quagmt/udecimal"
)

// What makes a day an anomaly: it costs more than the mean of the days before by several standard deviations, and by
// enough, absolutely and in proportion, for someone to care.
const (
	anomalyWindow     = 14  // days that are looked back at
	anomalyMinHistory = 7   // days that must be there to judge by
	anomalyDeviations = 4.0 // standard deviations
	anomalyProportion = 0.5 // of the mean
	anomalyMinAmount  = 10  // units of the currency
)

// Anomaly is a day that cost far more than the days before it.
type Anomaly struct {
	Day      Day
	Amount   udecimal.Decimal
	Expected udecimal.Decimal // the mean of the days before, rounded to cents
}

// Anomalies finds the days of a series (in order, without gaps) that cost far more than the days before. The day itself
// joins the history of those after it, so a new level is reported once and is then what is expected.
func Anomalies(daily []DayAmount) []Anomaly {
	var found []Anomaly
	var history []float64
	for _, day := range daily {
		amount := day.Amount.InexactFloat64()
		if mean, limit, ok := expectation(history); ok && amount > limit {
			if expected, err := udecimal.NewFromFloat64(math.Round(mean*100) / 100); err == nil {
				found = append(found, Anomaly{Day: day.Day, Amount: day.Amount, Expected: expected})
			}
		}
		history = append(history, amount)
		if len(history) > anomalyWindow {
			history = history[1:]
		}
	}
	return found
}

// expectation gives the mean of the history and the amount above which a day is an anomaly; false when there is too
// little history to tell.
func expectation(history []float64) (mean, limit float64, ok bool) {
	if len(history) < anomalyMinHistory {
		return 0, 0, false
	}
	for _, amount := range history {
		mean += amount
	}
	mean /= float64(len(history))
	var variance float64
	for _, amount := range history {
		variance += (amount - mean) * (amount - mean)
	}
	deviation := math.Sqrt(variance / float64(len(history)))
	excess := max(anomalyDeviations*deviation, anomalyProportion*math.Abs(mean), anomalyMinAmount)
	return mean, mean + excess, true
}
