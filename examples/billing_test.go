package examples_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/quagmt/udecimal"
)

// charge is a row of the bill, by column.
type charge map[string]string

func readBill(t *testing.T) []charge {
	t.Helper()
	file, err := os.Open("billing/focus.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	charges := make([]charge, 0, len(rows)-1)
	for _, row := range rows[1:] {
		c := charge{}
		for i, column := range rows[0] {
			c[column] = row[i]
		}
		charges = append(charges, c)
	}
	return charges
}

func (c charge) cost(t *testing.T) udecimal.Decimal {
	t.Helper()
	amount, err := udecimal.Parse(c["EffectiveCost"])
	if err != nil {
		t.Fatalf("EffectiveCost %q: %v", c["EffectiveCost"], err)
	}
	return amount
}

// component is the tag that the cost rules read; "" without it.
func (c charge) component(t *testing.T) string {
	t.Helper()
	if c["Tags"] == "NULL" {
		return ""
	}
	tags := map[string]string{}
	if err := json.Unmarshal([]byte(c["Tags"]), &tags); err != nil {
		t.Fatalf("Tags %s: %v", c["Tags"], err)
	}
	for key, value := range tags {
		if strings.EqualFold(key, "component") {
			return value
		}
	}
	return ""
}

func TestBill(t *testing.T) {
	t.Parallel()
	charges := readBill(t)

	t.Run("covers 120 days without a gap", func(t *testing.T) {
		t.Parallel()
		days := map[string]int{}
		for _, c := range charges {
			days[c["ChargePeriodStart"]]++
		}
		if len(days) != 120 || days["2026-07-23 00:00:00"] == 0 || days["2026-11-19 00:00:00"] == 0 {
			t.Errorf("%d days", len(days))
		}
	})

	t.Run("names entities of the catalog, and leaves a part unlabelled", func(t *testing.T) {
		t.Parallel()
		catalog := readCatalog(t)
		var total, unlabelled udecimal.Decimal
		for _, c := range charges {
			total = total.Add(c.cost(t))
			name := c.component(t)
			if name == "" {
				unlabelled = unlabelled.Add(c.cost(t))
			} else if ref := fullRef(name, "component", "default"); catalog.byRef[ref].Kind == "" {
				t.Errorf("there is no %s", ref)
			}
		}
		if !unlabelled.IsPos() || unlabelled.Mul(udecimal.MustFromInt64(5, 0)).GreaterThan(total) {
			t.Errorf("%s of %s is unlabelled", unlabelled, total)
		}
		if want := "97601.978644"; total.String() != want {
			t.Errorf("the total is %s, not %s", total, want)
		}
	})

	t.Run("has one bad night", func(t *testing.T) {
		t.Parallel()
		daily := map[string]udecimal.Decimal{}
		for _, c := range charges {
			if c.component(t) == "pricing-service" {
				daily[c["ChargePeriodStart"]] = c.cost(t)
			}
		}
		bad := 0
		for _, amount := range daily {
			if amount.GreaterThan(udecimal.MustFromInt64(100, 0)) {
				bad++
			}
		}
		if bad != 1 {
			t.Errorf("%d days over 100 dollars", bad)
		}
	})

	t.Run("has every category of charge, and values that are not there", func(t *testing.T) {
		t.Parallel()
		categories := map[string]int{}
		for _, c := range charges {
			categories[c["ChargeCategory"]]++
			if c["BillingCurrency"] != "USD" || c["AvailabilityZone"] != "NULL" {
				t.Fatalf("a charge in %s, in zone %s", c["BillingCurrency"], c["AvailabilityZone"])
			}
		}
		for _, category := range []string{"Usage", "Purchase", "Tax", "Credit", "Adjustment"} {
			if categories[category] == 0 {
				t.Errorf("there is no %s", category)
			}
		}
	})
}
