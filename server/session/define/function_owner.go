package define

import (
	"context"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
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
	f, err := e.ownRoutine(st.Kind, &st.Name, st.Args)
	if err != nil {
		return err
	}
	to, err := e.roleNamed(st.Owner)
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

// mayChangeRoutine refuses a function or procedure of somebody else.
func (e *Env) mayChangeRoutine(f *catalog.Function) error {
	if e.Super || e.Catalog.Owns(e.Owner, f.Owner) {
		return nil
	}
	return notOwner(routineWord(f), f.Name)
}
