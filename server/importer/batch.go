package importer

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/parser/tidb"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// A transaction of the load takes so much text, or so many statements.
const (
	batchBytes      = 8 << 20
	batchStatements = 1000
)

// batch is the statements of a dump that the next transaction runs, and how far the
// dump is known to be loaded.
type batch struct {
	*load
	dump   *dump
	schema string // that USE last named
	// charset is that of the client, for this file and those that it names.
	charset *clientCharset
	from    int64 // what an earlier load has loaded already
	list    []statement
	bytes   int
	end     int64 // after the last statement of the list
}

// read reads the dump to its end. begin is called with how it begins, when statements can come,
// which they do not in a dry run.
func (b *batch) read(ctx context.Context, begin func(head string) error) error {
	in, read, closer, err := b.dump.open()
	if err != nil {
		return err
	}
	defer closer.Close()
	s := newSplitter(in)
	if !b.DryRun {
		if b.from, err = b.position(ctx, b.dump); err != nil {
			return err
		}
		head, _ := s.in.Peek(headSize)
		if err := begin(string(head)); err != nil {
			return err
		}
	}
	for {
		st, err := s.next()
		if errors.Is(err, io.EOF) {
			b.checkEnd(s)
			break
		}
		if err != nil {
			return errors.Join(err, b.flush(ctx, s.offset, false))
		}
		if st.read = read.n; st.source != "" {
			err = b.source(ctx, st)
		} else {
			err = b.statement(ctx, st)
		}
		if err != nil {
			return err
		}
	}
	return b.flush(ctx, s.offset, true)
}

// checkEnd reports a dump that begins as those of mysqldump do and has not their last line.
func (b *batch) checkEnd(s *splitter) {
	if s.begun && !s.completed && s.offset > b.from {
		b.report.problem(filepath.Clean(b.dump.path), s.line, "the last line of a dump, %q, is not there: the file may be cut short", dumpEnd)
	}
}

// statement takes a statement of the dump in the client's character set.
func (b *batch) statement(ctx context.Context, st statement) error {
	st.text = b.charset.quoting.text(st.text)
	handled := b.charset.follow(st.text)
	text, ok := b.charset.text(st.text)
	if st.text = text; !ok {
		b.warn(st, 0, "strings and bytes cannot be told apart in this character set: dump it with --hex-blob")
		return nil
	}
	if handled {
		return nil
	}
	if name := unreadable(st.text); name != "" {
		if st.end > b.from {
			b.problem(b.dump, st, pgerr.NotSupported(-1, "character set %q is not supported", name))
		}
		return nil
	}
	if b.DryRun || st.end <= b.from {
		b.report.progress(st.read)
	}
	return b.add(ctx, st)
}

// add takes a statement of the dump, in UTF-8.
func (b *batch) add(ctx context.Context, st statement) error {
	kind := kindOf(st.text)
	if kind == kindSkip || isStandIn(st.text) || dropsProgram(st.text) {
		return nil
	}
	if kind == kindCreateTable || kind == kindDefine {
		text, taken := b.parser.NearestCollations(st.text)
		b.warnAll(st, taken)
		st.text = text
	}
	if kind == kindCreateTable {
		text, taken := b.parser.StandInTypes(st.text)
		b.warnAll(st, taken)
		st.text = text
		a, err := b.parser.TakeApart(st.text)
		if err == nil {
			if !slices.Contains(b.dump.notMade, st.end) {
				b.later = b.putOffAll(b.later, a.Later, st)
				b.keys = b.putOffAll(b.keys, a.Keys, st)
			}
			for _, what := range a.Changed {
				b.warn(st, 0, what)
			}
			st.text, st.undivided = a.Create, a.Undivided
		}
	}
	if kind == kindUse {
		b.schema = strings.Trim(strings.TrimSpace(st.text[len("use"):]), "`;\" ")
	}
	st.schema = b.schema
	b.into(b.schema)
	b.count++
	if b.DryRun {
		b.dryRun(st, kind)
		return nil
	}
	if st.end <= b.from {
		if isView(st.text) { // it may have been left for the end
			b.putOff(st)
		}
		if kind != kindUse && kind != kindSet {
			b.count--
			return nil // loaded before; what sets the session must be said again
		}
		if err := b.exec(ctx, st.text); err != nil && !isServerError(err) {
			return err
		}
		return nil
	}
	b.list = append(b.list, st)
	b.bytes += len(st.text)
	b.end = st.end
	if b.bytes >= batchBytes || len(b.list) >= batchStatements {
		return b.flush(ctx, b.end, false)
	}
	return nil
}

// warn reports what a table is loaded without, or otherwise than the dump has it, at an
// offset of its statement.
func (b *batch) warn(st statement, at int, what string) {
	if st.end > b.from {
		line := st.line + strings.Count(st.text[:at], "\n")
		b.report.problem(filepath.Clean(b.dump.path), line, "%s: %s", what, excerpt(st.text))
	}
}

func (b *batch) warnAll(st statement, list []tidb.Taken) {
	for _, x := range list {
		b.warn(st, x.At, x.What)
	}
}

// dryRun lists what would not load: what the dialect has not, and rows of tables that
// would not be there.
func (b *batch) dryRun(st statement, kind kind) {
	list, err := b.parser.Parse(st.text)
	if err != nil {
		b.problem(b.dump, st, err)
		if kind == kindCreateTable {
			if name := tableName(st.text); name != "" {
				b.missing[name] = true
			}
		}
		return
	}
	for _, p := range list {
		if ins, ok := p.Stmt.(*ast.Insert); ok && b.missing[ins.Table.Name.Name] {
			b.problem(b.dump, st, pgerr.Newf(pgerrcode.UndefinedTable, "table %q would not be there", ins.Table.Name.Name))
		}
	}
}

// tableName is the name that CREATE TABLE gives, in lower case.
func tableName(text string) string {
	head := text[:min(len(text), 300)]
	i := strings.IndexByte(head, '(')
	if i < 0 {
		return ""
	}
	words := strings.Fields(strings.ToLower(head[:i]))
	if len(words) == 0 {
		return ""
	}
	name := words[len(words)-1]
	return strings.Trim(name[strings.LastIndexByte(name, '.')+1:], "`")
}

// flush runs the statements in one transaction with the note of how far they go: all
// at once, or if one fails, each for itself. done says that the dump ends there.
func (b *batch) flush(ctx context.Context, end int64, done bool) error {
	if b.DryRun || len(b.list) == 0 && (!done || b.from >= end) {
		return nil
	}
	err := b.together(ctx, end, done)
	if err != nil {
		if !isServerError(err) {
			return err
		}
		if err := b.exec(ctx, "ROLLBACK"); err != nil {
			return err
		}
		err = b.eachAlone(ctx, end, done)
	}
	b.list, b.bytes = b.list[:0], 0
	return err
}

func (b *batch) together(ctx context.Context, end int64, done bool) error {
	if err := b.exec(ctx, "START TRANSACTION"); err != nil {
		return err
	}
	for i := range b.list {
		if err := b.exec(ctx, b.list[i].text); err != nil {
			return err
		}
		b.report.progress(b.list[i].read)
	}
	if err := b.note(ctx, b.dump, end, done); err != nil {
		return err
	}
	return b.exec(ctx, "COMMIT")
}

// eachAlone runs the statements with a way back from each.
func (b *batch) eachAlone(ctx context.Context, end int64, done bool) error {
	if err := b.exec(ctx, "START TRANSACTION"); err != nil {
		return err
	}
	for i := range b.list {
		err := b.attempt(ctx, b.list[i].text)
		b.report.progress(b.list[i].read)
		if err == nil {
			continue
		}
		if !isServerError(err) {
			return err
		}
		if in, ok := insertionOf(b.list[i].text); ok && isDataError(err) {
			if err := b.inHalves(ctx, b.list[i], in); err != nil {
				return err
			}
			continue
		}
		if isView(b.list[i].text) && !isDuplicate(err) {
			b.putOff(b.list[i])
			continue
		}
		done, again := b.withoutPartitions(ctx, b.list[i], err)
		if again != nil {
			return again
		}
		if !done {
			b.problem(b.dump, b.list[i], err)
			b.dropKeys(b.list[i])
		}
	}
	if err := b.note(ctx, b.dump, end, done); err != nil {
		return err
	}
	return b.exec(ctx, "COMMIT")
}

// putOffAll leaves what belongs to a table for the end. A dry run says what would be refused.
func (b *batch) putOffAll(to []deferred, texts []string, table statement) []deferred {
	for _, text := range texts {
		st := statement{text: text, line: table.line}
		if _, err := b.parser.Parse(text); err != nil && b.DryRun {
			b.problem(b.dump, st, err)
		}
		to = append(to, deferred{b.dump, b.schema, st})
	}
	return to
}

// dropKeys forgets what was left for the end of a table that could not be made: one that has
// its name, and was there before, must not get it.
func (b *batch) dropKeys(table statement) {
	if kindOf(table.text) == kindCreateTable {
		b.dump.notMade = append(b.dump.notMade, table.end)
	}
	of := func(d deferred) bool { return d.dump == b.dump && d.line == table.line }
	b.keys, b.later = slices.DeleteFunc(b.keys, of), slices.DeleteFunc(b.later, of)
}

// putOff leaves a view for the end.
func (b *batch) putOff(st statement) {
	b.views = append(b.views, deferred{b.dump, st.schema, st})
}

// into notes a schema that a statement is for.
func (l *load) into(schema string) {
	if schema == "" {
		schema = "public"
	}
	if !slices.Contains(l.schemas, schema) {
		l.schemas = append(l.schemas, schema)
	}
}

// isServerError tells a statement that failed from a connection that did.
func isServerError(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.Severity != "FATAL" && pe.Severity != "PANIC"
}

// kind is what the load must know of a statement.
type kind byte

const (
	kindOther kind = iota
	kindSkip       // locks and transactions of the dump's own: the load has its own
	kindSet
	kindUse
	kindCreateTable
	kindDefine // what may name collations too
)

// kindOf looks at the first words.
func kindOf(text string) kind {
	w := firstWords(text)
	first, rest, _ := strings.Cut(w, " ")
	switch first {
	case "lock", "unlock", "begin", "commit", "start":
		return kindSkip
	case "use":
		return kindUse
	case "create":
		if rest == "table" {
			return kindCreateTable
		}
		fallthrough
	case "alter":
		if rest == "database" || rest == "schema" || rest == "table" {
			return kindDefine
		}
	case "set":
		if rest == "autocommit" || strings.Contains(rest, "gtid_purged") {
			return kindSkip
		}
		return kindSet
	}
	return kindOther
}

// dropsProgram reports a DROP of a stored program if it is there, as dumps have it before they make one:
// none of the dump is there, and what this server has of its own stays.
func dropsProgram(text string) bool {
	w := words(text, 4)
	return len(w) == 4 && w[0] == "drop" && w[2] == "if" && w[3] == "exists" &&
		slices.Contains([]string{"function", "procedure", "event", "trigger", "package"}, w[1])
}

// firstWords are the first two words in lower case, also of a conditional comment.
func firstWords(text string) string { return strings.Join(words(text, 2), " ") }

// words are the first words of a statement in lower case, n at most.
func words(text string, n int) []string {
	text = text[:min(len(text), 200)]
	if rest, ok := strings.CutPrefix(text, "/*!"); ok {
		text = strings.TrimLeft(strings.TrimPrefix(rest, "M"), "0123456789")
	}
	list := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '=' || r == '`' || r == '(' || r == ';'
	})
	return list[:min(n, len(list))]
}
