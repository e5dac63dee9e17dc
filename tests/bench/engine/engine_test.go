package main

import (
	"context"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loxodb/loxodb/tests/bench/sets"
)

func smallSet(t *testing.T) *sets.Set {
	rng := rand.New(rand.NewPCG(5, 0))
	s := &sets.Set{Name: "small", Dims: 8, Metric: sets.L2}
	for range 400 * s.Dims {
		s.Base = append(s.Base, float32(rng.NormFloat64()))
	}
	for range 20 {
		s.Queries = append(s.Queries, slices.Clone(s.Vec(rng.IntN(s.N()))))
	}
	if err := s.Truth(t.TempDir(), func(string) {}); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestOwn finds all neighbours of a small set, which any beam as wide as the set does.
func TestOwn(t *testing.T) {
	s := smallSet(t)
	for _, kind := range []func(context.Context, *sets.Set) (*result, error){own, ownNibbles, ownLists} {
		r, err := kind(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		last := r.curve[len(r.curve)-1]
		if len(r.curve) != len(efforts) || last.recall != 1 || !(last.qps > 0) || !(last.distances > 0) {
			t.Fatalf("%s: %+v", r.name, r.curve)
		}
	}
}

// TestCollect judges a peer's lines: right answers, wrong ones, one that comes twice.
func TestCollect(t *testing.T) {
	s := smallSet(t)
	dir := t.TempDir()
	right := make([]uint32, 0, len(s.Queries)*sets.K)
	for _, q := range s.Queries {
		order := make([]uint32, s.N())
		for i := range order {
			order[i] = uint32(i)
		}
		slices.SortFunc(order, func(a, b uint32) int {
			return int(math.Copysign(1, s.Metric.Distance(q, s.Vec(int(a)))-s.Metric.Distance(q, s.Vec(int(b)))))
		})
		right = append(right, order[:sets.K]...)
	}
	twice := slices.Clone(right)
	for i := range twice {
		twice[i] = twice[i/sets.K*sets.K]
	}
	var lines strings.Builder
	for name, a := range map[string][]uint32{"right": right, "twice": twice, "none": slices.Repeat([]uint32{1 << 30}, len(right))} {
		path := filepath.Join(dir, name)
		var b []byte
		for _, x := range a {
			b = binary.LittleEndian.AppendUint32(b, x)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&lines, `{"library":%q,"version":"1","settings":"","build":2,"build_cpu":3,"effort":"10","seconds":0.5,"answers":%q}`+"\n", name, path)
	}
	got, err := collect(strings.NewReader(lines.String()), s)
	if err != nil || len(got) != 3 {
		t.Fatal(got, err)
	}
	want := map[string]float64{"right": 1, "twice": .1, "none": 0}
	for _, r := range got {
		if p := r.curve[0]; p.recall != want[r.name] || p.qps != 40 || r.build != 2 || r.buildCPU != 3 {
			t.Errorf("%s: %+v", r.name, r)
		}
	}
	if _, err := collect(strings.NewReader("Traceback\n"), s); err == nil {
		t.Error("nonsense passes")
	}
}

// TestInterpret has an interpreter that, like Python, reads its whole script before it acts.
func TestInterpret(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh")
	}
	s := smallSet(t)
	answers := filepath.Join(t.TempDir(), "answers")
	if err := os.WriteFile(answers, make([]byte, 4*sets.K*len(s.Queries)), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	line := fmt.Sprintf(`{"library":"read","version":"1","settings":"","build":2,"build_cpu":3,"effort":"10","seconds":0.5,"answers":%q}`, answers)
	cmd := exec.CommandContext(ctx, sh, "-c", `test "$(wc -c)" -eq "$1" && echo "$2"`, "sh", strconv.Itoa(len(script)), line)
	got, err := interpret(cmd, s)
	if err != nil || len(got) != 1 || got[0].name != "read" {
		t.Fatal(got, err)
	}
	_, err = interpret(exec.CommandContext(ctx, sh, "-c", "echo no such processor >&2; echo >&2; exit 1"), s)
	if err == nil || !strings.HasSuffix(err.Error(), ": no such processor") {
		t.Error(err)
	}
}

func TestAt(t *testing.T) {
	r := &result{curve: []point{{"1", .9, 1000, 10}, {"2", .975, 500, 40}, {"3", .999, 100, 90}}}
	// Halfway in the logarithm of what is missed is halfway in the logarithm of speed.
	if got, want := r.at(.95), math.Sqrt(1000*500); math.Abs(got-want) > 1 {
		t.Errorf("%v, want %v", got, want)
	}
	if got := r.workAt(.95); math.Abs(got-20) > .1 {
		t.Errorf("%v distances, want 20", got)
	}
	if got := r.workAt(.9999); got != 0 {
		t.Errorf("%v distances at a recall never reached", got)
	}
	if got := r.at(.9999); got != 0 {
		t.Errorf("%v queries/s at a recall never reached", got)
	}
	if got := r.at(.5); got != 1000 {
		t.Errorf("%v, want the fastest point", got)
	}
}

// TestGrowth draws what logarithmic growth is: a straight multiple of log n.
func TestGrowth(t *testing.T) {
	var stages []stage
	for _, n := range grownTo {
		stages = append(stages, stage{n: n, micros: math.Log(float64(n)), distances: float64(n), walked: 7 * math.Log(float64(n)), found: .99})
	}
	if got := overLog(stages, micros); math.Abs(got-1) > 1e-9 {
		t.Errorf("log n grew %v times as much as log n", got)
	}
	if got := exponent(stages, distances); math.Abs(got-1) > 1e-9 {
		t.Errorf("n grew as n^%v", got)
	}
	var doc struct {
		Texts []string `xml:"text"`
		Lines []struct {
			Points string `xml:"points,attr"`
		} `xml:"polyline"`
	}
	if err := xml.Unmarshal([]byte(picture(stages)), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Lines) != 4 || doc.Lines[0].Points != doc.Lines[1].Points || doc.Lines[0].Points != doc.Lines[3].Points || doc.Lines[0].Points == doc.Lines[2].Points {
		t.Errorf("curves %v", doc.Lines)
	}
	for _, want := range []string{"10k", "316k", "1M", "log n", "1×", "64×"} {
		if !slices.Contains(doc.Texts, want) {
			t.Errorf("no %q among %q", want, doc.Texts)
		}
	}
	s := grown("patches", stages)
	if !slices.Contains(efforts, growthBeam) || !strings.Contains(s.text, pictureName) || !strings.Contains(s.text, "| 31623 |") || s.name != "patches, while it grows" {
		t.Errorf("%q: %s", s.name, s.text)
	}
	if strings.Contains(s.text, growthPeer) {
		t.Errorf("a peer that was not measured: %s", s.text)
	}
	for i := range stages {
		stages[i].peer = 3 * math.Log(float64(stages[i].n))
	}
	if s := grown("patches", stages); !strings.Contains(s.text, "| 41.4 |\n") || !strings.Contains(s.text, growthPeer+" grew as n^0.09, 1.00 times") || !strings.Contains(picture(stages), ">"+growthPeer+"<") {
		t.Errorf("beside a peer: %s", s.text)
	}
}

// TestReportKeeps: a report of some sets keeps the sections of others, in their order.
func TestReportKeeps(t *testing.T) {
	of := func(name string, qps float64) section {
		r := &result{own: true, name: "LoxoDB", curve: []point{{recall: .96, qps: qps}}}
		m := measured{set: &sets.Set{Name: name, Metric: sets.L2}, n: 1, results: []*result{r}}
		return m.section()
	}
	text := report([]section{of("first", 111), of("second", 222), of("third", 333)}, "")
	text = report([]section{of("second", 444), of("fourth", 555)}, text)
	last := -1
	for _, want := range []string{"# The vector index", "## first", " 111 ", "## second", " 444 ", "## third", " 333 ", "## fourth", " 555 "} {
		at := strings.Index(text, want)
		if at <= last || strings.Count(text, want) != 1 {
			t.Errorf("%q is at %d after %d, or not once, in:\n%s", want, at, last, text)
		}
		last = at
	}
	if strings.Contains(text, " 222 ") || strings.Contains(text, "\n\n\n") {
		t.Errorf("not as it should be:\n%s", text)
	}
}
