package boot

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/loxodb/loxodb/server/importer"
)

const importHelp = `Load dump files of MySQL and TiDB into a running server.

Usage:
  loxodb import --dialect tidb [flags] FILE...

FILE is what mysqldump or dumpling wrote, plain or gzip, or a directory of such
files, whose rows may be CSV: DATABASE.TABLE.000000000.csv. Databases become schemas of one database. The load goes on where it was interrupted: the
table public.loxodb_import remembers how far each file is loaded.

Flags of import:
  --dialect tidb          the files' dialect
  --connect HOST:PORT     the server (default 127.0.0.1:5433), or a connection
                          string: postgres://user:password@host:port/postgres
  --database NAME         the database to load into (default postgres)
  --user NAME             the role (default postgres)
  --password-file FILE    the role's password is FILE's first line; the
                          environment variable LOXODB_PASSWORD does the same
  --schema NAME           where to put what the files do not name the database of
                          (default public)
  --dry-run               list what would not load: the files go into a database
                          of their own, which is dropped, as into an empty one;
                          where no server answers they are only read
  --restart               forget how far an earlier load of the files got

Flags for CSV, as dumpling has them:
  --csv-separator C       the sign between values (default ,)
  --csv-delimiter C       the sign around them (default ")
  --csv-null-value TEXT   an unquoted value that is NULL (default \N)
  --escape-backslash=false  a backslash stands for itself
  --no-header             the first line is a row, not the names of the columns

Problems are listed as FILE:LINE: message and counted at the end; with any, the
exit status is 1.
`

// importCommand runs loxodb import.
func importCommand(args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	o, err := parseImport(args, getenv)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, importHelp)
		return 0
	}
	if err != nil {
		fmt.Fprintf(stderr, "loxodb: %v. Try: loxodb import --help\n", err)
		return 2
	}
	o.Out = stderr
	if f, ok := stderr.(*os.File); ok {
		info, err := f.Stat()
		o.Terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	res, err := importer.Run(ctx, o)
	if err != nil {
		fmt.Fprintf(stderr, "loxodb: %v\n", err)
	}
	verb := "loaded"
	if o.DryRun {
		verb = "read"
	}
	fmt.Fprintf(stdout, "%d statements %s, %d problems\n", res.Statements, verb, res.Problems)
	if err != nil || res.Problems > 0 {
		return 1
	}
	return 0
}

func parseImport(args []string, getenv func(string) string) (importer.Options, error) {
	var o importer.Options
	var dialect, connect, database, user, passwordFile string
	fs := flag.NewFlagSet("import", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&dialect, "dialect", "", "")
	fs.StringVar(&connect, "connect", "127.0.0.1:5433", "")
	fs.StringVar(&database, "database", Superuser, "")
	fs.StringVar(&user, "user", Superuser, "")
	fs.StringVar(&passwordFile, "password-file", "", "")
	fs.StringVar(&o.Schema, "schema", "", "")
	fs.BoolVar(&o.DryRun, "dry-run", false, "")
	fs.BoolVar(&o.Restart, "restart", false, "")
	sign := func(of *byte) func(string) error {
		return func(s string) error {
			if len(s) != 1 || s == "\n" || s == "\r" || s == "\\" {
				return errors.New("it must be one sign of ASCII")
			}
			*of = s[0]
			return nil
		}
	}
	fs.Func("csv-separator", "", sign(&o.CSV.Separator))
	fs.Func("csv-delimiter", "", sign(&o.CSV.Quote))
	fs.StringVar(&o.CSV.Null, "csv-null-value", "", "")
	fs.BoolVar(&o.CSV.NoHeader, "no-header", false, "")
	escape := fs.Bool("escape-backslash", true, "")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	o.CSV.Plain = !*escape
	switch dialect {
	case "tidb", "mysql":
	case "":
		return o, errors.New("--dialect is missing: tidb is the one there is")
	default:
		return o, fmt.Errorf("--dialect %q is not tidb", dialect)
	}
	if o.Files = fs.Args(); len(o.Files) == 0 {
		return o, errors.New("no files to load")
	}
	if strings.Contains(connect, "://") {
		o.Connect = connect
		return o, nil
	}
	if _, _, err := net.SplitHostPort(connect); err != nil {
		return o, fmt.Errorf("--connect %q is not HOST:PORT", connect)
	}
	password, err := readPassword(passwordFile, getenv)
	if err != nil {
		return o, err
	}
	u := url.URL{Scheme: "postgres", Host: connect, Path: "/" + database, User: url.User(user)}
	if password != "" {
		u.User = url.UserPassword(user, password)
	}
	o.Connect = u.String()
	return o, nil
}
