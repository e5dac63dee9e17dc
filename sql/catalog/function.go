package catalog

import (
	"slices"
	"sort"

	"github.com/loxodb/loxodb/sql/types"
)

// Modes of a function's arguments, as pg_proc has them.
const (
	ArgIn       byte = 'i'
	ArgOut      byte = 'o'
	ArgInOut    byte = 'b'
	ArgVariadic byte = 'v'
	ArgTable    byte = 't' // a column of RETURNS TABLE
)

// FuncArg is an argument of a function, or a column of its result.
type FuncArg struct {
	Mode    byte
	Name    string  `json:",omitempty"`
	Type    types.T // of a domain: its base type
	Domain  ID      `json:",omitempty"`
	Default string  `json:",omitempty"` // SQL text
}

// IsInput reports an argument that a call gives.
func (a *FuncArg) IsInput() bool { return a.Mode != ArgOut && a.Mode != ArgTable }

// IsOutput reports a column of the result.
func (a *FuncArg) IsOutput() bool {
	return a.Mode == ArgOut || a.Mode == ArgInOut || a.Mode == ArgTable
}

// TypeID is the argument's type as pg_proc has it.
func (a *FuncArg) TypeID() ID { return shownType(a.Type, a.Domain) }

func shownType(t types.T, domain ID) ID {
	if domain != 0 {
		return domain
	}
	return t.OID
}

// Function is a function or a procedure that a user made. Immutable.
type Function struct {
	ID, Schema ID
	Name       string
	Owner      ID
	Kind       byte // f(unction), p(rocedure) or a(ggregate)
	// Args are all arguments as they were written, the columns of the result included.
	Args []FuncArg
	// Ret is the type of the result, or of the rows of a set: record with several columns,
	// void for a procedure without any. RetDomain is a domain whose base type it is.
	Ret       types.T
	RetDomain ID `json:",omitempty"`
	RetSet    bool
	Language  string // sql, plpgsql or internal: code of the server, which Body names
	// Body is the text after AS. Statements is what BEGIN ATOMIC … END or RETURN has in its
	// place: SQL text in which names have their schemas.
	Body       string   `json:",omitempty"`
	Statements []string `json:",omitempty"`
	// Atomic: the body is BEGIN ATOMIC … END. Return: it is RETURN and the expression that
	// Statements has.
	Atomic     bool `json:",omitempty"`
	Return     bool `json:",omitempty"`
	Volatility byte // i, s or v
	Strict     bool
	Definer    bool // SECURITY DEFINER
	Leakproof  bool
	Parallel   byte // s, r or u
	Cost, Rows float64
	Settings   Options // SET …
	Comment    string  `json:",omitempty"`
	// Agg is what an aggregate does.
	Agg *Aggregate `json:",omitempty"`
	// PartOf is the range type that made the function and takes it along.
	PartOf ID `json:",omitempty"`
	// Temp: it is in a session's schema of temporary objects, and nowhere stored.
	Temp bool `json:"-"`
}

// IsProcedure reports a procedure.
func (f *Function) IsProcedure() bool { return f.Kind == 'p' }

// RetID is the type of the result as pg_proc has it.
func (f *Function) RetID() ID { return shownType(f.Ret, f.RetDomain) }

// Inputs are the arguments that a call gives.
func (f *Function) Inputs() []FuncArg { return f.pick((*FuncArg).IsInput) }

// Outputs are the columns of the result, nil where Ret alone says what it is.
func (f *Function) Outputs() []FuncArg { return f.pick((*FuncArg).IsOutput) }

func (f *Function) pick(which func(*FuncArg) bool) (out []FuncArg) {
	for i := range f.Args {
		if which(&f.Args[i]) {
			out = append(out, f.Args[i])
		}
	}
	return out
}

// InputTypes are the types by which overloads are told apart.
func (f *Function) InputTypes() []ID {
	out := []ID{}
	for i := range f.Args {
		if f.Args[i].IsInput() {
			out = append(out, f.Args[i].TypeID())
		}
	}
	return out
}

// AllTypes are the types of all arguments, also of those that a call does not give.
func (f *Function) AllTypes() []ID {
	out := []ID{}
	for i := range f.Args {
		out = append(out, f.Args[i].TypeID())
	}
	return out
}

// Functions lists the functions of a name in a schema, in OID order.
func (s *Snapshot) Functions(schema ID, name string) []*Function {
	list, _ := get(s.temp.functions, s.shared.functions, relName{schema, name})
	return list
}

// Function finds a function by its arguments' types.
func (s *Snapshot) Function(schema ID, name string, args []ID) (*Function, bool) {
	for _, f := range s.Functions(schema, name) {
		if slices.Equal(f.InputTypes(), args) {
			return f, true
		}
	}
	return nil, false
}

// FunctionByID finds a function by OID.
func (s *Snapshot) FunctionByID(id ID) (*Function, bool) {
	return get(s.temp.funcByID, s.shared.funcByID, id)
}

// AllFunctions lists all functions that users made, in OID order.
func (s *Snapshot) AllFunctions() []*Function {
	return sorted(func(x *Function) ID { return x.ID }, s.temp.funcByID, s.shared.funcByID)
}

// TempFunctions lists the session's own in OID order.
func (s *Snapshot) TempFunctions() []*Function {
	return sorted(func(x *Function) ID { return x.ID }, s.temp.funcByID)
}

// HasFunctions reports whether users have made any function.
func (s *Snapshot) HasFunctions() bool { return len(s.shared.funcByID) > 0 || len(s.temp.funcByID) > 0 }

// PutFunction adds or replaces a function.
func (s *Snapshot) PutFunction(x *Function) {
	s.RemoveFunction(x.ID)
	l, key := s.edit(x.Temp), relName{x.Schema, x.Name}
	list := append(slices.Clone(l.functions[key]), x)
	sort.Slice(list, func(i, j int) bool { return list[i].ID < list[j].ID })
	l.functions[key], l.funcByID[x.ID] = list, x
}

// RemoveFunction removes a function.
func (s *Snapshot) RemoveFunction(id ID) {
	old, ok := s.FunctionByID(id)
	if !ok {
		return
	}
	l := s.edit(old.Temp)
	delete(l.funcByID, id)
	key := relName{old.Schema, old.Name}
	list := slices.DeleteFunc(slices.Clone(l.functions[key]), func(f *Function) bool { return f.ID == id })
	if l.functions[key] = list; len(list) == 0 {
		delete(l.functions, key)
	}
}

// Aggregate is what CREATE AGGREGATE says of an aggregate, whose Function has the
// arguments and the type of the result. Functions are OIDs, 0 for none.
type Aggregate struct {
	Kind      byte // n(ormal), o(rdered-set) or h(ypothetical-set)
	Direct    int  `json:",omitempty"`
	TransType types.T
	Trans     ID
	Final     ID      `json:",omitempty"`
	Combine   ID      `json:",omitempty"`
	Serial    ID      `json:",omitempty"`
	Deserial  ID      `json:",omitempty"`
	Space     int32   `json:",omitempty"`
	Init      *string `json:",omitempty"`
	SortOp    ID      `json:",omitempty"`
	// FinalExtra: the final function gets a NULL for each argument. FinalModify is what it
	// does to the state: r(eads), s(hares) or w(rites).
	FinalExtra  bool `json:",omitempty"`
	FinalModify byte
	// Moving is the implementation for frames that move, nil for none.
	Moving *Moving `json:",omitempty"`
}

// Moving is an aggregate's implementation for frames that move.
type Moving struct {
	TransType      types.T
	Trans, Inverse ID
	Final          ID      `json:",omitempty"`
	Space          int32   `json:",omitempty"`
	Init           *string `json:",omitempty"`
	FinalExtra     bool    `json:",omitempty"`
	FinalModify    byte
}

// IsAggregate reports an aggregate.
func (f *Function) IsAggregate() bool { return f.Kind == 'a' }

// Uses are the functions that an aggregate is made of, each once.
func (a *Aggregate) Uses() (out []ID) {
	list := []ID{a.Trans, a.Final, a.Combine, a.Serial, a.Deserial}
	if m := a.Moving; m != nil {
		list = append(list, m.Trans, m.Inverse, m.Final)
	}
	for _, id := range list {
		if id != 0 && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}
