package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"
)

// micro is an amount of money in millionths of a dollar.
type micro int64

func dollars(n int64) micro { return micro(n) * 1_000_000 }

// String writes the amount exactly, without zeros at its end.
func (m micro) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	text := fmt.Sprintf("%s%d.%06d", sign, m/1_000_000, m%1_000_000)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// null is how the provider's export writes that there is no value.
const null = "NULL"

// writeFOCUS writes the charges in the columns of FOCUS 1.0, alphabetically as the provider's export has them.
func writeFOCUS(w io.Writer, charges []charge) error {
	out := csv.NewWriter(w)
	if err := out.Write(columns()); err != nil {
		return fmt.Errorf("write the column names: %w", err)
	}
	for _, c := range charges {
		if err := out.Write(c.row()); err != nil {
			return fmt.Errorf("write a charge: %w", err)
		}
	}
	out.Flush()
	return out.Error()
}

func columns() []string {
	return []string{
		"AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd",
		"BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd",
		"ChargePeriodStart", "ConsumedQuantity", "ConsumedUnit", "ContractedCost", "EffectiveCost", "InvoiceIssuerName",
		"ListCost", "PricingCategory", "ProviderName", "PublisherName", "RegionId", "RegionName", "ResourceId",
		"ServiceCategory", "ServiceName", "SubAccountId", "SubAccountName", "Tags",
	}
}

// row follows columns.
func (c charge) row() []string {
	periodStart := time.Date(c.start.Year(), c.start.Month(), 1, 0, 0, 0, 0, time.UTC)
	return []string{
		null, c.billed.String(), "410023377000", "Harbour & Pine", "USD", moment(periodStart.AddDate(0, 1, 0)),
		moment(periodStart), c.category, orNull(c.class), c.description, c.frequency(), moment(c.end),
		moment(c.start), c.quantity(), orNull(c.service.unit), c.billed.String(), c.effective.String(), "AWS",
		c.list.String(), c.pricing(), "AWS", "AWS", "eu-central-1", "EU (Frankfurt)", c.resourceID(),
		c.service.category, c.service.name, c.account.id, c.account.name, orNull(c.tags),
	}
}

// moment writes a time as the provider does, which is not as ISO 8601 has it.
func moment(t time.Time) string { return t.Format(time.DateTime) }

func orNull(text string) string {
	if text == "" {
		return null
	}
	return text
}

func (c charge) frequency() string {
	switch c.category {
	case "Purchase":
		return "One-Time"
	case "Tax", "Credit":
		return "Recurring"
	default:
		return "Usage-Based"
	}
}

func (c charge) pricing() string {
	switch {
	case c.category != "Usage":
		return null
	case c.prepaid:
		return "Committed"
	default:
		return "Standard"
	}
}

func (c charge) quantity() string {
	if c.service.unit == "" {
		return null
	}
	return (c.list * 4).String()
}

func (c charge) resourceID() string {
	if c.resource == "" {
		return null
	}
	return "arn:aws:hp:eu-central-1:" + c.account.id + ":" + c.resource
}
