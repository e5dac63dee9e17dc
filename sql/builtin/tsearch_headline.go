package builtin

import (
	"bytes"

	"github.com/loxodb/loxodb/sql/tsearch"
	"github.com/loxodb/loxodb/sql/types"
)

// headlineFuncs registers ts_headline for texts and for the strings of JSON documents.
func headlineFuncs(both func(key string, f func(c *Ctx, cfg tsearch.Config, a []types.Datum) (types.Datum, error)), r *registrar) {
	kinds := map[string]func(h *tsearch.Headliner, doc types.Datum) (types.Datum, error){
		"ts_headline": func(h *tsearch.Headliner, doc types.Datum) (types.Datum, error) {
			return types.String(h.Text(doc.Text())), nil
		},
		"ts_headline_json": func(h *tsearch.Headliner, doc types.Datum) (types.Datum, error) {
			out, err := mapStrings(nil, doc.Bytes(), ",", ":", h.Text)
			return types.Bytes(out), err
		},
		"ts_headline_jsonb": func(h *tsearch.Headliner, doc types.Datum) (types.Datum, error) {
			out, err := mapStrings(nil, doc.Bytes(), ", ", ": ", h.Text)
			return types.Bytes(out), err
		},
	}
	for key, show := range kinds {
		headline := func(_ *Ctx, cfg tsearch.Config, a []types.Datum) (types.Datum, error) {
			h := &tsearch.Headliner{Config: cfg, Headline: tsearch.NewHeadline(), Query: types.TSQuery(a[1])}
			if len(a) > 2 {
				if err := h.Set(a[2].Text(), headlineNumber); err != nil {
					return types.Datum{}, err
				}
			}
			return show(h, a[0])
		}
		both(key, headline)
		r.eval(key+"_opt", func(c *Ctx, a []types.Datum) (types.Datum, error) {
			cfg, err := currentConfig(c)
			if err != nil {
				return types.Datum{}, err
			}
			return headline(c, cfg, a)
		})
		r.eval(key+"_byid_opt", func(c *Ctx, a []types.Datum) (types.Datum, error) {
			cfg, err := configArg(a[0])
			if err != nil {
				return types.Datum{}, err
			}
			return headline(c, cfg, a[1:])
		})
	}
}

func headlineNumber(s string) (int, error) {
	d, err := types.ParseText(types.Of(types.Int4OID), s, nil)
	return int(d.Int()), err
}

// mapStrings appends a document with other strings, and without the blanks that it had.
func mapStrings(dst, v []byte, comma, colon string, f func(string) string) ([]byte, error) {
	var err error
	next := false
	part := func(key, m []byte) bool {
		if next {
			dst = append(dst, comma...)
		}
		next = true
		if key != nil {
			dst = append(types.AppendJSONString(dst, key), colon...)
		}
		dst, err = mapStrings(dst, m, comma, colon, f)
		return err == nil
	}
	switch types.JSONTypeof(v) {
	case "object":
		dst = append(dst, '{')
		types.JSONEach(v, func(k, m []byte) bool { return part(append([]byte{}, k...), m) })
		return append(dst, '}'), err
	case "array":
		dst = append(dst, '[')
		types.JSONElements(v, func(m []byte) bool { return part(nil, m) })
		return append(dst, ']'), err
	case "string":
		text, err := types.JSONText(v)
		if err != nil {
			return nil, err
		}
		return types.AppendJSONString(dst, []byte(f(text.Text()))), nil
	}
	return append(dst, bytes.TrimSpace(v)...), nil
}
