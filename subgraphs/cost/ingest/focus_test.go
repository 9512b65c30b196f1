package ingest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/quagmt/udecimal"
	"pgregory.net/rapid"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/cost"
	"devportal.internal/subgraphs/cost/ingest"
)

const header = "ChargePeriodStart,ChargePeriodEnd,BillingCurrency,EffectiveCost,BilledCost,ServiceName,Tags\n"

func read(t *testing.T, text string, options ingest.Options) ([]cost.Charge, ingest.Bill) {
	t.Helper()
	var charges []cost.Charge
	bill, err := ingest.ReadFOCUS(strings.NewReader(text), options, func(c cost.Charge) { charges = append(charges, c) })
	if err != nil {
		t.Fatalf("read the bill: %v", err)
	}
	return charges, bill
}

func TestReadFOCUSReadsWhatRealFilesHave(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	want := cost.Charge{
		Start: day, End: day.AddDate(0, 0, 1), Amount: udecimal.MustParse("1.5"), Currency: "USD", Service: "Storage",
		Tags: cost.Tags{"component": "checkout"},
	}
	tags := `"{""component"": ""checkout""}"`
	tests := map[string]string{
		"times as the specification writes them": header + "2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,USD,1.5,9,Storage," + tags,
		"times with a space and no zone":         header + "2026-11-01 00:00:00,2026-11-02 00:00:00,USD,1.5,9,Storage," + tags,
		"times of a spreadsheet":                 header + "11/1/2026,11/2/2026,USD,1.5,9,Storage," + tags,
		"a time zone other than UTC":             header + "2026-11-01T01:00:00+01:00,2026-11-02T01:00:00+01:00,USD,1.5,9,Storage," + tags,
		"scientific notation":                    header + "2026-11-01,2026-11-02,USD,15E-1,9,Storage," + tags,
		"a currency in lower case":               header + "2026-11-01,2026-11-02,usd,1.50,9,Storage," + tags,
		"a byte order mark":                      "\xEF\xBB\xBF" + header + "2026-11-01,2026-11-02,USD,1.5,9,Storage," + tags,
		"columns in another case and order, and strays": "X_Stray,tags,servicename,EFFECTIVECOST,billingcurrency,chargeperiodend,chargeperiodstart\n" +
			"?," + tags + ",Storage,1.5,USD,2026-11-02,2026-11-01",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			charges, bill := read(t, text, ingest.Options{})
			if diff := cmp.Diff([]cost.Charge{want}, charges, cmp.Comparer(udecimal.Decimal.Equal)); diff != "" {
				t.Errorf("charges (-want +got):\n%s%s", diff, bill.Problems)
			}
		})
	}
}

func TestReadFOCUSLeavesOutBadRowsAndTellsTheirLines(t *testing.T) {
	t.Parallel()
	good := "2026-11-01,2026-11-02,USD,1,2,Compute,NULL\n"
	tests := map[string]struct{ row, want string }{
		"a time that is none":            {"soon,2026-11-02,USD,1,2,Compute,NULL\n", `line 3: ChargePeriodStart is "soon"`},
		"a charge that ends first":       {"2026-11-02,2026-11-01,USD,1,2,Compute,NULL\n", "ends before it starts"},
		"an amount that is none":         {"2026-11-01,2026-11-02,USD,free,2,Compute,NULL\n", `the cost is "free"`},
		"an exponent that is too large":  {"2026-11-01,2026-11-02,USD,1e999999999,2,Compute,NULL\n", "the cost is"},
		"another currency":               {"2026-11-01,2026-11-02,EUR,1,2,Compute,NULL\n", "the charge is in EUR, the report in USD"},
		"tags that are no object":        {"2026-11-01,2026-11-02,USD,1,2,Compute,[1]\n", "Tags are not a JSON object"},
		"a row that is too short":        {"2026-11-01\n", "ChargePeriodEnd"},
		"a quote in the middle of a row": {"2026-11-01,2026-11-02,US\"D,1,2,Compute,NULL\n", "the row is not CSV"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			charges, bill := read(t, header+good+tt.row+good, ingest.Options{})
			if len(charges) != 2 || bill.Rows != 2 {
				t.Errorf("%d charges were kept, want the 2 good ones", len(charges))
			}
			if bill.Problems.Count != 1 || !strings.Contains(bill.Problems.String(), tt.want) {
				t.Errorf("problems = %q, want one with %q", bill.Problems, tt.want)
			}
		})
	}
}

func TestReadFOCUSRefusesFilesThatAreNoBill(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"an empty file":            "",
		"a file without a column":  "ChargePeriodStart,ChargePeriodEnd,EffectiveCost,ServiceName\n",
		"something else than CSV":  "\"unclosed\n",
		"a page of a sign-in form": "<!doctype html>\n<html>",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ingest.ReadFOCUS(strings.NewReader(text), ingest.Options{}, func(cost.Charge) {})
			if fault.KindOf(err) != fault.KindInvalid || fault.Code(err) != "INVALID_BILL" {
				t.Errorf("error = %v, want INVALID_BILL", err)
			}
		})
	}
}

func TestReadFOCUSReadsTheCostThatIsAskedFor(t *testing.T) {
	t.Parallel()
	charges, _ := read(t, header+"2026-11-01,2026-11-02,USD,1,2,Compute,NULL\n", ingest.Options{Metric: ingest.BilledCost})
	if got := charges[0].Amount.String(); got != "2" {
		t.Errorf("amount = %s, want the billed cost 2", got)
	}
}

func TestAmountsKeepEveryDigit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := udecimal.MustFromInt64(rapid.Int64Range(-1e15, 1e15).Draw(t, "coefficient"), uint8(rapid.IntRange(0, 19).Draw(t, "digits")))
		var got udecimal.Decimal
		row := "2026-11-01,2026-11-02,USD," + want.String() + ",0,Compute,NULL\n"
		if _, err := ingest.ReadFOCUS(strings.NewReader(header+row), ingest.Options{}, func(c cost.Charge) { got = c.Amount }); err != nil {
			t.Fatal(err)
		}
		if !got.Equal(want) {
			t.Fatalf("amount = %s, want %s", got, want)
		}
	})
}

func TestReadFOCUSReadsTheFinOpsSample(t *testing.T) {
	t.Parallel()
	file, err := os.Open(filepath.Join("..", "..", "..", "..", "shared", "data", "focus-sample.csv"))
	if err != nil {
		t.Skip("the FinOps sample is not beside this checkout")
	}
	defer file.Close()
	ledger := cost.NewLedger(cost.Rules{{Tag: "application"}})
	bill, err := ingest.ReadFOCUS(file, ingest.Options{}, ledger.Add)
	if err != nil {
		t.Fatal(err)
	}
	if bill.Rows != 1000 || bill.Problems.Count != 0 || bill.Currency != "USD" {
		t.Errorf("%d rows in %s, problems: %s; want all 1000 in USD", bill.Rows, bill.Currency, bill.Problems)
	}
}

func FuzzReadFOCUS(f *testing.F) {
	f.Add(header + "2026-11-01,2026-11-02,USD,1,2,Compute,\"{\"\"a\"\":\"\"b\"\"}\"\n")
	f.Add(header + "2026-11-01,2026-11-02,USD,1e-30,NULL,,{}\n")
	f.Fuzz(func(t *testing.T, text string) {
		ledger := cost.NewLedger(cost.DefaultRules())
		bill, err := ingest.ReadFOCUS(strings.NewReader(text), ingest.Options{}, ledger.Add)
		if err == nil && bill.Rows == 0 && len(ledger.Daily()) > 0 {
			t.Error("charges came from no row")
		}
	})
}
