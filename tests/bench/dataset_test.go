package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/loxodb/loxodb/examples/glove/words"
	"github.com/loxodb/loxodb/tests/bench/sets"
)

func smallSet(n int) *words.Set {
	rng := rand.New(rand.NewPCG(1, 2))
	s := &words.Set{}
	for i := range n {
		s.Texts = append(s.Texts, fmt.Sprintf("word %d", i))
		for range words.Dims {
			s.Vecs = append(s.Vecs, float32(rng.NormFloat64()))
		}
	}
	return s
}

// small is a set of random vectors of which some are queries.
func small(n, queries int) *dataSet {
	d := &dataSet{}
	d.Set, d.texts = sets.Split(smallSet(n), queries)
	return d
}

// TestCopyMessages takes the messages apart again.
func TestCopyMessages(t *testing.T) {
	d := small(500, 10)
	var data []byte
	messages := d.copyMessages()
	if len(messages) < 3 {
		t.Fatalf("%d messages", len(messages))
	}
	for _, m := range messages {
		if m[0] != 'd' || int(binary.BigEndian.Uint32(m[1:])) != len(m)-1 {
			t.Fatalf("message %q… of %d bytes", m[:5], len(m))
		}
		data = append(data, m[5:]...)
	}
	rest, ok := bytes.CutPrefix(data, []byte("PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"))
	if !ok {
		t.Fatalf("the data begin with %q", data[:20])
	}
	for i := range d.N() {
		if binary.BigEndian.Uint16(rest) != 3 {
			t.Fatalf("row %d: %d fields", i, binary.BigEndian.Uint16(rest))
		}
		r := row(rest[2:])
		id, word, vec := r.next(), r.next(), r.next()
		if binary.BigEndian.Uint64(id) != uint64(i+1) || string(word) != d.texts[i] || !slices.Equal(vec, appendVector(nil, d.Vec(i))) {
			t.Fatalf("row %d: %x %q", i, id, word)
		}
		if math.Float32frombits(binary.BigEndian.Uint32(vec[4:])) != d.Vec(i)[0] || binary.BigEndian.Uint32(vec) != words.Dims<<16 {
			t.Fatalf("row %d: vector begins %x", i, vec[:8])
		}
		rest = r
	}
	if string(rest) != "\xff\xff" {
		t.Fatalf("the data end with %x", rest)
	}
}

func TestJudge(t *testing.T) {
	d := small(300, 3)
	if err := d.Truth(t.TempDir(), func(string) {}); err != nil {
		t.Fatal(err)
	}
	var all []neighbour
	for i := range d.N() {
		all = append(all, neighbour{uint64(i + 1), d.Metric.Distance(d.Queries[1], d.Vec(i))})
	}
	slices.SortFunc(all, func(a, b neighbour) int {
		if a.distance < b.distance {
			return -1
		}
		return 1
	})
	if hits, err := d.judge(1, all[:k]); err != nil || hits != k {
		t.Fatal(hits, err)
	}
	if hits, err := d.judge(1, all[4:4+k]); err != nil || hits != k-4 {
		t.Fatal(hits, err)
	}
	for what, spoil := range map[string]func(a []neighbour) []neighbour{
		"9 rows":         func(a []neighbour) []neighbour { return a[:k-1] },
		"11 rows":        func(a []neighbour) []neighbour { return append(a, all[k]) },
		"comes twice":    func(a []neighbour) []neighbour { a[3] = a[2]; return a },
		"row 0":          func(a []neighbour) []neighbour { a[3].id = 0; return a },
		"the server say": func(a []neighbour) []neighbour { a[3].distance -= 1e-3; return a },
		"says NaN":       func(a []neighbour) []neighbour { a[3].distance = math.NaN(); return a },
		"comes after":    func(a []neighbour) []neighbour { a[3], a[9] = a[9], a[3]; return a },
		"another row":    func(a []neighbour) []neighbour { a[9].id = all[200].id; return a },
	} {
		_, err := d.judge(1, spoil(slices.Clone(all[:k])))
		if err == nil {
			t.Errorf("%s: not noticed", what)
		} else if !strings.Contains(err.Error(), what) && what != "another row" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestLeast searches over a recall that grows with the effort.
func TestLeast(t *testing.T) {
	for want := range graph.most {
		if want < 1 {
			continue
		}
		tries := 0
		tried := map[int]point{}
		try := func(ef int) (point, error) {
			p := point{ef: ef, recall: .5}
			if ef >= want {
				p.recall = .95
			}
			tries++
			tried[ef] = p
			return p, nil
		}
		for _, ef := range []int{40, 100, 400} {
			_, _ = try(ef)
		}
		got, err := least(tried, graph.most, .945, try)
		if err != nil || got < want || got > want+max(1, got/50) || tries > 14 {
			t.Fatalf("want %d: %d after %d tries, %v", want, got, tries, err)
		}
	}
	_, err := least(map[int]point{}, graph.most, .945, func(ef int) (point, error) { return point{recall: .9}, nil })
	if !errors.Is(err, errUnreached) || !strings.Contains(err.Error(), "0.9000") {
		t.Fatal(err)
	}
}

// TestLost: a method is given up where it is slower before it is good enough.
func TestLost(t *testing.T) {
	tried := map[int]point{10: {recall: .87, qps: 200}, 40: {recall: .98, qps: 40}}
	for _, c := range []struct {
		target
		want bool
	}{
		{target{.95, nil, 0}, false},
		{target{.95, nil, 150}, false}, // 10 is faster, and 40 is good enough
		{target{.95, nil, 200}, true},
		{target{.99, nil, 50}, true},
		{target{.85, nil, 1000}, false}, // both are good enough: least looks for less
	} {
		if got := c.lost(tried); got != c.want {
			t.Errorf("%+v: %v", c.target, got)
		}
	}
	if allLost([]target{{.99, nil, 50}, {.95, nil, 0}}, tried) || !allLost([]target{{.99, nil, 50}}, tried) {
		t.Error("all is not all")
	}
}
