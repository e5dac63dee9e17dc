package session

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/plpgsql"
)

// The further checks of PL/pgSQL, by the names that plpgsql.extra_warnings and
// plpgsql.extra_errors have for them.
const (
	shadowedVariables = "shadowed_variables"
	tooManyRows       = "too_many_rows"
	strictAssignment  = "strict_multi_assignment"
)

const (
	extraErrors   = "plpgsql.extra_errors"
	extraWarnings = "plpgsql.extra_warnings"
)

// extraChecks reads the list of such a setting.
func extraChecks(d *setting, v string) (string, error) {
	if strings.EqualFold(v, "all") || strings.EqualFold(v, "none") {
		return v, nil
	}
	list, ok := splitNames(v)
	if !ok {
		return "", d.invalid(v).WithDetail("List syntax is invalid.")
	}
	for _, name := range list {
		switch {
		case slices.Contains([]string{shadowedVariables, tooManyRows, strictAssignment}, strings.ToLower(name)):
		case strings.EqualFold(name, "all"), strings.EqualFold(name, "none"):
			return "", d.invalid(v).WithDetail("Key word \"%s\" cannot be combined with other key words.", name)
		default:
			return "", d.invalid(v).WithDetail("Unrecognized key word: \"%s\".", name)
		}
	}
	return v, nil
}

// extra is the setting that asks for a check, that of errors before that of warnings; ""
// if none does.
func (s *Session) extra(check string) string {
	for _, name := range []string{extraErrors, extraWarnings} {
		v, _ := s.settings.get(name)
		if v == "none" {
			continue
		}
		if strings.EqualFold(v, "all") {
			return name
		}
		list, _ := splitNames(v)
		if slices.ContainsFunc(list, func(n string) bool { return strings.EqualFold(n, check) }) {
			return name
		}
	}
	return ""
}

// shadowed is what becomes of a declaration in a new function that hides a variable.
func (s *Session) shadowed(f *catalog.Function) func(*pgerr.Error) error {
	switch s.extra(shadowedVariables) {
	case extraErrors:
		return func(e *pgerr.Error) error { return e }
	case extraWarnings:
		return func(e *pgerr.Error) error {
			if e, ok := pgerr.As(s.inBody(e, f)); ok {
				e.Severity = pgerr.Warning
				s.notice(e)
			}
			return nil
		}
	}
	return nil
}

// complain is an error of a check, or a warning.
func (r *plRun) complain(e *pgerr.Error, setting string) error {
	if setting == extraErrors {
		return e
	}
	w, _ := pgerr.As(r.where(e, r.at))
	w.Severity = pgerr.Warning
	r.s.notice(w)
	return nil
}

// counted holds the number of a row's columns against that of its targets.
func (r *plRun) counted(targets []plpgsql.Target, row *plRecord, sc *plScope) error {
	setting := r.s.extra(strictAssignment)
	if setting == "" {
		return nil
	}
	want := len(targets)
	if want == 1 {
		slot, rest, _ := sc.find(targets[0].Parts)
		if v := &r.b.vars[slot]; len(rest) == 0 && v.record {
			c := r.s.composite(v.t.OID)
			if c == nil || len(row.ts) == 1 && row.ts[0].OID == v.t.OID {
				return nil
			}
			want = 0
			for i := range c.Fields {
				if !c.Fields[i].Dropped {
					want++
				}
			}
		}
	}
	have := 0
	for _, t := range row.ts {
		if t.OID != 0 {
			have++
		}
	}
	// One complaint for each target without a value, or one for all values without a target.
	missing := max(want-have, min(1, max(0, have-want)))
	for ; missing > 0; missing-- {
		err := r.complain(pgerr.New(pgerrcode.DatatypeMismatch, "number of source and target fields in assignment does not match").
			WithDetail("%s check of %s is active.", strictAssignment, strings.TrimPrefix(setting, "plpgsql.")).
			WithHint("Make sure the query returns the exact list of columns."), setting)
		if err != nil {
			return err
		}
	}
	return nil
}

// tellsParams reports that errors of INTO STRICT show the parameters of the statement.
func (r *plRun) tellsParams() bool {
	if p := r.b.tree.StrictParams; p != "" {
		return p == "on"
	}
	return r.s.settings.bool("plpgsql.print_strict_params")
}

// strictParams adds the variables that a statement uses to an error of INTO STRICT.
func (r *plRun) strictParams(e *pgerr.Error, st *statement) *pgerr.Error {
	if !r.tellsParams() {
		return e
	}
	used := slices.Clone(st.vars.Used)
	slices.SortStableFunc(used, func(a, b bind.Variable) int { return a.Slot - b.Slot })
	var names []string
	var vals []plValue
	for _, v := range used {
		name := r.b.vars[v.Slot].name
		if v.Field != "" {
			name = v.Field
		}
		names, vals = append(names, name), append(vals, plValue{r.slot(v), v.T})
	}
	return r.listParams(e, names, vals)
}

// usingParams is strictParams of EXECUTE.
func (r *plRun) usingParams(e *pgerr.Error, params []plValue) *pgerr.Error {
	if !r.tellsParams() {
		return e
	}
	var names []string
	for i := range params {
		names = append(names, dollar(i+1))
	}
	return r.listParams(e, names, params)
}

func (r *plRun) listParams(e *pgerr.Error, names []string, vals []plValue) *pgerr.Error {
	var out []string
	for i, v := range vals {
		shown := "NULL"
		if !v.d.IsNull() {
			text, err := r.textOf(v)
			if err != nil {
				continue
			}
			shown = "'" + strings.ReplaceAll(text, "'", "''") + "'"
		}
		out = append(out, names[i]+" = "+shown)
	}
	if len(out) == 0 {
		return e
	}
	return e.WithDetail("%s", "parameters: "+strings.Join(out, ", "))
}
