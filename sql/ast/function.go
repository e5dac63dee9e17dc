package ast

// Statements about functions and procedures.
type (
	// CreateFunction is CREATE FUNCTION and CREATE PROCEDURE.
	CreateFunction struct {
		At
		Procedure bool
		Replace   bool
		Name      QName
		Params    []FuncParam
		Returns   *TypeName // nil when none was written; of RETURNS TABLE: record
		Options   []FuncOption
		// Body is what BEGIN ATOMIC … END has, nil entries being empty statements; Return
		// the expression of RETURN.
		Body   []Stmt
		Atomic bool
		Return Expr
	}
	// AlterFunction is ALTER FUNCTION, PROCEDURE or ROUTINE with options.
	AlterFunction struct {
		At
		Kind    ObjectKind
		Name    QName
		Args    []TypeName // nil: written without an argument list
		Options []FuncOption
	}
	// Do is DO.
	Do struct {
		At
		Language string
		Code     string
		// HasCode is false when no code was written.
		HasCode bool
	}
	// Call is CALL.
	Call struct {
		At
		Func *Func
	}
)

// FuncParam is a parameter of a function, or a column of RETURNS TABLE.
type FuncParam struct {
	At
	Mode    byte // i, o, b (INOUT), v(ariadic) or t(able)
	Name    string
	Type    TypeName
	Default Expr
}

// FuncOption is an option of CREATE FUNCTION or ALTER FUNCTION: as, language, volatility,
// strict, security, leakproof, parallel, cost, rows, window, set, support, transform.
type FuncOption struct {
	At
	Name string
	Text string   // of language, volatility and parallel; of support a name
	On   bool     // of strict, security, leakproof and window
	Num  string   // of cost and rows
	Code []string // of as
	Set  *Set
}

func (*CreateFunction) stmt() {}
func (*AlterFunction) stmt()  {}
func (*Do) stmt()             {}
func (*Call) stmt()           {}

// ObjRoutine is what ROUTINE names: a function or a procedure.
const ObjRoutine ObjectKind = "ROUTINE"
