package ingest

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/cost"
)

// Metric says which of FOCUS's costs counts.
type Metric string

// The costs that a FOCUS file has for each charge.
const (
	EffectiveCost Metric = "EffectiveCost" // discounts and prepayments spread over what they cover
	BilledCost    Metric = "BilledCost"    // what the invoice says
)

// Options say how a bill is read. The zero value reads EffectiveCost in the file's own currency.
type Options struct {
	Metric Metric
	// Currency is the one that is reported in. Charges in others are left out, with a problem. Empty: that of the
	// file's first charge.
	Currency string
}

// Bill is what a file says, apart from its charges.
type Bill struct {
	Currency string
	Rows     int // that were used
	Problems Problems
}

const (
	maxRows      = 5_000_000
	maxTagsBytes = 16 << 10
	maxTags      = 100
)

// ReadFOCUS reads a FOCUS file in CSV and hands each charge over as it comes, so that a file of any size needs little
// memory. A file without the columns that a bill needs is invalid as a whole (INVALID_BILL); a row that cannot be read
// is left out and told in Problems.
func ReadFOCUS(r io.Reader, options Options, each func(cost.Charge)) (Bill, error) {
	if options.Metric == "" {
		options.Metric = EffectiveCost
	}
	rows := csv.NewReader(skipByteOrderMark(r))
	rows.FieldsPerRecord = -1
	rows.ReuseRecord = true
	columns, err := readHeader(rows, options.Metric)
	if err != nil {
		return Bill{}, err
	}
	bill := Bill{Currency: strings.ToUpper(options.Currency)}
	for count := 0; ; count++ {
		record, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF):
			return bill, nil
		case count >= maxRows:
			return Bill{}, invalidBill("it has more than %d rows; split it by month", maxRows)
		case errors.As(err, new(*csv.ParseError)):
			bill.Problems.add(lineOf(rows, err), "the row is not CSV")
			continue
		case err != nil:
			return Bill{}, fault.Unavailable("ingest.ReadFOCUS", fmt.Errorf("read the bill: %w", err))
		}
		bill.addRow(columns, record, lineOf(rows, nil), each)
	}
}

// lineOf is where the reader stands; after a parse error, where that is.
func lineOf(rows *csv.Reader, err error) int {
	if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
		return parse.StartLine
	}
	line, _ := rows.FieldPos(0)
	return line
}

func (b *Bill) addRow(columns columns, record []string, line int, each func(cost.Charge)) {
	charge, err := columns.charge(record)
	if err != nil {
		b.Problems.add(line, err.Error())
		return
	}
	if b.Currency == "" {
		b.Currency = charge.Currency
	}
	if charge.Currency != b.Currency {
		b.Problems.add(line, fmt.Sprintf("the charge is in %s, the report in %s", charge.Currency, b.Currency))
		return
	}
	b.Rows++
	each(charge)
}

// columns are the positions of what is needed in a row; -1 where the file lacks an optional one.
type columns struct {
	start, end, amount, currency, service, tags int
}

func readHeader(rows *csv.Reader, metric Metric) (columns, error) {
	header, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return columns{}, invalidBill("it is empty; its first line must name the columns")
	}
	if err != nil {
		return columns{}, invalidBill("its first line is not CSV")
	}
	positions := make(map[string]int, len(header))
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if _, taken := positions[name]; !taken {
			positions[name] = i
		}
	}
	var missing []string
	at := func(name string, needed bool) int {
		position, ok := positions[strings.ToLower(name)]
		if !ok && needed {
			missing = append(missing, name)
		}
		if !ok {
			return -1
		}
		return position
	}
	found := columns{
		start: at("ChargePeriodStart", true), end: at("ChargePeriodEnd", true), amount: at(string(metric), true),
		currency: at("BillingCurrency", true), service: at("ServiceName", true), tags: at("Tags", false),
	}
	if len(missing) > 0 {
		return columns{}, invalidBill("it lacks the FOCUS columns %s", strings.Join(missing, ", "))
	}
	return found, nil
}

func invalidBill(format string, args ...any) error {
	return fault.Invalid("ingest.ReadFOCUS", "the bill cannot be read: "+format, args...).WithCode("INVALID_BILL")
}

func (c columns) charge(record []string) (cost.Charge, error) {
	var charge cost.Charge
	var err error
	if charge.Start, err = parseTime("ChargePeriodStart", value(record, c.start)); err != nil {
		return charge, err
	}
	if charge.End, err = parseTime("ChargePeriodEnd", value(record, c.end)); err != nil {
		return charge, err
	}
	if !charge.End.After(charge.Start) {
		return charge, errors.New("the charge ends before it starts")
	}
	if charge.Amount, err = parseAmount(value(record, c.amount)); err != nil {
		return charge, err
	}
	if charge.Currency, err = parseCurrency(value(record, c.currency)); err != nil {
		return charge, err
	}
	charge.Service = serviceName(value(record, c.service))
	charge.Tags, err = parseTags(value(record, c.tags))
	return charge, err
}

// value is a row's field without space around it; the literal NULL, an absent field and an absent column are "".
func value(record []string, position int) string {
	if position < 0 || position >= len(record) {
		return ""
	}
	text := strings.TrimSpace(record[position])
	if strings.EqualFold(text, "null") {
		return ""
	}
	return text
}

// serviceName falls back to a name of its own, so that charges without one still add up somewhere that can be seen.
func serviceName(text string) string {
	const maxLength = 200
	if text == "" {
		return "Other"
	}
	if runes := []rune(text); len(runes) > maxLength {
		return string(runes[:maxLength])
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

func parseCurrency(text string) (string, error) {
	if len(text) != 3 {
		return "", fmt.Errorf("BillingCurrency is %.20q, not a three-letter ISO 4217 code", text)
	}
	return strings.ToUpper(text), nil
}

// parseTags reads a JSON object of strings. Values of other types are kept as their JSON text.
func parseTags(text string) (cost.Tags, error) {
	if text == "" {
		return nil, nil
	}
	if len(text) > maxTagsBytes {
		return nil, fmt.Errorf("Tags are %d bytes long; at most %d are read", len(text), maxTagsBytes)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		return nil, errors.New("Tags are not a JSON object")
	}
	if len(members) > maxTags {
		return nil, fmt.Errorf("there are %d tags; at most %d are read", len(members), maxTags)
	}
	tags := make(cost.Tags, len(members))
	for key, raw := range members {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		tags[strings.TrimSpace(key)] = text
	}
	return tags, nil
}

// timeLayouts are the forms of time seen in FOCUS files, the specified one first. Without a zone, UTC is meant.
func timeLayouts() []string {
	return []string{
		time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04:05 UTC", "2006-01-02 15:04:05-07:00",
		"2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02", "1/2/2006 15:04:05", "1/2/2006 15:04", "1/2/2006",
	}
}

func parseTime(column, text string) (time.Time, error) {
	for _, layout := range timeLayouts() {
		if t, err := time.ParseInLocation(layout, text, time.UTC); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%s is %.40q, not a time such as 2026-11-01T00:00:00Z", column, text)
}
