// The runner of `make corpus`: files of the sqllogictest format, as SQLite and
// other databases publish them, against LoxoDB. No such file belongs to
// the project. Where a file was written for another database, PostgreSQL decides:
// with -oracle whatever the file does not settle is asked of it, too, and answers
// that are PostgreSQL's count as agreement.
//
// What is read is "statement ok", "statement error" and "query TYPES SORT LABEL" with
// values, rows or the hash of the values, skipif and onlyif (this is postgresql),
// halt, and the loops that DuckDB's files have. Other directives are passed over and
// counted. Every file runs in a schema of its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"time"

	"github.com/loxodb/loxodb/server/boot"
)

// options are what the command line says.
type options struct {
	dir, dsn, oracle string
	only             *regexp.Regexp
	jobs             int
	every, first     int
	limit            time.Duration
	show, slowest    int
	both, extended   bool
	least            float64
}

func main() {
	o, err := parseFlags(os.Args[1:])
	if err != nil {
		os.Exit(2) // the flags have said why
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := corpus(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "corpus:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

func parseFlags(args []string) (*options, error) {
	o := &options{}
	fs := flag.NewFlagSet("corpus", flag.ContinueOnError)
	fs.StringVar(&o.dir, "dir", "", "run the files below this directory")
	fs.StringVar(&o.dsn, "dsn", "", "connection string of the server to measure; without it one is run in this process, over an empty directory")
	fs.StringVar(&o.oracle, "oracle", "", "connection string of a PostgreSQL 15 that decides what the files do not")
	fs.BoolVar(&o.both, "both", false, "ask PostgreSQL everything, also what is answered as the file says")
	fs.BoolVar(&o.extended, "extended", false, "use the extended protocol")
	only := fs.String("only", "", "run only files whose path matches this expression")
	fs.IntVar(&o.every, "every", 1, "run only every n-th file")
	fs.IntVar(&o.first, "first", 0, "how many files to leave out before the first")
	fs.IntVar(&o.jobs, "jobs", runtime.GOMAXPROCS(0), "how many files to run at once")
	fs.DurationVar(&o.limit, "limit", 20*time.Second, "how long a statement may take")
	fs.IntVar(&o.show, "show", 3, "how many findings to show of each reason and file")
	fs.IntVar(&o.slowest, "slowest", 5, "how many of the slowest statements to show")
	fs.Float64Var(&o.least, "least", 99.9, "fail if less than this percentage agrees")
	err := fs.Parse(args)
	if err != nil {
		return nil, err
	}
	o.only, err = regexp.Compile(*only)
	switch {
	case err != nil:
	case fs.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case o.dir == "":
		err = errors.New("name the directory of the files with -dir")
	case o.jobs < 1 || o.every < 1 || o.first < 0:
		err = errors.New("-jobs and -every begin at 1, -first at 0")
	}
	if err != nil {
		fmt.Fprintln(fs.Output(), "corpus:", err)
	}
	return o, err
}

// corpus runs the files and prints the report; ok is whether enough agree.
func corpus(ctx context.Context, o *options) (ok bool, err error) {
	list, err := files(o)
	if err != nil {
		return false, err
	}
	if o.dsn == "" {
		stop, err := o.serve(ctx)
		if err != nil {
			return false, err
		}
		defer stop()
	}
	began, told := time.Now(), time.Now()
	s := newSummary(o)
	all(ctx, o, list, func(t *tally) {
		s.add(os.Stdout, t)
		if time.Since(told) > 30*time.Second {
			told = time.Now()
			fmt.Fprintf(os.Stderr, "%d of %d files, %d records, %s agree\n", s.files, len(list), s.asked, share(s.byFile+s.byPeer, s.decided()))
		}
	})
	fmt.Print(s)
	fmt.Printf("%.0f s\n", time.Since(began).Seconds())
	return s.passes(), ctx.Err()
}

// serve runs a server in this process, so that under the race detector it is watched
// too, and turns to it.
func (o *options) serve(ctx context.Context) (stop func(), err error) {
	dir, err := os.MkdirTemp("", "corpus-")
	if err != nil {
		return nil, err
	}
	srv, err := boot.Start(ctx, boot.Options{Data: filepath.Join(dir, "data"), Listen: "127.0.0.1:0"})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	o.dsn = "postgres://postgres@" + srv.Addr().String() + "/postgres?sslmode=disable"
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if err := errors.Join(srv.Shutdown(ctx), os.RemoveAll(dir)); err != nil {
			fmt.Fprintln(os.Stderr, "corpus:", err)
		}
	}, nil
}
