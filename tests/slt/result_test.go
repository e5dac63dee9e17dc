package slt

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

const bar = " | "

// resultLines renders what one statement returned.
func (c *client) resultLines(ctx context.Context, res *pgconn.Result, rowsort bool) ([]string, error) {
	var lines []string
	if res.FieldDescriptions != nil {
		var columns []string
		for _, f := range res.FieldDescriptions {
			typ, err := c.typeName(ctx, typeKey{f.DataTypeOID, f.TypeModifier})
			if err != nil {
				return nil, err
			}
			columns = append(columns, value([]byte(f.Name))+":"+typ)
		}
		lines = append(lines, strings.TrimRight("columns "+strings.Join(columns, bar), " "))
	}
	var rows []string
	for _, r := range res.Rows {
		rows = append(rows, row(r))
	}
	if rowsort {
		slices.Sort(rows)
	}
	lines = append(lines, rows...)
	if tag := res.CommandTag.String(); tag != "" {
		return append(lines, "tag "+tag), nil
	}
	return append(lines, "empty"), nil
}

func row(values [][]byte) string {
	if len(values) == 0 {
		return "()"
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = value(v)
	}
	return strings.Join(texts, bar)
}

// value renders a value (nil is NULL) so that it cannot be taken for another.
func value(v []byte) string {
	if v == nil {
		return "NULL"
	}
	s := string(v)
	quoted := strconv.Quote(s)
	if s == "" || s == "NULL" || strings.Trim(s, " ") != s || strings.Contains(s, "|") ||
		quoted[1:len(quoted)-1] != s && !plain(s) {
		return quoted
	}
	return s
}

// plain reports whether s, though strconv would escape some of it, reads as it is:
// backslashes, and double quotes that do not open it.
func plain(s string) bool {
	bare := strings.NewReplacer(`\`, "", `"`, "").Replace(s)
	quoted := strconv.Quote(bare)
	return s[0] != '"' && quoted[1:len(quoted)-1] == bare
}

// typeName is a type as format_type writes it, asked of the server itself.
func (c *client) typeName(ctx context.Context, k typeKey) (string, error) {
	if name, ok := c.types[k]; ok {
		return name, nil
	}
	conn, err := c.connection(ctx, catalogConnection)
	if err != nil {
		return "", err
	}
	sql := fmt.Sprintf("SELECT pg_catalog.format_type(%d, %d)", k.oid, k.mod)
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return "", fmt.Errorf("%s: %w", sql, err)
	}
	if len(results) != 1 || len(results[0].Rows) != 1 || len(results[0].Rows[0]) != 1 {
		return "", fmt.Errorf("%s: not one value", sql)
	}
	name := string(results[0].Rows[0][0])
	c.types[k] = name
	return name, nil
}
