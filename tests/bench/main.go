// The benchmark of `make bench`: LoxoDB as a process of its own, asked over the
// wire, beside PostgreSQL with pgvector in the same run where that is to be had.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/loxodb/loxodb/examples/glove/words"
	"github.com/loxodb/loxodb/tests/bench/host"
	"github.com/loxodb/loxodb/tests/bench/sets"
)

// own is the peer that the benchmark installs and runs by itself.
const own = "own"

// options are what the command line says.
type options struct {
	dir, cache, bin, peer, docs string
	only                        []string
}

func main() {
	o, err := parse(os.Args[1:])
	if err != nil {
		os.Exit(2) // the flags have said why
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := bench(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// parse reads the command line and reports what is wrong with it.
func parse(args []string) (*options, error) {
	o := &options{}
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.StringVar(&o.dir, "data", "bench-data", "where the servers' data directories are made, and removed at the end")
	fs.StringVar(&o.cache, "cache", words.CacheDir, "where the vectors and their true neighbours are kept")
	fs.StringVar(&o.bin, "bin", "bin/loxodb", "the server to measure")
	fs.StringVar(&o.peer, "peer", own, "PostgreSQL with pgvector to measure beside: "+own+" for one that is installed and run here, - for none, or the connection\nstring of a server, where the benchmark stays in its schema "+home.Name)
	fs.StringVar(&o.docs, "docs", "", "write the report to this file, too")
	only := fs.String("only", "", "measure only these parts, by commas: copy, index, knn, pair, wire, insert, points, lists, scan, "+sqlPart+", "+memoryPart)
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	err := o.check(*only, fs.Args())
	if err != nil {
		fmt.Fprintln(fs.Output(), "bench:", err)
		fs.Usage()
	}
	return o, err
}

func (o *options) check(only string, rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("unexpected argument %q", rest[0])
	}
	if only == "" {
		return nil
	}
	o.only = strings.Split(only, ",")
	for _, name := range o.only {
		if name != sqlPart && name != memoryPart && !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			return fmt.Errorf("there is no part %q", name)
		}
	}
	for _, name := range []string{"knn", "pair"} {
		if o.wants(name) && !o.wants("index") {
			return fmt.Errorf("%s needs the part index", name)
		}
	}
	if o.docs != "" {
		return fmt.Errorf("-docs takes a whole report, not -only parts")
	}
	return nil
}

// wants reports whether a part is to be measured.
func (o *options) wants(name string) bool { return len(o.only) == 0 || slices.Contains(o.only, name) }

// sqlPart is the part that is measured apart from the others: ordinary SQL.
const sqlPart = "sql"

// vectors reports whether any other part is to be measured.
func (o *options) vectors() bool {
	return len(o.only) == 0 || slices.ContainsFunc(o.only, func(name string) bool { return name != sqlPart && name != memoryPart })
}

func bench(ctx context.Context, o *options) error {
	places()
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	data, err := os.MkdirTemp(o.dir, "run-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(data)
	var ours, theirs *result
	m := machine{date: time.Now(), cpu: host.CPU(), cores: runtime.NumCPU()}
	if o.wants("points") {
		m.together, m.apart = turns()
	}
	if o.vectors() {
		if ours, theirs, err = measureVectors(ctx, o, data); err != nil {
			return err
		}
	}
	if o.wants(sqlPart) {
		if m.sql, err = measureSQL(ctx, o, data); err != nil {
			return fmt.Errorf("%s: %w", sqlPart, err)
		}
	}
	if o.wants(memoryPart) {
		if m.bounded, err = measureMemory(ctx, o, data); err != nil {
			return fmt.Errorf("%s: %w", memoryPart, err)
		}
	}
	text := report(ours, theirs, m)
	fmt.Print("\n" + text)
	if o.docs == "" {
		return nil
	}
	return os.WriteFile(o.docs, []byte(text), 0o644)
}

// measureVectors measures both servers, one after the other.
func measureVectors(ctx context.Context, o *options, data string) (ours, theirs *result, err error) {
	set, err := dataset(o.cache)
	if err != nil {
		return nil, nil, err
	}
	fmt.Println("measuring LoxoDB")
	p, err := startLoxoDB(ctx, o.bin, filepath.Join(data, "loxodb"))
	if err != nil {
		return nil, nil, err
	}
	ours, err = measure(ctx, server{dsn: p.DSN, rss: func() int64 { return rss(p.PID()) }, pid: p.PID(), own: true}, set, o.wants)
	if err != nil {
		err = p.Why(err)
	}
	p.Stop()
	if err != nil {
		return nil, nil, err
	}
	if theirs, err = measurePeer(ctx, o, data, set); err != nil {
		err = fmt.Errorf("peer: %w", err)
	}
	return ours, theirs, err
}

// measurePeer measures the peer that is asked for; nil when there is none.
func measurePeer(ctx context.Context, o *options, data string, set *dataSet) (*result, error) {
	if o.peer == "-" {
		return nil, nil
	}
	dsn := o.peer
	if dsn == own {
		p, err := startPeer(ctx, o.cache, data, func(s string) { fmt.Println(s) })
		if err != nil {
			fmt.Printf("no peer runs beside (-peer - to leave it out): %v\n", err)
			return nil, nil
		}
		defer p.Stop()
		dsn = p.DSN
	}
	fmt.Println("measuring the peer")
	return measure(ctx, server{dsn: dsn, rss: func() int64 { return 0 }}, set, o.wants)
}

// dataset is GloVe with held-out queries and their true neighbours.
func dataset(cache string) (*dataSet, error) {
	path, err := words.Fetch(cache, func(s string) { fmt.Println(s) })
	if err != nil {
		return nil, err
	}
	all, err := words.Read(path, func(int64, int64, string) {})
	if err != nil {
		return nil, err
	}
	d := &dataSet{}
	d.Set, d.texts = sets.Split(all, sets.Queries)
	fmt.Printf("%d vectors of %d numbers, %d queries\n", d.N(), words.Dims, len(d.Queries))
	return d, d.Truth(cache, func(s string) { fmt.Println(s) })
}
