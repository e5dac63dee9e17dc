// Package isolation runs concurrent transactions step by step, in orders that
// matter, and compares what each step answers, and whether it waits, with what
// PostgreSQL 15 did. Specs lie in testdata; see the type spec. Their .out files
// are written only from PostgreSQL's own answers:
//
//	make isolation-record PG='postgres://user@host:port/database'
//
// LoxoDB restarts a READ COMMITTED statement that meets a changed row where
// PostgreSQL looks at that row again; where that, or the time at which a deadlock
// is found, shows, the spec says so and what LoxoDB answers instead.
package isolation

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loxodb/loxodb/server/boot"
)

var record = flag.String("record", "", "write the expectations from the PostgreSQL server of this URL")

func TestSpecs(t *testing.T) {
	files, err := filepath.Glob("testdata/*.spec")
	if err != nil || len(files) == 0 {
		t.Fatalf("no specs: %v", err)
	}
	url := *record
	if url == "" {
		url = serve(t)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".spec")
		t.Run(name, func(t *testing.T) {
			s, err := readSpec(path, name)
			if err != nil {
				t.Fatal(err)
			}
			if *record != "" {
				recordSpec(t, s, url)
				return
			}
			checkSpec(t, s, url)
		})
	}
}

// serve starts LoxoDB on an empty directory.
func serve(t *testing.T) string {
	srv, err := boot.Start(t.Context(), boot.Options{Data: t.TempDir() + "/data", Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := srv.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
	return "postgres://postgres@" + srv.Addr().String() + "/postgres?sslmode=disable"
}

// checkSpec runs a spec on LoxoDB.
func checkSpec(t *testing.T, s *spec, url string) {
	want := map[string]string{}
	if !s.byHand {
		text, err := os.ReadFile("testdata/" + s.name + ".out")
		if err != nil {
			t.Fatalf("%v (see make isolation-record)", err)
		}
		want = answers(string(text))
	}
	r := newRunner(t, url, 0)
	for i := range s.permutations {
		p := &s.permutations[i]
		expected, ok := want[p.title()]
		if !ok && !s.byHand {
			t.Fatalf("no expectation for %s(see make isolation-record)", p.title())
		}
		switch {
		case p.own == "" && (s.byHand || p.reason != ""):
			t.Errorf("line %d: no expectation below the permutation", p.at)
		case p.own != "" && !s.byHand && p.reason == "":
			t.Errorf("line %d: an answer of its own without a reason", p.at)
		case p.own == expected && !s.byHand:
			t.Errorf("line %d: does not differ from PostgreSQL", p.at)
		}
		if p.own != "" {
			expected = p.own
		}
		if got := r.run(s, p); got != expected {
			t.Errorf("line %d: %sgot\n%swant\n%s", p.at, p.title(), indent(got), indent(expected))
		}
	}
}

func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n    ") + "\n"
}

// recordSpec writes a spec's expectations from PostgreSQL.
func recordSpec(t *testing.T, s *spec, url string) {
	if s.byHand {
		t.Skip("PostgreSQL cannot run it")
	}
	sep := "?"
	if strings.Contains(url, "?") {
		sep = "&"
	}
	// A deadlock is found long before a step is taken to wait for good.
	r := newRunner(t, url+sep+"deadlock_timeout=20ms", 100*time.Millisecond)
	if v := r.control.ParameterStatus("server_version"); !strings.HasPrefix(v, "15.") || strings.Contains(v, "LoxoDB") {
		t.Fatalf("expectations come from PostgreSQL 15, not %s", v)
	}
	var blocks []string
	for i := range s.permutations {
		p := &s.permutations[i]
		blocks = append(blocks, p.title()+r.run(s, p))
	}
	if err := os.WriteFile("testdata/"+s.name+".out", []byte(strings.Join(blocks, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}
