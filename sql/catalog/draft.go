package catalog

import (
	"maps"
	"slices"
)

// origin is the committed catalog that a draft stands on.
type origin struct {
	shared  *Layer
	cluster *Cluster
}

// Draft is a Clone for a transaction's changes: it remembers the committed catalog that
// it stands on, which s is or itself remembers, so that Rebase can find the changes.
func (s *Snapshot) Draft() *Snapshot {
	d := s.Clone()
	if d.origin == nil {
		d.origin = &origin{s.shared, s.cluster}
	}
	return d
}

// Changed reports what a draft has changed: what the sessions of the database share, and
// what the databases do.
func (s *Snapshot) Changed() (shared, cluster bool) {
	if s.origin == nil {
		return false, false
	}
	return s.shared != s.origin.shared, s.cluster != s.origin.cluster
}

// StandsOn reports that nothing else was committed since between what the draft stands on
// and this committed catalog.
func (s *Snapshot) StandsOn(committed *Snapshot) bool {
	return s.origin != nil && s.origin.shared == committed.shared && s.origin.cluster == committed.cluster
}

// Rebase is the draft with its changes made on top of another committed catalog. Their
// locks see to it that no descriptor was changed on both sides; what databases share has
// one lock, so that it is as the draft has it or as committed.
func (s *Snapshot) Rebase(onto *Snapshot) *Snapshot {
	d := onto.WithTemp(s.Temp()).Draft()
	if s.cluster != s.origin.cluster {
		d.cluster = s.cluster
	}
	if s.shared != s.origin.shared {
		s.origin.shared.replay(s.shared, d)
	}
	return d
}

// replay makes on d the changes that lead from l to changed. What was there goes first:
// names may have been exchanged.
func (l *Layer) replay(changed *Layer, d *Snapshot) {
	put := []func(){
		replayed(l.schemaByID, changed.schemaByID, d.RemoveSchema, d.PutSchema),
		replayed(l.tableByID, changed.tableByID, d.RemoveTable, d.PutTable),
		replayed(l.seqByID, changed.seqByID, d.RemoveSequence, d.PutSequence),
		replayed(l.typeByID, changed.typeByID, func(x *Type) { d.RemoveType(x.ID) }, d.PutType),
		replayed(l.collations, changed.collations, func(x *Collation) { d.RemoveCollation(x.ID) }, d.PutCollation),
		replayed(l.funcByID, changed.funcByID, func(x *Function) { d.RemoveFunction(x.ID) }, d.PutFunction),
		replayed(l.extensions, changed.extensions, func(x *Extension) { d.RemoveExtension(x.Name) }, d.PutExtension),
		replayed(l.rights, changed.rights, func(x *Rights) { d.RemoveRights(x.Object) }, func(x *Rights) { d.PutRights(x, false) }),
		replayed(l.defaults, changed.defaults, func(x *DefaultRights) { d.RemoveDefaultRights(x.ID) }, d.PutDefaultRights),
	}
	for _, f := range put {
		f()
	}
	for id, x := range l.stats {
		if changed.stats[id] == nil && x != nil {
			d.PutStats(id, nil)
		}
	}
	eachNew(l.stats, changed.stats, func(id ID, x *TableStats) bool { d.PutStats(id, x); return true })
}

// replayed takes away what was changed or removed from one map to another, and returns what puts
// the rest of the change.
func replayed[K comparable, V comparable](was, is map[K]V, remove, put func(V)) func() {
	for k, x := range was {
		if y, ok := is[k]; !ok || x != y {
			remove(x)
		}
	}
	return func() { eachNew(was, is, func(_ K, x V) bool { put(x); return true }) }
}

// eachNew calls each with the entries that are not in another map, or otherwise there, until
// it has seen enough.
func eachNew[K comparable, V comparable](was, is map[K]V, each func(K, V) bool) bool {
	for k, x := range is {
		if y, ok := was[k]; (!ok || x != y) && !each(k, x) {
			return false
		}
	}
	return true
}

// GainsDependents reports that a committed catalog has a descriptor that may refer to an
// object and that the draft does not know, or not so.
func (s *Snapshot) GainsDependents(committed *Snapshot, o Object) bool {
	if s.origin == nil || s.origin.shared == committed.shared {
		return false
	}
	was, is := s.origin.shared, committed.shared
	k, ok := was.known(o)
	if !ok {
		return false
	}
	none := func(x any) bool { return !referencesIn(x).mention(&k) }
	return !(eachNew(was.tableByID, is.tableByID, func(_ ID, x *Table) bool { return x.ID == o.ID || none(x) }) &&
		eachNew(was.seqByID, is.seqByID, func(_ ID, x *Sequence) bool { return x.ID == o.ID || none(x) }) &&
		eachNew(was.typeByID, is.typeByID, func(_ ID, x *Type) bool { return x.ID == o.ID || none(x) }) &&
		eachNew(was.collations, is.collations, func(_ ID, x *Collation) bool { return x.ID == o.ID || none(x) }) &&
		eachNew(was.funcByID, is.funcByID, func(_ ID, x *Function) bool { return x.ID == o.ID || none(x) }) &&
		eachNew(was.extensions, is.extensions, func(_ string, x *Extension) bool { return none(x) }) &&
		eachNew(was.defaults, is.defaults, func(_ ID, x *DefaultRights) bool { return none(x) }))
}

// IsCommitted reports that an object is in the committed catalog that the draft stands on:
// others may know it.
func (s *Snapshot) IsCommitted(o Object) bool {
	if s.origin == nil {
		return false
	}
	_, ok := s.origin.shared.known(o)
	return ok
}

// Referred are the objects of the committed catalog that descriptor x may refer to, but not
// those of its earlier state, which is nil for a new one.
func (s *Snapshot) Referred(x, before any) []Object {
	if s.origin == nil {
		return nil
	}
	r, old := referencesIn(x), referencesIn(before)
	maps.DeleteFunc(r.ids, func(id ID, _ struct{}) bool { _, ok := old.ids[id]; return ok })
	maps.DeleteFunc(r.words, func(w string, _ struct{}) bool { _, ok := old.words[w]; return ok })
	r.texts = slices.DeleteFunc(r.texts, func(t string) bool { return slices.Contains(old.texts, t) })
	return s.origin.shared.referred(r)
}
