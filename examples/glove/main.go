// The demonstration of `make demo`: real word vectors, loaded through the wire,
// indexed, and asked in six ways that mix filters, joins and nearest neighbours.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loxodb/loxodb/examples/glove/ownschema"
	"github.com/loxodb/loxodb/examples/glove/words"
	"github.com/loxodb/loxodb/server/boot"
)

func main() {
	dir := flag.String("data", "demo-data", "where the database is kept")
	cache := flag.String("cache", words.CacheDir, "where the vectors are kept")
	dsn := flag.String("dsn", "", "a running server to use instead of one of our own; the demo stays in its schema "+home.Name)
	keep := flag.Bool("keep", false, "stay after the queries until Ctrl-C, for psql")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "demo: unexpected argument %q\n", flag.Arg(0))
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *dir, *cache, *dsn, *keep); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// home is where the demo keeps its tables, on its own server and on others.
var home = ownschema.Schema{Name: "loxodb_demo", Mark: "made by LoxoDB's make demo, which drops what is in it"}

func run(ctx context.Context, dir, cache, dsn string, keep bool) error {
	path, err := words.Fetch(cache, func(s string) { fmt.Println(s) })
	if err != nil {
		return err
	}
	if dsn == "" {
		s, err := boot.Start(ctx, boot.Options{
			Data: filepath.Join(dir, "db"), Listen: "127.0.0.1:0",
			Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		})
		if err != nil {
			return err
		}
		defer func() {
			end, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			_ = s.Shutdown(end)
		}()
		dsn = fmt.Sprintf("postgres://postgres@%s/postgres?sslmode=disable", s.Addr())
		fmt.Printf("LoxoDB is running; look on with: psql 'postgres://postgres@%s/postgres?options=-csearch_path%%3D%s,public'\n", s.Addr(), home.Name)
	}
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer c.Close(context.Background())
	if _, err := home.Enter(ctx, c); err != nil {
		return err
	}
	if err := load(ctx, c, path); err != nil {
		return err
	}
	if err := index(ctx, c, dsn); err != nil {
		return err
	}
	if err := ask(ctx, c); err != nil {
		return err
	}
	if keep {
		fmt.Println("\nThe server stays up until Ctrl-C.")
		<-ctx.Done()
	}
	return nil
}

// load fills the tables unless they are there, whole, from an earlier run.
func load(ctx context.Context, c *pgx.Conn, path string) error {
	there, err := exists(ctx, c, "pg_tables", "tablename", "words")
	if err != nil {
		return err
	}
	if there {
		var n int
		if err := c.QueryRow(ctx, "SELECT count(*) FROM words").Scan(&n); err != nil || n == words.Count {
			return err
		}
	}
	if err := home.Clear(ctx, c, "words", "initials"); err != nil {
		return err
	}
	if _, err := c.Exec(ctx, fmt.Sprintf(`
CREATE TABLE words (id bigint PRIMARY KEY, word text NOT NULL, rank int NOT NULL, len int NOT NULL,
                    first text NOT NULL, embedding vector(%d) NOT NULL);
CREATE TABLE initials (letter text PRIMARY KEY, vowel boolean NOT NULL);
INSERT INTO initials SELECT chr(n), chr(n) IN ('a','e','i','o','u') FROM generate_series(97, 122) n;`, words.Dims)); err != nil {
		return err
	}
	set, err := words.Read(path, bar("reading"))
	if err != nil {
		return err
	}
	began := time.Now()
	tag, err := c.PgConn().CopyFrom(ctx, &textRows{set: set, show: bar("loading")}, "COPY words FROM STDIN")
	if err != nil {
		return err
	}
	took := time.Since(began)
	fmt.Printf("\rloaded %d words in %.1f s: %.0f rows/s, each with a vector of %d numbers%20s\n",
		tag.RowsAffected(), took.Seconds(), float64(tag.RowsAffected())/took.Seconds(), words.Dims, "")
	return nil
}

// exists looks for a table or index of the demo's own schema.
func exists(ctx context.Context, c *pgx.Conn, view, column, name string) (bool, error) {
	var n int
	err := c.QueryRow(ctx, fmt.Sprintf("SELECT count(*) FROM %s WHERE schemaname = $1 AND %s = $2", view, column), home.Name, name).Scan(&n)
	return n > 0, err
}

// lastIndex is there when all are: they are made in one transaction.
const lastIndex = "words_rank_idx"

// index builds the HNSW index and shows how far it is.
func index(ctx context.Context, c *pgx.Conn, dsn string) error {
	if there, err := exists(ctx, c, "pg_indexes", "indexname", lastIndex); err != nil || there {
		return err
	}
	watch, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer watch.Close(context.Background())
	began := time.Now()
	done := make(chan error, 1)
	go func() {
		_, err := c.Exec(ctx, "CREATE INDEX ON words USING hnsw (embedding vector_cosine_ops); CREATE INDEX ON words (word); CREATE INDEX ON words (rank); ANALYZE words")
		done <- err
	}()
	show := bar("indexing")
	for {
		select {
		case err := <-done:
			if err == nil {
				fmt.Printf("\rindexed and analysed in %.1f s%50s\n", time.Since(began).Seconds(), "")
			}
			return err
		case <-time.After(200 * time.Millisecond):
			var phase string
			var share, left float64
			err := watch.QueryRow(ctx, "SELECT phase, done_share, seconds_left FROM loxodb_stat_progress_create_index").Scan(&phase, &share, &left)
			if err == nil {
				show(int64(1000*share), 1000, fmt.Sprintf("%s, %.0f s left", strings.TrimPrefix(phase, "building index: "), left))
			}
		}
	}
}

// bar prints a progress line.
func bar(what string) func(done, total int64, note string) {
	last := time.Time{}
	return func(done, total int64, note string) {
		if now := time.Now(); done < total && now.Sub(last) < 100*time.Millisecond {
			return
		}
		last = time.Now()
		const width = 30
		n := int(width * done / max(total, 1))
		fmt.Printf("\r%-9s [%s%s] %3d %%  %-34s", what, strings.Repeat("#", n), strings.Repeat(".", width-n), 100*done/max(total, 1), note)
	}
}
