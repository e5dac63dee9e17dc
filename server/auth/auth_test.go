package auth

import (
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The example conversation of RFC 7677 §3.
func TestExchangeRFC7677(t *testing.T) {
	v, err := ParseVerifier("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=")
	if err != nil {
		t.Fatal(err)
	}
	if !v.Check("pencil") || v.Check("pencils") {
		t.Fatal("the verifier does not fit its password")
	}
	x := NewExchange(v)
	x.nonce = func() (string, error) { return "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", nil }
	first, err := x.First("n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
	if err != nil {
		t.Fatal(err)
	}
	if want := "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"; first != want {
		t.Errorf("server-first-message\n got %s\nwant %s", first, want)
	}
	final, err := x.Final("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
	if err != nil {
		t.Fatal(err)
	}
	if want := "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="; final != want {
		t.Errorf("server-final-message\n got %s\nwant %s", final, want)
	}
}

func TestExchangeRejects(t *testing.T) {
	v, err := NewVerifier("secret")
	if err != nil {
		t.Fatal(err)
	}
	firsts := map[string]string{
		"channel binding required": "p=tls-server-end-point,,n=,r=abc",
		"bad flag":                 "x,,n=,r=abc",
		"authzid":                  "n,a=me,n=,r=abc",
		"no nonce":                 "n,,n=",
		"extension":                "n,,m=x,n=,r=abc",
		"bad nonce":                "n,,n=,r=a\x01c",
		"empty":                    "",
		"half":                     "n,",
	}
	for name, m := range firsts {
		if _, err := NewExchange(v).First(m); !errors.Is(err, ErrMalformed) {
			t.Errorf("First, %s: got %v, want ErrMalformed", name, err)
		}
	}
	zero := ",p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	for _, doomed := range []bool{false, true} {
		x := NewExchange(v)
		if doomed {
			x = NewMockExchange("nobody", []byte("server secret"))
		}
		if _, err := x.First("n,,n=,r=abc"); err != nil {
			t.Fatal(err)
		}
		finals := map[string]error{
			"c=biws,r=" + x.combined + zero:          ErrRejected,
			"c=biws,r=other" + zero:                  ErrMalformed,
			"c=eSws,r=" + x.combined + zero:          ErrMalformed,
			"c=biws,r=" + x.combined:                 ErrMalformed,
			"c=biws,r=" + x.combined + ",p=short":    ErrMalformed,
			"c=biws,r=" + x.combined + ",p=aGVsbG8=": ErrMalformed,
			"":                                       ErrMalformed,
		}
		for m, want := range finals {
			if _, err := x.Final(m); !errors.Is(err, want) {
				t.Errorf("doomed %v, Final(%q): got %v, want %v", doomed, m, err, want)
			}
		}
	}
}

func TestMockIsStable(t *testing.T) {
	one := mockVerifier("a", []byte("k"))
	if again := mockVerifier("a", []byte("k")); one.String() != again.String() {
		t.Error("the same unknown user gets two salts")
	}
	if other := mockVerifier("b", []byte("k")); one.String() == other.String() {
		t.Error("two unknown users share a salt")
	}
}

func TestVerifierForms(t *testing.T) {
	stored, err := Hash("u", "pässword")
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := Hash("u", stored); again != stored {
		t.Error("a verifier was hashed a second time")
	}
	v, err := ParseVerifier(stored)
	if err != nil || v.String() != stored {
		t.Fatalf("round trip: %v, %v", v, err)
	}
	if !v.Check("pa\u0308ssword") {
		t.Error("the decomposed spelling of the password is refused")
	}
	for _, bad := range []string{"", "md5abc", "SCRAM-SHA-256$", "SCRAM-SHA-256$0:AA==$AA==:AA==",
		strings.Replace(stored, "4096", "x", 1), stored[:len(stored)-5], "SCRAM-SHA-256$4096:$:"} {
		if _, err := ParseVerifier(bad); !errors.Is(err, ErrVerifier) {
			t.Errorf("ParseVerifier(%q): got %v, want ErrVerifier", bad, err)
		}
	}
}

func TestPrepare(t *testing.T) {
	for in, want := range map[string]string{
		"plain":       "plain",
		"a\u00a0b":    "a b",
		"I\u00adX":    "IX",
		"\u2168":      "IX",
		"\u00aa":      "a",
		"tab\t":       "tab\t",
		"bad\xffutf8": "bad\xffutf8",
		"\u00ad":      "\u00ad",
		"é\ue000":     "é\ue000",
	} {
		if got := Prepare(in); got != want {
			t.Errorf("Prepare(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestPolicy(t *testing.T) {
	if Choose(true, false, false) != Trust {
		t.Error("a loopback client of a server without passwords should be trusted")
	}
	for _, c := range [][3]bool{{false, false, false}, {true, true, false}, {true, false, true}, {false, true, true}} {
		if Choose(c[0], c[1], c[2]) != SCRAM {
			t.Errorf("Choose(%v) trusts", c)
		}
	}
	for address, ok := range map[string]bool{
		"127.0.0.1:5433": true, "[::1]:5433": true, "127.8.8.8:1": true,
		"0.0.0.0:5433": false, ":5433": false, "10.0.0.1:5433": false, "[::]:1": false, "nonsense": false,
	} {
		if err := CheckListen(address, false); (err == nil) != ok {
			t.Errorf("CheckListen(%q) without a password: %v", address, err)
		}
	}
	if err := CheckListen("0.0.0.0:5433", true); err != nil {
		t.Error(err)
	}
	if Loopback(&net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}) || !Loopback(&net.TCPAddr{IP: net.IPv6loopback}) || !Loopback(&net.UnixAddr{}) {
		t.Error("Loopback is wrong")
	}
}

func TestThrottle(t *testing.T) {
	now := time.Unix(1000, 0)
	th := Throttle{now: func() time.Time { return now }}
	var got []time.Duration
	for range 10 {
		got = append(got, th.Failed("a"))
	}
	ms := time.Millisecond
	want := []time.Duration{0, 0, 0, 250 * ms, 500 * ms, 1000 * ms, 2000 * ms, 4000 * ms, 5000 * ms, 5000 * ms}
	if !slices.Equal(got, want) {
		t.Errorf("delays %v, want %v", got, want)
	}
	if d := th.Failed("b"); d != 0 {
		t.Errorf("another key waits %v", d)
	}
	th.Succeeded("a")
	if d := th.Failed("a"); d != 0 {
		t.Errorf("after a success: %v", d)
	}
	for range 5 {
		th.Failed("c")
	}
	now = now.Add(time.Hour)
	if d := th.Failed("c"); d != 0 {
		t.Errorf("after an hour: %v", d)
	}
	for i := range 3 * mostRemembered {
		th.Failed(strconv.Itoa(i))
	}
	if len(th.seen) > mostRemembered {
		t.Errorf("%d keys remembered", len(th.seen))
	}
}
