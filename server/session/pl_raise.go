package session

import (
	"context"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/plpgsql"
	"github.com/loxodb/loxodb/sql/types"
)

// raise is RAISE.
func (r *plRun) raise(ctx context.Context, x *plpgsql.Raise, sc *plScope) error {
	if x.Again {
		if r.caught == nil {
			return pgerr.New(pgerrcode.StackedDiagnosticsAccessedWithoutActiveHandler, "RAISE without parameters cannot be used outside an exception handler")
		}
		r.rethrown = r.caught
		return r.caught
	}
	e := &pgerr.Error{}
	if x.HasFormat {
		msg, err := r.format(ctx, x, sc)
		if err != nil {
			return err
		}
		e.Message = msg
	}
	if x.State != "" {
		e.Code = x.State
	}
	if x.Condition != "" {
		e.Code = plpgsql.Conditions(x.Condition)[0]
	}
	if x.Condition != "" && !x.HasFormat {
		e.Message = x.Condition
	}
	if x.State != "" && !x.HasFormat {
		e.Message = x.State
	}
	if err := r.raiseOptions(ctx, x, e, sc); err != nil {
		return err
	}
	if e.Code == "" {
		e.Code = "00000"
		if x.Level == "exception" {
			e.Code = pgerrcode.RaiseException
		} else if x.Level == "warning" {
			e.Code = pgerrcode.Warning
		}
	}
	if e.Message == "" && !x.HasFormat {
		e.Message = e.Code
	}
	switch x.Level {
	case "exception":
		return e
	case "warning":
		e.Severity = pgerr.Warning
	case "notice":
		e.Severity = pgerr.Notice
	case "info":
		e.Severity = pgerr.Info
	default:
		return nil // LOG and DEBUG are for the server's log
	}
	r.s.notice(e)
	r.s.tellNow()
	return nil
}

func (r *plRun) raiseOptions(ctx context.Context, x *plpgsql.Raise, e *pgerr.Error, sc *plScope) error {
	given := map[string]bool{}
	if x.HasFormat {
		given["message"] = true
	}
	if x.Condition != "" || x.State != "" {
		given["errcode"] = true
	}
	for _, o := range x.Options {
		v, err := r.eval(ctx, o.Value, sc, types.T{})
		if err != nil {
			return err
		}
		if v.d.IsNull() {
			return pgerr.New(pgerrcode.NullValueNotAllowedDataException, "RAISE statement option cannot be null")
		}
		if given[o.Name] {
			return pgerr.Newf(pgerrcode.SyntaxError, "RAISE option already specified: %s", strings.ToUpper(o.Name))
		}
		given[o.Name] = true
		text, err := r.textOf(v)
		if err != nil {
			return err
		}
		switch o.Name {
		case "errcode":
			if e.Code = text; len(text) != 5 || strings.Trim(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
				codes := plpgsql.Conditions(text)
				if codes == nil {
					return pgerr.Newf(pgerrcode.UndefinedObject, "unrecognized exception condition \"%s\"", text)
				}
				if e.Code = codes[0]; !x.HasFormat && e.Message == "" {
					e.Message = text
				}
			}
		case "message":
			e.Message = text
		case "detail":
			e.Detail = text
		case "hint":
			e.Hint = text
		case "column":
			e.Column = text
		case "constraint":
			e.Constraint = text
		case "datatype":
			e.DataType = text
		case "table":
			e.Table = text
		case "schema":
			e.Schema = text
		}
	}
	return nil
}

// format puts the parameters of RAISE in the places of its format.
func (r *plRun) format(ctx context.Context, x *plpgsql.Raise, sc *plScope) (string, error) {
	var b strings.Builder
	k := 0
	for i := 0; i < len(x.Format); i++ {
		if x.Format[i] != '%' {
			b.WriteByte(x.Format[i])
			continue
		}
		if i+1 < len(x.Format) && x.Format[i+1] == '%' {
			b.WriteByte('%')
			i++
			continue
		}
		v, err := r.eval(ctx, x.Params[k], sc, types.T{})
		if err != nil {
			return "", err
		}
		k++
		text := "<NULL>"
		if !v.d.IsNull() {
			if text, err = r.textOf(v); err != nil {
				return "", err
			}
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func (r *plRun) assert(ctx context.Context, x *plpgsql.Assert, sc *plScope) error {
	if !r.s.settings.bool("plpgsql.check_asserts") {
		return nil
	}
	ok, err := r.condition(ctx, x.Cond, sc)
	if err != nil || ok {
		return err
	}
	msg := "assertion failed"
	if x.Message.Given() {
		v, err := r.eval(ctx, x.Message, sc, types.T{})
		if err != nil {
			return err
		}
		if !v.d.IsNull() {
			if msg, err = r.textOf(v); err != nil {
				return err
			}
		}
	}
	return pgerr.New(pgerrcode.AssertFailure, msg)
}

func (r *plRun) diagnostics(x *plpgsql.Diagnostics, sc *plScope) error {
	e := r.caught
	if x.Stacked && e == nil {
		return pgerr.New(pgerrcode.StackedDiagnosticsAccessedWithoutActiveHandler, "GET STACKED DIAGNOSTICS cannot be used outside an exception handler")
	}
	for i := range x.Items {
		v := plValue{t: types.Of(types.TextOID)}
		switch x.Items[i].Item {
		case "row_count":
			v = plValue{types.Int(r.rows), types.Of(types.Int8OID)}
		case "pg_context":
			v.d = types.String(r.s.placed(&pgerr.Error{}, 0).Where)
		case "returned_sqlstate":
			v.d = types.String(e.Code)
		case "message_text":
			v.d = types.String(e.Message)
		case "pg_exception_detail":
			v.d = types.String(e.Detail)
		case "pg_exception_hint":
			v.d = types.String(e.Hint)
		case "pg_exception_context":
			v.d = types.String(r.s.placed(&pgerr.Error{Where: e.Where}, 1).Where)
		case "column_name":
			v.d = types.String(e.Column)
		case "constraint_name":
			v.d = types.String(e.Constraint)
		case "pg_datatype_name":
			v.d = types.String(e.DataType)
		case "table_name":
			v.d = types.String(e.Table)
		case "schema_name":
			v.d = types.String(e.Schema)
		}
		if err := r.put(&x.Items[i].Target, v, sc); err != nil {
			return err
		}
	}
	return nil
}
