package session

import (
	"bytes"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/executor"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/tsearch"
	"github.com/loxodb/loxodb/sql/types"
)

// builtinTriggers are the trigger functions that every database has, by OID (chapter
// 9.28).
var builtinTriggers = map[catalog.ID]func(s *Session, c *executor.TriggerCall) ([]types.Datum, error){
	1291: suppressRedundantUpdates,
	3752: func(s *Session, c *executor.TriggerCall) ([]types.Datum, error) { return updateVector(s, c, false) },
	3753: func(s *Session, c *executor.TriggerCall) ([]types.Datum, error) { return updateVector(s, c, true) },
}

// suppressRedundantUpdates leaves a row alone that an UPDATE would not change.
func suppressRedundantUpdates(_ *Session, c *executor.TriggerCall) ([]types.Datum, error) {
	wrong := func(what string) error {
		return pgerr.New(pgerrcode.TriggerProtocolViolated, "suppress_redundant_updates_trigger: must be called "+what)
	}
	switch {
	case c.Event != catalog.TriggerUpdate:
		return nil, wrong("on update")
	case !c.Trigger.Is(catalog.TriggerBefore):
		return nil, wrong("before update")
	case !c.Trigger.Is(catalog.TriggerRow):
		return nil, wrong("for each row")
	}
	for i := range c.New {
		if !sameDatum(c.Table.Columns[i].Type, c.Old[i], c.New[i]) {
			return c.New, nil
		}
	}
	return nil, nil
}

// sameDatum compares two values bit by bit.
func sameDatum(t types.T, a, b types.Datum) bool {
	switch {
	case a.IsNull() || b.IsNull():
		return a.IsNull() && b.IsNull()
	case t.Rep() == types.RepBytes:
		return bytes.Equal(a.Bytes(), b.Bytes())
	}
	return a.Int() == b.Int()
}

// updateVector keeps a tsvector column up to date with columns of text: arguments are
// the column, the configuration, or with inColumn the column that has it, and those.
func updateVector(s *Session, c *executor.TriggerCall, inColumn bool) ([]types.Datum, error) {
	internal := func(what string) error {
		return pgerr.New(pgerrcode.InternalError, "tsvector_update_trigger: "+what)
	}
	args := c.Trigger.Args
	switch {
	case !c.Trigger.Is(catalog.TriggerRow):
		return nil, internal("must be fired for row")
	case !c.Trigger.Is(catalog.TriggerBefore):
		return nil, internal("must be fired BEFORE event")
	case c.Event != catalog.TriggerInsert && c.Event != catalog.TriggerUpdate:
		return nil, internal("must be fired for INSERT or UPDATE")
	case len(args) < 3:
		return nil, internal("arguments must be tsvector_field, ts_config, text_field1, ...)")
	}
	target := c.Table.ColumnByName(args[0])
	switch {
	case target == nil:
		return nil, pgerr.Newf(pgerrcode.UndefinedColumn, "tsvector column \"%s\" does not exist", args[0])
	case target.Type.OID != types.TSVectorOID:
		return nil, pgerr.Newf(pgerrcode.DatatypeMismatch, "column \"%s\" is not of tsvector type", args[0])
	}
	cfg, err := s.triggerConfig(c, args[1], inColumn)
	if err != nil {
		return nil, err
	}
	changed := c.Event == catalog.TriggerInsert
	doc := tsearch.Document{Config: cfg}
	for _, name := range args[2:] {
		col := c.Table.ColumnByName(name)
		switch {
		case col == nil:
			return nil, pgerr.Newf(pgerrcode.UndefinedColumn, "column \"%s\" does not exist", name)
		case !isText(col.Type.OID):
			return nil, pgerr.Newf(pgerrcode.DatatypeMismatch, "column \"%s\" is not of a character type", name)
		}
		changed = changed || c.Updated[col.Num-1]
		if d := c.New[col.Num-1]; !d.IsNull() {
			doc.Append(d.Text())
		}
	}
	if !changed {
		return c.New, nil
	}
	row := slices.Clone(c.New)
	row[target.Num-1] = types.Bytes(doc.Vector().Encode(nil))
	return row, nil
}

func isText(t types.OID) bool {
	return t == types.TextOID || t == types.VarcharOID || t == types.BpcharOID
}

// triggerConfig finds the text search configuration of updateVector.
func (s *Session) triggerConfig(c *executor.TriggerCall, arg string, inColumn bool) (cfg tsearch.Config, err error) {
	if !inColumn {
		if !strings.Contains(arg, ".") {
			return cfg, pgerr.Newf(pgerrcode.InvalidParameterValue, "text search configuration name \"%s\" must be schema-qualified", arg)
		}
		cfg, ok := builtin.TextConfig(arg)
		if !ok {
			return cfg, pgerr.Newf(pgerrcode.UndefinedObject, "text search configuration \"%s\" does not exist", arg)
		}
		return cfg, nil
	}
	col := c.Table.ColumnByName(arg)
	switch {
	case col == nil:
		return cfg, pgerr.Newf(pgerrcode.UndefinedColumn, "configuration column \"%s\" does not exist", arg)
	case col.Type.OID != types.RegconfigOID:
		return cfg, pgerr.Newf(pgerrcode.DatatypeMismatch, "column \"%s\" is not of regconfig type", arg)
	case c.New[col.Num-1].IsNull():
		return cfg, pgerr.Newf(pgerrcode.NullValueNotAllowedDataException, "configuration column \"%s\" must not be null", arg)
	}
	id := uint32(c.New[col.Num-1].Int())
	cfg, ok := tsearch.ConfigByOID(id)
	if !ok {
		return cfg, pgerr.Newf(pgerrcode.InternalError, "cache lookup failed for text search configuration %d", id)
	}
	return cfg, nil
}
