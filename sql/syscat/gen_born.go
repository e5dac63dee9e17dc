//go:build ignore

// Gen_born reads the rows that a new database of PostgreSQL 15 has in its catalogs into
// born.gz; the database should be a copy of template0 of a server whose locale is C.UTF-8
// and that has no other locale of the operating system:
//
//	go run sql/syscat/gen_born.go 'host=… dbname=…' > sql/syscat/data/born.gz
//
// A section for each catalog begins with its name and its columns; then rows follow in
// the text format of COPY. Functions are numbers, trees of nodes the SQL that they mean.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
)

// What LoxoDB keeps itself is not among them: schemas, roles, databases, extensions,
// settings, comments (builtin, descriptions.gz).
var catalogs = strings.Fields(`pg_aggregate pg_am pg_amop pg_amproc pg_attribute pg_cast pg_class pg_collation pg_constraint
	pg_conversion pg_depend pg_index pg_init_privs pg_language pg_opclass pg_operator pg_opfamily pg_proc pg_range pg_rewrite
	pg_tablespace pg_ts_config pg_ts_config_map pg_ts_dict pg_ts_parser pg_ts_template pg_type
	information_schema.sql_features information_schema.sql_implementation_info information_schema.sql_parts information_schema.sql_sizing`)

// What a tree of nodes means.
var trees = map[string]string{
	"proargdefaults": "pg_get_expr(proargdefaults, 0)",
	"prosqlbody":     "pg_get_function_sqlbody(oid)",
	"conbin":         "CASE WHEN conbin IS NOT NULL THEN regexp_replace(pg_get_constraintdef(oid), '^CHECK \\((.*)\\)$', '\\1') END",
	"ev_qual":        "'<>'",
	"ev_action":      "'<>'",
}

// Rows that LoxoDB makes itself.
var without = map[string]string{"pg_init_privs": "WHERE classoid <> 'pg_namespace'::regclass"}

// numbers are the fields that become others: information_schema has its number in LoxoDB's
// databases, and those of objects that have the number of something else there.
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
	out, err := gzip.NewWriterLevel(os.Stdout, gzip.BestCompression)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range catalogs {
		if err := write(ctx, conn, out, c); err != nil {
			log.Fatalf("%s: %v", c, err)
		}
	}
	if err := out.Close(); err != nil {
		log.Fatal(err)
	}
}

func write(ctx context.Context, conn *pgx.Conn, out *gzip.Writer, name string) error {
	rows, err := conn.Query(ctx, `SELECT attname::text, atttypid::int8 FROM pg_attribute
		WHERE attrelid = $1::text::regclass AND attnum > 0 ORDER BY attnum`, name)
	if err != nil {
		return err
	}
	var names, fields []string
	for rows.Next() {
		var column, field string
		var typ int64
		if err := rows.Scan(&column, &typ); err != nil {
			return err
		}
		switch field = column; typ {
		case 24: // regproc
			field += "::oid"
		case 194: // pg_node_tree
			if field = trees[column]; field == "" {
				field = "NULL"
			}
		}
		if column == "attoptions" { // later releases note a position of their log here
			field = "NULL"
		}
		names, fields = append(names, column), append(fields, field)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\t%s\n", name, strings.Join(names, "\t"))
	var text bytes.Buffer
	// In the order in which PostgreSQL finds them: lists that no ORDER BY sorts are the same.
	order := "ctid"
	if name == "pg_attribute" {
		order = "attrelid, attnum"
	}
	sql := fmt.Sprintf("COPY (SELECT %s FROM %s %s ORDER BY %s) TO STDOUT", strings.Join(fields, ", "), name, without[name], order)
	if _, err := conn.PgConn().CopyTo(ctx, &text, sql); err != nil {
		return err
	}
	for line := range strings.Lines(text.String()) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		for i := range f {
			if n := numbers[f[i]]; n != "" {
				f[i] = n
			}
		}
		fmt.Fprintln(out, strings.Join(f, "\t"))
	}
	fmt.Fprintln(out)
	return nil
}
