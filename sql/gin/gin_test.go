package gin_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/gin"
	"github.com/loxodb/loxodb/sql/trgm"
	"github.com/loxodb/loxodb/sql/types"
)

// found is what a search means: the obvious way to ask the entries of a row.
func found(s *gin.Search, entries [][]byte) bool {
	switch s.Kind {
	case gin.None:
		return false
	case gin.All:
		return true
	case gin.Entry:
		return slices.ContainsFunc(entries, func(e []byte) bool { return bytes.Equal(e, s.Entry) })
	case gin.Prefix:
		return slices.ContainsFunc(entries, func(e []byte) bool { return bytes.HasPrefix(e, s.Entry) })
	}
	n, need := 0, len(s.Args)
	if s.Kind == gin.Least {
		need = s.N
	}
	for _, a := range s.Args {
		if found(a, entries) {
			n++
		}
	}
	return n >= need
}

// subject is a kind of values and of conditions on them.
type subject struct {
	class string
	key   types.OID
	value func(r *rand.Rand) string
	ops   []condition
}

type condition struct {
	op    string
	right types.OID
	value func(r *rand.Rand) string
}

var subjects = []subject{
	{"array_ops", types.TextArrayOID, textArray, arrayConditions(types.TextArrayOID, textArray)},
	{"array_ops", types.NumericArrayOID, numericArray, arrayConditions(types.NumericArrayOID, numericArray)},
	{"tsvector_ops", types.TSVectorOID, randomVector, []condition{{"@@", types.TSQueryOID, randomQuery}}},
	{"jsonb_ops", types.JSONBOID, document, []condition{
		{"@>", types.JSONBOID, document}, {"?", types.TextOID, word}, {"?|", types.TextArrayOID, textArray}, {"?&", types.TextArrayOID, textArray},
		{"@?", types.JSONPathOID, jsonPath}, {"@@", types.JSONPathOID, jsonPath},
	}},
	{"gin_trgm_ops", types.TextOID, sentence, []condition{
		{"~~", types.TextOID, likePattern}, {"~~*", types.TextOID, likePattern}, {"~", types.TextOID, expression}, {"~*", types.TextOID, expression},
		{"=", types.TextOID, sentence},
	}},
	{"jsonb_path_ops", types.JSONBOID, document, []condition{
		{"@>", types.JSONBOID, document}, {"@?", types.JSONPathOID, jsonPath}, {"@@", types.JSONPathOID, jsonPath},
	}},
}

func arrayConditions(t types.OID, value func(r *rand.Rand) string) (list []condition) {
	for _, op := range []string{"&&", "@>", "<@", "="} {
		list = append(list, condition{op, t, value})
	}
	return list
}

func pick(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

func word(r *rand.Rand) string { return pick(r, "a", "b", "ab", "c", "abc", "1", "", "ä") }

func textArray(r *rand.Rand) string {
	var list []string
	for range r.IntN(4) {
		list = append(list, pick(r, `"a"`, `"b"`, `"ab"`, `""`, "NULL", `"`+strings.Repeat("x", 600)+`"`, `"`+strings.Repeat("x", 601)+`"`))
	}
	return "{" + strings.Join(list, ",") + "}"
}

func numericArray(r *rand.Rand) string {
	var list []string
	for range r.IntN(4) {
		list = append(list, pick(r, "1", "1.0", "1.00", "-1", "0", "NULL", "NaN", "100", "1e2"))
	}
	return "{" + strings.Join(list, ",") + "}"
}

func randomVector(r *rand.Rand) string {
	var list []string
	for range r.IntN(5) {
		w := pick(r, "a", "ab", "abc", "b", "ba", "c")
		if r.IntN(2) == 0 {
			w += fmt.Sprintf(":%d%s", 1+r.IntN(4), pick(r, "", "A", "B"))
		}
		list = append(list, w)
	}
	return strings.Join(list, " ")
}

func randomQuery(r *rand.Rand) string { return query(r, 3) }

func query(r *rand.Rand, depth int) string {
	if depth == 0 || r.IntN(3) == 0 {
		return pick(r, "a", "ab", "abc", "b", "c") + pick(r, "", "", ":*", ":A", ":*B")
	}
	if r.IntN(4) == 0 {
		return "!(" + query(r, depth-1) + ")"
	}
	return "(" + query(r, depth-1) + ")" + pick(r, "&", "|", "<->", "<2>") + "(" + query(r, depth-1) + ")"
}

func scalar(r *rand.Rand) string {
	return pick(r, "null", "true", "false", "1", "1.0", "-2", `"a"`, `"b"`, `"1"`, `""`, `"ä"`, `"\u0041\n"`, `"`+strings.Repeat("y", 700)+`"`)
}

func document(r *rand.Rand) string { return nested(r, 3) }

func nested(r *rand.Rand, depth int) string {
	kind := r.IntN(3)
	if depth == 0 || kind == 0 {
		return scalar(r)
	}
	var list []string
	for range r.IntN(3) {
		v := nested(r, depth-1)
		if kind == 1 {
			v = pick(r, `"a"`, `"b"`, `"c"`) + ": " + v
		}
		list = append(list, v)
	}
	if kind == 1 {
		return "{" + strings.Join(list, ", ") + "}"
	}
	return "[" + strings.Join(list, ", ") + "]"
}

func jsonPath(r *rand.Rand) string {
	mode := pick(r, "", "", "lax ", "strict ")
	if r.IntN(2) == 0 {
		return mode + way(r, "$", 2)
	}
	return mode + predicate(r, "$", 2)
}

func way(r *rand.Rand, from string, depth int) string {
	for range r.IntN(3) {
		from += pick(r, ".a", ".b", ".c", "[*]", "[0]", ".*", ".**", "[last]", ".type()", ".size()", ".keyvalue().key")
	}
	if depth > 0 && r.IntN(3) == 0 {
		from += " ? (" + predicate(r, "@", depth-1) + ")"
		for range r.IntN(2) {
			from += pick(r, ".a", ".b", "[*]")
		}
	}
	return from
}

func predicate(r *rand.Rand, from string, depth int) string {
	if depth > 0 {
		switch r.IntN(6) {
		case 0:
			return "(" + predicate(r, from, depth-1) + ") && (" + predicate(r, from, depth-1) + ")"
		case 1:
			return "(" + predicate(r, from, depth-1) + ") || (" + predicate(r, from, depth-1) + ")"
		case 2:
			return "!(" + predicate(r, from, depth-1) + ")"
		case 3:
			return "exists(" + way(r, from, depth-1) + ")"
		case 4:
			return "(" + predicate(r, from, depth-1) + ") is unknown"
		}
	}
	w := way(r, from, depth)
	lit := pick(r, "null", "true", "false", "1", "1.0", "1.00", "-2", `"a"`, `"b"`, `"1"`, `""`, "$.a", "1 + 0", `"object"`)
	switch r.IntN(5) {
	case 0:
		return w + ` starts with "a"`
	case 1:
		return w + ` like_regex "a"`
	case 2:
		return lit + " == " + w
	}
	return w + pick(r, " == ", " == ", " != ", " < ", " >= ") + lit
}

func sentence(r *rand.Rand) string {
	s := ""
	for range r.IntN(12) {
		s += pick(r, "a", "b", "ab", "abc", "B", "Ä", "ß", " ", "-", ".", "1", "日", "Abcd")
	}
	return s
}

func likePattern(r *rand.Rand) string {
	s := pick(r, "", "%")
	for range r.IntN(8) {
		s += pick(r, "a", "b", "ab", "abc", "B", "ä", "%", "_", " ", "-", `\\`, `\a`, `\_`, "1", "Abcd")
	}
	return s + pick(r, "", "%")
}

func expression(r *rand.Rand) string {
	s := pick(r, "", "^", "(?i)", `\m`)
	for range r.IntN(7) {
		s += pick(r, "a", "b", "abc", "B", "ä", ".", "[ab]", "[^a]", "(ab|bc)", "(a|ab|Abc)b", "(abc|)", "x?", "a*", "b+", "(ab){2}", "(ab){1,2}",
			" ", "-", `\.`, `\d`, `(?=ab)`, `(?!zz)`, `(a)\1`, `\M`, "(?:ab|b.|abc)", "[a-z]", "(a(b|c)|bcd)")
	}
	return s + pick(r, "", "$")
}

// thresholds are those of pg_trgm.
type thresholds float64

func (t thresholds) Threshold(string) float64 { return float64(t) }

func parse(t *testing.T, oid types.OID, s string) types.Datum {
	t.Helper()
	d, err := types.ParseText(types.Of(oid), s, types.DefaultFormat)
	if err != nil {
		t.Fatalf("%s %q: %v", types.TypeName(oid), s, err)
	}
	return d
}

// FuzzSearch compares conditions with what is asked of entries for them: no row for
// which the condition holds may be left out.
func FuzzSearch(f *testing.F) {
	for seed := range uint64(800) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 0))
		s := subjects[r.IntN(len(subjects))]
		c := s.ops[r.IntN(len(s.ops))]
		class, _ := gin.ByName(s.class)
		op, ok := class.Op(c.op, types.Of(s.key), types.Of(c.right))
		if !ok {
			t.Fatalf("%s serves no %s", s.class, c.op)
		}
		value := c.value(r)
		right := parse(t, c.right, value)
		search := class.Query(2, types.Of(s.key), op, right, thresholds(0))
		var e gin.Entries
		for range 20 {
			text := s.value(r)
			left := parse(t, s.key, text)
			if !holds(t, c.op, s.key, left, c.right, right) {
				continue
			}
			e.Reset()
			e.Add(class, 2, types.Of(s.key), left)
			if !found(search, e.Sorted()) {
				t.Errorf("%s: %s %s %s holds, and %+v does not find it", s.class, text, c.op, value, search)
			}
		}
	})
}

// holds evaluates the operator itself.
func holds(t *testing.T, name string, lt types.OID, l types.Datum, rt types.OID, r types.Datum) bool {
	t.Helper()
	res, err := builtin.ResolveOp("", name, lt, rt)
	if err != nil {
		t.Fatal(err)
	}
	o := res.Op
	e := expr.Fold(&expr.Call{Fn: o.Func, Op: o, T: types.Of(o.Ret), Pos: -1, Args: []expr.Expr{
		&expr.Const{T: types.Of(lt), D: l}, &expr.Const{T: types.Of(rt), D: r}}})
	k, ok := e.(*expr.Const)
	if !ok { // an error, such as a pattern that is none
		return false
	}
	return !k.D.IsNull() && k.D.Bool()
}

// FuzzSimilar does so for what is similar, with any threshold.
func FuzzSimilar(f *testing.F) {
	for seed := range uint64(400) {
		f.Add(seed)
	}
	class, _ := gin.ByName("gin_trgm_ops")
	text := types.Of(types.TextOID)
	measures := map[string]func(a, b []byte) float32{
		"%":   trgm.Similarity,
		"%>":  func(a, b []byte) float32 { return trgm.WordSimilarity(b, a, false) },
		"%>>": func(a, b []byte) float32 { return trgm.WordSimilarity(b, a, true) },
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		threshold := thresholds(r.IntN(11)) / 10
		query := []byte(sentence(r))
		for name, f := range measures {
			op, _ := class.Op(name, text, text)
			search := class.Query(0, text, op, types.Bytes(query), threshold)
			for range 20 {
				value := []byte(sentence(r))
				var e gin.Entries
				e.Add(class, 0, text, types.Bytes(value))
				if float64(f(value, query)) >= float64(threshold) && !found(search, e.Sorted()) {
					t.Errorf("%q %s %q at %v: %+v does not find it", value, name, query, threshold, search)
				}
			}
		}
	})
}

// TestEntries says what values are taken apart into, by their number.
func TestEntries(t *testing.T) {
	for _, x := range []struct {
		class string
		key   types.OID
		value string
		want  int
	}{
		{"array_ops", types.TextArrayOID, "{a,b,a,NULL,NULL}", 3},
		{"array_ops", types.TextArrayOID, "{}", 1},
		{"array_ops", types.NumericArrayOID, "{{1,1.0},{2,1e0}}", 2},
		{"tsvector_ops", types.TSVectorOID, "a:1 b:2,3 a:4", 2},
		{"tsvector_ops", types.TSVectorOID, "", 0},
		{"jsonb_ops", types.JSONBOID, `{"a": [1, "x", {"a": "x"}], "b": 1.0}`, 5},
		{"jsonb_ops", types.JSONBOID, `[]`, 0},
		{"jsonb_path_ops", types.JSONBOID, `{"a": [1, "x", {"a": "x"}], "b": 1.0}`, 4},
		{"jsonb_path_ops", types.JSONBOID, `{"a": {}, "b": []}`, 0},
	} {
		class, _ := gin.ByName(x.class)
		var e gin.Entries
		e.Add(class, 0, types.Of(x.key), parse(t, x.key, x.value))
		list := e.Sorted()
		if len(list) != x.want {
			t.Errorf("%s of %s: %d entries, want %d", x.class, x.value, len(list), x.want)
		}
		for i, a := range list {
			for j, b := range list {
				if i != j && bytes.HasPrefix(b, a) {
					t.Errorf("%s of %s: entry %q begins with entry %q", x.class, x.value, b, a)
				}
			}
		}
	}
}

// TestDeep takes a document apart whose nesting must not matter.
func TestDeep(t *testing.T) {
	class, _ := gin.ByName("jsonb_path_ops")
	d := parse(t, types.JSONBOID, strings.Repeat(`{"a": [`, 1500)+`"`+strings.Repeat("x", 1<<20)+`"`+strings.Repeat("]}", 1500))
	var e gin.Entries
	for range 20 {
		e.Reset()
		e.Add(class, 0, types.Of(types.JSONBOID), d)
	}
	if n := len(e.Sorted()); n != 1 {
		t.Errorf("%d entries", n)
	}
}
