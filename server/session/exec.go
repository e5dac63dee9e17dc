package session

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// run starts a portal's statement.
func (s *Session) run(ctx context.Context, p *portal) (source, error) {
	switch st := p.stmt.stmt.(type) {
	case *ast.Explain:
		return s.explain(ctx, p, st)
	case *ast.Show:
		return s.show(st)
	case *ast.Execute:
		return s.execute(ctx, p, st)
	case *ast.Call:
		return s.call(ctx, p, st)
	case *ast.Fetch:
		if st.Move {
			tag, err := s.move(ctx, st)
			return command{tag}, err
		}
		return s.fetch(ctx, st)
	}
	if p.stmt.plan != nil {
		if p.stmt.plan.ReadOnly || p.stmt.plan.Out == nil || p.stmt.plan.Tag != "SELECT" {
			return s.runPlan(ctx, p)
		}
		return s.runLocking(ctx, p)
	}
	tag, err := s.utility(ctx, p)
	if err == nil && s.tx.now {
		_, err = s.tx.commit(ctx)
	}
	return command{tag}, err
}

// running is a plan being executed.
type running struct {
	s     *Session
	stmt  *prepared
	plan  *physical.Plan
	query *executor.Query
	env   *executor.Env
	mark  table.Mark
	first bool // nothing was returned yet: it may start again
	tries int
	count bool         // fill counters, for EXPLAIN ANALYZE
	space executor.Env // env's memory
	// Of statements of functions, and of those that call some.
	act    *activation
	frame  frame
	frozen kv.Snapshot // what is read, where the transaction goes on writing meanwhile
	arena  batch.Arena
	freeze bool
	told   bool // a client is told what its functions say between the rows where they say it
	budget executor.Budget
}

// maxRestarts bounds how often a statement starts again because rows it must
// change were changed under it.
const maxRestarts = 1000

// runPlan opens the portal's plan.
func (s *Session) runPlan(ctx context.Context, p *portal) (*running, error) {
	if err := s.refresh(ctx, p.stmt); err != nil {
		return nil, err
	}
	r := s.newRunning(p.stmt)
	_, query := p.stmt.stmt.(*ast.Select)
	r.told = query && p.stmt.plan.Calls && !p.inner
	if !p.stmt.plan.ReadOnly {
		if err := s.tx.mayWriteTo(p.stmt.plan.TempOnly, writerName(p.stmt)); err != nil {
			return nil, err
		}
		if err := s.throttle(ctx, p.stmt.plan); err != nil {
			return nil, err
		}
	}
	if err := r.open(ctx, p.params); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// writerName names a statement that writes or locks rows.
func writerName(st *prepared) string {
	if q, ok := st.stmt.(*ast.Select); ok && len(q.Locking) > 0 {
		return "SELECT " + ast.LockingWords(q.Locking[0].Strength)
	}
	return st.plan.Tag
}

// newRunning takes the memory of an execution that has ended, if there is one.
func (s *Session) newRunning(st *prepared) *running {
	r := s.idle
	s.idle = nil
	if r == nil {
		r = &running{}
	}
	r.s, r.stmt, r.plan, r.query, r.env = s, st, nil, nil, nil
	r.first, r.tries, r.count = true, 0, false
	r.act, r.freeze, r.told = nil, false, false
	return r
}

// throttle holds a writer back while a vector index lags; before any lock is taken.
func (s *Session) throttle(ctx context.Context, plan *physical.Plan) error {
	for _, id := range plan.Tables {
		if t, ok := s.Catalog().TableByID(id); ok {
			if err := s.db.vectors.Throttle(ctx, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// open starts an execution with a fresh view; ErrRestart is handled here and in next.
func (r *running) open(ctx context.Context, params []types.Datum) error {
	s := r.s
	read, err := r.view(ctx)
	if err != nil {
		return err
	}
	if r.act == nil {
		if err := s.refresh(ctx, r.stmt); err != nil {
			return err
		}
	}
	if r.plan == nil {
		s.open = append(s.open, r)
	}
	r.plan = r.stmt.plan
	if r.plan.Fails != nil {
		return r.plan.Fails
	}
	if r.plan.Unkeyed && s.settings.mysql && s.settings.safeUpdates {
		return pgerr.New(pgerrcode.SyntaxErrorOrAccessRuleViolation, "You are using safe update mode and you tried to update a table without a WHERE that uses a KEY column").
			At(int(r.stmt.stmt.Position()))
	}
	if len(r.plan.Uses) > 0 {
		if err := s.mayUse(r.plan.Uses); err != nil {
			return err
		}
	}
	if r.query = r.stmt.query; r.query == nil || r.query.Plan != r.plan {
		if r.query, err = executor.New(r.plan); err != nil {
			return err
		}
	}
	r.stmt.query = nil // ours until close
	r.env = &r.space
	r.budget.Reset(s.statementMemory())
	s.fillEnv(r.env, ctx, read, params, &r.budget)
	if r.act != nil {
		r.arena.Reset()
		r.env.Arena, r.env.StmtTime = &r.arena, r.act.frame.stmtTime
	}
	r.frame = frame{read, r.env.StmtTime}
	r.env.Frame = &r.frame
	if r.told {
		r.env.Stepwise = true
	}
	if r.freeze {
		r.env.Stepwise = true
		r.env.Workers, r.env.Fork = 0, nil // they would wait for the consumer from one statement to another
	}
	if r.count {
		r.env.Counters = make([]executor.Counter, r.plan.NodeCount)
	}
	err = r.writing(func() error { return r.query.Open(ctx, r.env) })
	if r.mayRestart(err) {
		return r.restart(ctx, params)
	}
	return err
}

// view is what the statement reads. One that calls functions, and a query of a function
// that is read on while others run, keeps to what was there when it began; a function that
// is not volatile reads what the statement reads that has called it.
func (r *running) view(ctx context.Context) (kv.Reader, error) {
	s, plan := r.s, r.stmt.plan
	if r.act != nil && r.act.fixed && r.act.frame.read != nil {
		return r.act.frame.read, nil
	}
	read, err := s.tx.statementView(ctx, !plan.ReadOnly || plan.Calls || r.freeze || r.act != nil)
	if err != nil || s.tx.txn == nil {
		return read, err
	}
	r.mark = s.tx.txn.Savepoint()
	if plan.Calls || r.freeze {
		if r.frozen, err = s.tx.txn.Freeze(); err != nil {
			return nil, err
		}
		read = r.frozen
	}
	return read, nil
}

// writing runs a part of the statement. While one that writes or locks runs, the view that
// it tells changed rows by must not move.
func (r *running) writing(part func() error) error {
	if r.stmt.plan.ReadOnly {
		return part()
	}
	r.s.pinned++
	defer func() { r.s.pinned-- }()
	return part()
}

func (r *running) thaw() {
	if r.frozen != nil {
		_ = r.frozen.Close()
		r.frozen = nil
	}
}

// mayRestart reports that the statement met a newer version of a row and can
// start again on a newer view.
func (r *running) mayRestart(err error) bool {
	return errors.Is(err, table.ErrRestart) && r.first && r.s.pinned == 0 && r.s.tx.iso == kv.ReadCommitted && r.tries < maxRestarts
}

// restart undoes the statement and runs it again on what is committed now. Locks
// taken before the statement stay.
func (r *running) restart(ctx context.Context, params []types.Datum) error {
	r.tries++
	if err := r.query.Close(); err != nil {
		return err
	}
	r.stmt.query = r.query
	r.thaw()
	if err := r.s.tx.txn.RollbackTo(r.mark); err != nil {
		return err
	}
	if err := r.s.tx.txn.Refresh(ctx); err != nil {
		return err
	}
	return r.open(ctx, params)
}

func (r *running) next(ctx context.Context) (*batch.Batch, error) {
	r.env.Context = ctx // each Execute of a portal brings its own
	for {
		var b *batch.Batch
		err := r.writing(func() (err error) { b, err = r.query.Next(ctx); return err })
		if r.mayRestart(err) {
			if err := r.restart(ctx, r.env.Params); err != nil {
				return nil, err
			}
			continue
		}
		if b != nil {
			r.first = false
		}
		return b, err
	}
}

func (r *running) finish() string {
	n := r.query.Affected()
	if n < 0 {
		return ""
	}
	r.s.outcome.written = r.query.Changed()
	if r.plan.Tag == "INSERT" {
		return "INSERT 0 " + strconv.FormatInt(n, 10)
	}
	return r.plan.Tag + " " + strconv.FormatInt(n, 10)
}

func (r *running) close() {
	if i := slices.Index(r.s.open, r); i >= 0 {
		r.s.open = slices.Delete(r.s.open, i, i+1)
	}
	if r.query == nil {
		r.thaw()
		return
	}
	_ = r.query.Close()
	r.thaw()
	if r.stmt.plan == r.query.Plan {
		r.stmt.query = r.query
	}
	r.query = nil
	r.s.idle = r
}

// runLocking runs a SELECT that locks rows to its end before it returns any, so
// that it can start again when a row changed under it.
func (s *Session) runLocking(ctx context.Context, p *portal) (source, error) {
	r, err := s.runPlan(ctx, p)
	if err != nil {
		return nil, err
	}
	defer r.close()
	for {
		b := &buffered{buf: s.newBuffer()}
		err := r.drain(ctx, b.buf)
		if errors.Is(err, table.ErrRestart) && s.tx.iso == kv.ReadCommitted && r.tries < maxRestarts {
			r.first = true
			b.buf.Close()
			if err := r.restart(ctx, p.params); err != nil {
				return nil, err
			}
			continue
		}
		return b, err
	}
}

func (r *running) drain(ctx context.Context, buf *executor.Buffer) error {
	for {
		b, err := r.next(ctx)
		if err != nil || b == nil {
			return err
		}
		if err := buf.Append(b); err != nil {
			return err
		}
	}
}

// evalIn is evalExpr of an expression that stands in a place of its own, for a column
// or parameter of that name.
func (s *Session) evalIn(x ast.Expr, place bind.Place, t types.T, name string) (types.Datum, error) {
	e, err := bind.Scalar(x, nil, place, t, name, s.planOptions(nil))
	if err != nil {
		return types.Null, err
	}
	p, err := expr.Compile(e)
	if err != nil {
		return types.Null, err
	}
	var scratch expr.Scratch
	env := s.newEnv(context.Background(), nil, nil)
	d, err := p.One(&env.Env, &scratch)
	return d.Clone(), err
}

// execute runs a prepared statement by its SQL name.
func (s *Session) execute(ctx context.Context, p *portal, st *ast.Execute) (source, error) {
	q, err := s.executed(ctx, st)
	if err != nil {
		return nil, err
	}
	params, err := s.executeArgs(st, q)
	if err != nil {
		return nil, err
	}
	inner := &portal{s: s, stmt: q, columns: q.portalColumns(), kind: q.kind, params: params, inner: true}
	s.text = q.text
	if err := s.refresh(ctx, q); err != nil {
		return nil, err
	}
	s.countPlan(q, len(params))
	rows, err := s.run(ctx, inner)
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// executeArg computes one parameter; a text is read as a client's would be.
func (s *Session) executeArg(a ast.Expr, n int, t types.T, isText bool) (types.Datum, error) {
	if !isText {
		return s.evalIn(a, bind.Argument, t, "parameter $"+strconv.Itoa(n))
	}
	d, err := s.evalExpr(a, types.Of(types.TextOID))
	if err != nil || d.IsNull() {
		return d, err
	}
	d, err = types.ParseText(t, d.Text(), s.planOptions(nil).Format)
	return d.Clone(), err
}

// executeArgs computes the parameters of EXECUTE.
func (s *Session) executeArgs(st *ast.Execute, q *prepared) ([]types.Datum, error) {
	if len(q.params) == 0 && !st.Texts {
		return nil, nil // nobody looks at those that are given, but in MySQL's dialect
	}
	if len(st.Args) != len(q.params) {
		return nil, pgerr.Newf(pgerrcode.SyntaxError, "wrong number of parameters for prepared statement %q", st.Name).
			WithDetail("Expected %d parameters but got %d.", len(q.params), len(st.Args))
	}
	var params []types.Datum
	shown := q.shownParams()
	for i, a := range st.Args {
		d, err := s.executeArg(a, i+1, types.Of(q.params[i]), st.Texts)
		if err == nil && shown[i] != q.params[i] { // of a domain
			err = names{s: s}.CheckDomain(shown[i], d)
		}
		if err != nil {
			return nil, err
		}
		params = append(params, d)
	}
	return params, nil
}
