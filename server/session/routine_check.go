package session

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner"
	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/server/session/define"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// checkBody looks at the body of a function that is being made; a body in SQL is returned
// as it is to be kept, with its names resolved.
func (s *Session) checkBody(f *catalog.Function, st *ast.CreateFunction) (*catalog.Function, error) {
	var kept *catalog.Function
	if st.Atomic || st.Return != nil {
		c := *f
		if err := s.keepBody(&c, st); err != nil {
			return nil, err
		}
		kept, f = &c, &c
	}
	checks := s.settings.bool("check_function_bodies")
	if !checks && kept == nil {
		return nil, nil
	}
	if checks {
		leave, err := s.takeSettings(f)
		if err != nil {
			return nil, err
		}
		defer leave()
	}
	var err error
	switch f.Language {
	case "sql":
		err = s.checkSQL(f)
	case "plpgsql":
		var ts []types.T
		for _, a := range f.Inputs() {
			t := a.Type
			if isPseudoType(t.OID) { // as good as any, as long as there are no calls
				shape, _ := polyOf(a.Type.OID)
				switch t = types.Of(types.Int4OID); {
				case variadicArray(a.Type.OID):
					t = t.ArrayOf()
				case shape == polyRange:
					t = types.Of(types.Int4rangeOID)
				case shape == polyMultirange:
					t = types.Of(types.Int4multirangeOID)
				}
			}
			ts = append(ts, t)
		}
		_, err = s.compilePL(f, ts, nil, true, s.shadowed(f))
	}
	return kept, s.inBody(err, f)
}

// inBody makes a position in the body one in the statement that has it, where that is plain.
func (s *Session) inBody(err error, f *catalog.Function) error {
	e, ok := pgerr.As(err)
	if !ok || e.Position == 0 {
		return err
	}
	c := *e
	if at := strings.Index(s.text, f.Body); at >= 0 && f.Body != "" && strings.Count(s.text, f.Body) == 1 {
		c.Position += at
	} else {
		c.Position = 0
	}
	return &c
}

// polymorphicArgs reports arguments whose types only calls tell.
func polymorphicArgs(f *catalog.Function) bool {
	for _, t := range f.InputTypes() {
		if info := types.Lookup(t); info != nil && info.Type == 'p' {
			return true
		}
	}
	return false
}

// checkSQL binds the statements of a body in SQL.
func (s *Session) checkSQL(f *catalog.Function) error {
	list, err := s.parseBody(f)
	if err != nil || polymorphicArgs(f) {
		return err
	}
	var ts []types.T
	for _, a := range f.Inputs() {
		ts = append(ts, a.Type)
	}
	fail := func(err error) error {
		if e, ok := pgerr.As(err); ok {
			e.AddWhere("SQL function \"" + f.Name + "\"")
		}
		return err
	}
	var out []types.T
	final := false
	for _, x := range list {
		out, final = nil, false
		switch st := x.stmt.(type) {
		case *ast.Call:
			o := s.planOptions(nil)
			o.Vars = bind.ArgumentVariables(f, ts, s.TextFormat())
			c, _, err := bind.Call(st.Func, o)
			if err != nil {
				return err
			}
			if len(c.Fn.User.Outputs()) > 0 {
				return fail(pgerr.New(pgerrcode.FeatureNotSupported, "calling procedures with output arguments is not supported in SQL functions"))
			}
		case *ast.Select, *ast.Insert, *ast.Update, *ast.Delete, *ast.Merge:
			o := s.planOptions(nil)
			o.Vars = bind.ArgumentVariables(f, ts, s.TextFormat())
			plan, err := planner.Plan(st, o)
			if err != nil {
				return err
			}
			for _, c := range plan.Out {
				out = append(out, c.Type)
			}
			final = plan.Out != nil || plan.Tag == "SELECT"
		}
	}
	if f.Ret.OID == types.VoidOID {
		return nil
	}
	if !final {
		return fail(mismatch(f, "Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING."))
	}
	sh := s.shapeOf(builtin.UserFunc(f, s.Catalog().SchemaName(f.Schema)), f.Ret)
	if sh.open {
		return nil
	}
	_, err = s.resultConversion(f, &sh, out)
	return fail(err)
}

// keepBody stores the statements of a body in SQL, each with its names resolved.
func (s *Session) keepBody(f *catalog.Function, st *ast.CreateFunction) error {
	body := st.Body
	if f.Atomic = st.Atomic; st.Return != nil {
		f.Return = true
		body = []ast.Stmt{&ast.Select{At: st.At, Targets: []ast.Target{{At: st.At, Expr: st.Return}}}}
	}
	var ts []types.T
	for _, a := range f.Inputs() {
		if builtin.IsPolymorphic(a.Type.OID) {
			return pgerr.New(pgerrcode.InvalidFunctionDefinition, "SQL function with unquoted function body cannot have polymorphic arguments")
		}
		ts = append(ts, a.Type)
	}
	for _, x := range body {
		switch x.(type) {
		case *ast.Select, *ast.Insert, *ast.Update, *ast.Delete, *ast.Merge:
		default:
			return pgerr.NotSupported(-1, "%s is not yet supported in unquoted SQL function body", commandName(x))
		}
		o := s.planOptions(nil)
		o.Vars, o.Trace = bind.ArgumentVariables(f, ts, s.TextFormat()), bind.NewTrace()
		if _, err := bind.Bind(x, o); err != nil {
			return err
		}
		if err := o.Trace.NoRoles(); err != nil {
			return err
		}
		text, err := s.keptStatement(f, ts, x)
		if err != nil {
			return err
		}
		f.Statements = append(f.Statements, text)
	}
	return nil
}

// keptStatement is the text of a statement of a body, or of the expression that RETURN gives,
// with its names resolved and its conversions written out where that reads back.
func (s *Session) keptStatement(f *catalog.Function, ts []types.T, x ast.Stmt) (text string, err error) {
	for _, converted := range []bool{true, false} {
		// The statement may run again after a restart: its tree stays as it was.
		again, err := s.db.cfg.Parser.Parse(ast.Print(x))
		if err != nil {
			return "", err
		}
		q := again[0].Stmt
		o := s.planOptions(nil)
		o.Vars, o.Trace = bind.ArgumentVariables(f, ts, s.TextFormat()), bind.NewTrace()
		if _, err := bind.Bind(q, o); err != nil {
			return "", err
		}
		if o.Trace.Qualify(q); converted {
			o.Trace.Convert(q, func(name string) (ast.TypeName, bool) { return define.ParseTypeName(s.db.cfg.Parser, name) })
		}
		text = ast.Print(q)
		if again, err = s.db.cfg.Parser.Parse(text); err == nil {
			o := s.planOptions(nil)
			o.Vars = bind.ArgumentVariables(f, ts, s.TextFormat())
			_, err = bind.Bind(again[0].Stmt, o)
		}
		if f.Return {
			text = ast.Print(q.(*ast.Select).Targets[0].Expr)
		}
		if err == nil {
			break
		}
	}
	return text, nil
}

// variadicArray reports the polymorphic types of arrays.
func variadicArray(t types.OID) bool {
	return t == types.AnyArrayOID || t == types.AnyCompatibleArrayOID
}

// FunctionCalls implements syscat.FunctionReader: stored SQL names the schemas of users'
// functions. Overloads are told apart by how many arguments they take.
func (x system) FunctionCalls(text string) (ids []catalog.ID) {
	snap := x.s.Catalog()
	x.walkStored(text, func(n ast.Node) bool {
		c, ok := n.(*ast.Func)
		if !ok {
			return true
		}
		sc, ok := snap.Schema(c.Name.Schema)
		if !ok {
			return true
		}
		for _, f := range snap.Functions(sc.ID, c.Name.Name) {
			if !slices.Contains(ids, f.ID) && bind.MayCall(f, c, x.s.planOptions(nil)) {
				ids = append(ids, f.ID)
			}
		}
		return true
	})
	return ids
}

// TypesNamed implements syscat.FunctionReader.
func (x system) TypesNamed(text string) (ids []catalog.ID) {
	x.walkStored(text, func(n ast.Node) bool {
		if c, ok := n.(*ast.Cast); ok {
			if id, err := (names{s: x.s, stored: true}).typeNamed(&c.To); err == nil && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		return true
	})
	return ids
}

// walkStored walks over stored SQL, a statement or a list of expressions.
func (x system) walkStored(text string, each func(ast.Node) bool) {
	list, err := x.s.db.cfg.Parser.Parse(text)
	if err != nil || len(list) != 1 {
		list, err = x.s.db.cfg.Parser.Parse("SELECT " + text)
	}
	if err == nil && len(list) == 1 {
		ast.Walk(list[0].Stmt, each)
	}
}
