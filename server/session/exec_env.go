package session

import (
	"context"
	"strconv"
	"time"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/planner"
	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/vectorindex"
)

// statementMemory is a statement's memory allowance in bytes.
func (s *Session) statementMemory() int64 {
	v, _ := s.settings.get("loxodb.statement_memory")
	kb, _ := strconv.ParseInt(v, 10, 64)
	return kb << 10
}

func (s *Session) budget() *executor.Budget { return executor.NewBudget(s.statementMemory()) }

// newBuffer keeps rows beside a statement.
func (s *Session) newBuffer() *executor.Buffer {
	return executor.NewBuffer(s.budget(), s.db.spill.create())
}

// newEnv is what a statement's operators may see.
func (s *Session) newEnv(ctx context.Context, read kv.Reader, params []types.Datum) *executor.Env {
	env := &executor.Env{}
	s.fillEnv(env, ctx, read, params, s.budget())
	return env
}

func (s *Session) fillEnv(env *executor.Env, ctx context.Context, read kv.Reader, params []types.Datum, budget *executor.Budget) {
	f := s.TextFormat()
	f.Now = s.tx.began
	*env = executor.Env{
		Env: expr.Env{
			Ctx: builtin.Ctx{
				Context: ctx, Format: f, TxnTime: s.tx.began, StmtTime: time.Now(), Arena: &s.arena, Session: s, Notice: s.hooks.notice,
			},
			Params: params,
		},
		Read: read, Txn: s.tx.txn, Catalog: s.Catalog(), Numbers: s.db.numbers, Rows: s.db.rows, Columns: s.db.columns, System: system{s},
		Fork: s.hooks.fork, Helpers: s.db.helpers, Workers: s.workers(), Deferred: s.hooks.deferred, CursorRow: s.hooks.cursorRow, Index: s.hooks.index, Budget: budget, Spill: s.hooks.spill, TableWrite: s.hooks.tableWrite, Default: s.hooks.columnDefault,
		Trigger: s.hooks.trigger, Replica: s.hooks.replica, Unchecked: s.hooks.unchecked, Doubt: s.hooks.doubt, Changes: &s.triggers.changes, Uses: &s.uses, MayUse: s.hooks.mayUse,
	}
	s.setEffort(env)
	if s.tx.txn != nil && s.tx.iso == kv.ReadCommitted && s.pinned == 0 {
		env.Refresh = s.tx.txn.Refresh
	}
}

// hooks are the functions of the session that operators call, made once.
type hooks struct {
	index         func(catalog.ID) (vectorindex.Index, bool)
	tableWrite    func(*catalog.Table) (*physical.TableWrite, error)
	columnDefault func(*catalog.Table, int16) (types.Datum, error)
	deferred      func(*catalog.Constraint) bool
	cursorRow     func(string, *catalog.Table) (uint64, bool, error)
	fork          func(context.Context, kv.TS) (kv.Snapshot, error)
	trigger       executor.CallTrigger
	replica       func() bool
	unchecked     func() bool
	doubt         func(context.Context, *catalog.Table, *catalog.Constraint) error
	spill         func() (executor.SpillFile, error)
	notice        func(*pgerr.Error)
	mayUse        func([]physical.Use) error
}

func (s *Session) makeHooks() {
	s.hooks = hooks{
		notice: s.notice,
		index:  s.db.vectors.Index,
		tableWrite: func(t *catalog.Table) (*physical.TableWrite, error) {
			if t.IsPartitioned() {
				return planner.BindFamilyWrite(t, s.planOptions(nil))
			}
			return planner.BindTableWrite(t, s.planOptions(nil))
		},
		columnDefault: s.columnDefault,
		spill:         s.db.spill.create(),
		deferred:      func(con *catalog.Constraint) bool { return s.tx.constraints.of(con) },
		cursorRow:     s.cursorRow,
		fork:          s.db.fork,
		trigger:       s.callTrigger,
		replica:       s.replica,
		mayUse:        s.mayUse,
		unchecked:     s.keysUnchecked,
		doubt:         s.doubtKey,
	}
}

// columnDefault evaluates a column's default, for ON DELETE SET DEFAULT.
func (s *Session) columnDefault(t *catalog.Table, attr int16) (types.Datum, error) {
	c := t.Column(attr)
	if c == nil || c.Default == "" {
		return types.Null, nil
	}
	return s.evalText(c.Default, c.Type)
}

// evalText computes a stored SQL expression without input.
func (s *Session) evalText(text string, t types.T) (types.Datum, error) {
	list, err := s.db.cfg.Parser.Parse("SELECT " + text)
	if err != nil {
		return types.Null, err
	}
	return s.evalExpr(list[0].Stmt.(*ast.Select).Targets[0].Expr, t)
}

// evalExpr computes an expression without input as a value of type t.
func (s *Session) evalExpr(x ast.Expr, t types.T) (types.Datum, error) {
	return s.evalIn(x, bind.Default, t, "")
}
