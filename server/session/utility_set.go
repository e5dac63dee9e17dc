package session

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// set runs SET, RESET and SET TRANSACTION.
func (s *Session) set(ctx context.Context, st *ast.Set) (string, error) {
	tag := "SET"
	if st.Reset {
		tag = "RESET"
	}
	if st.Local && !s.tx.inBlock() && s.calls == 0 { // it ends with the transaction, however short
		s.warn(pgerrcode.NoActiveSQLTransaction, "SET LOCAL can only be used in transaction blocks")
	}
	switch {
	case st.Txn != nil && st.Name == "transaction":
		if !s.tx.block && s.mysql() {
			s.next = st.Txn
			return tag, nil
		}
		if !s.tx.inBlock() && s.calls == 0 {
			s.warn(pgerrcode.NoActiveSQLTransaction, "SET TRANSACTION can only be used in transaction blocks")
			if st.Txn.Snapshot != nil {
				return tag, s.tx.importSnapshot(*st.Txn.Snapshot)
			}
			return tag, nil
		}
		return tag, s.tx.modes(st.Txn)
	case st.Txn != nil:
		return tag, s.sessionModes(st.Txn)
	case st.Reset && st.Name == "all":
		s.settings.resetAll()
		return tag, nil
	case st.Forgets():
		if lower(st.Name) == "transaction_isolation" && !s.tx.inBlock() && s.calls == 0 {
			s.warn(pgerrcode.NoActiveSQLTransaction, "RESET TRANSACTION can only be used in transaction blocks")
		}
		return tag, s.ResetSetting(st.Name, st.Local)
	}
	v, err := s.setValue(ctx, st)
	if err != nil {
		return "", err
	}
	lasting, before := s.mysql() && !st.Local, len(s.settings.undo)
	if err := s.SetSetting(st.Name, v, st.Local); err != nil {
		return "", err
	}
	if lasting { // a variable of MySQL's keeps its value, whatever the transaction's end
		s.settings.undo = s.settings.undo[:before]
	}
	return tag, nil
}

func (s *Session) sessionModes(m *ast.TxnStmt) error {
	if m.Isolation != "" {
		if err := s.settings.assign("default_transaction_isolation", m.Isolation, false); err != nil {
			return err
		}
	}
	if m.Deferrable != nil {
		if err := s.settings.assign("default_transaction_deferrable", fmt.Sprint(*m.Deferrable), false); err != nil {
			return err
		}
	}
	if m.ReadOnly != nil {
		return s.settings.assign("default_transaction_read_only", fmt.Sprint(*m.ReadOnly), false)
	}
	return nil
}

// setValue is the text of SET's value list.
func (s *Session) setValue(ctx context.Context, st *ast.Set) (string, error) {
	if st.Current {
		v, ok := s.settings.show(st.Name)
		if !ok {
			return "", unknownSetting(st.Name)
		}
		return v, s.MayShow(st.Name)
	}
	key := strings.ToLower(st.Name)
	list := quotedLists[key]
	if len(st.Values) > 1 && !list && !plainLists[key] {
		return "", pgerr.Newf(pgerrcode.InvalidParameterValue, "SET %s takes only one argument", st.Name)
	}
	var parts []string
	for _, v := range st.Values {
		if c, ok := v.(*ast.Cast); ok && key == "timezone" && c.To.Name.Name == "interval" {
			return s.zoneOfInterval(c)
		}
		var text string
		switch x := v.(type) {
		case *ast.Lit:
			switch x.Kind {
			case ast.LitInt:
				parts = append(parts, fmt.Sprint(x.Int)) // no list quotes numbers
				continue
			case ast.LitNumeric:
				parts = append(parts, x.Text)
				continue
			case ast.LitBool:
				text = map[bool]string{true: "on", false: "off"}[x.Bool]
			default:
				text = x.Text
			}
		default:
			d, err := s.computed(ctx, v)
			if err != nil {
				return "", err
			}
			text = d.Text()
		}
		if list {
			text = quoteIfNeeded(text)
		}
		parts = append(parts, text)
	}
	if strings.EqualFold(st.Name, "timezone") && len(parts) == 1 {
		return timeZoneValue(parts[0])
	}
	return strings.Join(parts, ", "), nil
}

// computed is the value of an expression, which may have subqueries, as text.
func (s *Session) computed(ctx context.Context, x ast.Expr) (types.Datum, error) {
	if !ast.HasQuery(x) {
		return s.evalExpr(x, types.Of(types.TextOID))
	}
	q, err := s.prepare(ctx, s.text, ast.Parsed{Stmt: &ast.Select{Targets: []ast.Target{{Expr: x}}}}, nil)
	if err != nil {
		return types.Null, err
	}
	rows, err := s.run(ctx, &portal{s: s, stmt: q, columns: q.columns, kind: q.kind})
	if err != nil {
		return types.Null, err
	}
	defer rows.close()
	b, err := rows.next(ctx)
	if err != nil || b == nil || b.Len() == 0 {
		return types.Null, err
	}
	return b.Cols[0].Datum(int(b.Sel[0])).Clone(), nil
}

// zoneOfInterval is SET TIME ZONE INTERVAL '…': the zone that is so far from UTC.
func (s *Session) zoneOfInterval(e *ast.Cast) (string, error) {
	d, err := s.evalExpr(e, types.Of(types.IntervalOID))
	if err != nil {
		return "", err
	}
	iv := types.IntervalOf(d)
	for _, part := range []struct {
		n    int32
		name string
	}{{iv.Months, "months"}, {iv.Days, "days"}} {
		if part.n != 0 {
			text := string(types.AppendText(nil, types.Of(types.IntervalOID), d, &s.settings.format))
			return "", pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid value for parameter \"TimeZone\": \"INTERVAL '%s'\"", text).
				WithDetail("Cannot specify %s in time zone interval.", part.name)
		}
	}
	_, name := types.FixedZone(int(iv.Micros / 1e6))
	return name, nil
}

// timeZoneValue accepts names and hours east of UTC.
func timeZoneValue(v string) (string, error) {
	switch strings.ToLower(v) {
	case "local", "default":
		return "UTC", nil
	}
	return v, nil
}

// quoteIfNeeded prints an element of search_path.
func quoteIfNeeded(name string) string {
	for i, r := range name {
		ok := r == '_' || r >= 'a' && r <= 'z' || i > 0 && (r >= '0' && r <= '9' || r == '$')
		if !ok {
			return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
	}
	if name == "" {
		return `""`
	}
	return name
}
