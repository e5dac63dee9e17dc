package ast

// LitKind is the lexical kind of a literal.
type LitKind uint8

const (
	LitNull    LitKind = iota
	LitInt             // fits int32
	LitNumeric         // other numbers, as written
	LitString          // unknown-typed
	LitBool
	LitBit // b'01' or x'1f': Text starts with b or x
)

type (
	// Lit is a literal.
	Lit struct {
		At
		Kind LitKind
		Text string // the value for LitNumeric, LitString, LitBit
		Int  int64
		Bool bool
		// Truth: a LitInt that MySQL's dialect writes as TRUE or FALSE.
		Truth bool
		// Limited: a LitNumeric whose type has its digits for precision and scale.
		Limited bool
		// Raw: where bytes are asked for, the text of a LitString is their value, not the
		// form in which PostgreSQL writes them.
		Raw bool
		// Value: a LitInt that stands for itself, not for the number of a column.
		Value bool
		// As is the type that analysis gave a string or NULL, "" before: it is printed
		// as a cast.
		As string
	}
	// Param is $n (1-based) or a dialect's ? in order.
	Param struct {
		At
		N int
		// Function and Name are of one that is shown as an argument: of which, called so.
		Function, Name string
	}
	// ColumnRef is a, t.a, s.t.a, or with Star the whole row: *, t.*.
	ColumnRef struct {
		At
		Parts []string
		Star  bool
		// Row is the type that a definition shows a whole row with: t.*::t. "" for all else.
		Row string
	}
	// Op is a binary or unary (Left nil) operator by name, from pg_operator.
	Op struct {
		At
		Schema      string // OPERATOR(schema.+)
		Name        string
		Left, Right Expr
	}
	// Quantified is left op ANY|ALL (array) — or (subquery) with Sub set.
	Quantified struct {
		At
		Schema string // of the comparison; as for Op
		All    bool
		Op     string
		Left   Expr
		Right  Expr
		Sub    *Select
	}
	// In is left [NOT] IN (list) or (subquery).
	In struct {
		At
		Schema string // of the comparison; as for Op
		Not    bool
		Left   Expr
		List   []Expr
		Sub    *Select
	}
	// Like is [NOT] LIKE, ILIKE, SIMILAR TO.
	Like struct {
		At
		Not, CaseFold, Similar bool
		Mixed                  bool // values of other types are matched as text
		Left, Pattern, Escape  Expr
	}
	// Between is [NOT] BETWEEN [SYMMETRIC].
	Between struct {
		At
		Schema         string // of the comparisons; as for Op
		Not, Symmetric bool
		X, Lo, Hi      Expr
	}
	// BoolOp is AND, OR (flattened, 2 or more) or NOT (exactly one).
	BoolOp struct {
		At
		Kind BoolKind
		Args []Expr
		// Apart: it is not read as one with an operation of its kind that begins with it.
		Apart bool
	}
	// IsTest is IS [NOT] NULL, TRUE, FALSE, UNKNOWN.
	IsTest struct {
		At
		X    Expr
		Not  bool
		What IsWhat
	}
	// Distinct is IS [NOT] DISTINCT FROM.
	Distinct struct {
		At
		Schema      string // of the comparison; as for Op
		Not         bool
		Left, Right Expr
	}
	// NullIf is NULLIF(a, b).
	NullIf struct {
		At
		Left, Right Expr
		Mixed       bool // see Coalesce
	}
	// Coalesce is COALESCE(…). Mixed, here and in its kin, makes one type of values of
	// several as MySQL does.
	Coalesce struct {
		At
		Args  []Expr
		Mixed bool
	}
	// MinMax is GREATEST or LEAST.
	MinMax struct {
		At
		Least bool
		Args  []Expr
		Mixed bool
	}
	// Case is CASE [x] WHEN … ELSE … END.
	Case struct {
		At
		X     Expr
		Whens []When
		Else  Expr
		Mixed bool
	}
	// Cast is CAST(x AS t), x::t or t 'literal'.
	Cast struct {
		At
		X  Expr
		To TypeName
		// Called: a function makes the conversion, which shows in definitions. Only a query
		// that was analysed tells: see bind.Trace.Show.
		Called bool
		// Twice: the value is taken as one of the type, and that made to fit.
		Twice bool
	}
	// Collate is x COLLATE name.
	Collate struct {
		At
		X    Expr
		Name QName
		How  CollateHow
	}
	// Func is a function or aggregate call.
	Func struct {
		At
		Name        QName
		Args        []Expr
		ArgNames    []string // "" = positional; nil when none is named
		Star        bool     // count(*)
		Distinct    bool
		Variadic    bool
		OrderBy     []SortBy
		WithinGroup bool
		Filter      Expr
		Over        *Window
		Mixed       bool // an aggregate that takes other types than its own: see Coalesce
		Explicit    bool // written as an SQL construct (EXTRACT, TRIM, …), not a call
		Pattern     bool // SUBSTRING by a pattern; only a query that was analysed tells
	}
	// SQLValue is CURRENT_DATE, CURRENT_TIMESTAMP, LOCALTIME, CURRENT_USER, … upper case name.
	SQLValue struct {
		At
		Name      string
		Precision int32 // −1 none
	}
	// Subquery is a parenthesised query used as an expression.
	Subquery struct {
		At
		Kind  SubqueryKind
		Query *Select
	}
	// Array is ARRAY[…].
	Array struct {
		At
		Elems []Expr
	}
	// Row is ROW(…) or (a, b).
	Row struct {
		At
		Args     []Expr
		Explicit bool
	}
	// Index is x[i] or x[lo:hi].
	Index struct {
		At
		X      Expr
		Slice  bool
		Lo, Hi Expr // Lo is the subscript when not Slice; either may be nil in a slice
		Apart  bool // X is a subscript in parentheses, (x[1])[2]: of the element, not of one more dimension
	}
	// FieldSel is (x).name or (x).*.
	FieldSel struct {
		At
		X    Expr
		Name string
		Star bool
	}
	// AtTimeZone is x AT TIME ZONE z.
	AtTimeZone struct {
		At
		X, Zone Expr
	}
	// Default is DEFAULT as a value in INSERT or UPDATE, or with Of the default value of a
	// column, anywhere (MySQL's DEFAULT(column)).
	Default struct {
		At
		Of *ColumnRef
	}
	// Stored is a value as a column of the table that is written keeps it: what MySQL's later
	// assignments see of an earlier one. In the expression of a generated column it is the
	// column X, or what that is generated by.
	Stored struct {
		At
		Column string
		X      Expr
	}
	// Grouping is GROUPING(…).
	Grouping struct {
		At
		Args []Expr
	}
)

// When is one branch of CASE.
type When struct {
	Cond, Result Expr
	Pos          Pos // where WHEN stands, 0 where it is not written
}

// BoolKind is the connective of a BoolOp.
type BoolKind uint8

const (
	And BoolKind = iota
	Or
	Not
)

// IsWhat is the right side of an IS test.
type IsWhat uint8

const (
	IsNull IsWhat = iota
	IsTrue
	IsFalse
	IsUnknown
)

// SubqueryKind is how a subquery in an expression is used.
type SubqueryKind uint8

const (
	ScalarSub SubqueryKind = iota
	ExistsSub
	ArraySub
)

func (*Lit) expr()        {}
func (*Param) expr()      {}
func (*ColumnRef) expr()  {}
func (*Op) expr()         {}
func (*Quantified) expr() {}
func (*In) expr()         {}
func (*Like) expr()       {}
func (*Between) expr()    {}
func (*BoolOp) expr()     {}
func (*IsTest) expr()     {}
func (*Distinct) expr()   {}
func (*NullIf) expr()     {}
func (*Coalesce) expr()   {}
func (*MinMax) expr()     {}
func (*Case) expr()       {}
func (*Cast) expr()       {}
func (*Collate) expr()    {}
func (*Func) expr()       {}
func (*SQLValue) expr()   {}
func (*Subquery) expr()   {}
func (*Array) expr()      {}
func (*Row) expr()        {}
func (*Index) expr()      {}
func (*FieldSel) expr()   {}
func (*AtTimeZone) expr() {}
func (*Default) expr()    {}
func (*Stored) expr()     {}
func (*Grouping) expr()   {}

// CollateHow says what a Collate stands for.
type CollateHow uint8

const (
	CollateWritten CollateHow = iota // COLLATE
	CollateAs                        // MySQL's CONVERT … USING: it counts as a column's
	CollateLiteral                   // MySQL's _charset'text', which yields to a column's
)
