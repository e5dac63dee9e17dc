package define

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// systemFunction is an error of a built-in function that a statement would change.
type systemFunction struct{ f *builtin.Func }

func (s systemFunction) Error() string { return "function " + s.f.Signature() }

// routine finds the function or procedure that a statement names (LookupFuncWithArgs).
func (e *Env) routine(kind ast.ObjectKind, n *ast.QName, args []ast.TypeName) (*catalog.Function, error) {
	word := strings.ToLower(string(kind))
	if kind == ast.ObjRoutine {
		word = "function"
	}
	var in []types.OID
	for i := range args {
		t, d, err := e.functionType(&args[i], true)
		if err != nil {
			return nil, err
		}
		in = append(in, (&catalog.FuncArg{Type: t, Domain: d}).TypeID())
	}
	path := e.Path
	if n.Schema != "" {
		path = []string{n.Schema}
		s, ok := e.Catalog.Schema(n.Schema)
		if !ok {
			return nil, pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", n.Schema)
		}
		if !e.Super && !e.Catalog.MayUseSchema(s, e.Owner, catalog.PrivUsage) {
			return nil, denied("permission denied for schema %s", s.Name)
		}
	}
	var found []*catalog.Function
	for _, p := range path {
		s, ok := e.Catalog.Schema(p)
		if !ok || s.Temp && n.Schema == "" {
			continue
		}
		if args != nil {
			if found = e.withTypes(kind, s.ID, n.Name, in, len(args) > 0 && args[0].Input); len(found) > 0 {
				break
			}
			continue
		}
		for _, f := range e.Catalog.Functions(s.ID, n.Name) {
			if ofRoutineKind(kind, f.Kind) {
				found = append(found, f)
			}
		}
	}
	var system []*builtin.Func
	for _, f := range builtin.HasOf(e.Catalog).Functions(n.Schema, n.Name) {
		if args == nil && ofRoutineKind(kind, f.Kind) {
			system = append(system, f)
		}
		if args != nil && len(found) == 0 && equalTypes(f.Args, in) {
			if err := rightRoutine(kind, f.Kind, builtin.CallText(n.Schema, n.Name, in)); err != nil {
				return nil, err
			}
			return nil, systemFunction{f}
		}
	}
	if len(found) == 0 && len(system) == 1 {
		return nil, systemFunction{system[0]}
	}
	switch {
	case args != nil && len(found) > 1: // by its input arguments, and by all of another's
		return nil, pgerr.Newf(pgerrcode.AmbiguousFunction, "%s name \"%s\" is not unique", strings.ToLower(string(kind)), dotted(n))
	case len(found)+len(system) > 1:
		return nil, notUnique(kind, n)
	case len(found) == 0 && args == nil:
		return nil, pgerr.Newf(pgerrcode.UndefinedFunction, "could not find a %s named \"%s\"", word, dotted(n))
	case len(found) == 0 && kind == ast.ObjAggregate && len(in) == 0:
		return nil, pgerr.Newf(pgerrcode.UndefinedFunction, "aggregate %s(*) does not exist", dotted(n))
	case len(found) == 0:
		return nil, pgerr.Newf(pgerrcode.UndefinedFunction, "%s %s does not exist", word, builtin.CallText(n.Schema, n.Name, in))
	}
	f := found[0]
	return f, rightRoutine(kind, f.Kind, builtin.CallText(n.Schema, n.Name, in))
}

// withTypes are the routines of a name in a schema that take arguments of these types. Those of
// a procedure may be all that it has, output included, as standard SQL has it, unless modes are
// written.
func (e *Env) withTypes(kind ast.ObjectKind, schema catalog.ID, name string, in []types.OID, moded bool) (found []*catalog.Function) {
	if f, ok := e.Catalog.Function(schema, name, in); ok {
		found = append(found, f)
	}
	if moded || kind != ast.ObjProcedure && kind != ast.ObjRoutine {
		return found
	}
	for _, f := range e.Catalog.Functions(schema, name) {
		if (f.Kind == 'p' || kind == ast.ObjRoutine) && len(f.Inputs()) < len(f.Args) && equalTypes(f.AllTypes(), in) {
			found = append(found, f)
		}
	}
	return found
}

// notUnique is the error of a name alone that several routines have.
func notUnique(kind ast.ObjectKind, n *ast.QName) error {
	word := strings.ToLower(string(kind))
	return pgerr.Newf(pgerrcode.AmbiguousFunction, "%s name \"%s\" is not unique", word, dotted(n)).
		WithHint("Specify the argument list to select the %s unambiguously.", word)
}

// ofRoutineKind reports a routine that a statement about a kind may mean by its name alone.
func ofRoutineKind(kind ast.ObjectKind, have byte) bool {
	switch kind {
	case ast.ObjProcedure:
		return have == 'p'
	case ast.ObjAggregate:
		return have == 'a'
	case ast.ObjFunction:
		return have != 'p'
	}
	return true
}

// rightRoutine refuses a routine of another kind than the statement says.
func rightRoutine(kind ast.ObjectKind, have byte, text string) error {
	switch {
	case kind == ast.ObjAggregate && have != 'a':
		return pgerr.Newf(pgerrcode.WrongObjectType, "function %s is not an aggregate", text)
	case kind == ast.ObjProcedure && have != 'p', kind == ast.ObjFunction && have == 'p':
		return pgerr.Newf(pgerrcode.WrongObjectType, "%s is not a %s", text, strings.ToLower(string(kind)))
	}
	return nil
}

func equalTypes(a, b []types.OID) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// ownRoutine is routine of a statement that changes what it finds.
func (e *Env) ownRoutine(kind ast.ObjectKind, n *ast.QName, args []ast.TypeName) (*catalog.Function, error) {
	f, err := e.routine(kind, n, args)
	if s, ok := err.(systemFunction); ok {
		return nil, pgerr.NotSupported(int(n.Pos), "changing function %s of the system is not supported", s.f.Signature())
	}
	return f, err
}

// alterFunction is ALTER FUNCTION with options.
func (e *Env) alterFunction(ctx context.Context, st *ast.AlterFunction) error {
	f, err := e.ownRoutine(st.Kind, &st.Name, st.Args)
	if err != nil {
		return err
	}
	if err := e.mayChangeRoutine(f, strings.ToLower(string(st.Kind)), dotted(&st.Name)); err != nil {
		return err
	}
	c := *f
	for i := range st.Options {
		if st.Options[i].Name == "rows" && !f.RetSet {
			return pgerr.New(pgerrcode.InvalidParameterValue, "ROWS is not applicable when function does not return a set")
		}
	}
	if _, _, err := e.functionOptions(&c, st.Options, false); err != nil {
		return err
	}
	if c.Leakproof && !f.Leakproof && !e.Super {
		return denied("only superuser can define a leakproof function")
	}
	return e.change(ctx).PutFunction(&c)
}

// renameFunction gives a function a name or a schema.
func (e *Env) renameFunction(ctx context.Context, f *catalog.Function, to catalog.ID, name string) error {
	if to == f.Schema && name == f.Name {
		return pgerr.Newf(pgerrcode.DuplicateFunction, "function %s already exists in schema %q", e.signatureOf(name, f), e.Catalog.SchemaName(to))
	}
	if _, taken := e.Catalog.Function(to, name, f.InputTypes()); taken {
		return pgerr.Newf(pgerrcode.DuplicateFunction, "function %s already exists in schema %q", e.signatureOf(name, f), e.Catalog.SchemaName(to))
	}
	e.change(ctx)
	sole, err := e.renameCalls(f, e.Catalog.SchemaName(to), name)
	if err != nil {
		return err
	}
	if !sole {
		users, err := e.namedUsers(f)
		if err != nil {
			return err
		}
		if len(users) > 0 {
			return pgerr.NotSupported(-1, "changing the name of function %s while %s names it or another of its name is not supported", e.signature(f), e.describe(users[0].object))
		}
	}
	again, _ := e.Catalog.FunctionByID(f.ID) // its own text may have called it
	c := *again
	c.Schema, c.Name = to, name
	return e.edit.PutFunction(&c)
}

// namedUsers are the objects whose stored SQL calls a function by its name: not triggers, and
// not those of which it is a part.
func (e *Env) namedUsers(f *catalog.Function) ([]dependent, error) {
	users, err := e.functionUsers(f.ID)
	return slices.DeleteFunc(users, func(d dependent) bool {
		switch d.kind {
		case triggerObject:
			t, _ := e.Catalog.TableByID(d.id)
			return !slices.ContainsFunc(t.Triggers, func(g *catalog.Trigger) bool { return g.ID == d.part && e.callsFunction(f, g.When) })
		case functionObject:
			g, _ := e.Catalog.FunctionByID(d.id)
			return g.IsAggregate()
		case typeObject:
			t, ok := e.Catalog.TypeByID(d.id)
			return ok && !e.callsFunction(f, t.Default)
		}
		return false
	}), err
}

func (e *Env) signatureOf(name string, f *catalog.Function) string {
	return name + "(" + e.typeTexts(f, ", ") + ")"
}

func (e *Env) moveFunction(ctx context.Context, st *ast.AlterSchema) error {
	f, err := e.ownRoutine(st.Kind, &st.Name, st.Args)
	if err != nil {
		return err
	}
	to, err := e.newHome(st.Schema)
	switch {
	case err != nil:
		return err
	case to.Name == "pg_catalog" || to.Name == "information_schema":
		return pgerr.NotSupported(int(st.Pos), "moving functions into schema %q is not supported", st.Schema)
	case to.ID == f.Schema:
		return nil
	case to.Temp || f.Temp:
		return movesTemporary()
	}
	return e.renameFunction(ctx, f, to.ID, f.Name)
}

func (e *Env) commentFunction(st *ast.Comment, text string) error {
	f, err := e.ownRoutine(st.Kind, &st.Name, st.Args)
	if err != nil {
		return err
	}
	c := *f
	c.Comment = text
	return e.edit.PutFunction(&c)
}

// dropFunction finds what DROP FUNCTION, PROCEDURE or ROUTINE names.
func (e *Env) dropFunction(st *ast.Drop, i int) (*object, error) {
	n, args := &st.Names[i], st.Args[i]
	f, err := e.routine(st.Kind, n, args)
	if s, ok := err.(systemFunction); ok {
		if st.Kind == ast.ObjFunction && s.f.Kind == 'a' {
			return nil, aggregateNotFunction(n)
		}
		return nil, e.keptBySystem("function "+strings.ReplaceAll(builtin.CallText("", s.f.Name, s.f.Args), ", ", ","), s.f.Extension)
	}
	if err == nil {
		if st.Kind == ast.ObjFunction && f.IsAggregate() {
			return nil, aggregateNotFunction(n)
		}
		return &object{kind: functionObject, id: f.ID}, nil
	}
	if !st.IfExists || !missing(err) {
		return nil, err
	}
	switch pe, _ := pgerr.As(err); {
	case pe.Code == pgerrcode.UndefinedObject, pe.Code == pgerrcode.InvalidSchemaName:
		e.notice("00000", "%s, skipping", pe.Message)
	default:
		word := strings.ToLower(string(st.Kind))
		if st.Kind == ast.ObjRoutine {
			word = "routine"
		}
		e.notice("00000", "%s %s(%s) does not exist, skipping", word, dotted(n), typesAsWritten(args))
	}
	return nil, nil
}

// typesAsWritten lists types by the names that the grammar gives them.
func typesAsWritten(list []ast.TypeName) string {
	var parts []string
	for i := range list {
		s := dotted(&list[i].Name) + strings.Repeat("[]", len(list[i].ArrayDims))
		parts = append(parts, s)
	}
	return strings.Join(parts, ",")
}

// functionUsers are the objects whose stored SQL calls a function.
func (e *Env) functionUsers(id catalog.ID) (out []dependent, err error) {
	f, _ := e.Catalog.FunctionByID(id)
	calls := func(text string) bool { return text != "" && e.callsFunction(f, text) }
	out = append(out, e.triggersCalling(f, calls)...)
	for _, t := range e.Catalog.Tables() {
		if t.HasQuery() {
			if calls(t.ViewSQL) {
				out = append(out, dependent{object: object{kind: tableObject, id: t.ID}, order: t.ID})
			}
			continue
		}
		for i := range t.Columns {
			switch c := &t.Columns[i]; {
			case c.Dropped || !calls(c.Default):
			case c.Generated != 0:
				out = append(out, dependent{object: object{kind: columnObject, id: t.ID, attr: c.Num}, order: c.DefaultID})
			default:
				out = append(out, dependent{object: object{kind: defaultObject, id: t.ID, attr: c.Num}, order: c.DefaultID})
			}
		}
		out = append(out, dividedBy(t, calls)...)
		for _, k := range t.Constraints {
			if calls(k.Expr) {
				out = append(out, dependent{object: object{kind: constraintObject, id: t.ID, part: k.ID}, order: k.ID})
			}
		}
		for _, x := range t.Indexes {
			uses := calls(x.Where)
			for i := range x.Keys {
				uses = uses || calls(x.Keys[i].Expr)
			}
			if uses {
				out = append(out, dependent{object: object{kind: indexObject, id: x.ID}, order: x.ID})
			}
		}
	}
	for _, g := range e.Catalog.AllFunctions() {
		uses := g.Agg != nil && slices.Contains(g.Agg.Uses(), id)
		for i := range g.Args {
			uses = uses || calls(g.Args[i].Default)
		}
		for _, text := range g.Statements {
			uses = uses || calls(text)
		}
		if uses && g.ID != id {
			out = append(out, dependent{object: object{kind: functionObject, id: g.ID}, order: g.ID})
		}
	}
	for _, d := range e.Catalog.Types() {
		for _, c := range d.Checks {
			if calls(c.Expr) {
				out = append(out, dependent{object: object{kind: domainCheckObject, id: d.ID, part: c.ID}, order: c.ID})
			}
		}
		if calls(d.Default) || d.Kind == catalog.RangeType && d.Range.Diff == id {
			out = append(out, dependent{object: object{kind: typeObject, id: d.ID}, order: born(d)})
		}
	}
	return out, nil
}

// callsFunction reports whether stored SQL text has a call that may be one of f: by its
// name and schema, with as many arguments as f takes.
func (e *Env) callsFunction(f *catalog.Function, text string) bool {
	if !strings.Contains(text, f.Name) {
		return false
	}
	list, err := e.Parser.Parse(text)
	if err != nil || len(list) != 1 {
		if list, err = e.Parser.Parse("SELECT " + text); err != nil || len(list) != 1 {
			return false
		}
	}
	found := false
	ast.Walk(list[0].Stmt, func(n ast.Node) bool {
		if c, ok := n.(*ast.Func); ok && c.Name.Name == f.Name && bind.MayCall(f, c, e.options()) {
			found = true
		}
		return !found
	})
	return found
}

// takesType reports a function with an argument or a result of a type.
func takesType(f *catalog.Function, id catalog.ID) bool {
	uses := f.RetID() == id
	for i := range f.Args {
		uses = uses || f.Args[i].TypeID() == id
	}
	return uses
}
