package session

import (
	"context"
	"fmt"
	"unicode/utf8"
	"unsafe"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
)

// copyIn is COPY FROM STDIN: bytes come in messages of any split, rows are
// parsed into batches, and each full batch is inserted while the next is
// parsed. Memory is bounded by two batches. The transaction is used by whoever
// inserts only: the inserter, or the connection when it has no work.
type copyIn struct {
	p     *portal
	opts  *copyOptions
	table *catalog.Table
	cols  []*catalog.Column
	query *executor.Query
	env   *executor.Env
	*copyBatch
	other *copyBatch // the one that is inserted, or nothing
	ins   *inserter  // nil until the first full batch
	parse rowParser
	// by column
	forceNotNull, forceNull []bool

	tail   []byte       // bytes of an unfinished row
	recode *copyRecoder // nil for UTF-8
	most   int          // rows of a batch
	count  int64
	line   int64
	ended  bool // \. or the binary trailer was seen
	fires  bool // there are triggers
	ctx    context.Context
}

// copyBatch is a batch of parsed rows with what they borrow from.
type copyBatch struct {
	b     *batch.Batch
	n     int // rows in b
	arena batch.Arena
	lines []copiedLine
	ctx   context.Context // of the message that completed it
}

func newCopyBatch(cols []*catalog.Column) *copyBatch {
	var ts []types.T
	for _, c := range cols {
		ts = append(ts, c.Type)
	}
	return &copyBatch{b: batch.New(ts, batch.MaxRows)}
}

// copiedLine is where a row came from, for the context of an error.
type copiedLine struct {
	line int64
	text []byte // its beginning; nil in binary data
}

// rowParser takes rows off the front of data; it returns how many bytes it used.
type rowParser interface {
	rows(c *copyIn, data []byte, last bool) (used int, err error)
}

// copyState is a portal's side of COPY.
type copyState interface {
	Format() (overall int8, columns int)
	Write(ctx context.Context, p []byte) error
	Finish(ctx context.Context, failed bool, failure string) error
	Read(ctx context.Context, dst []byte) (out []byte, done bool, err error)
}

// startCopy readies a portal of COPY.
func (p *portal) startCopy(ctx context.Context) error {
	s, st := p.s, p.stmt.stmt.(*ast.Copy)
	if p.copying != nil {
		return nil
	}
	if s.tx.block && s.tx.failed {
		return errFailedBlock()
	}
	if err := s.begins(ctx, p); err != nil {
		return err
	}
	s.tx.used = true
	if err := s.checkCopied(st); err != nil {
		return err
	}
	opts, err := readCopyOptions(st)
	if err != nil {
		return err
	}
	if err := s.settle(ctx, p); err != nil {
		return err
	}
	s.note("active", p.stmt.text)
	if st.From {
		in, err := s.newCopyIn(ctx, p, st, opts)
		if err != nil {
			return err
		}
		p.copying = in
		return nil
	}
	out, err := s.newCopyOut(ctx, p, st, opts)
	if err != nil {
		return err
	}
	p.copying = out
	return nil
}

func (s *Session) newCopyIn(ctx context.Context, p *portal, st *ast.Copy, opts *copyOptions) (*copyIn, error) {
	c := &copyIn{p: p, opts: opts, most: batch.MaxRows}
	if st.Where != nil {
		c.most = 1 // so that errors know their row, though others were left out
	}
	var err error
	if c.table, err = s.findTable(st.Table); err != nil {
		return nil, err
	}
	if err := s.tx.mayWriteTo(c.table.Temp, "COPY FROM"); err != nil {
		return nil, err
	}
	if c.table.Kind == catalog.KindMatView {
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "cannot copy to materialized view %q", c.table.Name)
	}
	if c.table.Kind != catalog.KindTable {
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "cannot copy to view %q", c.table.Name).
			WithHint("To enable copying to a view, provide an INSTEAD OF INSERT trigger.")
	}
	if c.cols, err = copyColumns(c.table, st.Columns); err != nil {
		return nil, err
	}
	if opts.freeze {
		if err := s.mayFreeze(c.table); err != nil {
			return nil, err
		}
	}
	if err := s.db.vectors.Throttle(ctx, c.table); err != nil {
		return nil, err
	}
	read, err := s.tx.statementView(ctx, true)
	if err != nil {
		return nil, err
	}
	if err := s.tx.txn.LockTable(ctx, c.table.ID, kv.Shared); err != nil {
		return nil, err
	}
	plan, err := s.copyPlan(st, c)
	if err != nil {
		return nil, err
	}
	if err := s.mayUse(plan.Uses); err != nil {
		return nil, err
	}
	if c.table.RowSecurity && s.Catalog().RowSecurityFor(c.table, s.current().ID) {
		return nil, pgerr.New(pgerrcode.FeatureNotSupported, "COPY FROM not supported with row-level security").
			WithHint("Use INSERT statements instead.")
	}
	if c.query, err = executor.New(plan); err != nil {
		return nil, err
	}
	root, _ := plan.Root.(*physical.Insert)
	c.fires = root.Write.HasTrigger(0)
	c.query.Parts = c.fires || refers(c.table)
	c.env = s.newEnv(ctx, read, nil)
	e, err := s.copyEncoding(opts)
	if err != nil {
		return nil, err
	}
	if e != nil && opts.format != copyBinary {
		c.recode = &copyRecoder{e: e}
	}
	c.copyBatch, c.other = newCopyBatch(c.cols), newCopyBatch(c.cols)
	if opts.format == copyBinary {
		c.parse = &binaryRowsIn{}
		return c, nil
	}
	split := lineSplitter{csv: opts.format == copyCSV, quote: opts.quote, escape: opts.escape}
	if split.escape == split.quote {
		split.escape = 0
	}
	c.parse = &lineRowsIn{split: split}
	return c, c.force()
}

// force marks the columns of FORCE_NOT_NULL and FORCE_NULL.
func (c *copyIn) force() (err error) {
	names := make([]string, len(c.cols))
	for i, col := range c.cols {
		names[i] = col.Name
	}
	exists := func(n string) bool { return c.table.ColumnByName(n) != nil }
	if c.forceNotNull, err = forced("FORCE_NOT_NULL", c.opts.forceNotNull, names, c.table.Name, exists); err != nil {
		return err
	}
	c.forceNull, err = forced("FORCE_NULL", c.opts.forceNull, names, c.table.Name, exists)
	return err
}

// Format implements backend.Copy.
func (c *copyIn) Format() (int8, int) {
	if c.opts.format == copyBinary {
		return 1, len(c.cols)
	}
	return 0, len(c.cols)
}

// Read implements backend.Copy.
func (c *copyIn) Read(context.Context, []byte) ([]byte, bool, error) { return nil, true, nil }

// Write implements backend.Copy.
func (c *copyIn) Write(ctx context.Context, p []byte) error {
	if c.ended {
		return nil
	}
	ctx = c.p.s.limited(ctx)
	c.ctx = ctx
	if err := ctx.Err(); err != nil {
		return c.fail(ctx, err)
	}
	if c.recode != nil {
		return c.writeRecoded(ctx, p)
	}
	return c.write(ctx, p)
}

// write takes bytes in UTF-8.
func (c *copyIn) write(ctx context.Context, p []byte) error {
	data := p
	if len(c.tail) > 0 {
		c.tail = append(c.tail, p...)
		data = c.tail
	}
	used, err := c.parse.rows(c, data, false)
	if err != nil {
		return c.fail(ctx, err)
	}
	rest := data[used:]
	if len(rest) > 1<<30 {
		return c.fail(ctx, pgerr.New(pgerrcode.ProgramLimitExceeded, "out of memory").WithDetail("A line of the COPY data is longer than 1 GiB."))
	}
	c.tail = append(c.tail[:0], rest...)
	return nil
}

// Finish implements backend.Copy.
func (c *copyIn) Finish(ctx context.Context, failed bool, failure string) error {
	ctx = c.p.s.limited(ctx)
	c.ctx = ctx
	defer c.p.s.unlimit()
	defer c.close()
	if failed {
		c.line++ // the one that was waited for
		return c.fail(ctx, pgerr.Newf(pgerrcode.QueryCanceled, "COPY from stdin failed: %s", failure))
	}
	if !c.ended {
		if err := c.recode.incomplete(); err != nil {
			return c.failAfter(ctx, err)
		}
		if _, err := c.parse.rows(c, c.tail, true); err != nil {
			return c.fail(ctx, err)
		}
	}
	err := c.settle()
	if err == nil {
		c.copyBatch.ctx = ctx
		err = c.insert(c.copyBatch)
	}
	if err != nil {
		return c.fail(ctx, err)
	}
	if err := c.query.Finish(ctx); err != nil { // of no line
		c.stop()
		err = toPG(ctx, err)
		c.p.s.failed(err)
		return err
	}
	c.p.tag = fmt.Sprintf("COPY %d", c.count)
	c.p.s.tx.statement = nil
	return nil
}

func (c *copyIn) close() {
	c.stop()
	_ = c.query.Close()
	c.query.Forget()
	c.p.done = true
}

// fail reports an error with the line it came from.
func (c *copyIn) fail(ctx context.Context, err error) error {
	if earlier := c.settle(); earlier != nil {
		err = earlier // of rows before the one that is refused now
	}
	c.stop()
	err = c.p.s.hide(toPG(ctx, err))
	c.p.s.failed(err)
	if b, ok := c.parse.(*binaryRowsIn); ok && !b.header {
		return err // before any line
	}
	if e, ok := pgerr.As(err); ok && e.Where == "" {
		e.Where = fmt.Sprintf("COPY %s, line %d", c.table.Name, max(c.line, 1))
	}
	return err
}

// inRow adds the row that an error was met in, unless the error names its place.
func (c *copyIn) inRow(err error, line []byte) error {
	e, ok := pgerr.As(err)
	if !ok || e.Where != "" {
		return err
	}
	// Bytes that are no text make no line to show, unless escapes made them.
	if e.Code == pgerrcode.BadCopyFileFormat || e.Code == pgerrcode.CharacterNotInRepertoire && types.CheckUTF8(line) == nil {
		e.Where = fmt.Sprintf("COPY %s, line %d: \"%s\"", c.table.Name, c.line, clipText(line))
	}
	return err
}

// inColumn adds the column of binary data that an error was met in.
func (c *copyIn) inColumn(err error, k int) error {
	if e, ok := pgerr.As(err); ok && e.Where == "" {
		e.Where = fmt.Sprintf("COPY %s, line %d, column %s", c.table.Name, c.line, c.cols[k].Name)
	}
	return err
}

// atRow says which row of the batch a constraint refused.
func (c *copyIn) atRow(err error, lines []copiedLine) error {
	n := int(c.query.Processed())
	if e, ok := pgerr.As(err); ok && e.Where == "" && n >= 0 && n < len(lines) {
		e.Where = fmt.Sprintf("COPY %s, line %d", c.table.Name, lines[n].line)
		// PostgreSQL inserts into indexes after it has forgotten the row's text.
		if c.opts.format != copyBinary && e.Code != pgerrcode.UniqueViolation && e.Code != pgerrcode.ForeignKeyViolation {
			e.Where += fmt.Sprintf(": \"%s\"", clipText(lines[n].text))
		}
	}
	return err
}

// clipText cuts what is shown of input at 100 bytes, as PostgreSQL does.
func clipText(b []byte) string {
	n := 100
	if len(b) <= n {
		return string(b)
	}
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return string(b[:n]) + "..."
}

// field stores the value of column k of the present row. raw is borrowed.
func (c *copyIn) field(k int, raw []byte) error {
	col := c.cols[k]
	keep := c.arena.Copy(raw)
	if !col.Type.IsVector() { // what is a vector is ASCII
		if err := types.CheckUTF8(keep); err != nil {
			return err
		}
	}
	d, err := types.ParseText(col.Type, unsafe.String(unsafe.SliceData(keep), len(keep)), c.env.Format)
	if err != nil {
		if bad := types.CheckUTF8(keep); bad != nil { // a message must not quote it
			return bad
		}
		if e, ok := pgerr.As(err); ok {
			e.Where = fmt.Sprintf("COPY %s, line %d, column %s: \"%s\"", c.table.Name, c.line, col.Name, clipText(raw))
		}
		return err
	}
	c.b.Cols[k].Set(c.n, d)
	return nil
}

// endRow completes the present row, which text is the source of.
func (c *copyIn) endRow(text []byte) error {
	if len(text) > 104 { // what clipText needs
		text = text[:104]
	}
	c.lines = append(c.lines, copiedLine{c.line, c.arena.Copy(text)})
	if c.n++; c.n == c.most {
		return c.flush()
	}
	return nil
}

func (c *copyIn) missing(k int) error {
	return pgerr.Newf(pgerrcode.BadCopyFileFormat, "missing data for column %q", c.cols[k].Name)
}

func errExtraData() error {
	return pgerr.New(pgerrcode.BadCopyFileFormat, "extra data after last expected column")
}
