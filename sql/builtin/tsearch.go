package builtin

import (
	"bytes"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/tsearch"
	"github.com/loxodb/loxodb/sql/types"
)

// tsearchFuncs registers chapter 9.13: text search functions and operators on vectors
// and queries; tsearch_text.go has those that read texts.
func tsearchFuncs(r *registrar) {
	for rel, suffix := range relationSuffix {
		r.kernel("tsvector_"+suffix, compareAny(relation(rel)))
		r.kernel("tsquery_"+suffix, compareAny(relation(rel)))
	}
	r.evals(threeWay, "tsvector_cmp", "tsquery_cmp")
	vectorEdits(r)
	queryEdits(r)
	matchFuncs(r)
	rankFuncs(r)
	textConfigFuncs(r)
}

func tsv(v tsearch.Vector) (types.Datum, error) { return types.MakeTSVector(v), nil }
func tsq(n *tsearch.Node) (types.Datum, error)  { return types.MakeTSQuery(n), nil }

// weightArg reads a "char" that is a weight.
func weightArg(d types.Datum) (byte, error) {
	w, ok := tsearch.Weight(byte(d.Int()))
	if c := byte(d.Int()); !ok && (c < ' ' || c > '~') {
		return 0, badParam("unrecognized weight: \"\\%03o\"", c)
	}
	if !ok {
		return 0, badParam("unrecognized weight: \"%c\"", rune(d.Int()))
	}
	return w, nil
}

// lexemeArgs are the elements of a text[] of lexemes that are not NULL.
func lexemeArgs(d types.Datum) (list [][]byte) {
	for _, e := range elements(d) {
		if !e.IsNull() {
			list = append(list, e.Bytes())
		}
	}
	return list
}

func vectorEdits(r *registrar) {
	one := func(key string, f func(v tsearch.Vector) (types.Datum, error)) {
		r.eval(key, func(_ *Ctx, a []types.Datum) (types.Datum, error) { return f(types.TSVector(a[0])) })
	}
	one("tsvector_length", func(v tsearch.Vector) (types.Datum, error) { return types.Int(int64(len(v))), nil })
	one("tsvector_strip", func(v tsearch.Vector) (types.Datum, error) { return tsv(v.Strip()) })
	one("tsvector_to_array", func(v tsearch.Vector) (types.Datum, error) {
		var b types.ArrayBuilder
		b.Reset(types.TextOID)
		for _, l := range v {
			b.Append(types.Bytes(l.Word))
		}
		return b.Array(), nil
	})
	r.eval("tsvector_concat", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return tsv(types.TSVector(a[0]).Concat(types.TSVector(a[1])))
	})
	r.eval("array_to_tsvector", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if types.ArrayHasNull(a[0]) {
			return types.Datum{}, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "lexeme array may not contain nulls")
		}
		words := lexemeArgs(a[0])
		for _, w := range words {
			if len(w) == 0 {
				return types.Datum{}, pgerr.New(pgerrcode.ZeroLengthCharacterString, "lexeme array may not contain empty strings")
			}
		}
		return tsv(tsearch.FromWords(words))
	})
	r.eval("tsvector_setweight", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		w, err := weightArg(a[1])
		if err != nil {
			return types.Datum{}, err
		}
		return tsv(types.TSVector(a[0]).SetWeight(w, nil))
	})
	r.eval("tsvector_setweight_by_filter", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		w, err := weightArg(a[1])
		if err != nil {
			return types.Datum{}, err
		}
		words := lexemeArgs(a[2])
		return tsv(types.TSVector(a[0]).SetWeight(w, func(word []byte) bool {
			for _, x := range words {
				if bytes.Equal(x, word) {
					return true
				}
			}
			return false
		}))
	})
	r.eval("tsvector_delete_str", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return tsv(types.TSVector(a[0]).Delete(a[1].Bytes()))
	})
	r.eval("tsvector_delete_arr", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return tsv(types.TSVector(a[0]).Delete(lexemeArgs(a[1])...))
	})
	r.eval("tsvector_filter", vectorFilter)
	r.rows("tsvector_unnest", vectorUnnest)
}

func vectorFilter(_ *Ctx, a []types.Datum) (types.Datum, error) {
	if types.ArrayHasNull(a[1]) {
		return types.Datum{}, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "weight array may not contain nulls")
	}
	set := byte(0)
	for _, d := range elements(a[1]) {
		w, err := weightArg(d)
		if err != nil {
			return types.Datum{}, err
		}
		set |= 1 << w
	}
	return tsv(types.TSVector(a[0]).Filter(set))
}

// vectorUnnest gives a row for each lexeme: the word, its places and their weights.
func vectorUnnest(_ *Ctx, a []types.Datum) (RowIter, error) {
	var rows [][]types.Datum
	for _, l := range types.TSVector(a[0]) {
		row := []types.Datum{types.Bytes(l.Word), types.Null, types.Null}
		if len(l.Pos) > 0 {
			var places, weights types.ArrayBuilder
			places.Reset(types.Int2OID)
			weights.Reset(types.TextOID)
			for _, p := range l.Pos {
				places.Append(types.Int(int64(p.Place())))
				weights.Append(types.String("DCBA"[p.Weight() : p.Weight()+1]))
			}
			row[1], row[2] = places.Array(), weights.Array()
		}
		rows = append(rows, row)
	}
	return &tableRows{rows: rows}, nil
}

func queryEdits(r *registrar) {
	two := func(key string, f func(a, b *tsearch.Node) (types.Datum, error)) {
		r.eval(key, func(_ *Ctx, a []types.Datum) (types.Datum, error) { return f(types.TSQuery(a[0]), types.TSQuery(a[1])) })
	}
	two("tsquery_and", func(a, b *tsearch.Node) (types.Datum, error) { return tsq(tsearch.Join(tsearch.And, a, b)) })
	two("tsquery_or", func(a, b *tsearch.Node) (types.Datum, error) { return tsq(tsearch.Join(tsearch.Or, a, b)) })
	two("tsq_mcontains", func(a, b *tsearch.Node) (types.Datum, error) { return types.Bool(tsearch.Contains(a, b)), nil })
	two("tsq_mcontained", func(a, b *tsearch.Node) (types.Datum, error) { return types.Bool(tsearch.Contains(b, a)), nil })
	follow := func(a, b *tsearch.Node, distance int64) (types.Datum, error) {
		n, err := tsearch.Follow(a, b, int(distance))
		return types.MakeTSQuery(n), err
	}
	two("tsquery_phrase", func(a, b *tsearch.Node) (types.Datum, error) { return follow(a, b, 1) })
	r.eval("tsquery_phrase_distance", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return follow(types.TSQuery(a[0]), types.TSQuery(a[1]), a[2].Int())
	})
	r.eval("tsquery_not", func(_ *Ctx, a []types.Datum) (types.Datum, error) { return tsq(tsearch.Negate(types.TSQuery(a[0]))) })
	r.eval("tsquery_numnode", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Int(int64(types.TSQuery(a[0]).Count())), nil
	})
	r.eval("tsquerytree", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		q := types.TSQuery(a[0])
		part := q.Indexable()
		if q != nil && part == nil {
			return types.String("T"), nil
		}
		return types.Bytes(part.AppendText([]byte{})), nil
	})
	r.eval("tsquery_rewrite", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return tsq(tsearch.Rewrite(types.TSQuery(a[0]), types.TSQuery(a[1]), types.TSQuery(a[2])))
	})
}

func matchFuncs(r *registrar) {
	match := func(v tsearch.Vector, q *tsearch.Node) (types.Datum, error) { return types.Bool(q.Match(v)), nil }
	r.eval("ts_match_vq", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return match(types.TSVector(a[0]), types.TSQuery(a[1]))
	})
	r.eval("ts_match_qv", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		return match(types.TSVector(a[1]), types.TSQuery(a[0]))
	})
	r.eval("ts_match_tq", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		cfg, err := currentConfig(c)
		if err != nil {
			return types.Datum{}, err
		}
		return match(cfg.ToVector(a[0].Text()), types.TSQuery(a[1]))
	})
	r.eval("ts_match_tt", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		cfg, err := currentConfig(c)
		if err != nil {
			return types.Datum{}, err
		}
		q, asked := cfg.PlainQuery(a[1].Text(), tsearch.And)
		c.noWords(a[1].Text(), q, asked)
		return match(cfg.ToVector(a[0].Text()), q)
	})
}

// rankFuncs registers ts_rank and ts_rank_cd with and without weights and method.
func rankFuncs(r *registrar) {
	for _, x := range []struct {
		prefix string
		rank   func(w [4]float32, v tsearch.Vector, q *tsearch.Node, method int) float32
	}{{"ts_rank_", tsearch.Rank}, {"ts_rankcd_", tsearch.RankCover}} {
		for _, form := range []string{"tt", "ttf", "wtt", "wttf"} {
			weighted, normed := form[0] == 'w', form[len(form)-1] == 'f'
			r.eval(x.prefix+form, func(_ *Ctx, a []types.Datum) (types.Datum, error) {
				w, method := tsearch.DefaultWeights, 0
				if weighted {
					var err error
					if w, err = rankWeights(a[0]); err != nil {
						return types.Datum{}, err
					}
					a = a[1:]
				}
				if normed {
					method = int(a[2].Int())
				}
				return types.Float(float64(x.rank(w, types.TSVector(a[0]), types.TSQuery(a[1]), method))), nil
			})
		}
	}
}

// rankWeights reads {D,C,B,A}; what is negative is the default.
func rankWeights(d types.Datum) (w [4]float32, err error) {
	w = tsearch.DefaultWeights
	switch {
	case types.ArrayNDims(d) != 1:
		return w, pgerr.New(pgerrcode.ArraySubscriptError, "array of weight must be one-dimensional")
	case types.ArrayLen(d) < len(w):
		return w, pgerr.New(pgerrcode.ArraySubscriptError, "array of weight is too short")
	case types.ArrayHasNull(d):
		return w, pgerr.New(pgerrcode.NullValueNotAllowedDataException, "array of weight must not contain nulls")
	}
	for i, e := range elements(d)[:len(w)] {
		if v := float32(e.Float()); v >= 0 {
			w[i] = v
		}
		if w[i] > 1 {
			return w, badParam("weight out of range")
		}
	}
	return w, nil
}
