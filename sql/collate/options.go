package collate

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// options say which differences between texts an order sees. The zero value sees all
// that the language's order has: letters, accents, then case.
type options struct {
	// strength is the last level that counts: 1 letters, 2 accents, 3 case and the like,
	// 4 punctuation that is shifted, 5 code points; 0 = 3.
	strength byte
	// caseLevel counts case although accents or case's own level do not.
	caseLevel  bool
	upperFirst bool
	// shifted: blanks and punctuation count at the fourth level only.
	shifted bool
}

// loose marks the orders of nondeterministic collations, in which texts that differ may be equal.
const loose = "~"

// Deterministic reports an order in which only equal texts are equal.
func Deterministic(order string) bool { return !strings.HasPrefix(order, loose) }

// Nondeterministic is the order in which all texts are equal that an order, which is not
// by bytes, tells apart only by their bytes.
func Nondeterministic(order string) string { return loose + order }

// Tag is the language tag of an order.
func Tag(order string) string {
	if IsMySQL(order) {
		return Root
	}
	return strings.TrimPrefix(order, loose)
}

// oldNames are the keywords of ICU's older form, locale@keyword=value, in the newer one,
// with the values that are called otherwise.
var oldNames = map[string]struct {
	key    string
	values map[string]string
}{
	"colstrength":           {"ks", map[string]string{"primary": "level1", "secondary": "level2", "tertiary": "level3", "quaternary": "level4", "identical": "identic"}},
	"colcaselevel":          {"kc", yesNo},
	"colcasefirst":          {"kf", map[string]string{"no": "false"}},
	"colnumeric":            {"kn", yesNo},
	"colbackwards":          {"kb", yesNo},
	"colnormalization":      {"kk", yesNo},
	"colalternate":          {"ka", map[string]string{"non-ignorable": "noignore"}},
	"colhiraganaquaternary": {"kh", nil},
	"colreorder":            {"kr", nil},
	"variabletop":           {"kv", nil},
	"collation":             {"co", map[string]string{"phonebook": "phonebk"}},
}

var yesNo = map[string]string{"yes": "true", "no": "false"}

// known are the values of keywords that have an effect here; "" = the keyword alone, which is true.
var known = map[string][]string{
	"co": {"standard", "phonebk"}, "ka": {"noignore", "shifted"}, "kb": {"true", "false", ""}, "kc": {"true", "false", ""},
	"kf": {"upper", "lower", "false"}, "kk": {"true", "false", ""}, "kn": {"true", "false", ""},
	"ks": {"level1", "level2", "level3", "level4", "identic"},
}

// standard are the values that are as if the keyword were not there. Texts are always
// normalised.
var standard = map[string]string{"co": "standard", "ka": "noignore", "kb": "false", "kc": "false", "kf": "false", "kn": "false", "ks": "level3"}

// elsewhere are keywords of orders that are not here.
var elsewhere = []string{"kh", "kr", "kv", "vt"}

// extension writes keywords as a part of an order's name, sorted, "" for none. Keywords
// that say nothing of orders are left out.
func extension(kw map[string]string) (ext string, err error) {
	var list []string
	for k, v := range kw {
		switch {
		case slices.Contains(elsewhere, k):
			return "", ErrNotHere
		case known[k] == nil:
			continue
		case k == "co" && !slices.Contains(known[k], v):
			return "", ErrNotHere
		case !slices.Contains(known[k], v):
			return "", ErrIllegal
		}
		if v == "" {
			v = "true"
		}
		if k == "kk" || standard[k] == v || k == "kf" && v == "lower" { // small letters come first anyway
			continue
		}
		list = append(list, k+"-"+v)
	}
	if len(list) == 0 {
		return "", nil
	}
	slices.Sort(list)
	return "-u-" + strings.Join(list, "-"), nil
}

// optionsOf reads an order's name, which extension wrote, and gives the part of it that
// x/text makes the weights by.
func optionsOf(name string) (o options, tag string) {
	base, ext, _ := strings.Cut(strings.TrimPrefix(name, loose), "-u-")
	var kept []string
	f := strings.Split(ext, "-")
	for i := 0; i+1 < len(f); i += 2 {
		switch key, v := f[i], f[i+1]; key {
		case "ks":
			o.strength = byte(slices.Index(known["ks"], v) + 1)
		case "kc":
			o.caseLevel = true
		case "kf":
			o.upperFirst = true
		case "ka":
			o.shifted = true
			kept = append(kept, key, v)
		default:
			kept = append(kept, key, v)
		}
	}
	if o.shifted && o.strength == 4 {
		kept = append(kept, "ks", "level4")
	}
	tag = base
	if len(kept) > 0 {
		tag += "-u-" + strings.Join(kept, "-")
	}
	return o, tag
}

// plain reports that a key is what x/text or the table of ASCII characters gives.
func (o *options) plain() bool { return *o == options{} || *o == options{strength: 3} }

// cut makes of an appended key with three levels, from dst[from:], the one that the
// options want, and ends it with zero bytes that no weight has.
func (o *options) cut(dst []byte, from int, text []byte) []byte {
	key := dst[from:]
	first := endOfPrimaries(key)
	second := first + 2
	for key[second] != 0 || key[second+1] != 0 {
		second += 2
	}
	third := second + 2
	if o.upperFirst {
		for i := third; i < len(key) && key[i] != 0; i++ {
			if !upper(key[i]) {
				key[i] |= 0x40
			}
		}
	}
	switch {
	case o.strength == 1 && o.caseLevel:
		dst = append(dst[:from+first+2], cases(key[third:], o.upperFirst)...)
	case o.strength == 1:
		dst = dst[:from+first]
	case o.strength == 2 && o.caseLevel:
		dst = append(dst[:from+second+2], cases(key[third:], o.upperFirst)...)
	case o.strength == 2:
		dst = dst[:from+second]
	case o.strength == 5:
		dst = norm.NFD.Append(append(dst, 0, 0), text...)
	}
	return append(dst, 0, 0)
}

// endOfPrimaries is where a key's first level ends: at two zero bytes.
func endOfPrimaries(key []byte) int {
	i := 0
	for key[i] != 0 || key[i+1] != 0 {
		if i += 2; key[i-2] >= 0x80 {
			i++
		}
	}
	return i
}

// upper reports a tertiary weight of capital letters.
func upper(t byte) bool { return t >= 8 && t <= 12 || t == 0x11 || t == 0x12 || t == 0x1d || t == 0x1e }

// cases makes case weights of tertiary ones, in place.
func cases(t []byte, upperFirst bool) []byte {
	for i := range t {
		switch {
		case upper(t[i]) != upperFirst:
			t[i] = 2
		default:
			t[i] = 1
		}
	}
	return t
}
