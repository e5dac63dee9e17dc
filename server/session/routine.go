package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/table"
)

// frame is what a running statement leaves for the functions that it calls.
type frame struct {
	read     kv.Reader // what it reads, nil for expressions that stand alone
	stmtTime time.Time
}

// activation is a running function.
type activation struct {
	s     *Session
	ctx   context.Context
	fn    *catalog.Function
	frame *frame // of the calling statement
	// fixed: the function is not volatile. It sees what the calling statement sees, and may
	// not write.
	fixed bool
	// free: it may end transactions, of which so many had ended when env was made.
	free    bool
	ends    int
	scratch expr.Scratch
	env     *executor.Env // for expressions, made when first needed
	arena   batch.Arena
	// now is what plans depend on, as it was after the last statement; known: it is.
	now   stamp
	known bool
	at    place
	// collation is that of the arguments, 0 = their types' own.
	collation catalog.ID
}

// maxCalls bounds calls within calls.
const maxCalls = 1500

// activate begins a call; the function that it returns ends it.
func (s *Session) activate(ctx context.Context, f *catalog.Function, fr *frame) (*activation, func(), error) {
	if s.calls++; s.calls > maxCalls {
		s.calls--
		return nil, nil, pgerr.TooDeep()
	}
	if fr == nil {
		fr = &frame{stmtTime: time.Now()}
	}
	a := &activation{s: s, ctx: ctx, fn: f, frame: fr, fixed: f.Volatility != builtin.Volatile && !f.IsProcedure()}
	a.free = s.ending.enter && !f.Definer && len(f.Settings) == 0
	s.ending.enter = false
	back, err := s.takeOn(f)
	if err != nil {
		s.calls--
		return nil, nil, err
	}
	n := len(s.calling)
	s.calling = append(s.calling, a)
	return a, func() {
		s.calling = s.calling[:n]
		s.calls--
		back()
	}, nil
}

// takeOn makes the settings of a function, and the rights of its owner, those of the session.
func (s *Session) takeOn(f *catalog.Function) (back func(), err error) {
	acting := s.acting
	s.actAs(f)
	leave, err := s.takeSettings(f)
	if err != nil {
		s.acting = acting
		return nil, err
	}
	return func() {
		leave()
		s.acting = acting
	}, nil
}

// takeSettings makes the settings of a function those of the session.
func (s *Session) takeSettings(f *catalog.Function) (leave func(), err error) {
	if len(f.Settings) == 0 {
		return func() {}, nil
	}
	at := len(s.settings.undo)
	leave = func() { s.settings.leave(at) }
	for _, o := range f.Settings {
		if err := s.SetSetting(o.Name, o.Value, true); err != nil {
			leave()
			return nil, err
		}
	}
	return leave, nil
}

// frameOf is the frame of the statement that an evaluation belongs to.
func frameOf(c *builtin.Ctx) *frame {
	fr, _ := c.Frame.(*frame)
	return fr
}

// argTypes are the types of a call's arguments: those declared, or for polymorphic ones
// those of the call.
func argTypes(c *builtin.Ctx, f *builtin.Func) []types.T {
	ts := make([]types.T, len(f.Args))
	for i, t := range f.Args {
		ts[i] = types.Of(t)
		if info := types.Lookup(t); info != nil && info.Type == 'p' && c.Site != nil && i < len(c.Site.Args) {
			ts[i] = types.Of(c.Site.Args[i].OID)
		}
	}
	return ts
}

// CallUser implements builtin.Caller.
func (s *Session) CallUser(c *builtin.Ctx, f *builtin.Func, args []types.Datum) (types.Datum, error) {
	ret := types.Of(f.Ret)
	if c.Site != nil {
		ret = types.Of(c.Site.Ret.OID)
	}
	r, err := s.callUser(c, f, args, ret)
	if err != nil {
		return types.Datum{}, err
	}
	defer r.close()
	row, ok, err := r.next()
	switch {
	case ret.OID == types.VoidOID && f.User.Language == "plpgsql" && err == nil:
		return types.String(""), nil // not NULL, as in SQL
	case err != nil || !ok || ret.OID == types.VoidOID:
		return types.Null, err
	case r.columns == nil:
		return row[0].Clone(), nil
	}
	return r.record(row), nil
}

// SetOfUser implements builtin.Caller.
func (s *Session) SetOfUser(c *builtin.Ctx, f *builtin.Func, args []types.Datum) (builtin.RowIter, error) {
	ret := types.Of(f.Ret)
	if c.Site != nil {
		ret = types.Of(c.Site.Ret.OID)
	}
	r, err := s.callUser(c, f, args, ret)
	if err != nil {
		return nil, err
	}
	r.whole = len(f.OutTypes) < 2 && r.columns != nil
	if f.User.RetSet || len(f.OutTypes) < 2 {
		return r, nil
	}
	r.least = 1 // a function that returns no set gives a row, of NULLs if need be
	return r, nil
}

// callUser runs a function; the result has its rows.
func (s *Session) callUser(c *builtin.Ctx, f *builtin.Func, args []types.Datum, ret types.T) (*result, error) {
	ts := argTypes(c, f)
	a, leave, err := s.activate(c.Context, f.User, frameOf(c))
	if err != nil {
		return nil, err
	}
	defer leave()
	own := make([]types.Datum, len(args))
	for i := range args {
		own[i] = args[i].Clone()
	}
	site := c.Site
	defer func() { c.Site = site }()
	if site != nil {
		a.collation = site.Collation
	}
	want := s.shapeOf(f, ret)
	switch f.User.Language {
	case "sql":
		return a.runSQL(c.Context, f, own, ts, want)
	case "plpgsql":
		return a.runPL(c.Context, f, own, ts, want)
	}
	return nil, pgerr.NotSupported(-1, "functions in language %s are not supported", f.User.Language)
}

// statement is one statement of a function's body.
type statement struct {
	prepared
	vars *bind.Variables
	// conv makes columns of plan's rows those of the function's result.
	conv []*expr.Program
	of   string // the plan and the result that conv belongs to
}

// values are the parameters of a statement; slot gives the value of a variable.
func (st *statement) values(slot func(bind.Variable) types.Datum) []types.Datum {
	out := make([]types.Datum, len(st.vars.Used))
	for i, v := range st.vars.Used {
		out[i] = slot(v)
	}
	return out
}

// ready plans a statement, anew when what its plan depends on has changed.
func (a *activation) ready(ctx context.Context, st *statement) error {
	s := a.s
	if st.plan != nil && st.fresh == s.stampNow() {
		return nil
	}
	switch x := st.stmt.(type) {
	case *ast.Select, *ast.Insert, *ast.Update, *ast.Delete, *ast.Merge:
		if sel, ok := x.(*ast.Select); ok && sel.Into != nil {
			return nil
		}
	case *ast.Call:
		st.prepared.vars, st.vars.Used = st.vars, nil
		_, _, err := s.bindCall(ctx, x, &st.prepared) // which notes the variables that it reads
		return err
	case *ast.Explain:
		st.prepared.columns = explainColumns(x)
		return nil
	case *ast.Show:
		st.prepared.columns = s.showColumns(x)
		return nil
	default:
		return nil
	}
	if st.plan != nil && st.planKey == s.planKeyNow() {
		st.fresh = s.stampNow()
		return nil
	}
	st.prepared.vars = st.vars
	st.vars.Used = nil
	if err := s.replan(ctx, &st.prepared); err != nil {
		return err
	}
	st.fresh = s.stampNow()
	return nil
}

// run runs a statement and hands its rows to each (nil: they are not wanted). What writes
// or locks is run to its end first, so that it can start again.
func (a *activation) run(ctx context.Context, st *statement, params []types.Datum, each func(*batch.Batch) error) (tag string, err error) {
	defer func() { a.known = false }()
	if err := a.ready(ctx, st); err != nil {
		return "", err
	}
	if st.plan == nil {
		return a.runOther(ctx, st, params, each)
	}
	r, err := a.open(ctx, st, params)
	if err != nil {
		return "", err
	}
	defer r.close()
	if !st.plan.ReadOnly {
		buf := a.s.newBuffer()
		defer func() { buf.Close() }()
		for {
			err := r.drain(ctx, buf)
			if err == nil {
				break
			}
			if !errors.Is(err, table.ErrRestart) || a.s.pinned > 0 || a.s.tx.iso != kv.ReadCommitted || r.tries >= maxRestarts {
				return "", err
			}
			r.first = true
			buf.Close()
			buf = a.s.newBuffer()
			if err := r.restart(ctx, params); err != nil {
				return "", err
			}
		}
		if err := eachOf(buf, each); err != nil {
			return "", err
		}
		return r.finish(), nil
	}
	n := int64(0)
	for {
		b, err := r.next(ctx)
		if err != nil {
			return "", err
		}
		if b == nil {
			break
		}
		n += int64(b.Len())
		if each != nil {
			if err := each(b); err != nil {
				if errors.Is(err, errEnough) {
					break
				}
				return "", err
			}
		}
	}
	if tag = r.finish(); tag == "" {
		tag = fmt.Sprintf("SELECT %d", n)
	}
	return tag, nil
}

// eachOf calls each, if there is one, for rows that were read, until it has enough.
func eachOf(buf *executor.Buffer, each func(*batch.Batch) error) error {
	for each != nil {
		b, err := buf.Next()
		if err != nil || b == nil {
			return err
		}
		if err := each(b); errors.Is(err, errEnough) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

// errEnough ends a query whose other rows are not wanted.
var errEnough = errors.New("session: enough rows")

// open opens a planned statement of the function.
func (a *activation) open(ctx context.Context, st *statement, params []types.Datum) (*running, error) {
	s := a.s
	if a.fixed && !st.plan.ReadOnly {
		return nil, a.notFixed(st)
	}
	r := s.newRunning(&st.prepared)
	r.act = a
	if !st.plan.ReadOnly {
		if err := s.tx.mayWriteTo(st.plan.TempOnly, writerName(&st.prepared)); err != nil {
			return nil, err
		}
		if err := s.throttle(ctx, st.plan); err != nil {
			return nil, err
		}
	}
	if err := r.open(ctx, params); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (a *activation) notFixed(st *statement) error {
	name := commandName(st.stmt)
	if st.plan != nil {
		name = writerName(&st.prepared)
	}
	return pgerr.Newf(pgerrcode.FeatureNotSupported, "%s is not allowed in a non-volatile function", name)
}

// runOther runs a statement without a plan.
func (a *activation) runOther(ctx context.Context, st *statement, params []types.Datum, each func(*batch.Batch) error) (string, error) {
	s := a.s
	switch x := st.stmt.(type) {
	case *ast.TxnStmt:
		return "", pgerr.Newf(pgerrcode.FeatureNotSupported, "%s is not allowed in an SQL function", commandName(x))
	case *ast.LockTable:
		return "LOCK TABLE", s.restarting(ctx, func() error { return s.lockTables(ctx, x) })
	case *ast.Maintenance:
		if x.Vacuum {
			return "", pgerr.New(pgerrcode.ActiveSQLTransaction, "VACUUM cannot be executed from a function")
		}
	case *ast.Copy, *ast.Declare, *ast.Fetch, *ast.CloseCursor, *ast.Listen, *ast.Discard:
		return "", pgerr.NotSupported(-1, "%s in functions is not supported", commandName(x))
	case *ast.Show, *ast.Explain:
	default:
		if a.fixed {
			return "", a.notFixed(st)
		}
	}
	p := &portal{s: s, stmt: &st.prepared, params: params, cursor: true}
	full, err := s.prepareAs(ctx, &prepared{text: st.text, vars: st.vars}, ast.Parsed{Stmt: st.stmt, Start: 0, End: len(st.text)})
	if err != nil {
		return "", err
	}
	p.stmt = full
	src, err := s.run(ctx, p)
	if err != nil {
		return "", err
	}
	defer src.close()
	for {
		b, err := src.next(ctx)
		if err != nil {
			return "", err
		}
		if b == nil {
			return src.finish(), nil
		}
		if each != nil {
			if err := each(b); err != nil && !errors.Is(err, errEnough) {
				return "", err
			} else if err != nil {
				return src.finish(), nil
			}
		}
	}
}

// commandName is a statement's name in messages.
func commandName(st ast.Stmt) string {
	text := ast.Print(st)
	switch x := st.(type) {
	case *ast.TxnStmt:
		return strings.Fields(text + " ")[0]
	case *ast.Select:
		return "SELECT"
	case *ast.Set:
		if x.Reset {
			return "RESET"
		}
		return "SET"
	}
	words := strings.Fields(text)
	switch words[0] {
	case "CREATE", "ALTER", "DROP", "TRUNCATE", "LOCK":
		if len(words) > 1 {
			return words[0] + " " + words[1]
		}
	}
	return words[0]
}

// exprEnv is what expressions of the function are computed in.
func (a *activation) exprEnv() *executor.Env {
	if a.env == nil || a.ends != a.s.ending.count {
		a.ends = a.s.ending.count
		var read kv.Reader
		if a.fixed {
			read = a.frame.read
		}
		a.env = a.s.newEnv(a.ctx, read, nil)
		a.env.Arena, a.env.StmtTime = &a.arena, a.frame.stmtTime
		a.env.Frame = &frame{read, a.frame.stmtTime}
	}
	return a.env
}
