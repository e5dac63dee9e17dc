package builtin

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// statisticsDefs registers the functions that show statistics objects.
func statisticsDefs(r *registrar) {
	shown := func(kind string) Eval {
		return withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
			text, ok := s.Definition(kind, uint32(a[0].Int()), 0, true)
			if !ok {
				return null()
			}
			return types.String(text), nil
		})
	}
	r.eval("pg_get_statisticsobjdef", shown("statisticsdef"))
	r.eval("pg_get_statisticsobjdef_columns", shown("statisticscolumns"))
	r.eval("pg_get_statisticsobjdef_expressions", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		_, x := s.Catalog().ExtStatisticsByID(uint32(a[0].Int()))
		if x == nil || len(x.Exprs) == 0 {
			return null()
		}
		list := make([]string, len(x.Exprs))
		for i, e := range x.Exprs {
			list[i] = s.ShowExpr(e, false)
		}
		return textArray(list), nil
	}))
	r.rows("pg_stats_ext_mcvlist_items", func(c *Ctx, a []types.Datum) (RowIter, error) {
		list, ok := types.CommonRowsOf(a[0])
		if !ok {
			return nil, pgerr.New(pgerrcode.InternalError, "invalid MCV list")
		}
		t := &tableRows{}
		list.EachShown(c.Format, func(row int, values, nulls types.Datum) {
			t.rows = append(t.rows, []types.Datum{types.Int(int64(row)), values, nulls, types.Float(list.Freqs[row]), types.Float(list.Base[row])})
		})
		return t, nil
	})
	r.eval("pg_statistics_obj_is_visible", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		c := s.Catalog()
		_, x := c.ExtStatisticsByID(uint32(a[0].Int()))
		if x == nil {
			return null()
		}
		first := slices.IndexFunc(s.SearchPath(true), func(name string) bool {
			schema, ok := c.Schema(name)
			if !ok {
				return false
			}
			_, other := c.ExtStatistics(schema.ID, x.Name)
			return other != nil
		})
		if first < 0 {
			return types.Bool(false), nil
		}
		schema, _ := c.Schema(s.SearchPath(true)[first])
		return types.Bool(schema.ID == x.Schema), nil
	}))
}
