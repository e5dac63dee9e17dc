package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// questions are the six hybrid queries.
var questions = []struct{ what, sql string }{
	{"the nearest neighbours of a word", `
SELECT word, round((embedding <=> (SELECT embedding FROM words WHERE word = 'elephant' ORDER BY rank LIMIT 1))::numeric, 3) AS distance
FROM words
ORDER BY embedding <=> (SELECT embedding FROM words WHERE word = 'elephant' ORDER BY rank LIMIT 1)
LIMIT 6`},
	{"… among words that begin with k", `
SELECT word FROM words WHERE first = 'k'
ORDER BY embedding <=> (SELECT embedding FROM words WHERE word = 'guitar' ORDER BY rank LIMIT 1)
LIMIT 6`},
	{"… among the thousand most frequent words", `
SELECT word, rank FROM words WHERE rank <= 1000
ORDER BY embedding <=> (SELECT embedding FROM words WHERE word = 'democracy' ORDER BY rank LIMIT 1)
LIMIT 6`},
	{"… among words that match a pattern", `
SELECT word FROM words WHERE word LIKE '%ology'
ORDER BY embedding <=> (SELECT embedding FROM words WHERE word = 'star' ORDER BY rank LIMIT 1)
LIMIT 6`},
	{"… joined with another table", `
SELECT w.word, i.letter FROM words w JOIN initials i ON i.letter = w.first
WHERE i.vowel
ORDER BY w.embedding <=> (SELECT embedding FROM words WHERE word = 'ocean' ORDER BY rank LIMIT 1)
LIMIT 6`},
	{"an aggregate over the hundred nearest", `
SELECT len, count(*), min(word) AS example
FROM (SELECT word, len FROM words
      ORDER BY embedding <=> (SELECT embedding FROM words WHERE word = 'river' ORDER BY rank LIMIT 1)
      LIMIT 100) near
GROUP BY len ORDER BY count(*) DESC, len LIMIT 6`},
}

// ask runs the queries twice, to show the time of the second, and prints them.
func ask(ctx context.Context, c *pgx.Conn) error {
	for i, q := range questions {
		fmt.Printf("\n%d. %s\n%s\n", i+1, q.what, indent(q.sql))
		var rows [][]string
		var took time.Duration
		for range 2 {
			began := time.Now()
			r, err := c.PgConn().Exec(ctx, q.sql).ReadAll()
			if err != nil {
				return fmt.Errorf("%s: %w", q.what, err)
			}
			took, rows = time.Since(began), nil
			for _, row := range r[0].Rows {
				var vals []string
				for _, v := range row {
					vals = append(vals, string(v))
				}
				rows = append(rows, vals)
			}
		}
		for _, row := range rows {
			fmt.Println("   ", strings.Join(row, "  "))
		}
		fmt.Printf("    (%.2f ms)\n", float64(took.Microseconds())/1000)
	}
	fmt.Println("\nHow the second was answered:")
	rows, err := c.Query(ctx, "EXPLAIN ANALYZE "+questions[1].sql, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, l := range lines {
		fmt.Println("   ", l)
	}
	return err
}

func indent(sql string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(sql), "\n", "\n    ")
}
