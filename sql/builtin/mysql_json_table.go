package builtin

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// What JSON_TABLE is made of.

// jsonAllMatches are all parts of a document that a path finds, as an array.
func jsonAllMatches(_ *Ctx, a []types.Datum) (types.Datum, error) {
	found, _, err := jsonAt(a[0].Bytes(), a[1].Text())
	if err != nil {
		return types.Datum{}, err
	}
	w := jsonWriter{buf: []byte{'['}}
	for _, f := range found {
		w.element(f)
	}
	return asJSONB(append(w.buf, ']'), nil)
}

// jsonColumnText is what a path finds in a document, as text that the type of the third
// argument reads. The last two say what there is where nothing is found, and where what is
// found is no such value: nothing for NULL, ! for an error, = and a document.
func jsonColumnText(c *Ctx, a []types.Datum) (types.Datum, error) {
	if a[0].IsNull() {
		return null()
	}
	t := c.argT(2)
	found, _, err := jsonAt(a[0].Bytes(), a[1].Text())
	if err != nil {
		return types.Datum{}, err
	}
	if len(found) == 0 {
		return jsonOtherwise(c, t, a[3].Text(), "Missing value for JSON_TABLE column")
	}
	if len(found) == 1 {
		if d, ok := jsonAsText(c, t, found[0]); ok {
			return d, nil
		}
	}
	return jsonOtherwise(c, t, a[4].Text(), "Invalid JSON value for JSON_TABLE column")
}

func jsonOtherwise(c *Ctx, t types.T, action, message string) (types.Datum, error) {
	switch {
	case action == "":
		return null()
	case action[0] == '=':
		doc, err := mysqlValue(c, 'j', typed{types.Of(types.TextOID), types.String(action[1:])})
		if err != nil {
			return types.Datum{}, err
		}
		if d, ok := jsonAsText(c, t, doc.Bytes()); ok {
			return d, nil
		}
		message = "Invalid default value for JSON_TABLE column"
	}
	return types.Datum{}, pgerr.New(pgerrcode.InvalidParameterValue, message)
}

// jsonAsText is a part of a document as text of a type; false when it is none.
func jsonAsText(c *Ctx, t types.T, part []byte) (types.Datum, bool) {
	kind := types.JSONTypeof(part)
	switch {
	case t.OID == types.JSONBOID:
		return types.Bytes(part), true
	case kind == "null":
		return types.Null, true
	case kind == "object" || kind == "array":
		return types.Null, false
	}
	d, err := types.JSONText(part)
	if err != nil {
		return types.Null, false
	}
	text := d.Text()
	number := t.OID != types.TextOID && t.OID != types.VarcharOID && t.OID != types.BpcharOID
	if kind == "boolean" && number {
		text = map[bool]string{true: "1", false: "0"}[text == "true"]
	}
	switch t.OID {
	case types.Int2OID, types.Int4OID, types.Int8OID, types.NumericOID: // rounded
		n, err := types.ParseText(types.Of(types.NumericOID), text, c.Format)
		if err == nil {
			n, err = types.Cast(types.Of(types.NumericOID), t, n, c.Format, true)
		}
		if err != nil {
			return types.Null, false
		}
		return types.Bytes(types.AppendText(nil, t, n, c.Format)), true
	}
	if _, err := types.ParseText(t, text, c.Format); err != nil {
		return types.Null, false
	}
	return types.String(text), true
}
