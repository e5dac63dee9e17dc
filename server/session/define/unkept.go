package define

import (
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// unkeptStatement refuses a statement of which nothing is kept here: for what PostgreSQL finds
// wrong with it, or else by its name.
func (e *Env) unkeptStatement(ctx context.Context, st *ast.Other) error {
	if st.Alone {
		if err := e.Alone(st.Name); err != nil {
			return err
		}
	}
	if st.New != nil {
		s, err := e.target(ctx, st.New, permanent)
		if err != nil {
			return placeless(err)
		}
		if err := e.freeType(s.ID, st.New.Name); err != nil {
			return err
		}
	}
	if err := e.castable(st); err != nil {
		return err
	}
	if st.Object != nil {
		if _, err := e.routine(st.Kind, st.Object, st.Args); err != nil {
			if _, system := err.(systemFunction); !system {
				return err
			}
		}
	}
	if st.Extension != "" {
		if _, ok := e.Catalog.Extension(st.Extension); !ok && st.Extension != "plpgsql" {
			return pgerr.Newf(pgerrcode.UndefinedObject, "extension %q does not exist", st.Extension)
		}
	}
	if st.Set != nil && !(st.Set.Reset && st.Set.Name == "all") {
		if _, _, err := e.SettingWritten(st.Set); pgerr.Code(err) == pgerrcode.UndefinedObject || pgerr.Code(err) == pgerrcode.InvalidParameterValue {
			return err
		}
	}
	if done, err := e.neededAll(st); done || err != nil {
		return err
	}
	return pgerr.NotSupported(int(st.Pos), "%s is not supported", st.Name)
}

// castable looks at the types of CREATE CAST.
func (e *Env) castable(st *ast.Other) error {
	var list []types.T
	for i := range st.Cast {
		t, err := bind.TypeName(&st.Cast[i], e.options())
		if err != nil {
			return placeless(err)
		}
		if d := bind.UserDomain(&st.Cast[i], e.options()); d != nil {
			t = types.Of(d.ID)
		}
		list = append(list, t)
	}
	if len(list) < 2 {
		return nil
	}
	for i, word := range []string{"source", "target"} {
		if unstorable(list[i]) {
			return pgerr.Newf(pgerrcode.WrongObjectType, "%s data type %s is a pseudo-type", word, types.TypeName(list[i].OID))
		}
	}
	if st.Binary {
		if err := e.sameBytes(list[0], list[1]); err != nil {
			return err
		}
	}
	there := slices.ContainsFunc(builtin.AllCasts(), func(c *builtin.Cast) bool { return c.Source == list[0].OID && c.Target == list[1].OID })
	if there && st.Object == nil {
		return pgerr.Newf(pgerrcode.DuplicateObject, "cast from type %s to type %s already exists", types.TypeName(list[0].OID), types.TypeName(list[1].OID))
	}
	return nil
}

// sameBytes refuses a cast WITHOUT FUNCTION between types whose values cannot be the same bytes.
func (e *Env) sameBytes(from, to types.T) error {
	wrong := func(what string) error { return pgerr.New(pgerrcode.InvalidObjectDefinition, what) }
	a, b := types.Lookup(from.OID), types.Lookup(to.OID)
	is := func(kind byte) bool { return a != nil && a.Type == kind || b != nil && b.Type == kind }
	_, row := e.Catalog.RowType(catalog.ID(from.OID))
	_, toRow := e.Catalog.RowType(catalog.ID(to.OID))
	switch {
	case !e.Super:
		return denied("must be superuser to create a cast WITHOUT FUNCTION")
	case a != nil && b != nil && (a.Len != b.Len || a.ByVal != b.ByVal || a.Align != b.Align):
		return wrong("source and target data types are not physically compatible")
	case row || toRow || is('c'):
		return wrong("composite data types are not binary-compatible")
	case is('e'):
		return wrong("enum data types are not binary-compatible")
	case a != nil && a.IsArray || b != nil && b.IsArray:
		return wrong("array data types are not binary-compatible")
	case is('d'):
		return wrong("domain data types must not be marked binary-compatible")
	case from.OID == to.OID:
		return wrong("source data type and target data type are the same")
	}
	return nil
}
