package builtin

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// enumFuncs registers what lists the values of an enum; its argument is there for its type.
func enumFuncs(r *registrar) {
	end := func(first bool) Eval {
		return func(c *Ctx, _ []types.Datum) (types.Datum, error) {
			labels, err := enumLabels(c)
			switch {
			case err != nil:
				return types.Null, err
			case len(labels) == 0:
				return types.Null, pgerr.Newf(pgerrcode.ObjectNotInPrerequisiteState, "enum %s contains no values", TypeName(c.argT(0).OID))
			case first:
				return safeLabel(c, labels[0])
			}
			return safeLabel(c, labels[len(labels)-1])
		}
	}
	r.eval("enum_first", end(true))
	r.eval("enum_last", end(false))
	r.eval("enum_range_all", func(c *Ctx, _ []types.Datum) (types.Datum, error) { return enumRange(c, types.Null, types.Null) })
	r.eval("enum_range_bounds", func(c *Ctx, a []types.Datum) (types.Datum, error) { return enumRange(c, a[0], a[1]) })
}

// enumLabels are the labels of the call's enum as the session sees them.
func enumLabels(c *Ctx) ([]types.EnumLabel, error) {
	t := c.argT(0)
	if c.Format != nil && c.Format.Types != nil {
		if e := c.Format.Types.Enum(t.OID); e != nil {
			return e.Labels, nil
		}
	}
	if i := types.Lookup(t.OID); i != nil && i.Enum != nil {
		return i.Enum.Labels, nil
	}
	return nil, pgerr.New(pgerrcode.FeatureNotSupported, "could not determine actual enum type")
}

// safeLabel is the value of a label that may be used.
func safeLabel(c *Ctx, l types.EnumLabel) (types.Datum, error) {
	if i := types.Lookup(c.argT(0).OID); i != nil {
		if err := types.SafeEnumValue(i, l.Name, l.Value, c.Format); err != nil {
			return types.Null, err
		}
	}
	return types.Int(l.Value), nil
}

// enumRange is an array of the values between two, which are open when NULL.
func enumRange(c *Ctx, lo, hi types.Datum) (types.Datum, error) {
	labels, err := enumLabels(c)
	if err != nil {
		return types.Null, err
	}
	var b types.ArrayBuilder
	b.Reset(c.argT(0).OID)
	for _, l := range labels {
		if (lo.IsNull() || l.Value >= lo.Int()) && (hi.IsNull() || l.Value <= hi.Int()) {
			d, err := safeLabel(c, l)
			if err != nil {
				return types.Null, err
			}
			b.Append(d)
		}
	}
	return b.Array(), nil
}
