package builtin

import (
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/charset"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// reachableFuncs registers functions that serve the system inside but that anybody
// can call: validators, support functions of index methods, and the like.
func reachableFuncs(r *registrar) {
	r.evals(distance(memoryDistance, plainBytes), "gin_cmp_tslexeme", "gin_compare_jsonb")
	for _, k := range []string{"fmgr_internal_validator", "fmgr_c_validator", "fmgr_sql_validator"} {
		r.eval(k, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			if FuncByOID(types.OID(a[0].Int())) == nil {
				return types.Datum{}, pgerr.Newf(pgerrcode.UndefinedFunction, "function with OID %d does not exist", a[0].Int())
			}
			return types.String(""), nil
		})
	}
	r.eval("postgresql_fdw_validator", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if types.ArrayHasNull(a[0]) {
			return types.Datum{}, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "null array element not allowed in this context")
		}
		for _, d := range elements(a[0]) {
			name, _, _ := strings.Cut(d.Text(), "=")
			return types.Datum{}, pgerr.Newf(pgerrcode.SyntaxError, "invalid option \"%s\"", name).
				WithHint("There are no valid options in this context.")
		}
		return types.Bool(true), nil
	})
	noPIDs := func(*Ctx, []types.Datum) (types.Datum, error) {
		var b types.ArrayBuilder
		b.Reset(types.Int4OID)
		return b.Array(), nil
	}
	r.eval("pg_safe_snapshot_blocking_pids", noPIDs) // there are no safe snapshots to wait for
	r.eval("pg_indexam_progress_phasename", indexPhase)
	r.eval("makeaclitem", withSession(makeACLItem))
	asciiFuncs(r)
	finalFuncs(r)
	transitionFuncs(r)
}

// indexPhases are the phases of building a btree, by number.
var indexPhases = []string{
	"", "initializing", "scanning table", "sorting live tuples", "sorting dead tuples", "loading tuples in tree",
}

func indexPhase(_ *Ctx, a []types.Datum) (types.Datum, error) {
	const btree = 403
	if n := a[1].Int(); a[0].Int() == btree && n > 0 && n < int64(len(indexPhases)) {
		return types.String(indexPhases[n]), nil
	}
	return null()
}

// makeACLItem is makeaclitem(grantee, grantor, privilege, grantable).
func makeACLItem(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
	word := a[2].Text()
	for _, l := range aclLetters {
		if !strings.EqualFold(l.name, word) {
			continue
		}
		name := func(d types.Datum) string {
			if x, ok := s.Catalog().RoleByID(uint32(d.Int())); ok {
				return QuoteIdent(x.Name)
			}
			return fmt.Sprint(d.Int())
		}
		grantee, star := "", ""
		if a[0].Int() != 0 {
			grantee = name(a[0])
		}
		if a[3].Bool() {
			star = "*"
		}
		return types.String(grantee + "=" + string(l.letter) + star + "/" + name(a[1])), nil
	}
	return types.Datum{}, badParam("unrecognized privilege type: \"%s\"", word)
}

// asciiFuncs registers to_ascii, which knows four encodings.
func asciiFuncs(r *registrar) {
	convert := func(text types.Datum, e *charset.Encoding) (types.Datum, error) {
		switch name := e.Name(); name {
		case "LATIN1", "LATIN2", "LATIN9", "WIN1250":
			for _, c := range text.Bytes() {
				if c >= 0x80 {
					return types.Datum{}, pgerr.NotSupported(-1, "to_ascii of characters beyond ASCII")
				}
			}
			return text, nil
		default:
			return types.Datum{}, pgerr.Newf(pgerrcode.FeatureNotSupported, "encoding conversion from %s to ASCII not supported", name)
		}
	}
	r.eval("to_ascii_default", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return convert(a[0], charset.UTF8) })
	r.eval("to_ascii_enc", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if e := charset.ByID(int(a[1].Int())); e != nil {
			return convert(a[0], e)
		}
		return types.Datum{}, pgerr.Newf(pgerrcode.UndefinedObject, "%d is not a valid encoding code", a[1].Int())
	})
	r.eval("to_ascii_encname", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if e := charset.Lookup(a[1].Text()); e != nil {
			return convert(a[0], e)
		}
		return types.Datum{}, pgerr.Newf(pgerrcode.UndefinedObject, "%s is not a valid encoding name", a[1].Text())
	})
}
