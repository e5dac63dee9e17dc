package define

import (
	"context"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// routineWord is what messages call a function or a procedure.
func routineWord(f *catalog.Function) string {
	if f.IsProcedure() {
		return "procedure"
	}
	return "function"
}

func functionRights(f *catalog.Function) catalog.Object {
	return catalog.Object{Class: catalog.FunctionClass, ID: f.ID}
}

// ownFunction is ALTER FUNCTION … OWNER TO.
func (e *Env) ownFunction(ctx context.Context, st *ast.AlterOwner) error {
	to, err := e.roleNamed(st.Owner)
	if err != nil {
		return err
	}
	f, err := e.ownRoutine(st.Kind, &st.Name, st.Args)
	if err != nil {
		return err
	}
	if f.Owner == to.ID {
		return nil
	}
	if err := e.mayOwn(f.Owner, to, routineWord(f), f.Name, f.Schema); err != nil {
		return err
	}
	return e.giveFunction(ctx, f, to.ID)
}

func (e *Env) giveFunction(ctx context.Context, f *catalog.Function, to catalog.ID) error {
	edit := e.change(ctx)
	if err := e.rightsGo(functionRights(f), f.Owner, to); err != nil {
		return err
	}
	n := *f
	n.Owner = to
	return edit.PutFunction(&n)
}

func routineObjectOf(f *catalog.Function) *securable {
	return &securable{Object: functionRights(f), owner: f.Owner, kind: "function", name: f.Name}
}

// grantedRoutine finds a function or procedure of GRANT.
func (e *Env) grantedRoutine(st *ast.Grant, i int) (*securable, error) {
	f, err := e.routine(st.Kind, &st.Objects[i], st.Args[i])
	if s, ok := err.(systemFunction); ok { // of the catalog or of an extension
		return &securable{Object: catalog.Object{Class: catalog.FunctionClass, ID: s.f.OID}, owner: catalog.BootstrapRoleID, kind: "function", name: s.f.Name}, nil
	}
	if err != nil {
		return nil, err
	}
	return routineObjectOf(f), nil
}

// asRoutine puts the word of the statement into an error about a privilege of functions.
func asRoutine(err error, kind ast.ObjectKind) error {
	if pe, ok := pgerr.As(err); ok {
		if p, is := strings.CutSuffix(pe.Message, " for function"); is {
			pe.Message = p + " for " + strings.ToLower(string(kind))
		}
	}
	return err
}

// mayExecute refuses a function to those without EXECUTE.
func (e *Env) mayExecute(f *catalog.Function, name string) error {
	if e.Super || e.Catalog.Allowed(functionRights(f), f.Owner, e.Owner, catalog.PrivExecute) != 0 {
		return nil
	}
	return denied("permission denied for %s %s", routineWord(f), name)
}

// mayUseLanguage refuses a language to those without USAGE.
func (e *Env) mayUseLanguage(name string) error {
	l, ok := languages[name]
	if e.Super || !ok {
		return nil
	}
	o := catalog.Object{Class: catalog.LanguageClass, ID: l.id}
	if l.trusted && e.Catalog.Allowed(o, catalog.BootstrapRoleID, e.Owner, catalog.PrivUsage) != 0 {
		return nil
	}
	return denied("permission denied for language %s", name)
}

// mayUseTypes refuses a function whose types the user may not use.
func (e *Env) mayUseTypes(st *ast.CreateFunction) error {
	for i := range st.Params {
		if err := e.permitType(&st.Params[i].Type); err != nil {
			return err
		}
	}
	if st.Returns != nil {
		return e.permitType(st.Returns)
	}
	return nil
}

// permitRoutine refuses to change what somebody else owns; what is not there passes.
func (e *Env) permitRoutine(kind ast.ObjectKind, n *ast.QName, args []ast.TypeName) error {
	f, err := e.routine(kind, n, args)
	if err == nil {
		return e.mayChangeRoutine(f, routineWord(f), f.Name)
	}
	if pgerr.Code(err) == pgerrcode.InsufficientPrivilege {
		return err
	}
	return nil
}

// permitTrigger asks for TRIGGER on the tables of CREATE TRIGGER.
func (e *Env) permitTrigger(st *ast.CreateTrigger) error {
	for _, n := range []*ast.QName{&st.Table, st.From} {
		if n == nil {
			continue
		}
		t, err := e.table(n)
		if err != nil {
			continue
		}
		o := catalog.Object{Class: catalog.RelationClass, ID: t.ID}
		if e.Catalog.Allowed(o, t.Owner, e.Owner, catalog.PrivTrigger) == 0 {
			return denied("permission denied for %s %s", relationWord(t), t.Name)
		}
	}
	return nil
}

// mayChangeRoutine refuses a function or procedure of somebody else.
func (e *Env) mayChangeRoutine(f *catalog.Function, word, name string) error {
	if e.Super || e.Catalog.Owns(e.Owner, f.Owner) {
		return nil
	}
	return notOwner(word, name)
}
