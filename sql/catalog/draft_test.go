package catalog

import (
	"slices"
	"testing"

	"github.com/loxodb/loxodb/sql/types"
)

func committed() *Snapshot {
	s := NewSnapshot()
	s.PutSchema(&Schema{ID: PublicID, Name: "public"})
	s.PutTable(&Table{ID: 20001, Schema: PublicID, Name: "a", Kind: KindTable, TypeID: types.FirstTypeOID + 1, ArrayID: types.FirstTypeOID + 2, ArrayName: "_a"})
	s.PutTable(&Table{ID: 20002, Schema: PublicID, Name: `odd "name`, Kind: KindTable})
	s.PutSequence(&Sequence{ID: 20003, Schema: PublicID, Name: "q"})
	s.PutFunction(&Function{ID: 20004, Schema: PublicID, Name: "f"})
	return s.Shared()
}

func TestReferred(t *testing.T) {
	d := committed().Draft()
	view := func(sql string) *Table {
		return &Table{ID: 30001, Schema: PublicID, Name: "q", Comment: "of a and f", Kind: KindView, ViewSQL: sql}
	}
	schema := Object{SchemaClass, PublicID}
	a, odd, q, f := Object{RelationClass, 20001}, Object{RelationClass, 20002}, Object{SequenceClass, 20003}, Object{FunctionClass, 20004}
	for _, c := range []struct {
		x, before any
		want      []Object
	}{
		{view("SELECT 1"), nil, []Object{schema}}, // neither its own name nor its comment
		{view("SELECT x FROM a"), nil, []Object{schema, a}},
		{view(`SELECT x FROM public."odd ""name" o`), nil, []Object{schema, odd}},
		{view("SELECT f(x) FROM aa"), nil, []Object{f, schema}},
		{view("SELECT nextval('q'::regclass)"), nil, []Object{schema, q}},
		{view("SELECT nextval('20003'::regclass)"), nil, []Object{schema, q}},
		{view("SELECT x, f(x) FROM a"), view("SELECT x FROM a"), []Object{f}},
		{&Table{ID: 30002, Columns: []Column{{Name: "a", Type: types.Of(types.FirstTypeOID + 2)}}}, nil, []Object{a}},
		{&Function{ID: 30003, Body: "SELECT x FROM a", Args: []FuncArg{{Name: "f", Type: types.Of(types.Int4OID)}}}, nil, nil},
	} {
		got := d.Referred(c.x, c.before)
		slices.SortFunc(c.want, func(a, b Object) int { return int(a.Class) - int(b.Class) })
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.x, got, c.want)
		}
	}
}

// A draft keeps its changes and gets those of others.
func TestRebase(t *testing.T) {
	base := committed()
	mine, theirs := base.Draft(), base.Draft()
	a, _ := base.TableByID(20001)
	odd, _ := base.TableByID(20002)
	for _, step := range []struct {
		x    *Table
		name string
	}{{a, "between"}, {odd, a.Name}, {a, odd.Name}} { // the two exchange their names
		n := *step.x
		n.Name = step.name
		mine.PutTable(&n)
	}
	mine.RemoveFunction(20004)
	mine.PutStats(20001, &TableStats{Rows: 5})
	theirs.PutTable(&Table{ID: 20005, Schema: PublicID, Name: "b", Kind: KindTable})
	theirs.PutSequence(&Sequence{ID: 20003, Schema: PublicID, Name: "renamed"})

	onto := theirs.Shared()
	got := mine.Rebase(onto)
	for name, id := range map[string]ID{"a": 20002, odd.Name: 20001, "b": 20005} {
		if x, ok := got.Table(PublicID, name); !ok || x.ID != id {
			t.Errorf("table %s is %v, want %d", name, x, id)
		}
	}
	if _, ok := got.Sequence(PublicID, "renamed"); !ok {
		t.Error("the others' sequence is missing")
	}
	if _, ok := got.FunctionByID(20004); ok {
		t.Error("the dropped function is there")
	}
	if st := got.Stats(20001); st == nil || st.Rows != 5 {
		t.Errorf("statistics are %v", st)
	}
	if !got.StandsOn(onto) || got.StandsOn(base) {
		t.Error("the draft stands on another catalog")
	}
	if shared, cluster := got.Changed(); !shared || cluster {
		t.Errorf("changed %v %v", shared, cluster)
	}
}

func TestGainsDependents(t *testing.T) {
	base := committed()
	d, theirs := base.Draft(), base.Draft()
	theirs.PutTable(&Table{ID: 20006, Schema: PublicID, Name: "v", Kind: KindView, ViewSQL: "SELECT x FROM a"})
	now := theirs.Shared()
	for o, want := range map[Object]bool{
		{RelationClass, 20001}: true, {RelationClass, 20002}: false, {SequenceClass, 20003}: false, {SchemaClass, PublicID}: true, {RelationClass, 99999}: false,
	} {
		if got := d.GainsDependents(now, o); got != want {
			t.Errorf("%v: %v", o, got)
		}
	}
	if d.GainsDependents(base, Object{RelationClass, 20001}) {
		t.Error("nothing was committed")
	}
}
