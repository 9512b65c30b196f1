package ingest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/quagmt/udecimal"
)

// maxExponent bounds what scientific notation may ask for.
const maxExponent = 30

// parseAmount reads a decimal number exactly, in plain or in scientific notation. More than 19 digits after the point are
// rounded half to even. An empty field is zero: FOCUS allows a charge to have no cost of a sort.
func parseAmount(text string) (udecimal.Decimal, error) {
	if text == "" {
		return udecimal.Decimal{}, nil
	}
	plain, err := withoutExponent(text)
	if err != nil {
		return udecimal.Decimal{}, fmt.Errorf("the cost is %.40q, not a decimal number", text)
	}
	amount, err := udecimal.Parse(roundDigits(plain))
	if err != nil {
		return udecimal.Decimal{}, fmt.Errorf("the cost is %.40q, not a decimal number", text)
	}
	return amount, nil
}

// withoutExponent rewrites 1.5E-3 as 0.0015.
func withoutExponent(text string) (string, error) {
	mantissa, exponentText, scientific := strings.Cut(strings.ToLower(text), "e")
	if !scientific {
		return text, nil
	}
	exponent, err := strconv.Atoi(exponentText)
	if err != nil || exponent > maxExponent || exponent < -maxExponent {
		return "", fmt.Errorf("the exponent %.20q is not between -%d and %d", exponentText, maxExponent, maxExponent)
	}
	sign := ""
	if strings.HasPrefix(mantissa, "-") || strings.HasPrefix(mantissa, "+") {
		sign, mantissa = strings.TrimPrefix(mantissa[:1], "+"), mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole+fraction == "" {
		return "", fmt.Errorf("there are no digits before the exponent")
	}
	point := len(whole) + exponent
	digits := whole + fraction
	if point <= 0 {
		return sign + "0." + strings.Repeat("0", -point) + digits, nil
	}
	if point >= len(digits) {
		return sign + digits + strings.Repeat("0", point-len(digits)), nil
	}
	return sign + digits[:point] + "." + digits[point:], nil
}

// roundDigits cuts a plain number to the 19 digits after the point that a decimal holds, rounding half to even.
func roundDigits(plain string) string {
	const most = 19
	whole, fraction, _ := strings.Cut(plain, ".")
	if len(fraction) <= most || strings.Trim(fraction, "0123456789") != "" {
		return plain
	}
	kept, rest := fraction[:most], fraction[most:]
	number, err := udecimal.Parse(whole + "." + kept)
	if err != nil {
		return plain
	}
	half := "5" + strings.Repeat("0", len(rest)-1)
	if rest < half || (rest == half && (kept[most-1]-'0')%2 == 0) {
		return number.String()
	}
	step := udecimal.MustParse("0.0000000000000000001")
	if strings.HasPrefix(whole, "-") {
		return number.Sub(step).String()
	}
	return number.Add(step).String()
}
