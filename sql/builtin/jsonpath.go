package builtin

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// jsonPathFuncs registers chapter 9.16.2: jsonb_path_exists and the like. The _tz
// forms may compare times with and without zone.
func jsonPathFuncs(r *registrar) {
	for _, tz := range []string{"", "_tz"} {
		zoned := tz != ""
		r.eval("jsonb_path_exists"+tz, func(c *Ctx, a []types.Datum) (types.Datum, error) { return pathExists(c, a, false, zoned) })
		r.eval("jsonb_path_match"+tz, func(c *Ctx, a []types.Datum) (types.Datum, error) { return pathMatch(c, a, false, zoned) })
		r.rows("jsonb_path_query"+tz, func(c *Ctx, a []types.Datum) (RowIter, error) {
			found, err := pathQuery(c, a, zoned)
			list := make([]types.Datum, len(found))
			for i, v := range found {
				list[i] = types.Bytes(v.json())
			}
			return &listRows{list: list}, err
		})
		r.eval("jsonb_path_query_array"+tz, func(c *Ctx, a []types.Datum) (types.Datum, error) {
			found, err := pathQuery(c, a, zoned)
			b := []byte{'['}
			for i, v := range found {
				if i > 0 {
					b = append(b, ", "...)
				}
				b = append(b, v.json()...)
			}
			return types.Bytes(append(b, ']')), err
		})
		r.eval("jsonb_path_query_first"+tz, func(c *Ctx, a []types.Datum) (types.Datum, error) {
			found, err := pathQuery(c, a, zoned)
			if err != nil || len(found) == 0 {
				return types.Null, err
			}
			return types.Bytes(found[0].json()), nil
		})
	}
	r.eval("jsonb_path_exists_opr", func(c *Ctx, a []types.Datum) (types.Datum, error) { return pathExists(c, a, true, false) })
	r.eval("jsonb_path_match_opr", func(c *Ctx, a []types.Datum) (types.Datum, error) { return pathMatch(c, a, true, false) })
}

// lastPath remembers the path that a call site parsed last.
type lastPath struct {
	text string
	path *types.Path
}

// newPathRun prepares (target, path [, vars [, silent]]); silent is the default of
// the last.
func newPathRun(c *Ctx, a []types.Datum, silent, zoned bool) (*pathRun, error) {
	last := remembered(c, func() *lastPath { return &lastPath{} })
	if last.path == nil || last.text != string(a[1].Bytes()) {
		p, err := types.ParsePath(a[1].Text())
		if err != nil {
			return nil, err
		}
		last.text, last.path = a[1].Text(), p
	}
	x := &pathRun{
		ctx: c, path: last.path, lax: !last.path.Strict, ignore: !last.path.Strict, throw: !silent, zoned: zoned, size: -1,
		root: pathItem{b: a[0].Bytes()}, base: a[0].Bytes(), baseID: 0, lastID: 1,
	}
	x.current = x.root
	if len(a) > 2 {
		x.vars = a[2].Bytes()
		if types.JSONTypeof(x.vars) != "object" {
			return nil, badParam("\"vars\" argument is not an object").
				WithDetail("Jsonpath parameters should be encoded as key-value pairs of \"vars\" object.")
		}
	}
	if len(a) > 3 {
		x.throw = !a[3].Bool()
	}
	return x, nil
}

func pathExists(c *Ctx, a []types.Datum, silent, zoned bool) (types.Datum, error) {
	x, err := newPathRun(c, a, silent, zoned)
	if err != nil {
		return types.Datum{}, err
	}
	res, err := x.start(nil)
	if err != nil || res == pathError {
		return types.Null, err
	}
	return types.Bool(res == pathOK), nil
}

func pathMatch(c *Ctx, a []types.Datum, silent, zoned bool) (types.Datum, error) {
	x, err := newPathRun(c, a, silent, zoned)
	if err != nil {
		return types.Datum{}, err
	}
	var found []pathItem
	if _, err := x.start(&found); err != nil {
		return types.Null, err
	}
	if len(found) == 1 {
		switch found[0].kind() {
		case "boolean":
			return types.Bool(found[0].b[0] == 't'), nil
		case "null":
			return types.Null, nil
		}
	}
	if x.throw {
		return types.Null, pgerr.New(pgerrcode.SingletonSQLJSONItemRequired, "single boolean result is expected")
	}
	return types.Null, nil
}

func pathQuery(c *Ctx, a []types.Datum, zoned bool) ([]pathItem, error) {
	x, err := newPathRun(c, a, false, zoned)
	if err != nil {
		return nil, err
	}
	var found []pathItem
	_, err = x.start(&found)
	return found, err
}
