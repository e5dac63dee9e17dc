package regex

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

var (
	oracle = flag.String("oracle", "", "connection string of a PostgreSQL to compare random expressions with")
	golden = flag.Int("golden", 0, "write so many of PostgreSQL's answers to testdata")
)

var pieces = []string{"a", "b", "c", "a", "b", ".", "x*", "[ab]", "[^a]", `\w`, `\d`, `\s`, `\W`, "^", "$", `\A`, `\Z`, `\m`, `\M`, `\y`, `\Y`,
	"[[:alpha:]]", "[[:digit:]]", "[a-c]", "\n", " ", "é", "É", "1", "B", "[[.hyphen.]]", "[[=a=]]", `[\d-]`, `[^\D]`, `\1`, `\2`, "|", "|",
	"[[:<:]]", "[[:>:]]", `\x61`, `\u0062`, "-", "_", "{", "]", `[\W]`, "[]a]", "[a-]", `\n`, "(?#c)", `\10`, `\012`, `\\`, "[[:upper:]]", "[b-a]", "[[:x:]]"}

var counts = []string{"*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,1}?", "{2,}?", "{0}", "{1,1}?", "{1}", "{1,}", "{3,2}", "{0,2}", "{256}", "**"}

func randomPattern(r *rand.Rand, depth int) string {
	var b strings.Builder
	for range 1 + r.IntN(4) {
		p := pieces[r.IntN(len(pieces))]
		if r.IntN(2) == 0 {
			p = pieces[r.IntN(5)]
		}
		if depth > 0 && r.IntN(3) == 0 {
			open := []string{"(", "(", "(", "(?:", "(?=", "(?!", "(?<=", "(?<!"}[r.IntN(8)]
			p = open + randomPattern(r, depth-1) + ")"
		}
		if depth > 0 && r.IntN(6) == 0 {
			p = "(" + randomPattern(r, depth-1) + "|" + randomPattern(r, depth-1) + ")"
		}
		b.WriteString(p)
		if r.IntN(3) == 0 {
			b.WriteString(counts[r.IntN(len(counts))])
		}
	}
	return b.String()
}

// TestOracle compares random expressions over random texts with PostgreSQL's
// answers; it needs -oracle.
func TestOracle(t *testing.T) {
	if *oracle == "" {
		t.Skip("no -oracle")
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, *oracle)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	bad, errors := 0, 0
	var keep strings.Builder
	for n := 0; n < max(*golden, 30000) && bad < 15; n++ {
		pattern := randomPattern(r, 3)
		if r.IntN(10) == 0 {
			pattern = []string{"(?i)", "(?n)", "(?x)", "(?b)", "(?e)", "(?q)", "***:", "***=", "(?p)", "(?w)", "(?iz)"}[r.IntN(11)] + pattern
		}
		var b strings.Builder
		for range r.IntN(9) {
			b.WriteString([]string{"a", "b", "c", "a", "b", "é", "É", " ", "\n", "1", "B", "-", "_", "x", "A"}[r.IntN(15)])
		}
		text := b.String()
		flags := []string{"", "", "", "i", "n", "x", "e", "b", "p", "w", "q"}[r.IntN(11)]
		var want string
		err := conn.QueryRow(ctx, `SELECT coalesce((SELECT string_agg(regexp_instr($1,$2,1,k,0,$3)||':'||regexp_instr($1,$2,1,k,1,$3)||':'||
			regexp_instr($1,$2,1,k,0,$3,1)||':'||regexp_instr($1,$2,1,k,1,$3,1)||':'||regexp_instr($1,$2,1,k,0,$3,2)||':'||regexp_instr($1,$2,1,k,1,$3,2), ',') FROM generate_series(1,3) k), '')`, text, pattern, flags).Scan(&want)
		if err != nil {
			errors++
			want = err.Error()
			if _, w, ok := strings.Cut(want, "invalid regular expression: "); ok {
				want = strings.TrimSuffix(w, " (SQLSTATE 2201B)")
			}
		}
		if n < *golden && (err == nil || n%8 == 0) {
			quoted := strings.NewReplacer(`\`, `\\`, "\n", `\n`)
			fmt.Fprintf(&keep, "%s\t%s\t%s\t%s\n", quoted.Replace(text), quoted.Replace(pattern), flags, want)
		}
		if got := answer(text, pattern, flags); got != want {
			bad++
			t.Errorf("%q ~ %q flags %q: %s, PostgreSQL %s", text, pattern, flags, got, want)
		}
	}
	t.Logf("%d were errors", errors)
	if *golden > 0 {
		if err := os.WriteFile("testdata/postgres.txt", []byte(keep.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func answer(text, pattern, flags string) string {
	var f Flags
	for _, c := range flags {
		if c == 'e' {
			c = 'b'
		}
		f.Set(c)
	}
	re, err := Compile(pattern, f)
	if err != nil {
		return err.Error()
	}
	var out []string
	on := re.On([]byte(text), nil)
	at := 0
	for range 3 {
		loc, err := on.Find(at)
		if err != nil {
			return err.Error()
		}
		var row []string
		for g := range 3 {
			for e := range 2 {
				k := 2*g + e
				if g == 1 && len(loc) == 2 {
					k = e
				}
				if loc == nil || k >= len(loc) || loc[k] < 0 {
					row = append(row, "0")
				} else {
					row = append(row, fmt.Sprint(len([]rune(text[:loc[k]]))+1))
				}
			}
		}
		out = append(out, strings.Join(row, ":"))
		if loc == nil {
			at = len(text) + 1
			continue
		}
		at = loc[1]
		if loc[0] == loc[1] {
			for at++; at < len(text) && text[at]&0xc0 == 0x80; at++ {
			}
		}
	}
	return strings.Join(out, ",")
}
