package main

import "time"

// occasional is what is charged on that day beside its use: the commitment, and on the last of a month the month's tax
// and credit.
func occasional(day time.Time) []charge {
	var charges []charge
	month := func(name, category, description string, amount micro) {
		charges = append(charges, charge{
			item: billing(name), start: day, end: day.AddDate(0, 0, 1), category: category, description: description,
			billed: amount, effective: amount,
		})
	}
	switch day.Format("01-02") {
	case "08-01":
		charges = append(charges, commitment(day))
	case "10-09":
		charges = append(charges, correction(day))
	}
	if day.AddDate(0, 0, 1).Day() == 1 {
		month("Tax", "Tax", "Sales tax of the month", dollars(612)+noise("tax", day)*dollars(1))
		month("Credits", "Credit", "Credit of the start-up programme", -dollars(250))
	}
	return charges
}

// commitment is paid at once and costs nothing then: its cost is that of the use it covers.
func commitment(day time.Time) charge {
	return charge{
		item: billing("Compute Savings Plans"), start: day, end: day.AddDate(1, 0, 0), category: "Purchase",
		description: "One year of compute, paid up front", list: dollars(58_400), billed: dollars(58_400),
	}
}

// correction gives back what a day in September was overcharged.
func correction(day time.Time) charge {
	c := charge{
		item: billing("AWS Data Transfer"), start: day, end: day.AddDate(0, 0, 1), category: "Adjustment", class: "Correction",
		description: "Traffic counted twice on 2026-09-17", billed: -dollars(64), effective: -dollars(64),
	}
	c.tags = component("storefront-web")
	return c
}

// billing is an item that no resource stands behind.
func billing(name string) item {
	return item{service: service{name: name, category: "Other"}, account: account{"410023377000", "Harbour & Pine"}}
}
