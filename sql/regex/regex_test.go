package regex

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"
)

// Answers are PostgreSQL's (answer's form: beginning and end of the match, of group
// 1 and of group 2, for the first three matches).
func TestAgainstPostgres(t *testing.T) {
	data, err := os.ReadFile("testdata/postgres.txt")
	if err != nil {
		t.Fatal(err)
	}
	unquote := strings.NewReplacer(`\n`, "\n", `\\`, `\`)
	for _, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		f := strings.Split(line, "\t")
		if got := answer(unquote.Replace(f[0]), unquote.Replace(f[1]), f[2]); got != f[3] {
			t.Errorf("%s ~ %s flags %q: %s, PostgreSQL %s", f[0], f[1], f[2], got, f[3])
		}
	}
}

// What a backtracking matcher would need exponential time for.
func TestBoundedTime(t *testing.T) {
	long := []byte(strings.Repeat("a", 3000))
	began := time.Now()
	for _, p := range []string{`(a*)*b`, `(a|aa)+$x`, `(?=a*a*a*b)`, `(a*?)*?b`, `(?:a?){200}a{200}b`, `(?<=(a+)+)b`, `\ma+\M!`} {
		re, err := Compile(p, Flags{})
		if err != nil {
			t.Fatal(err)
		}
		if m, err := re.On(long, nil).Find(0); m != nil || err != nil {
			t.Errorf("%s: %v, %v", p, m, err)
		}
	}
	if d := time.Since(began); d > 20*time.Second {
		t.Errorf("%v", d)
	}
}

// A search asks whether to go on.
func TestStops(t *testing.T) {
	re, err := Compile(`(a*)(a*)(a*)\1\2\3b`, Flags{})
	if err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	asked := 0
	_, err = re.On([]byte(strings.Repeat("a", 2000)+"b"), func() error {
		if asked++; asked > 3 {
			return enough
		}
		return nil
	}).Find(0)
	if !errors.Is(err, enough) {
		t.Errorf("%v after %d questions", err, asked)
	}
}

func TestTooComplex(t *testing.T) {
	for _, p := range []string{
		`((a{255}){255}){255}`, strings.Repeat("(", 20000) + strings.Repeat(")", 20000), "(a)" + doubling(60),
	} {
		if _, err := Compile(p, Flags{}); !errors.Is(err, errTooBig) {
			t.Errorf("%.40s: %v", p, err)
		}
	}
}

// doubling refers n times to twice what came before.
func doubling(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, `(\%d\%d)`, i, i)
	}
	return b.String()
}

func TestClasses(t *testing.T) {
	for name, want := range map[string]string{
		"alpha": "aZäßαЖ中٣ªͅⓐ", "digit": "09", "alnum": "a9ä٣", "upper": "AÄΑǅⅠⒶ", "lower": "aäαªǅⅰⓐ", "space": " \t\n\u3000\u2003",
		"blank": " \t", "punct": "!_€\u00a0²", "print": "a \u00a0€", "graph": "a€\u00a0", "cntrl": "\x01\u0085", "xdigit": "0aF", "word": "a_9ä",
	} {
		spans, _ := class(name, false)
		set := newSet(spans)
		for _, c := range want {
			if !set.has(c) {
				t.Errorf("%q is not in %s", c, name)
			}
		}
	}
	for _, c := range "٣ä" {
		if unicode.IsDigit(c) && newSet(classes()["digit"]).has(c) {
			t.Errorf("%q is a digit", c)
		}
	}
}

// Go's regexp and the automaton find the same.
func FuzzBothWays(f *testing.F) {
	for _, s := range []string{`^a[b-c]*\d+$`, `(?i)x`, `***=a.b`, `[[:alpha:]]`, `a{2,3}?`, `[]a]`, `\x41\u0042`, `(a|b)(?:c)`, `(|a)+`, `(?n)^.$`} {
		f.Add(s, "abcabc 1\nb")
	}
	f.Fuzz(func(t *testing.T, p, s string) {
		if len(s) > 200 || len(p) > 200 || !strings.HasPrefix(strings.ToValidUTF8(s, ""), s) {
			return
		}
		re, err := Compile(p, Flags{})
		if err != nil {
			if !errors.As(err, new(Error)) {
				t.Fatal(err)
			}
			return
		}
		fast, _ := re.On([]byte(s), nil).Find(0)
		re.fast = nil
		slow, _ := re.On([]byte(s), nil).Find(0)
		if (fast == nil) != (slow == nil) {
			t.Fatalf("%v and %v", fast, slow)
		}
		for i := range fast {
			if fast[i] != slow[i] {
				t.Fatalf("%v and %v", fast, slow)
			}
		}
	})
}
