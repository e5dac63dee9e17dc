package importer

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// keysOf lists the foreign keys of tables in some schemas, and those that refer to such tables.
const keysOf = `SELECT k.conrelid::regclass::text, quote_ident(k.conname) FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class r ON r.oid = k.confrelid
WHERE k.contype = 'f' AND k.convalidated AND t.relkind = 'r' AND EXISTS (SELECT FROM pg_namespace n
 WHERE n.oid IN (t.relnamespace, r.relnamespace) AND n.nspname = ANY (string_to_array($1, chr(31)))) ORDER BY 1, 2`

// checkKeys looks at foreign keys that rows may have been written past, as dumps set
// foreign_key_checks = 0 while they load: plans go by them again, and those that are violated are
// problems. Of others the server looks at no row.
func (l *load) checkKeys(ctx context.Context) error {
	if err := l.exec(ctx, "SET sql_dialect = 'postgres'"); err != nil {
		return err
	}
	keys := l.conn.ExecParams(ctx, keysOf, [][]byte{[]byte(strings.Join(l.schemas, "\x1f"))}, nil, nil, nil).Read()
	if keys.Err != nil {
		return keys.Err
	}
	if err := l.exec(ctx, "SET client_min_messages = warning"); err != nil {
		return err
	}
	for _, k := range keys.Rows {
		l.noticed = nil
		err := l.exec(ctx, fmt.Sprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s", k[0], k[1]))
		if err != nil && !isServerError(err) { // whose table it is not need not look
			return err
		}
		for _, n := range l.noticed {
			l.report.clear()
			l.report.problems++
			fmt.Fprintln(l.Out, n.Message)
		}
	}
	return l.exec(ctx, "SET client_min_messages = error; SET sql_dialect = 'tidb'")
}

// notice keeps what the server says beside its answers.
func (l *load) notice(_ *pgconn.PgConn, n *pgconn.Notice) { l.noticed = append(l.noticed, n) }
