package session

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// number parses an amount with an optional unit and checks its range.
func (d *setting) number(v string) (string, error) {
	s := strings.TrimSpace(v)
	f, i, ok := d.leading(s)
	if !ok {
		return "", d.invalid(v)
	}
	if unit := strings.TrimSpace(s[i:]); unit != "" {
		k, ok := unitFactor(unit, d.unit)
		if !ok {
			e := d.invalid(v)
			if d.unit != "" {
				e = e.WithHint("Valid units for this parameter are %s.", validUnits(d.unit))
			}
			return "", e
		}
		f = roundToUnit(f*k, unit, d.unit)
	}
	if d.kind == varInt {
		f = math.RoundToEven(f)
	}
	if d.kind == varInt && (f < -maxInt-1 || f > maxInt) {
		return "", d.invalid(v).WithHint("Value exceeds integer range.")
	}
	if f < d.min || f > d.max {
		u := ""
		if d.unit != "" {
			u = " " + d.unit
		}
		return "", pgerr.Newf(pgerrcode.InvalidParameterValue, "%v%s is outside the valid range for parameter %q (%v .. %v)",
			d.amount(f), u, d.name, d.amount(d.min), d.amount(d.max))
	}
	return d.amount(f), nil
}

// leading is the number that s begins with, and its length: as C reads it, so that
// those after 0x are hexadecimal and integers after 0 octal.
func (d *setting) leading(s string) (f float64, n int, ok bool) {
	sign := 0
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign = 1
	}
	base, digits := 0, "0123456789abcdefABCDEF"
	switch rest := s[sign:]; {
	case strings.HasPrefix(rest, "0x"), strings.HasPrefix(rest, "0X"):
		base, n = 16, sign+2
	case d.kind == varInt && strings.HasPrefix(rest, "0"):
		base, n, digits = 8, sign, digits[:8]
	}
	if from := n; base != 0 {
		for n < len(s) && strings.IndexByte(digits, s[n]) >= 0 {
			n++
		}
		if i, err := strconv.ParseInt(s[from:n], base, 64); err == nil && (n == len(s) || strings.IndexByte(".eE", s[n]) < 0) {
			return float64(i) * float64(1-2*strings.Count(s[:sign], "-")), n, true
		}
	}
	if d.kind == varReal { // C reads this word, too; what it means is out of every range
		for _, word := range []string{"infinity", "inf"} {
			if rest := s[sign:]; len(rest) >= len(word) && strings.EqualFold(rest[:len(word)], word) {
				return math.Inf(1 - 2*strings.Count(s[:sign], "-")), sign + len(word), true
			}
		}
	}
	n = numberLen(s)
	f, err := strconv.ParseFloat(s[:n], 64)
	return f, n, err == nil
}

// numberLen is how many bytes at the front of s are a decimal number.
func numberLen(s string) int {
	i := 0
	digits := func() {
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
	}
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	digits()
	if i < len(s) && s[i] == '.' {
		i++
		digits()
	}
	if e := i; i > 0 && i < len(s) && s[i]|0x20 == 'e' {
		if i++; i < len(s) && (s[i] == '-' || s[i] == '+') {
			i++
		}
		if from := i; from == len(s) || s[from] < '0' || s[from] > '9' {
			return e
		}
		digits()
	}
	return i
}

// amount prints a number of the setting's kind.
func (d *setting) amount(f float64) string {
	if d.kind == varReal {
		return shortReal(f)
	}
	return fmtNum(f)
}

// shortReal is %g of C: six digits, an exponent of two or more.
func shortReal(f float64) string {
	if math.IsInf(f, 0) {
		return strings.TrimPrefix(fmt.Sprint(f), "+") + "inity"
	}
	s := strconv.FormatFloat(f, 'g', 6, 64)
	mantissa, exp, ok := strings.Cut(s, "e")
	if strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	if !ok {
		return mantissa
	}
	return mantissa + "e" + exp
}

func fmtNum(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

var memUnits = map[string]float64{"B": 1, "kB": 1 << 10, "8kB": 8 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}

var timeUnits = map[string]float64{"us": 1e-3, "ms": 1, "s": 1e3, "min": 6e4, "h": 3.6e6, "d": 8.64e7}

func unitFactor(from, to string) (float64, bool) {
	for _, units := range []map[string]float64{memUnits, timeUnits} {
		if base, ok := units[to]; ok {
			k, ok := units[from]
			return k / base, ok
		}
	}
	return 0, false
}

// smaller are the units below each one.
var smaller = map[string]string{"TB": "GB", "GB": "MB", "MB": "kB", "kB": "B", "d": "h", "h": "min", "min": "s", "s": "ms", "ms": "us"}

// roundToUnit rounds an amount that was given with a fraction of a unit to whole ones
// of the next smaller unit.
func roundToUnit(f float64, unit, base string) float64 {
	if k, ok := unitFactor(smaller[unit], base); ok {
		return math.RoundToEven(f/k) * k
	}
	return f
}

func validUnits(unit string) string {
	if _, ok := memUnits[unit]; ok {
		return `"B", "kB", "MB", "GB", and "TB"`
	}
	return `"us", "ms", "s", "min", "h", and "d"`
}

// realWithUnit prints an amount in the largest unit in which it is a whole number.
func realWithUnit(v, unit string) string {
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || f <= 0 {
		return v
	}
	units := timeUnits
	if _, ok := memUnits[unit]; ok {
		units = memUnits
	}
	best := ""
	for name, k := range units {
		n := f * units[unit] / k
		if n == math.Trunc(n) && name != "8kB" && (best == "" || k > units[best]) {
			best = name
		}
	}
	if best == "" {
		return v
	}
	return shortReal(f*units[unit]/units[best]) + best
}

// withUnit prints an amount in the largest unit that divides it.
func withUnit(v, unit string) string {
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n <= 0 {
		return v
	}
	order, units := []string{"TB", "GB", "MB", "kB", "B"}, memUnits
	if _, ok := timeUnits[unit]; ok {
		order, units = []string{"d", "h", "min", "s", "ms"}, timeUnits
	}
	total := int64(float64(n) * units[unit])
	for _, u := range order {
		if k := int64(units[u]); k > 0 && total%k == 0 {
			return fmt.Sprintf("%d%s", total/k, u)
		}
	}
	return v
}

// parseBool reads a Boolean as PostgreSQL does: unique prefixes of the words.
func parseBool(v string) (bool, error) {
	s := strings.ToLower(strings.TrimSpace(v))
	switch {
	case s == "":
	case s == "1" || s == "on" || strings.HasPrefix("true", s) || strings.HasPrefix("yes", s):
		return true, nil
	case s == "0" || s == "of" || s == "off" || strings.HasPrefix("false", s) || strings.HasPrefix("no", s):
		return false, nil
	}
	return false, fmt.Errorf("not a Boolean: %q", v)
}
