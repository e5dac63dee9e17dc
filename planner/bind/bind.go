// Package bind gives a statement its meaning: names, scopes and types by
// PostgreSQL's rules (chapters 7 and 10), with its errors word for word. The
// result is a logical tree. It must not know cost, strategies or execution.
package bind

import (
	"context"
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/parser"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// Options is everything besides the statement that its meaning depends on.
type Options struct {
	// Context, if set, ends the planning, which may compute long with constants.
	Context context.Context
	Catalog *catalog.Snapshot
	// Session resolves search_path, current user, regclass constants and settings.
	Session builtin.Session
	Format  *types.Format
	// Parser reads stored SQL text: views, defaults, checks, index expressions.
	Parser parser.Frontend
	// ParamTypes are the client's declared parameter types (0 = infer); parameters
	// beyond it are inferred.
	ParamTypes []types.OID
	// NoParams refuses parameters, which a statement of the simple protocol cannot have.
	NoParams bool
	// TempRows guesses how many rows a temporary table has; nobody analyzes those unasked.
	TempRows func(t *catalog.Table) int64
	// VectorStats is what a live vector index says of itself for costing; nil = nobody knows.
	VectorStats func(index catalog.ID) VectorStats
	// Fill is the materialized view that the statement fills: it may write it, and need
	// not find it populated.
	Fill catalog.ID
	// Defining says that the statement is only looked at, as part of a definition: row
	// security, which belongs to whoever runs it, is left out, and a materialized view
	// need not be populated.
	Defining bool
	// Declares says that a table is made of the query's columns, whose Declarations are wanted.
	Declares bool
	// Positions asks for the row numbers by which WHERE CURRENT OF finds a cursor's rows.
	Positions bool
	// Transition finds a transition table of the running trigger by name, nil if it has none
	// of that; nil: there is no trigger.
	Transition func(name string) *syscat.Table
	// Warn, if set, is told what is odd about the statement.
	Warn func(*pgerr.Error)
	// Role is the current user; Super says that it is a superuser, whom nothing is refused.
	Role  catalog.ID
	Super bool
	// Trace, if set, notes what the statement's names mean.
	Trace *Trace
	// Vars, if set, are the variables of the function whose body the statement is in.
	Vars *Variables
	// Midway says that a statement which writes is running around this one: what foreign keys
	// promise may not hold until that ends.
	Midway bool
	// CallsAsWritten keeps calls of functions whose body could stand in their place.
	CallsAsWritten bool
}

// VectorStats are facts about a vector index; 0 = unknown.
type VectorStats struct {
	Entries int64
	// Effort is the beam, or how many of its Lists, a search of 10 for the default recall takes.
	Effort, Lists int
}

// Column is an output column of a query.
type Column struct {
	ID    logical.ColID
	Name  string
	T     types.T
	Table catalog.ID
	Attr  int16
	// Collation as in logical.ColInfo.
	Collation catalog.ID
	Domain    catalog.ID // 0 for none; T is its base type
}

// Statement is a bound statement.
type Statement struct {
	Meta   *logical.Meta
	Tree   logical.Node
	Out    []Column // nil when no rows come back
	Params []types.OID
	// ParamDomains are the domains that parameters are shown with, by number; values are
	// of the base types. nil: none.
	ParamDomains map[int]types.OID
	Tag          string
	Locks        bool // it takes row locks
	Calls        bool // it calls functions that users made
	// Positions are where a cursor's rows come from, if they were asked for.
	Positions []Position
	derived   map[logical.ColID]bool // see noteDerived
}

// Position is the column with the row number of a table whose row stands behind each row
// of a cursor; Locked: FOR UPDATE or its kin has named the table. Of a table with children
// Family is whose row it can be, and the column TableOID says whose it is.
type Position struct {
	Table    catalog.ID
	Row      logical.ColID
	Locked   bool
	Family   []*catalog.Table
	TableOID logical.ColID
}

// binder binds one statement.
type binder struct {
	o      Options
	meta   *logical.Meta
	folds  expr.FoldMemo // of casts of constants
	params []types.OID
	// paramDomains is Statement.ParamDomains.
	paramDomains map[int]types.OID
	// untypedParams are the places of parameters to which nothing gives a type.
	untypedParams []*unknownParam
	// assigning is the table whose columns are being assigned values.
	assigning *catalog.Table
	// mixedWrites: values are converted to the columns' types as MySQL converts them.
	mixedWrites bool
	lenient     leniency
	slab        []expr.Const // for constants to come, see constant
	// standIns numbers columns within WITH queries apart, from −1 down.
	standIns logical.ColID
	// strict: expressions are computed in MySQL's strict mode.
	strict strictMode
	// pos remembers where column references stand, for errors found later.
	pos map[*expr.Column]ast.Pos
	// shapes and rowShapes are the columns of record values, by where they come from.
	shapes    map[logical.ColID][]field
	rowShapes map[*expr.RowOf][]field
	wholeRows map[*expr.RowOf]*nsItem // whose rows they are
	wholeAt   map[*expr.RowOf]ast.Pos
	// caseRows are the rows in whole-row references that can be NULL.
	caseRows map[*expr.Case]*expr.RowOf
	// setRows is what SET lists of UPDATE keep of subqueries for several columns, nil elsewhere.
	setRows *setRows
	// rawRows are the rows of ROW(…) before what has no type became text.
	rawRows map[*expr.RowOf]*expr.RowOf
	// rowPos is where the members of a row of ROW(…) stand.
	rowPos map[*expr.RowOf][]ast.Pos
	locks  bool
	// positions are Statement.Positions.
	positions []Position
	// derived are the columns of the topmost query's derived tables, if they are wanted.
	derived map[logical.ColID]bool
	depth   int
	// views guards against views that expand to themselves.
	views []catalog.ID
	// noParams refuses parameters, with the reason (stored expressions).
	noParams bool
	// collates is set when a collation was written, or a column has one that is not its type's.
	collates bool
	// connection is the collation of literals in MySQL's dialect, 0 = their type's.
	connection catalog.ID
	// refused is the view, of those that one selects from through others, which cannot be written.
	refused string
	// unwritable is the error for the first view that is written and cannot be. It is found
	// when all of the statement has a meaning.
	unwritable error
	// unlockable is the error for a lock that a subquery cannot have: see cannotLock.
	unlockable error
	// has are the database's extensions, once they were asked for.
	has     builtin.Has
	hasRead bool
	// policed are the tables whose policies are being bound.
	policed []catalog.ID
	// as is the owner of the view that is being bound, 0 outside of views.
	as catalog.ID
	// asWritten leaves the conversions of constants in place.
	asWritten bool
	// tableoids are the columns that clients are told constants come from.
	tableoids map[*expr.Const]catalog.ID
	// keepCalls leaves calls of functions where their bodies could stand; inlining are
	// the functions whose bodies are around, body those of stored expressions, which see no variables.
	keepCalls bool
	inlining  []*catalog.Function
	body      int
	// callInFrom is where the call of FROM stands that is bound, whose columns count.
	callInFrom ast.Pos
}

// maxDepth bounds nested queries and expressions; the grammar bounds text already.
const maxDepth = 5000

func newBinder(o Options) *binder {
	meta := logical.NewMeta()
	meta.Midway = o.Midway
	return &binder{o: o, noParams: o.NoParams, keepCalls: o.CallsAsWritten, callInFrom: ast.NoPos, meta: meta, params: append([]types.OID(nil), o.ParamTypes...),
		pos: map[*expr.Column]ast.Pos{}}
}

// put sets an entry of a map that few statements need: it is made with its first entry.
func put[K comparable, V any](m *map[K]V, key K, v V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[key] = v
}

// Bind binds SELECT, VALUES, INSERT, UPDATE, DELETE and MERGE.
func Bind(stmt ast.Stmt, o Options) (*Statement, error) {
	s, err := bindStatement(stmt, o)
	return s, o.visible(err)
}

func bindStatement(stmt ast.Stmt, o Options) (*Statement, error) {
	b := newBinder(o)
	b.connection = connectionCollation(o)
	b.collates = b.connection != 0
	s := &Statement{Meta: b.meta}
	q, tag, err := b.statement(stmt)
	if err == nil {
		err = b.unwritable
	}
	if err != nil {
		return nil, err
	}
	b.collectUses(q.tree)
	if q.tree, err = b.assignCollations(q.tree); err != nil {
		return nil, err
	}
	s.Tree, s.Out, s.Tag = q.tree, q.columns(), tag
	for i := range s.Out {
		s.Out[i].Collation = b.meta.Cols[s.Out[i].ID].Collation
		s.Out[i].Domain = b.exprDomain(b.meta.Column(s.Out[i].ID))
	}
	b.finishVariables()
	if err := b.finishParams(); err != nil {
		return nil, err
	}
	s.Calls = b.meta.Calls
	s.Params, s.ParamDomains, s.Locks, s.Positions = b.params, b.paramDomains, b.locks, b.positions
	s.derived = b.derived
	return s, nil
}

// statement binds a statement that may stand on top or in WITH.
func (b *binder) statement(stmt ast.Stmt) (*query, string, error) {
	switch x := stmt.(type) {
	case *ast.Select:
		b.warning()
		q, err := b.selectStmt(x, nil, queryOpts{top: true})
		return q, "SELECT", err
	case *ast.Insert:
		q, err := b.insert(x, nil)
		return q, "INSERT", err
	case *ast.Update:
		q, err := b.update(x, nil)
		return q, "UPDATE", err
	case *ast.Delete:
		q, err := b.delete(x, nil)
		return q, "DELETE", err
	case *ast.Merge:
		q, err := b.merge(x)
		return q, "MERGE", err
	}
	return nil, "", pgerr.NotSupported(int(stmt.Position()), "this statement cannot be planned")
}

// query is a bound query: a tree and which of its columns come out, with their names.
type query struct {
	tree logical.Node
	out  []outCol
	// operands are the queries of a set operation from the left to the right, itself one of
	// them when it is an operand.
	operands []*nsItem
}

// outCol is an output column while its query is still being bound.
type outCol struct {
	id   logical.ColID
	name string
	t    types.T
	pos  ast.Pos // of its expression; of a set operation: the one that has decided its type
	head ast.Pos // of its expression; of a set operation: the first operand's
}

func (q *query) ids() []logical.ColID {
	l := make([]logical.ColID, len(q.out))
	for i, c := range q.out {
		l[i] = c.id
	}
	return l
}

func (q *query) columns() []Column {
	if q.out == nil {
		return nil
	}
	out := make([]Column, len(q.out))
	for i, c := range q.out {
		out[i] = Column{ID: c.id, Name: c.name, T: c.t}
	}
	return out
}

// errAt is a *pgerr.Error at a position.
func errAt(pos ast.Pos, code, format string, args ...any) *pgerr.Error {
	return pgerr.Newf(code, format, args...).At(int(pos))
}

// notYet is the answer to what PostgreSQL can and this server cannot.
func notYet(pos ast.Pos, what string) error {
	return pgerr.NotSupported(int(pos), "%s is not supported", what)
}

// atPos gives an error that has none yet a position.
func atPos(err error, pos ast.Pos) error {
	if e, ok := pgerr.As(err); ok && e.Position == 0 && pos >= 0 {
		c := *e
		return c.At(int(pos))
	}
	return err
}

func (b *binder) finishParams() error {
	known := func(t types.OID) bool { return t != 0 && t != types.UnknownOID }
	for _, p := range b.untypedParams {
		if known(b.params[p.n]) { // from another place
			return errAt(p.pos, pgerrcode.AmbiguousParameter, "could not determine data type of parameter $%d", p.n+1)
		}
	}
	for i, t := range b.params {
		if !known(t) {
			return errAt(ast.NoPos, pgerrcode.IndeterminateDatatype, "could not determine data type of parameter $%d", i+1)
		}
	}
	return nil
}
