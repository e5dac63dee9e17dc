//go:build ignore

// Gen_descriptions reads the comments on PostgreSQL 15's own objects, and those of
// pgvector where that is installed in public, into descriptions.gz:
//
//	go run sql/builtin/gen_descriptions.go 'host=… dbname=…' > sql/builtin/descriptions.gz
//
// The database should be a copy of template0, as for sql/syscat, gen_born.go, with
// CREATE EXTENSION vector.
package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"log"
	"os"

	"github.com/jackc/pgx/v5"
)

// What LoxoDB says itself is left out: of schemas and extensions.
const query = `
SELECT d.classoid::oid::text, CASE WHEN e.objid IS NULL THEN d.objoid::text
  WHEN d.classoid = 'pg_proc'::regclass THEN d.objoid::regprocedure::text ELSE d.objoid::regoperator::text END, d.description
FROM pg_description d LEFT JOIN pg_depend e ON e.classid = d.classoid AND e.objid = d.objoid AND e.deptype = 'e'
  AND e.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'vector')
WHERE d.objsubid = 0 AND (d.objoid < 16384 AND d.classoid NOT IN ('pg_namespace'::regclass, 'pg_extension'::regclass)
    OR e.objid IS NOT NULL AND d.classoid IN ('pg_proc'::regclass, 'pg_operator'::regclass))
ORDER BY d.classoid, e.objid IS NOT NULL, CASE WHEN e.objid IS NULL THEN d.objoid END, 2`

// numbers are those that have become others: see sql/syscat, gen_born.go.
var numbers = map[string]string{"13207": "13183", "13183": "13998", "13150": "13996", "13151": "13997", "13559": "13800"}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("name the server")
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	rows, err := conn.Query(ctx, query)
	if err != nil {
		log.Fatal(err)
	}
	out, err := gzip.NewWriterLevel(os.Stdout, gzip.BestCompression)
	if err != nil {
		log.Fatal(err)
	}
	for rows.Next() {
		var class, object, text string
		if err := rows.Scan(&class, &object, &text); err != nil {
			log.Fatal(err)
		}
		if n := numbers[object]; n != "" {
			object = n
		}
		fmt.Fprintf(out, "%s\t%s\t%s\n", class, object, text)
	}
	if err := rows.Err(); err != nil {
		log.Fatal(err)
	}
	if err := out.Close(); err != nil {
		log.Fatal(err)
	}
}
