package builtin

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/types"
)

// formatNumber is FORMAT(x, d): groups of three, rounded to d decimals.
func formatNumber(c *Ctx, a []types.Datum) (types.Datum, error) {
	digits := int(min(max(a[1].Int(), 0), 30))
	if f := types.NumericToFloat(a[0]); isReal(c.argT(0).OID) && digits < 15 && math.Abs(f) < 1e15 { // halves go to the even side
		p := math.Pow10(digits)
		if even, err := types.NumericFromFloat(math.RoundToEven(f*p)/p, 64); err == nil {
			a[0] = even
		}
	}
	r, err := types.NumericRound(a[0], digits)
	if err != nil {
		return types.Datum{}, err
	}
	s := string(types.AppendText(nil, types.Of(types.NumericOID), r, types.DefaultFormat))
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, frac, _ := strings.Cut(s, ".")
	point, comma := ".", ","
	if len(a) > 2 {
		point, comma = localeMarks(a[2].Text())
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(comma)
		}
		b.WriteRune(d)
	}
	if frac != "" {
		b.WriteString(point + frac)
	}
	return types.String(b.String()), nil
}

// localeMarks are the decimal point of a locale and what it puts between thousands.
func localeMarks(locale string) (point, thousands string) {
	switch lang, _, _ := strings.Cut(strings.ToLower(locale), "_"); lang {
	case "de", "es", "id", "is", "nl", "tr", "da", "el", "vi":
		if strings.EqualFold(locale, "de_CH") {
			return ".", "'"
		}
		if strings.EqualFold(locale, "de_AT") || strings.EqualFold(locale, "el_GR") || lang == "es" && !strings.EqualFold(locale, "es_AR") {
			return ",", ""
		}
		return ",", "."
	case "fr", "it", "pt", "pl", "bg", "hr", "sl", "sr", "lv":
		if strings.EqualFold(locale, "it_CH") {
			return ",", "'"
		}
		return ",", ""
	case "cs", "fi", "nb", "no", "sv", "sk", "uk", "ru", "hu", "ro", "lt", "et":
		return ",", " "
	}
	return ".", ","
}

// mysqlHex is HEX of a number, or of the bytes of anything else.
func mysqlHex(c *Ctx, a []types.Datum) (types.Datum, error) {
	v := typed{c.argT(0), a[0]}
	if isFloat(v.t.OID) || v.t.OID == types.NumericOID && !isWhole64(v.d) {
		return types.String(strings.ToUpper(strconv.FormatUint(bitsOfReal(mysqlFloat(c, v)), 16))), nil
	}
	if isInt(v.t.OID) || v.t.OID == types.NumericOID {
		return types.String(strings.ToUpper(strconv.FormatUint(bits64(c, v), 16))), nil
	}
	return types.String(strings.ToUpper(hex.EncodeToString(mysqlBytes(c, v).Bytes()))), nil
}

// isWhole64 reports a decimal without digits behind the point that 64 bits hold, with or
// without a sign.
func isWhole64(d types.Datum) bool {
	if types.NumericIsNaN(d) || types.NumericIsInf(d) != 0 || types.NumericScale(d) > 0 {
		return false
	}
	if _, ok := types.NumericToInt64(d); ok {
		return true
	}
	f := types.NumericToFloat(d)
	return f > 0 && f < 1<<64
}

// bitsOfReal are those of a real number as HEX shows it: halves go away from zero, and what
// 64 bits do not hold has all of them set.
func bitsOfReal(f float64) uint64 {
	if math.IsNaN(f) || f <= math.MinInt64 || f >= 1<<64 {
		return math.MaxUint64
	}
	if f = math.Round(f); f < 0 {
		return uint64(int64(f))
	}
	return uint64(f)
}

func mysqlChar(_ *Ctx, a []types.Datum) (types.Datum, error) {
	var out []byte
	for _, d := range a {
		if d.IsNull() {
			continue
		}
		b := new(big.Int).SetUint64(uint64(uint32(d.Int()))).Bytes()
		if len(b) == 0 {
			b = []byte{0}
		}
		out = append(out, b...)
	}
	return types.Bytes(out), nil
}

// conv is CONV(n, from, to).
func conv(_ *Ctx, a []types.Datum) (types.Datum, error) {
	from, to := a[1].Int(), a[2].Int()
	abs := func(v int64) int64 { return max(v, -v) }
	if a[0].Text() == "" || abs(from) < 2 || abs(from) > 36 || abs(to) < 2 || abs(to) > 36 {
		return null()
	}
	s := strings.ToLower(strings.TrimSpace(a[0].Text()))
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	end := 0
	for end < len(s) {
		d, err := strconv.ParseUint(s[end:end+1], 36, 8)
		if err != nil || int64(d) >= abs(from) {
			break
		}
		end++
	}
	n, err := strconv.ParseUint("0"+s[:end], int(abs(from)), 64)
	if err != nil {
		n = 1<<64 - 1
	}
	if neg {
		n = -n
	}
	if to < 0 {
		return types.String(strings.ToUpper(strconv.FormatInt(int64(n), int(-to)))), nil
	}
	return types.String(strings.ToUpper(strconv.FormatUint(n, int(to)))), nil
}

func sha2(_ *Ctx, a []types.Datum) (types.Datum, error) {
	b := a[0].Bytes()
	switch a[1].Int() {
	case 224:
		h := sha256.Sum224(b)
		return types.String(hex.EncodeToString(h[:])), nil
	case 0, 256:
		h := sha256.Sum256(b)
		return types.String(hex.EncodeToString(h[:])), nil
	case 384:
		h := sha512.Sum384(b)
		return types.String(hex.EncodeToString(h[:])), nil
	case 512:
		h := sha512.Sum512(b)
		return types.String(hex.EncodeToString(h[:])), nil
	}
	return null()
}
