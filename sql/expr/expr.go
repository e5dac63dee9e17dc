// Package expr is the bound expression: typed, with every name, operator and
// cast resolved; and its compilation into a flat Program over batches. It must
// not know syntax, plans, operators or storage.
package expr

import (
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/types"
)

// Expr is a bound expression. Trees are immutable and may be shared.
type Expr interface{ Type() types.T }

type (
	// Const is a constant of its type (Null for NULL).
	Const struct {
		T types.T
		D types.Datum
		// Shown is what is printed instead where the value was made of a written one; "" mostly.
		Shown string
	}
	// Column is column Index of the input row.
	Column struct {
		Index int
		T     types.T
		Name  string // for EXPLAIN
	}
	// Param is the client's parameter $N, 0-based.
	Param struct {
		N int
		T types.T
	}
	// Exec is a value set by an outer operator before the subplan that contains this
	// expression is opened (PostgreSQL's PARAM_EXEC): slot N of Env.Exec.
	Exec struct {
		N    int
		T    types.T
		Name string
	}
	// Call applies a function (also behind every operator).
	Call struct {
		Fn   *builtin.Func
		Op   *builtin.Operator // set when written as an operator, for EXPLAIN and planning
		Args []Expr
		T    types.T // resolved result type
		// Domain is the domain that the arguments make the result one of, T its base type;
		// 0 for none.
		Domain   types.OID
		Variadic bool   // the last argument is the VARIADIC array itself
		Pos      int    // byte offset for errors, −1
		Phrase   string // as of Cast: CURRENT_USER
		Syntax   bool   // written as an SQL construct: TRIM(BOTH FROM x)
		// Written are the arguments of a call that names some, in the order in which they stand.
		Written []Argument
		// Collation is that of a user's function's arguments, which its body compares them by;
		// 0 = their types' own.
		Collation uint32
	}
	// And, Or: three-valued, short-circuit per row.
	And struct{ Args []Expr }
	Or  struct{ Args []Expr }
	Not struct{ X Expr }
	// IsNull is IS [NOT] NULL: of a row, that all of its columns are, or with Whole that it
	// is itself, as IS [NOT] DISTINCT FROM NULL asks. Unknown is the same of a truth value.
	IsNull struct {
		X                   Expr
		Not, Whole, Unknown bool
	}
	// IsBool is IS [NOT] TRUE/FALSE (UNKNOWN is IsNull).
	IsBool struct {
		X    Expr
		Want bool
		Not  bool
	}
	// IsDistinct is IS [NOT] DISTINCT FROM, by types.Equal on a common type.
	IsDistinct struct {
		L, R Expr
		Not  bool
	}
	// Case: the value of CASE x WHEN is already folded into the conditions. Else nil = NULL.
	Case struct {
		Whens []When
		Else  Expr
		T     types.T
		Form  CaseForm
	}
	// Coalesce is the first non-NULL argument.
	Coalesce struct {
		Args []Expr
		T    types.T
	}
	// MinMax is GREATEST or LEAST.
	MinMax struct {
		Least bool
		Args  []Expr
		T     types.T
	}
	// Cast converts by types.Cast (and ApplyTypmod when To.Mod ≥ 0).
	Cast struct {
		X        Expr
		To       types.T
		Explicit bool
		Implicit bool // not written by the user: EXPLAIN leaves it out
		Pos      int
		// Phrase is what the user wrote where a conversion is what it comes to:
		// CURRENT_DATE. Printed instead; "" mostly.
		Phrase string
	}
	// Relabel changes the type without touching the value (varchar → text). With Collation,
	// which is COLLATE as it was written, X keeps its type; binding takes these out. With
	// Domain, X keeps its type, too, and is of a domain over it that demands nothing.
	// Implicit: not written.
	Relabel struct {
		X         Expr
		T         types.T
		Implicit  bool
		Collation *Collation
		Domain    types.OID
	}
	// ToDomain passes a value of a domain's base type on if it fulfils one of the domain's
	// demands: Cond, over the value as column 0, or when that is nil to be not NULL. With
	// Parts it is of another type, and its parts fulfil what their domains demand. Free is a
	// domain that demands nothing (yet): the cast is there to be printed.
	ToDomain struct {
		X      Expr
		Domain DomainName
		Check  string // the constraint's name
		Cond   Expr
		Parts  bool
		Free   bool
	}
	// ArrayOf is ARRAY[…]; T is the array type. Nested: elements are arrays.
	ArrayOf struct {
		Elems  []Expr
		T      types.T
		Nested bool
	}
	// RowOf is ROW(…).
	RowOf struct {
		Args []Expr
		T    types.T // record, or the row type that it was cast to
		Cast bool    // by a cast that is written
	}
	// AnyAll is L op ANY/ALL (array): Op takes (L's type, the element type).
	AnyAll struct {
		All  bool
		Op   *builtin.Operator
		L, R Expr
	}
	// InList is L [NOT] IN (constants or expressions) of one common type, by =.
	InList struct {
		L    Expr
		List []Expr
		Not  bool
		Op   *builtin.Operator
	}
	// Subscript is X[i][j] or slices (Lo, Hi pairs; nil = open).
	Subscript struct {
		X      Expr
		Index  []Expr
		Slice  bool
		Lo, Hi []Expr
		T      types.T
	}
	// Assign is X with the part where the steps lead replaced by V.
	Assign struct {
		X, V  Expr
		Steps []Step
	}
	// Field is (record).field N, 0-based.
	Field struct {
		X    Expr
		N    int
		T    types.T
		Name string // for EXPLAIN; "" = f1, f2, …
		// Domain is the domain of the column, T its base type; 0 for none.
		Domain types.OID
	}
	// SubPlan is a subquery in an expression. Plan indexes the plan's SubPlans;
	// Args are evaluated on the present row into Env.Exec slots Slots before each run.
	// With no Args it is run once per execution and its result kept.
	SubPlan struct {
		Kind  SubPlanKind
		Plan  int
		Slots []int
		Args  []Expr
		// Test compares for AnySub, AllSub and RowSub: Column(0..) of the pair row [L..., subquery columns...].
		Left []Expr
		Test Expr
		T    types.T
		// Memo: equal arguments give equal results, so that those of a run may be kept.
		Memo bool
	}
)

// Collation is a written COLLATE.
type Collation struct {
	OID  uint32
	Name string // as it is printed
	Pos  int
	// Implicit: not written; it is a domain's, or with Literal a literal's of MySQL, which
	// yields to a column's.
	Implicit, Literal bool
	// Among: not written; it is the one of a call's arguments, in whose body the text stands.
	Among []Expr
}

// Argument is one of a call as it is written: its name, "" without one, and which it is.
type Argument struct {
	Name string
	At   int
}

// DomainName is a domain as errors name it.
type DomainName struct {
	ID                  types.OID
	Shown, Schema, Name string
}

// Step leads from a container of type T to an element or slice of an array, into jsonb,
// or to a field of a composite value.
type Step struct {
	T      types.T
	Row    *types.Composite // of a field
	Field  int
	Index  []Expr
	Slice  bool
	Lo, Hi []Expr // nil = open
}

// When is a branch of Case.
type When struct{ Cond, Result Expr }

// CaseForm is how a Case was written, for printing it.
type CaseForm uint8

const (
	CaseWhen   CaseForm = iota // CASE WHEN condition THEN …
	CaseOf                     // CASE x WHEN value THEN …: the conditions are x = value
	CaseNullIf                 // NULLIF(a, b): the condition is a = b
)

// SubPlanKind is how a SubPlan's rows become a value.
type SubPlanKind uint8

const (
	ScalarSub SubPlanKind = iota // one column, at most one row (21000 "more than one row returned by a subquery used as an expression")
	ExistsSub
	AnySub // IN, = ANY: Test over each row, three-valued
	AllSub
	ArraySub  // ARRAY(SELECT …)
	ArraysSub // ARRAY(SELECT array): of arrays of one shape, with a dimension more
	RowSub    // (a, b) op (SELECT …): Test over the row there is at most, NULL without one
)

func (e *Const) Type() types.T      { return e.T }
func (e *Column) Type() types.T     { return e.T }
func (e *Param) Type() types.T      { return e.T }
func (e *Exec) Type() types.T       { return e.T }
func (e *Call) Type() types.T       { return e.T }
func (e *And) Type() types.T        { return boolT }
func (e *Or) Type() types.T         { return boolT }
func (e *Not) Type() types.T        { return boolT }
func (e *IsNull) Type() types.T     { return boolT }
func (e *IsBool) Type() types.T     { return boolT }
func (e *IsDistinct) Type() types.T { return boolT }
func (e *Case) Type() types.T       { return e.T }
func (e *Coalesce) Type() types.T   { return e.T }
func (e *MinMax) Type() types.T     { return e.T }
func (e *Cast) Type() types.T       { return e.To }
func (e *Relabel) Type() types.T    { return e.T }
func (e *ToDomain) Type() types.T   { return e.X.Type() }
func (e *ArrayOf) Type() types.T    { return e.T }
func (e *RowOf) Type() types.T      { return e.T }
func (e *AnyAll) Type() types.T     { return boolT }
func (e *InList) Type() types.T     { return boolT }
func (e *Subscript) Type() types.T  { return e.T }
func (e *Assign) Type() types.T     { return e.Steps[0].T }
func (e *Field) Type() types.T      { return e.T }
func (e *SubPlan) Type() types.T    { return e.T }

var boolT = types.T{OID: types.BoolOID, Mod: -1}
