package builtin

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/tsearch"
	"github.com/loxodb/loxodb/sql/types"
)

// currentConfig is what default_text_search_config names.
func currentConfig(c *Ctx) (tsearch.Config, error) {
	name := "pg_catalog.english"
	if c.Session != nil {
		if v, ok := c.Session.Setting("default_text_search_config"); ok {
			name = v
		}
	}
	cfg, ok := TextConfig(name)
	if !ok {
		return cfg, pgerr.Newf(pgerrcode.UndefinedObject, "text search configuration \"%s\" does not exist", name)
	}
	return c.stoppable(cfg), nil
}

// stoppable has the parsing of texts with cfg end with the statement.
func (c *Ctx) stoppable(cfg tsearch.Config) tsearch.Config {
	cfg.GoOn = func() {
		if err := c.goOn(); err != nil {
			types.Stop(err)
		}
	}
	return cfg
}

// TextConfig finds a configuration by its name, which may have the schema before it.
func TextConfig(name string) (tsearch.Config, bool) {
	name = strings.TrimPrefix(name, "pg_catalog.")
	for _, c := range tsearch.Configs {
		if c.Name == name {
			return c, true
		}
	}
	return tsearch.Config{}, false
}

func configArg(d types.Datum) (tsearch.Config, error) {
	cfg, ok := tsearch.ConfigByOID(uint32(d.Int()))
	if !ok {
		return cfg, pgerr.Newf(pgerrcode.InternalError, "cache lookup failed for text search configuration %d", d.Int())
	}
	return cfg, nil
}

// textConfigFuncs registers what reads texts, each with the current configuration and
// with one that is given.
func textConfigFuncs(r *registrar) {
	both := func(key string, f func(c *Ctx, cfg tsearch.Config, a []types.Datum) (types.Datum, error)) {
		r.eval(key, func(c *Ctx, a []types.Datum) (types.Datum, error) {
			cfg, err := currentConfig(c)
			if err != nil {
				return types.Datum{}, err
			}
			return f(c, cfg, a)
		})
		r.eval(key+"_byid", func(c *Ctx, a []types.Datum) (types.Datum, error) {
			cfg, err := configArg(a[0])
			if err != nil {
				return types.Datum{}, err
			}
			return f(c, c.stoppable(cfg), a[1:])
		})
	}
	both("to_tsvector", func(_ *Ctx, cfg tsearch.Config, a []types.Datum) (types.Datum, error) {
		return tsv(cfg.ToVector(a[0].Text()))
	})
	both("to_tsquery", func(c *Ctx, cfg tsearch.Config, a []types.Datum) (types.Datum, error) {
		n, asked, err := cfg.ToQuery(a[0].Text())
		if err == nil {
			c.noWords(a[0].Text(), n, asked)
		}
		return types.MakeTSQuery(n), err
	})
	for key, op := range map[string]tsearch.Op{"plainto_tsquery": tsearch.And, "phraseto_tsquery": tsearch.Phrase} {
		both(key, func(c *Ctx, cfg tsearch.Config, a []types.Datum) (types.Datum, error) {
			n, asked := cfg.PlainQuery(a[0].Text(), op)
			c.noWords(a[0].Text(), n, asked)
			return tsq(n)
		})
	}
	both("websearch_to_tsquery", func(c *Ctx, cfg tsearch.Config, a []types.Datum) (types.Datum, error) {
		n, asked := cfg.WebQuery(a[0].Text())
		c.noWords(a[0].Text(), n, asked)
		return tsq(n)
	})
	for _, key := range []string{"json_string_to_tsvector", "jsonb_string_to_tsvector"} {
		both(key, func(_ *Ctx, cfg tsearch.Config, a []types.Datum) (types.Datum, error) {
			return jsonToVector(cfg, a[0], jsonStrings)
		})
	}
	for _, key := range []string{"json_to_tsvector", "jsonb_to_tsvector"} {
		both(key, func(_ *Ctx, cfg tsearch.Config, a []types.Datum) (types.Datum, error) {
			flags, err := jsonFlags(a[1].Bytes())
			if err != nil {
				return types.Datum{}, err
			}
			return jsonToVector(cfg, a[0], flags)
		})
	}
	headlineFuncs(both, r)
	r.eval("get_current_ts_config", func(c *Ctx, _ []types.Datum) (types.Datum, error) {
		cfg, err := currentConfig(c)
		return types.Int(int64(cfg.OID)), err
	})
	r.eval("ts_lexize", lexize)
	r.rows("ts_debug(text)", func(c *Ctx, a []types.Datum) (RowIter, error) {
		cfg, err := currentConfig(c)
		return debugText(cfg, a[0].Text()), err
	})
	r.rows("ts_debug(regconfig,text)", func(_ *Ctx, a []types.Datum) (RowIter, error) {
		cfg, err := configArg(a[0])
		return debugText(cfg, a[1].Text()), err
	})
	parserFuncs(r)
}

// debugText shows what becomes of each token.
func debugText(cfg tsearch.Config, text string) RowIter {
	s := tsearch.NewScanner(text)
	return funcRows(func(row []types.Datum) (bool, error) {
		t, ok := s.Next()
		if !ok {
			return false, nil
		}
		kind := tsearch.Kinds[t.Kind-1]
		copy(row, []types.Datum{types.String(kind[0]), types.String(kind[1]), types.String(t.Text), types.Null, types.Null, types.Null})
		var dicts, lexemes types.ArrayBuilder
		dicts.Reset(types.RegdictionaryOID)
		if d, ok := cfg.Dictionary(t.Kind); ok {
			dicts.Append(types.Int(int64(d.OID)))
			lexemes.Reset(types.TextOID)
			if l, ok := d.Lexize(t.Text); ok {
				lexemes.Append(types.String(l))
			}
			row[4], row[5] = types.Int(int64(d.OID)), lexemes.Array()
		}
		row[3] = dicts.Array()
		return true, nil
	})
}

// lexize is ts_lexize(dictionary, word): nothing of a stop word is an empty array.
func lexize(_ *Ctx, a []types.Datum) (types.Datum, error) {
	i := slices.IndexFunc(tsearch.Dictionaries, func(d tsearch.Dictionary) bool { return int64(d.OID) == a[0].Int() })
	if i < 0 {
		return types.Datum{}, pgerr.Newf(pgerrcode.InternalError, "cache lookup failed for text search dictionary %d", a[0].Int())
	}
	var b types.ArrayBuilder
	b.Reset(types.TextOID)
	if l, ok := tsearch.Dictionaries[i].Lexize(a[1].Text()); ok {
		b.Append(types.String(l))
	}
	return b.Array(), nil
}

// defaultParser is the number of the only parser.
const defaultParser = 3722

func parserFuncs(r *registrar) {
	check := func(d types.Datum, byName bool) error {
		switch {
		case byName && strings.TrimPrefix(d.Text(), "pg_catalog.") != "default":
			return pgerr.Newf(pgerrcode.UndefinedObject, "text search parser \"%s\" does not exist", d.Text())
		case !byName && d.Int() != defaultParser:
			return pgerr.Newf(pgerrcode.InternalError, "cache lookup failed for text search parser %d", d.Int())
		}
		return nil
	}
	for suffix, byName := range map[string]bool{"_byid": false, "_byname": true} {
		r.rows("ts_parse"+suffix, func(_ *Ctx, a []types.Datum) (RowIter, error) {
			if err := check(a[0], byName); err != nil {
				return nil, err
			}
			s := tsearch.NewScanner(a[1].Text())
			return funcRows(func(row []types.Datum) (bool, error) {
				t, ok := s.Next()
				if ok {
					row[0], row[1] = types.Int(int64(t.Kind)), types.String(t.Text)
				}
				return ok, nil
			}), nil
		})
		r.rows("ts_token_type"+suffix, func(_ *Ctx, a []types.Datum) (RowIter, error) {
			if err := check(a[0], byName); err != nil {
				return nil, err
			}
			var rows [][]types.Datum
			for i, k := range tsearch.Kinds {
				rows = append(rows, []types.Datum{types.Int(int64(i + 1)), types.String(k[0]), types.String(k[1])})
			}
			return &tableRows{rows: rows}, nil
		})
	}
}

// What of a JSON document is text to search.
const (
	jsonStrings = 1 << iota
	jsonNumbers
	jsonBooleans
	jsonKeys
)

// jsonFlags reads ["string", "key", …] or one of these.
func jsonFlags(b []byte) (int, error) {
	names := map[string]int{"all": jsonStrings | jsonNumbers | jsonBooleans | jsonKeys, "key": jsonKeys,
		"string": jsonStrings, "numeric": jsonNumbers, "boolean": jsonBooleans}
	const hint = "Possible values are: \"string\", \"numeric\", \"boolean\", \"key\", and \"all\"."
	set := 0
	var err error
	one := func(v []byte) bool {
		if types.JSONTypeof(v) != "string" {
			err = badParam("flag array element is not a string").WithHint(hint)
			return false
		}
		text, _ := types.JSONText(v)
		f, ok := names[strings.ToLower(text.Text())]
		if !ok {
			err = badParam("wrong flag in flag array: \"%s\"", text.Text()).WithHint(hint)
			return false
		}
		set |= f
		return true
	}
	switch types.JSONTypeof(b) {
	case "array":
		types.JSONElements(b, one)
	case "object":
		return 0, badParam("wrong flag type, only arrays and scalars are allowed")
	default:
		one(b)
	}
	return set, err
}

// jsonToVector parses the wanted values of a document one after the other.
func jsonToVector(cfg tsearch.Config, doc types.Datum, flags int) (types.Datum, error) {
	d := tsearch.Document{Config: cfg}
	eachJSONText(doc.Bytes(), flags, d.Add)
	return tsv(d.Vector())
}

func eachJSONText(v []byte, flags int, f func(string)) {
	v = []byte(strings.TrimSpace(string(v)))
	wanted := 0
	switch types.JSONTypeof(v) {
	case "object":
		types.JSONEach(v, func(k, m []byte) bool {
			if flags&jsonKeys != 0 {
				f(string(k))
			}
			eachJSONText(m, flags, f)
			return true
		})
	case "array":
		types.JSONElements(v, func(m []byte) bool {
			eachJSONText(m, flags, f)
			return true
		})
	case "string":
		wanted = jsonStrings
	case "number":
		wanted = jsonNumbers
	case "boolean":
		wanted = jsonBooleans
	}
	if flags&wanted != 0 {
		text, _ := types.JSONText(v)
		f(text.Text())
	}
}

// noWords tells of a query that asks for nothing.
func (c *Ctx) noWords(text string, n *tsearch.Node, asked bool) {
	switch {
	case n != nil || c.Notice == nil:
	case asked:
		c.Notice(pgerr.New(pgerrcode.SuccessfulCompletion, "text-search query contains only stop words or doesn't contain lexemes, ignored"))
	default:
		c.Notice(NoLexemes(text))
	}
}

// NoLexemes is the notice about a tsquery without words.
func NoLexemes(text string) *pgerr.Error {
	e := pgerr.Newf(pgerrcode.SuccessfulCompletion, "text-search query doesn't contain lexemes: \"%s\"", text)
	e.Severity = pgerr.Notice
	return e
}
