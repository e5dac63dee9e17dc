package catalogstore

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// PutFunction stores a function; one of the session's own is kept in memory.
func (e *Edit) PutFunction(x *catalog.Function) error {
	if x.Temp {
		e.Snap.PutFunction(x)
		return nil
	}
	old, had := e.Snap.FunctionByID(x.ID)
	if !had {
		old = &catalog.Function{}
	}
	if err := e.Own(catalog.Object{Class: catalog.FunctionClass, ID: x.ID}); err != nil {
		return err
	}
	if old.Schema != x.Schema || old.Name != x.Name {
		if err := e.makeName(functionNames, x.Schema, x.Name); err != nil {
			return err
		}
	}
	if err := e.refer(x, old); err != nil {
		return err
	}
	e.begin()
	e.Snap.PutFunction(x)
	return e.write(kindFunction, x.ID, x)
}

// RemoveFunction removes a function.
func (e *Edit) RemoveFunction(id catalog.ID) error {
	temp := e.Snap.IsTemp(id)
	if !temp {
		if err := e.Own(catalog.Object{Class: catalog.FunctionClass, ID: id}); err != nil {
			return err
		}
		e.begin()
	}
	if err := e.RemoveRights(catalog.Object{Class: catalog.FunctionClass, ID: id}); err != nil {
		return err
	}
	if e.Snap.RemoveFunction(id); temp {
		return nil
	}
	return e.remove(kindFunction, id)
}

// lasting refuses to store what calls functions of the session's own, which end with it: val
// is its record, in which functions are named with their schemas.
func (e *Edit) lasting(x any, val []byte) error {
	own := e.Snap.TempFunctions()
	if len(own) == 0 {
		return nil
	}
	var calls []catalog.ID
	switch d := x.(type) {
	case *catalog.Table:
		for _, g := range d.Triggers {
			calls = append(calls, g.Function)
		}
	case *catalog.Function:
		if a := d.Agg; a != nil {
			calls = append(calls, a.Trans, a.Final, a.Combine, a.Serial, a.Deserial)
			if m := a.Moving; m != nil {
				calls = append(calls, m.Trans, m.Inverse, m.Final)
			}
		}
	}
	for _, f := range own {
		if slices.Contains(calls, f.ID) || bytes.Contains(val, written(e.Snap.SchemaName(f.Schema), f.Name, false)) ||
			bytes.Contains(val, written(e.Snap.SchemaName(f.Schema), f.Name, true)) {
			return pgerr.NotSupported(-1, "using the temporary function \"%s\" in the definition of what is not temporary is not supported", f.Name)
		}
	}
	return nil
}

// written is a function's name as a record has it.
func written(schema, name string, quoted bool) []byte {
	if quoted {
		name = `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	text, _ := json.Marshal(schema + "." + name) // of a string there is no error
	return text[1 : len(text)-1]
}
