package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// finding is a record whose answer does not count as agreement.
type finding struct {
	file   string
	line   int
	sql    string
	why    reason
	detail string
}

// tally is what came of one file.
type tally struct {
	file     string
	asked    int // records
	passed   int // records for other engines, and directives that are not read here
	byFile   int // agree with the file
	byPeer   int // agree with PostgreSQL, which has not said what the file says
	findings []finding
	slow     []slowness
	err      error // the file did not run to its end
}

// job is a file and the schema that it runs in.
type job struct {
	path, name, schema string
}

// files lists what is to be run: all below a directory that have one of the names
// of such files, or every n-th of them.
func files(o *options) ([]job, error) {
	var list []job
	err := filepath.WalkDir(o.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !named.MatchString(d.Name()) {
			return err
		}
		name, err := filepath.Rel(o.dir, path)
		if err != nil {
			return err
		}
		if o.only.MatchString(name) {
			list = append(list, job{path: path, name: filepath.ToSlash(name)})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var sample []job
	for i := o.first; i < len(list); i += o.every {
		j := list[i]
		j.schema = fmt.Sprintf("corpus_%d_%d", os.Getpid(), i) // runs beside this one have theirs
		sample = append(sample, j)
	}
	if len(sample) == 0 {
		return nil, fmt.Errorf("no files in %s", o.dir)
	}
	return sample, nil
}

// named is how files of this format are called.
var named = regexp.MustCompile(`\.(test|slt|test_slow|slt\.part)$`)

// all runs the files, several at a time, and hands each tally over when it is there.
func all(ctx context.Context, o *options, list []job, report func(*tally)) {
	jobs, tallies := make(chan job), make(chan *tally)
	var workers sync.WaitGroup
	for range o.jobs {
		workers.Go(func() {
			for j := range jobs {
				tallies <- o.run(ctx, j)
			}
		})
	}
	go func() {
		for _, j := range list {
			if ctx.Err() != nil {
				break
			}
			jobs <- j
		}
		close(jobs)
		workers.Wait()
		close(tallies)
	}()
	for t := range tallies {
		report(t)
	}
}

// run runs one file.
func (o *options) run(ctx context.Context, j job) *tally {
	t := &tally{file: j.name}
	text, err := os.ReadFile(j.path)
	if err != nil {
		t.err = err
		return t
	}
	s := parse(string(text))
	t.passed = s.passed
	r := &runner{tally: t, labels: map[string]string{}, slowest: o.slowest}
	if r.own, t.err = open(ctx, o, o.dsn, j.schema); t.err != nil {
		return t
	}
	defer r.own.close(ctx)
	if o.oracle != "" {
		if r.peer, err = open(ctx, o, o.oracle, j.schema); err != nil {
			t.err = fmt.Errorf("PostgreSQL: %w", err)
			return t
		}
		defer r.peer.close(ctx)
	}
	for i := range s.records {
		if ctx.Err() != nil {
			t.err = ctx.Err()
			return t
		}
		r.check(ctx, &s.records[i], o.both)
	}
	return t
}

// runner runs the records of one file.
type runner struct {
	*tally
	own, peer *session // peer is nil without a PostgreSQL
	labels    map[string]string
	slowest   int
}

// check runs a record. PostgreSQL is asked, too, whatever changes something, and
// what else the file alone does not settle.
func (r *runner) check(ctx context.Context, rec *record, both bool) {
	r.asked++
	reads := readsOnly(rec.sql)
	got, want := answer{}, (*answer)(nil)
	if r.peer != nil && (both || !reads) {
		want = &answer{}
		var wg sync.WaitGroup
		wg.Go(func() { *want = r.peer.ask(ctx, rec.sql) })
		got = r.own.ask(ctx, rec.sql)
		wg.Wait()
	} else {
		got = r.own.ask(ctx, rec.sql)
	}
	r.time(rec, &got, want)
	why := rec.against(&got)
	if why == agreed && rec.label != "" && got.failure == nil {
		why = r.relabel(rec, &got)
	}
	if r.peer != nil && want == nil && (why != agreed || rec.want == nil || rec.fails) {
		a := r.peer.ask(ctx, rec.sql)
		want = &a
	}
	if want != nil {
		byFile := why
		if why = rec.compare(want, &got); why == agreed && byFile != agreed {
			r.byPeer++
			return
		}
	}
	if why == agreed {
		r.byFile++
		return
	}
	r.findings = append(r.findings, finding{r.file, rec.line, rec.sql, why, rec.difference(why, want, &got)})
}

// relabel holds queries with the same label to the same answer.
func (r *runner) relabel(rec *record, got *answer) reason {
	now := hash(rec.lines(got.rows))
	before, seen := r.labels[rec.label]
	r.labels[rec.label] = now
	if seen && before != now {
		return otherLabel
	}
	return agreed
}

// readsOnly reports that a statement need not run on both servers for what comes
// after it.
func readsOnly(sql string) bool {
	sql = strings.ToLower(strings.TrimSpace(sql))
	return strings.HasPrefix(sql, "select") && !writes.MatchString(sql)
}

// writes are the words of queries that may leave something behind.
var writes = regexp.MustCompile(`\binto\b|nextval|setval|set_config|;|\bfor\s+(update|share)\b|lo_|pg_advisory`)
