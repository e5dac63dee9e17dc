package builtin

import (
	"strconv"

	"github.com/loxodb/loxodb/sql/gin"
	"github.com/loxodb/loxodb/sql/trgm"
	"github.com/loxodb/loxodb/sql/types"
)

// trgmFuncs registers the functions of the extension pg_trgm.
func trgmFuncs(r *registrar) {
	r.eval("show_trgm", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		var list types.ArrayBuilder
		list.Reset(types.TextOID)
		for _, t := range trgm.Of(a[0].Bytes()) {
			list.Append(types.Bytes(t.Append(nil)))
		}
		return list.Array().Clone(), nil
	})
	for name, f := range map[string]func(a, b []byte) float32{
		"similarity":             trgm.Similarity,
		"word_similarity":        func(a, b []byte) float32 { return trgm.WordSimilarity(a, b, false) },
		"strict_word_similarity": func(a, b []byte) float32 { return trgm.WordSimilarity(a, b, true) },
	} {
		similarityFuncs(r, name, gin.Thresholds[name], f)
	}
	r.eval("show_limit", withSession(func(_ *Ctx, s Session, _ []types.Datum) (types.Datum, error) {
		return types.Float(float64(float32(gin.ThresholdOf(s.Setting(gin.Thresholds["similarity"]))))), nil
	}))
	r.eval("set_limit", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		limit := strconv.FormatFloat(a[0].Float(), 'g', -1, 32)
		return a[0], s.SetSetting(gin.Thresholds["similarity"], limit, false)
	}))
}

// similarityFuncs registers a measure with its operators: whether it reaches the
// threshold, and its distance; all but similarity with the operands in either order.
func similarityFuncs(r *registrar, name, setting string, f func(a, b []byte) float32) {
	measure := func(a []types.Datum, flip bool) float32 {
		if flip {
			return f(a[1].Bytes(), a[0].Bytes())
		}
		return f(a[0].Bytes(), a[1].Bytes())
	}
	r.eval(name, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Float(float64(measure(a, false))), nil
	})
	reaches := func(flip bool) Eval {
		return withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
			return types.Bool(float64(measure(a, flip)) >= gin.ThresholdOf(s.Setting(setting))), nil
		})
	}
	distance := func(flip bool) Eval {
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			return types.Float(float64(1 - measure(a, flip))), nil
		}
	}
	r.eval(name+"_op", reaches(false))
	if name == "similarity" {
		r.eval("similarity_dist", distance(false))
		return
	}
	r.eval(name+"_commutator_op", reaches(true))
	r.eval(name+"_dist_op", distance(false))
	r.eval(name+"_dist_commutator_op", distance(true))
}
