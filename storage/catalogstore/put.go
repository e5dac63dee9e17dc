package catalogstore

import (
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
)

// claimTable takes the locks for a table that is new or changed: of its name and those of
// its types, indexes and statistics objects, as far as they are new, too.
func (e *Edit) claimTable(x *catalog.Table) error {
	if err := e.Own(catalog.Object{Class: catalog.RelationClass, ID: x.ID}); err != nil {
		return err
	}
	old, had := e.Snap.TableByID(x.ID)
	if !had {
		old = &catalog.Table{}
	}
	moved := old.Schema != x.Schema
	if moved || old.Name != x.Name {
		if err := e.makeNames(x.Schema, x.Name, relationNames, typeNames); err != nil {
			return err
		}
	}
	if moved || old.ArrayName != x.ArrayName {
		if err := e.makeName(typeNames, x.Schema, x.ArrayName); err != nil {
			return err
		}
	}
	for _, i := range x.Indexes {
		if was := old.Index(i.ID); was != nil && was.Name == i.Name && !moved {
			continue
		}
		if err := e.makeName(relationNames, x.Schema, i.Name); err != nil {
			return err
		}
	}
	for _, st := range x.ExtStatistics {
		if slices.ContainsFunc(old.ExtStatistics, func(o *catalog.ExtStatistics) bool { return o.Schema == st.Schema && o.Name == st.Name }) {
			continue
		}
		if err := e.makeName(statisticNames, st.Schema, st.Name); err != nil {
			return err
		}
	}
	return e.refer(x, old)
}

// PutSchema, PutSequence, PutType and so on add or replace; Remove… remove.
func (e *Edit) PutSchema(x *catalog.Schema) error {
	if x.Temp {
		e.Snap.PutSchema(x)
		return nil
	}
	old, had := e.Snap.SchemaByID(x.ID)
	if err := e.Own(catalog.Object{Class: catalog.SchemaClass, ID: x.ID}); err != nil {
		return err
	}
	if !had || old.Name != x.Name {
		if err := e.makeName(schemaNames, 0, x.Name); err != nil {
			return err
		}
	}
	e.begin()
	e.Snap.PutSchema(x)
	return e.write(kindSchema, x.ID, x)
}

func (e *Edit) RemoveSchema(x *catalog.Schema) error {
	if !x.Temp {
		if err := e.Own(catalog.Object{Class: catalog.SchemaClass, ID: x.ID}); err != nil {
			return err
		}
	}
	if err := e.RemoveRights(catalog.Object{Class: catalog.SchemaClass, ID: x.ID}); err != nil {
		return err
	}
	for _, d := range e.Snap.DefaultRights() {
		if d.Schema != x.ID {
			continue
		}
		if err := e.RemoveDefaultRights(d.ID); err != nil {
			return err
		}
	}
	if x.Temp {
		e.Snap.RemoveSchema(x)
		return nil
	}
	e.begin()
	e.Snap.RemoveSchema(x)
	return e.remove(kindSchema, x.ID)
}

func (e *Edit) PutSequence(x *catalog.Sequence) error {
	if x.Temp { // its position is not stored either
		e.Snap.PutSequence(x)
		return nil
	}
	old, had := e.Snap.SequenceByID(x.ID)
	if !had {
		old = &catalog.Sequence{}
	}
	if err := e.Own(catalog.Object{Class: catalog.SequenceClass, ID: x.ID}); err != nil {
		return err
	}
	if old.Schema != x.Schema || old.Name != x.Name {
		if err := e.makeName(relationNames, x.Schema, x.Name); err != nil {
			return err
		}
	}
	if err := e.refer(x, old); err != nil {
		return err
	}
	e.begin()
	e.Snap.PutSequence(x)
	return e.write(kindSequence, x.ID, x)
}

func (e *Edit) RemoveSequence(x *catalog.Sequence) error {
	o := catalog.Object{Class: catalog.SequenceClass, ID: x.ID}
	if err := e.Own(o); err != nil {
		return err
	}
	if err := e.RemoveRights(o); err != nil {
		return err
	}
	if x.Temp {
		e.Snap.RemoveSequence(x)
		return nil
	}
	e.begin()
	e.Snap.RemoveSequence(x)
	if err := e.DropPosition(x); err != nil {
		return err
	}
	return e.remove(kindSequence, x.ID)
}

// DropPosition removes where a sequence stands.
func (e *Edit) DropPosition(x *catalog.Sequence) error {
	if x.Temp {
		return nil
	}
	return e.txn.Delete(keys.AppendID(nil, keys.Sequence, x.PositionID()))
}

// PutType stores a type. A new one can be used at once; what a known one is called
// becomes known to values with the commit.
func (e *Edit) PutType(x *catalog.Type) error {
	old, had := e.Snap.TypeByID(x.ID)
	if !had {
		old = &catalog.Type{}
	}
	if err := e.Own(catalog.Object{Class: catalog.TypeClass, ID: x.ID}); err != nil {
		return err
	}
	moved := old.Schema != x.Schema
	if moved || old.Name != x.Name {
		if err := e.makeName(typeNames, x.Schema, x.Name); err != nil {
			return err
		}
	}
	if moved || old.ArrayName != x.ArrayName {
		if err := e.makeName(typeNames, x.Schema, x.ArrayName); err != nil {
			return err
		}
	}
	if err := e.refer(x, old); err != nil {
		return err
	}
	e.begin()
	e.Snap.PutType(x)
	if types.Lookup(x.ID) == nil {
		types.Register(x.Infos()...)
	}
	return e.write(kindType, x.ID, x)
}

// RemoveType removes a type. Values of it may still be on their way: it stays registered.
func (e *Edit) RemoveType(x *catalog.Type) error {
	o := catalog.Object{Class: catalog.TypeClass, ID: x.ID}
	if err := e.Own(o); err != nil {
		return err
	}
	if err := e.RemoveRights(o); err != nil {
		return err
	}
	e.begin()
	e.Snap.RemoveType(x.ID)
	return e.remove(kindType, x.ID)
}

func (e *Edit) PutCollation(x *catalog.Collation) error {
	old, had := e.Snap.CollationByID(x.ID)
	if !had {
		old = &catalog.Collation{}
	}
	if err := e.Own(catalog.Object{Class: catalog.CollationClass, ID: x.ID}); err != nil {
		return err
	}
	if old.Schema != x.Schema || old.Name != x.Name {
		if err := e.makeName(collationNames, x.Schema, x.Name); err != nil {
			return err
		}
	}
	if err := e.refer(x, old); err != nil {
		return err
	}
	e.begin()
	e.Snap.PutCollation(x)
	return e.write(kindCollation, x.ID, x)
}

func (e *Edit) RemoveCollation(id catalog.ID) error {
	if err := e.Own(catalog.Object{Class: catalog.CollationClass, ID: id}); err != nil {
		return err
	}
	e.begin()
	e.Snap.RemoveCollation(id)
	return e.remove(kindCollation, id)
}

// NewTypeID draws an OID for a type: see types.FirstTypeOID.
func (e *Edit) NewTypeID() (catalog.ID, error) { return newTypeID() }

func (e *Edit) PutExtension(x *catalog.Extension) error {
	if err := e.ownExtensions(); err != nil {
		return err
	}
	e.begin()
	e.Snap.PutExtension(x)
	return e.write(kindExtension, x.ID, x)
}

func (e *Edit) RemoveExtension(x *catalog.Extension) error {
	if err := e.ownExtensions(); err != nil {
		return err
	}
	e.begin()
	e.Snap.RemoveExtension(x.Name)
	return e.remove(kindExtension, x.ID)
}

// PutStats sets the statistics of a table; nil removes them.
func (e *Edit) PutStats(table catalog.ID, x *catalog.TableStats) error {
	if e.Snap.IsTemp(table) {
		e.Snap.PutStats(table, x)
		return nil
	}
	if err := e.lock(statsKey(table), kv.Exclusive); err != nil {
		return err
	}
	e.begin()
	e.Snap.PutStats(table, x)
	if x == nil {
		return e.remove(kindStats, table)
	}
	return e.write(kindStats, table, x)
}
