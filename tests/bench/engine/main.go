// The benchmark of `make bench-engine`: LoxoDB's vector index used as a library,
// with no server and no SQL, beside other libraries in the same run: one thread,
// one query at a time, k = 10, real vectors, recall counted by distance.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loxodb/loxodb/examples/glove/words"
	"github.com/loxodb/loxodb/tests/bench/sets"
)

// options are what the command line says.
type options struct {
	cache, python, docs string
	growth              string // the set that is watched while it grows
	sets, peers         []string
	files               string // a set of the caller's own, measured last
}

func main() {
	o, err := parse(os.Args[1:])
	if err != nil {
		os.Exit(2) // the flags have said why
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench-engine:", err)
		os.Exit(1)
	}
}

func parse(args []string) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("bench-engine", flag.ContinueOnError)
	flags.StringVar(&o.cache, "cache", words.CacheDir, "where the vectors, their true neighbours and the other libraries are kept")
	flags.StringVar(&o.python, "python", "python3", "the Python that the other libraries are installed for, in an environment of their own")
	flags.StringVar(&o.docs, "docs", "", "write the report to this file, too, and its picture beside it")
	all := make([]string, len(sets.All))
	for i, s := range sets.All {
		all[i] = s.Name
	}
	which := flags.String("sets", strings.Join(all, ","), "the sets, by commas; - for none")
	flags.StringVar(&o.growth, "growth", "patches", "the set that is measured while it grows; - for none")
	flags.StringVar(&o.files, "files", "", "vectors of your own, too, as name:metric:base.fvecs:query.fvecs, metric l2 or cosine")
	peers := flags.String("peers", strings.Join(peerNames, ","), "the other libraries, by commas; - for none")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if *which != "-" {
		o.sets = strings.Split(*which, ",")
	}
	if *peers != "-" {
		o.peers = strings.Split(*peers, ",")
	}
	err := o.check(all, flags.Args())
	if err != nil {
		fmt.Fprintln(flags.Output(), "bench-engine:", err)
		flags.Usage()
	}
	return o, err
}

func (o *options) check(known, rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("unexpected argument %q", rest[0])
	}
	for _, s := range o.sets {
		if !slices.Contains(known, s) {
			return fmt.Errorf("there is no set %q", s)
		}
	}
	if o.growth != "-" && !slices.Contains(known, o.growth) {
		return fmt.Errorf("there is no set %q", o.growth)
	}
	for _, p := range o.peers {
		if !slices.Contains(peerNames, p) {
			return fmt.Errorf("there is no peer %q", p)
		}
	}
	return nil
}

func run(ctx context.Context, o *options) error {
	say := func(s string) { fmt.Println(s) }
	var made []section
	for _, name := range o.sets {
		s, err := sets.Load(name, o.cache, say)
		if err != nil {
			return err
		}
		m, err := measure(ctx, o, s)
		if err != nil {
			return err
		}
		made = append(made, m.section())
	}
	if o.files != "" {
		s, err := sets.FromFiles(o.files, o.cache, say)
		if err != nil {
			return err
		}
		m, err := measure(ctx, o, s)
		if err != nil {
			return err
		}
		made = append(made, m.section())
	}
	var stages []stage
	if o.growth != "-" {
		s, err := sets.Load(o.growth, o.cache, say)
		if err != nil {
			return err
		}
		if stages, err = growth(ctx, o, s, say); err != nil {
			return err
		}
		made = append(made, grown(o.growth, stages))
	}
	fmt.Print("\n" + report(made, ""))
	if o.docs == "" {
		return nil
	}
	return write(o.docs, made, stages)
}

// measure is what LoxoDB and the peers do with a set.
func measure(ctx context.Context, o *options, s *sets.Set) (*measured, error) {
	fmt.Printf("%s: %d vectors of %d numbers, %s\n", s.Name, s.N(), s.Dims, s.Metric)
	m := &measured{n: s.N()}
	for _, kind := range []func(context.Context, *sets.Set) (*result, error){own, ownNibbles, ownLists} {
		r, err := kind(ctx, s)
		if err != nil {
			return nil, err
		}
		m.results = append(m.results, r)
		r.print()
	}
	others, err := peers(ctx, o, s)
	if err != nil {
		return nil, err
	}
	m.results = append(m.results, others...)
	m.set = &sets.Set{Name: s.Name, About: s.About, Dims: s.Dims, Metric: s.Metric} // without the vectors
	return m, nil
}

// write keeps the report, with what it said of other sets, and the picture of a set
// that grew beside it.
func write(path string, made []section, stages []stage) error {
	earlier, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if stages != nil {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), pictureName), []byte(picture(stages)), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(path, []byte(report(made, string(earlier))), 0o644)
}

// pictureName is the file of the picture, beside the report.
const pictureName = "growth.svg"
