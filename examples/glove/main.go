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

	"github.com/loxodb/loxodb/examples/glove/words"
	"github.com/loxodb/loxodb/server/boot"
)

func main() {
	dir := flag.String("data", "data/demo", "where the vectors and the database are kept")
	dsn := flag.String("dsn", "", "a running server to use instead of one of our own")
	keep := flag.Bool("keep", false, "stay after the queries until Ctrl-C, for psql")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *dir, *dsn, *keep); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir, dsn string, keep bool) error {
	path, err := words.Fetch(filepath.Join(dir, "cache"), func(s string) { fmt.Println(s) })
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
		host, port, _ := strings.Cut(s.Addr().String(), ":")
		dsn = fmt.Sprintf("postgres://postgres@%s:%s/postgres", host, port)
		fmt.Printf("LoxoDB is running; look on with: psql -h %s -p %s -U postgres\n", host, port)
	}
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer c.Close(context.Background())
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

// load fills the table unless it is there from an earlier run.
func load(ctx context.Context, c *pgx.Conn, path string) error {
	var n int
	if err := c.QueryRow(ctx, "SELECT count(*) FROM pg_tables WHERE tablename = 'words'").Scan(&n); err != nil {
		return err
	}
	if n == 1 {
		if err := c.QueryRow(ctx, "SELECT count(*) FROM words").Scan(&n); err != nil || n == words.Count {
			return err
		}
	}
	if _, err := c.Exec(ctx, `
CREATE EXTENSION IF NOT EXISTS vector;
DROP TABLE IF EXISTS words, initials;
CREATE TABLE words (id bigint PRIMARY KEY, word text NOT NULL, rank int NOT NULL, len int NOT NULL,
                    first text NOT NULL, embedding vector(100) NOT NULL);
CREATE TABLE initials (letter text PRIMARY KEY, vowel boolean NOT NULL);
INSERT INTO initials SELECT chr(n), chr(n) IN ('a','e','i','o','u') FROM generate_series(97, 122) n;`); err != nil {
		return err
	}
	set, err := words.Read(path, bar("reading"))
	if err != nil {
		return err
	}
	began := time.Now()
	tag, err := c.PgConn().CopyFrom(ctx, copyRows(set, bar("loading")), "COPY words FROM STDIN")
	if err != nil {
		return err
	}
	took := time.Since(began)
	fmt.Printf("\rloaded %d words in %.1f s: %.0f rows/s, each with a vector of 100 numbers%20s\n",
		tag.RowsAffected(), took.Seconds(), float64(tag.RowsAffected())/took.Seconds(), "")
	return nil
}

// index builds the HNSW index and shows how far it is.
func index(ctx context.Context, c *pgx.Conn, dsn string) error {
	var n int
	if err := c.QueryRow(ctx, "SELECT count(*) FROM pg_indexes WHERE indexname = 'words_embedding_idx'").Scan(&n); err != nil || n == 1 {
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
			var at, total int64
			err := watch.QueryRow(ctx, "SELECT phase, tuples_done, tuples_total FROM pg_stat_progress_create_index").Scan(&phase, &at, &total)
			if err == nil && total > 0 {
				show(at, total, strings.TrimPrefix(phase, "building index: "))
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
		fmt.Printf("\r%-9s [%s%s] %3d %%  %-24s", what, strings.Repeat("#", n), strings.Repeat(".", width-n), 100*done/max(total, 1), note)
	}
}
