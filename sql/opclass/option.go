package opclass

import (
	"math"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// Option is a storage parameter of an access method: an integer, a fraction, or one of
// a list of words.
type Option struct {
	Name              string
	Default, Min, Max int      // of an integer
	Least, Most       float64  // of a fraction; both 0 for others
	Values            []string // of a word: those it may be; nil for others
}

func number(name string, def, low, high int) Option {
	return Option{Name: name, Default: def, Min: low, Max: high}
}

func fraction(name string, least, most float64) Option {
	return Option{Name: name, Least: least, Most: most}
}

func choice(name string, values []string) Option { return Option{Name: name, Values: values} }

// Check answers as PostgreSQL does when v is no value of the option.
func (o *Option) Check(v string) error {
	if o.Values != nil {
		if _, ok := o.word(v); !ok {
			return pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid value for enum option %q: %s", o.Name, v).
				WithDetail("Valid values are %s.", enumerate(o.Values))
		}
		return nil
	}
	if o.Most > 0 {
		return o.checkFraction(v)
	}
	n, ok := ParseInt(v)
	if !ok {
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid value for integer option %q: %s", o.Name, v)
	}
	if n < o.Min || n > o.Max {
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "value %s out of bounds for option %q", v, o.Name).
			WithDetail("Valid values are between \"%d\" and \"%d\".", o.Min, o.Max)
	}
	return nil
}

func (o *Option) checkFraction(v string) error {
	r, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
	if err != nil || math.IsNaN(r) {
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid value for floating point option %q: %s", o.Name, v)
	}
	if r < o.Least || r > o.Most {
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "value %s out of bounds for option %q", v, o.Name).
			WithDetail("Valid values are between \"%f\" and \"%f\".", o.Least, o.Most)
	}
	return nil
}

// Fraction is an index's parameter that is a fraction, 0 when it is not set.
func Fraction(x *catalog.Index, name string) float64 {
	text, ok := x.Options.Get(name)
	if !ok {
		return 0
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return 0
	}
	return v
}

// word finds v among the option's values; case does not matter.
func (o *Option) word(v string) (string, bool) {
	for _, w := range o.Values {
		if strings.EqualFold(w, v) {
			return w, true
		}
	}
	return "", false
}

// enumerate is "a", "b", and "c".
func enumerate(words []string) string {
	var b strings.Builder
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			b.WriteString(", and ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(strconv.Quote(w))
	}
	return b.String()
}

// ParseInt reads an integer parameter as PostgreSQL does: a fraction is rounded.
func ParseInt(s string) (int, bool) {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseInt(s, 0, 32); err == nil {
		return int(n), true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(math.Abs(f) < math.MaxInt32) {
		return 0, false
	}
	return int(math.RoundToEven(f)), true
}
