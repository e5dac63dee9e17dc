// Package boot is the composition root: the command line, and the one place
// that knows which engine, index and session make up a running server. It must
// not hold logic that belongs to any of them.
package boot

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/loxodb/loxodb/sql/types"
)

// Version is set by the build (see Makefile).
var Version = "dev"

const help = `LoxoDB is a SQL vector database that speaks PostgreSQL's protocol.

Usage:
  loxodb start [flags]    start the server and stay in the foreground
  loxodb import [flags] FILE...
                          load dumps of MySQL and TiDB (loxodb import --help)
  loxodb version          print the version
  loxodb help             print this text

Flags of start:
  --data DIR              where the data live; made if missing (default ./data)
  --listen HOST:PORT      where to accept connections (default 127.0.0.1:5433);
                          port 0 picks a free one
  --password-file FILE    set the password of the user postgres to FILE's first
                          line; the environment variable LOXODB_PASSWORD does
                          the same
  --tls-cert FILE         offer encryption with this certificate (PEM) ...
  --tls-key FILE          ... and its private key
  --max-connections N     sessions at once (default 100)
  --memory MIB            bound of the server's memory: caches, vector indexes, their
                          builds and merges become smaller and slower instead of
                          exceeding it (default none; at least 128)
  --plan-cache MIB        bound of the cache of plans (default 64; 0 turns it off)
  --row-cache MIB         bound of the cache of rows fetched by key (default 128;
                          0 turns it off)
  --column-cache MIB      bound of the cache of columns that scans read (default
                          256; 0 turns it off)
  --recall-replay=BOOL    measure the recall of vector indexes in the background,
                          with about a hundredth of a core (default true)
  --shutdown-timeout D    how long running statements may go on after Ctrl-C or
                          SIGTERM (default 30s); a second signal stops at once
  --log-level LEVEL       debug, info, warn or error (default info)

The Go runtime keeps its memory to four fifths of what the control group or the machine
has, by collecting garbage more often, or to seven eighths of --memory. Without --memory,
GOMEMLIMIT in the environment (such as 2GiB) or AUTOMEMLIMIT (a share from 0 to 1, or off)
decides otherwise.

The first start makes a database named postgres, the templates of new ones, and a
superuser named postgres without a password. Without a password the server accepts connections from this
machine only, and refuses to listen on any other address.

Example:
  loxodb start --data ./data
  psql -h 127.0.0.1 -p 5433 -U postgres
`

// Main runs the command line args (without the program's name) and returns the
// exit status: 0 done, 1 failed, 2 not understood.
func Main(args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, help)
		return 2
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		fmt.Fprint(stdout, help)
		return 0
	case "version", "-version", "--version":
		fmt.Fprintf(stdout, "loxodb %s (%s %s/%s)\n", Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return 0
	case "import":
		return importCommand(args[1:], getenv, stdout, stderr)
	case "start":
	default:
		fmt.Fprintf(stderr, "loxodb: unknown command %q. Try: loxodb help\n", args[0])
		return 2
	}
	o, err := parseStart(args[1:], getenv)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, help)
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "loxodb: %v. Try: loxodb help\n", err)
		return 2
	}
	o.Log = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: o.logLevel}))
	if n := running(runtime.GOMAXPROCS(0), getenv); n != runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(n)
	}
	if o.MemoryMiB > 0 {
		boundHeap(share(int64(o.MemoryMiB) << 20).heap)
	} else {
		limitMemory(o.Log, availableMemory)
	}
	o.heap = debug.SetMemoryLimit(-1)
	types.BoundMemory(o.heap)
	if err := run(o, stdout); err != nil {
		fmt.Fprintf(stderr, "loxodb: %v\n", err)
		return 1
	}
	return 0
}

// spare is how many goroutines may run beside one for each processor.
const spare = 2

// running is how many goroutines may run at once on so many processors, unless the
// environment says it. The Go runtime looks at the network when one of its places to run
// is idle, and else every 10 ms. Where background work, writers and flushes compute in
// all of them a query would wait that long before it begins; with places to spare it is
// seen at once, and the operating system shares the processors.
func running(processors int, getenv func(string) string) int {
	if getenv("GOMAXPROCS") != "" {
		return processors
	}
	return processors + spare
}

// parseStart reads the flags of start.
func parseStart(args []string, getenv func(string) string) (Options, error) {
	var o Options
	var passwordFile, level string
	var replay bool
	fs := flag.NewFlagSet("start", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&o.Data, "data", "./data", "")
	fs.StringVar(&o.Listen, "listen", "127.0.0.1:5433", "")
	fs.StringVar(&passwordFile, "password-file", "", "")
	fs.StringVar(&o.TLSCert, "tls-cert", "", "")
	fs.StringVar(&o.TLSKey, "tls-key", "", "")
	fs.IntVar(&o.MaxConnections, "max-connections", 100, "")
	fs.IntVar(&o.MemoryMiB, "memory", 0, "")
	fs.IntVar(&o.PlanCacheMiB, "plan-cache", 64, "")
	fs.IntVar(&o.RowCacheMiB, "row-cache", 128, "")
	fs.IntVar(&o.ColumnCacheMiB, "column-cache", 256, "")
	fs.BoolVar(&replay, "recall-replay", true, "")
	fs.DurationVar(&o.ShutdownTimeout, "shutdown-timeout", 30*time.Second, "")
	fs.StringVar(&level, "log-level", "info", "")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	o.NoRecallReplay = !replay
	o.Flags = map[string]bool{}
	fs.Visit(func(f *flag.Flag) { o.Flags[f.Name] = true })
	if fs.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if err := o.logLevel.UnmarshalText([]byte(level)); err != nil {
		return o, fmt.Errorf("--log-level %q is not debug, info, warn or error", level)
	}
	if o.MaxConnections < 1 {
		return o, fmt.Errorf("--max-connections must be at least 1, not %d", o.MaxConnections)
	}
	if o.MemoryMiB != 0 && o.MemoryMiB < leastMemory {
		return o, fmt.Errorf("--memory must be at least %d MiB, not %d", leastMemory, o.MemoryMiB)
	}
	for _, mib := range []*int{&o.PlanCacheMiB, &o.RowCacheMiB, &o.ColumnCacheMiB} {
		if *mib < 0 {
			return o, errors.New("--plan-cache, --row-cache and --column-cache must not be negative")
		}
		if *mib == 0 {
			*mib = -1
		}
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		return o, fmt.Errorf("--listen %q is not HOST:PORT", o.Listen)
	}
	if (o.TLSCert == "") != (o.TLSKey == "") {
		return o, errors.New("--tls-cert and --tls-key belong together")
	}
	var err error
	o.Password, err = readPassword(passwordFile, getenv)
	return o, err
}

// readPassword is the first line of a file, or LOXODB_PASSWORD without one.
func readPassword(file string, getenv func(string) string) (string, error) {
	if file == "" {
		return getenv("LOXODB_PASSWORD"), nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("reading --password-file: %w", err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", fmt.Errorf("the first line of --password-file %s is empty", file)
	}
	return line, nil
}

// run starts the server, says how to reach it, and stops it on a signal.
func run(o Options, stdout io.Writer) error {
	// Before the server starts, so that a signal during recovery is not lost.
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	ctx, stopStarting := context.WithCancel(context.Background())
	defer stopStarting()
	go func() {
		s := <-signals
		o.Log.Info("stopping", "signal", s, "grace", o.ShutdownTimeout)
		stopStarting()
		<-signals
		o.Log.Warn("stopping at once: the second signal")
		os.Exit(1)
	}()

	privateFiles()
	srv, err := Start(ctx, o)
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(srv.Addr().String())
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "LoxoDB %s is ready. Connect with:\n\n  psql -h %s -p %s -U %s\n\nCtrl-C stops it.\n",
		Version, reachable(host), port, Superuser)
	select {
	case <-ctx.Done():
	case err = <-srv.failed:
	}
	grace, cancel := context.WithTimeout(context.Background(), o.ShutdownTimeout)
	defer cancel()
	if closeErr := srv.Shutdown(grace); err == nil {
		err = closeErr
	}
	if err == nil {
		o.Log.Info("stopped")
	}
	return err
}

// reachable is a host to connect to for one to listen on.
func reachable(host string) string {
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		return "127.0.0.1"
	}
	return host
}
