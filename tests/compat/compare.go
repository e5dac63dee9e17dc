package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// firstUserOID is where the numbers begin that a server gives out itself.
const firstUserOID = 16384

// kind says in what two answers differ, the gravest first.
type kind string

const (
	kindStuck    kind = "no answer in time"
	kindLost     kind = "connection lost"
	kindInternal kind = "internal error"
	kindRefused  kind = "not supported"
	kindMissing  kind = "unknown name"
	kindFails    kind = "fails where PostgreSQL answers"
	kindAnswers  kind = "answers where PostgreSQL fails"
	kindState    kind = "other SQLSTATE"
	kindMessage  kind = "other error text"
	kindPosition kind = "other error position"
	kindColumns  kind = "other columns"
	kindRows     kind = "other rows"
	kindOrder    kind = "other order"
	kindTag      kind = "other command tag"
	kindNotices  kind = "other notices"
	kindParams   kind = "other parameter types"
)

// difference is the first thing in which an answer is not PostgreSQL's.
type difference struct {
	kind      kind
	want, got string
}

// namer gives a type's name for its number: numbers of user types are each
// server's own.
type namer func(ctx context.Context, oid uint32) string

// comparison compares the answers to one statement.
type comparison struct {
	ordered           bool
	wantType, gotType namer
}

// compare finds the gravest difference; nil if there is none.
func (c *comparison) compare(ctx context.Context, want, got *answer) *difference {
	for _, f := range []func(context.Context, *answer, *answer) *difference{
		c.brokenness, c.failures, c.paramTypes, c.resultSets, c.noticeTexts,
	} {
		if d := f(ctx, want, got); d != nil {
			return d
		}
	}
	return nil
}

func (c *comparison) brokenness(_ context.Context, want, got *answer) *difference {
	if got.broken == nil || want.broken != nil {
		return nil
	}
	k := kindLost
	if errors.Is(got.broken, context.DeadlineExceeded) || pgconn.Timeout(got.broken) {
		k = kindStuck
	}
	return &difference{k, summary(want), got.broken.Error()}
}

func (c *comparison) failures(_ context.Context, want, got *answer) *difference {
	w, g := want.failure, got.failure
	if w == nil && g == nil {
		return nil
	}
	d := &difference{want: summary(want), got: summary(got)}
	switch {
	case g != nil && g.Code == "XX000" && (w == nil || w.Code != "XX000"):
		d.kind = kindInternal
	case g != nil && g.Code == "0A000" && (w == nil || w.Code != "0A000"):
		d.kind = kindRefused
	case w == nil && slices.Contains([]string{"42883", "42704", "42P01", "42703", "3F000"}, g.Code):
		d.kind = kindMissing
	case w == nil:
		d.kind = kindFails
	case g == nil:
		d.kind = kindAnswers
	case w.Code != g.Code:
		d.kind = kindState
	case report(w) != report(g):
		d.kind = kindMessage
	case w.Position != g.Position:
		d.kind = kindPosition
	default:
		return nil
	}
	return d
}

// summary is an answer on one line or a few.
func summary(a *answer) string {
	if a.failure != nil {
		text := report(a.failure)
		if a.failure.Position != 0 {
			text += fmt.Sprintf(" (at %d)", a.failure.Position)
		}
		return text
	}
	if a.broken != nil {
		return a.broken.Error()
	}
	var tags []string
	for _, r := range a.results {
		tags = append(tags, r.tag)
	}
	return strings.Join(tags, ", ")
}

// report is what an error or notice says, without its position.
func report(e *pgconn.PgError) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %s", e.Severity, e.Code, e.Message)
	for _, f := range [][2]string{
		{"DETAIL", e.Detail}, {"HINT", e.Hint}, {"SCHEMA", e.SchemaName}, {"TABLE", e.TableName},
		{"COLUMN", e.ColumnName}, {"TYPE", e.DataTypeName}, {"CONSTRAINT", e.ConstraintName},
	} {
		if f[1] != "" {
			fmt.Fprintf(&b, " %s: %s", f[0], f[1])
		}
	}
	return b.String()
}

func (c *comparison) paramTypes(ctx context.Context, want, got *answer) *difference {
	w, g := names(ctx, want.params, c.wantType), names(ctx, got.params, c.gotType)
	if w == g {
		return nil
	}
	return &difference{kindParams, w, g}
}

func names(ctx context.Context, oids []uint32, name namer) string {
	var list []string
	for _, oid := range oids {
		list = append(list, name(ctx, oid))
	}
	return strings.Join(list, ", ")
}

func (c *comparison) resultSets(ctx context.Context, want, got *answer) *difference {
	if len(want.results) != len(got.results) {
		return &difference{kindTag, summary(want), summary(got)}
	}
	for i := range want.results {
		if d := c.resultSet(ctx, &want.results[i], &got.results[i]); d != nil {
			return d
		}
	}
	return nil
}

func (c *comparison) resultSet(ctx context.Context, want, got *result) *difference {
	if w, g := header(ctx, want, c.wantType), header(ctx, got, c.gotType); w != g {
		return &difference{kindColumns, w, g}
	}
	w, g := rowTexts(want), rowTexts(got)
	if !slices.Equal(w, g) {
		sortedW, sortedG := slices.Sorted(slices.Values(w)), slices.Sorted(slices.Values(g))
		switch {
		case !slices.Equal(sortedW, sortedG):
			if !c.ordered {
				w, g = sortedW, sortedG
			}
			return rowDifference(w, g)
		case c.ordered:
			return &difference{kindOrder, strings.Join(w, "; "), strings.Join(g, "; ")}
		}
	}
	if want.tag != got.tag {
		return &difference{kindTag, want.tag, got.tag}
	}
	return nil
}

// header describes columns: name, type with modifier, and whose they are.
func header(ctx context.Context, r *result, name namer) string {
	var list []string
	for _, f := range r.columns {
		text := fmt.Sprintf("%s %s", f.Name, name(ctx, f.DataTypeOID))
		if f.TypeModifier >= 0 {
			text += fmt.Sprintf("(mod %d)", f.TypeModifier)
		}
		if f.TableOID != 0 {
			text += fmt.Sprintf(" of a table's column %d", f.TableAttributeNumber)
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

// rowDifference shows the first row that differs.
func rowDifference(want, got []string) *difference {
	at := 0
	for at < min(len(want), len(got)) && want[at] == got[at] {
		at++
	}
	row := func(rows []string) string {
		if at < len(rows) {
			return fmt.Sprintf("row %d of %d: %s", at+1, len(rows), rows[at])
		}
		return fmt.Sprintf("%d rows", len(rows))
	}
	return &difference{kindRows, row(want), row(got)}
}

func rowTexts(r *result) []string {
	texts := make([]string, len(r.rows))
	for i, row := range r.rows {
		var b strings.Builder
		for j, v := range row {
			if j > 0 {
				b.WriteString(" | ")
			}
			if j < len(r.columns) {
				b.WriteString(value(&r.columns[j], v))
			} else {
				b.WriteString(value(&pgconn.FieldDescription{}, v))
			}
		}
		texts[i] = b.String()
	}
	return texts
}

// value is a value as text. Numbers of objects that users made are not compared.
func value(f *pgconn.FieldDescription, v []byte) string {
	if v == nil {
		return "NULL"
	}
	if f.Format == 1 {
		if numbersObjects(f.DataTypeOID) && len(v) == 4 && binary.BigEndian.Uint32(v) >= firstUserOID {
			return userObject
		}
		return binaryText(v)
	}
	switch f.DataTypeOID {
	case pgtype.OIDOID, 30, pgtype.OIDArrayOID:
		return userNumbers(string(v))
	}
	if s := string(v); s != "NULL" && s != "" && strings.TrimSpace(s) == s && !strings.ContainsAny(s, "|\n\r\t") {
		return s
	}
	return strconv.Quote(string(v))
}

const userObject = "<oid>"

// numbersObjects reports oid and the types of object names, whose binary form is
// the object's number.
func numbersObjects(oid uint32) bool {
	switch oid {
	case pgtype.OIDOID, 24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191:
		return true
	}
	return false
}

// userNumbers replaces what a server numbered itself in lists of oid.
func userNumbers(text string) string {
	var b bytes.Buffer
	for at := 0; at < len(text); {
		end := at
		for end < len(text) && text[end] >= '0' && text[end] <= '9' {
			end++
		}
		if end == at {
			b.WriteByte(text[at])
			at++
			continue
		}
		if n, err := strconv.ParseUint(text[at:end], 10, 32); err == nil && n >= firstUserOID {
			b.WriteString(userObject)
		} else {
			b.WriteString(text[at:end])
		}
		at = end
	}
	return b.String()
}

// binaryText shows a value of the binary format: as text if it is that.
func binaryText(v []byte) string {
	for _, b := range v {
		if b < ' ' || b > '~' {
			return `\x` + hex.EncodeToString(v)
		}
	}
	return strconv.Quote(string(v))
}

func (c *comparison) noticeTexts(_ context.Context, want, got *answer) *difference {
	texts := func(a *answer) string {
		var list []string
		for _, n := range a.notices {
			list = append(list, report(n))
		}
		return strings.Join(list, "\n")
	}
	w, g := texts(want), texts(got)
	if w == g {
		return nil
	}
	return &difference{kindNotices, w, g}
}
