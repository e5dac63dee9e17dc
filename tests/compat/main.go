// The differential harness of `make compat`: the same statements to a real
// PostgreSQL 15 and to LoxoDB, by both protocols, and what differs in their
// answers. The statements are the scripts under areas, and what the generators
// make of PostgreSQL's own catalogs; docs/compatibility.md is written from the
// results.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"time"
)

// options are what the command line says.
type options struct {
	bin, pg, dir, docs, list string
	captures, schema         string
	seed                     uint64
	least                    float64
	only                     *regexp.Regexp
}

func main() {
	o, err := parse(os.Args[1:])
	if err != nil {
		os.Exit(2) // the flags have said why
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := compat(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "compat:", err)
		os.Exit(1)
	}
}

func parse(args []string) (*options, error) {
	o := &options{}
	fs := flag.NewFlagSet("compat", flag.ContinueOnError)
	fs.StringVar(&o.bin, "bin", "bin/loxodb", "the server to measure")
	fs.StringVar(&o.pg, "pg", "", "connection string of a PostgreSQL 15 to compare with, where the database "+database+" is made;\nwithout it one is installed (Debian) and run here")
	fs.StringVar(&o.dir, "scripts", "", "run the scripts under this directory instead of all areas and generators")
	fs.StringVar(&o.captures, "captures", "", "run the statements captured from clients in the files of this directory, instead of all else")
	fs.StringVar(&o.schema, "schema", "", "the schema that the captures were taken over, if not schema.sql beside them")
	fs.StringVar(&o.docs, "docs", "", "write the report to this file")
	fs.StringVar(&o.list, "list", "", "write every disagreement to this file")
	fs.Uint64Var(&o.seed, "seed", 15, "of the generated statements")
	fs.Float64Var(&o.least, "least", 0, "fail if fewer percent of the statements agree, or if one is lost, stuck or an internal error")
	only := fs.String("only", "", "run only scripts whose AREA/NAME matches this expression")
	err := fs.Parse(args)
	if err == nil && fs.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", fs.Arg(0))
		fmt.Fprintln(fs.Output(), "compat:", err)
	}
	if err == nil && o.captures != "" && o.pg != "" {
		err = errors.New("captures want a PostgreSQL of the run's own, whose databases and roles can be dropped")
		fmt.Fprintln(fs.Output(), "compat:", err)
	}
	if err == nil {
		if o.only, err = regexp.Compile(*only); err != nil {
			fmt.Fprintln(fs.Output(), "compat:", err)
		}
	}
	return o, err
}

// compat runs everything and reports.
func compat(ctx context.Context, o *options) error {
	dir, err := os.MkdirTemp("", "compat-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p, stop, err := servers(ctx, o, dir)
	defer stop()
	if err != nil {
		return err
	}
	began := time.Now()
	r := &results{seed: o.seed}
	if o.captures != "" {
		if r.outcomes, err = p.runCaptures(ctx, o, o.captures, o.schema, ""); err != nil {
			return err
		}
		return r.report(o, began)
	}
	list, err := collect(ctx, o, p.postgres)
	if err != nil {
		return err
	}
	for _, s := range list {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		outcomes, err := p.run(ctx, s)
		if err != nil {
			return err
		}
		r.outcomes = append(r.outcomes, outcomes...)
	}
	if r.cover, err = coverage(ctx, p); err != nil {
		return err
	}
	r.versions(ctx, p)
	if o.pg == "" && o.dir == "" {
		outcomes, err := p.runCaptures(ctx, o, ownCaptures(), "", captureArea)
		if err != nil {
			return err
		}
		r.outcomes = append(r.outcomes, outcomes...)
	}
	return r.report(o, began)
}

// report prints and writes what came of a run.
func (r *results) report(o *options, began time.Time) error {
	fmt.Print(r.summary())
	fmt.Printf("seed %d, %.0f s\n", o.seed, time.Since(began).Seconds())
	if o.list != "" {
		if err := os.WriteFile(o.list, []byte(r.list()), 0o644); err != nil {
			return err
		}
	}
	if o.docs != "" {
		if err := os.WriteFile(o.docs, []byte(r.page()), 0o644); err != nil {
			return err
		}
	}
	if o.least > 0 {
		return r.suffices(o.least)
	}
	return nil
}

// servers starts what is needed; stop ends it, even after an error.
func servers(ctx context.Context, o *options, dir string) (p *pair, stop func(), err error) {
	p = &pair{}
	var own []*server
	stop = func() {
		for _, s := range own {
			s.stop()
		}
	}
	if o.pg != "" {
		p.postgres = &server{dsn: o.pg}
	} else {
		if p.postgres, err = startPostgres(ctx, dir); err != nil {
			return nil, stop, fmt.Errorf("PostgreSQL: %w", err)
		}
		own = append(own, p.postgres)
	}
	if p.loxodb, err = startLoxoDB(ctx, o.bin, dir); err != nil {
		return nil, stop, fmt.Errorf("LoxoDB: %w", err)
	}
	own = append(own, p.loxodb)
	p.postgres.types, p.loxodb.types = map[uint32]string{}, map[uint32]string{}
	rows, err := p.postgres.ask(ctx, "SHOW server_version_num")
	if err == nil && !strings.HasPrefix(string(rows[0][0]), "15") {
		err = fmt.Errorf("PostgreSQL 15 is what to compare with, not %s", rows[0][0])
	}
	if err != nil {
		return nil, stop, err
	}
	if o.captures != "" {
		return p, stop, nil // a database is made for each
	}
	return p, stop, errors.Join(p.postgres.prepare(ctx, " TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"), p.loxodb.prepare(ctx, ""))
}

// collect lists the scripts of a run.
func collect(ctx context.Context, o *options, postgres *server) ([]*script, error) {
	var list []*script
	var err error
	if o.dir != "" {
		list, err = scripts(o.dir)
	} else {
		if list, err = scripts(areasDir()); err == nil {
			var made []*script
			made, err = generate(ctx, o.seed, postgres)
			list = append(list, made...)
		}
	}
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(s *script) bool { return !o.only.MatchString(s.area + "/" + s.name) }), nil
}
