package catalogstore

import (
	"slices"
	"testing"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
	"github.com/loxodb/loxodb/storage/kv/memkv"
	"github.com/loxodb/loxodb/storage/table"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openCluster(t testing.TB, eng kv.Engine) *Cluster {
	t.Helper()
	c, err := OpenCluster(t.Context(), eng)
	must(t, err)
	return c
}

func openStore(t testing.TB, c *Cluster, id catalog.ID) *Store {
	t.Helper()
	s, err := c.Open(t.Context(), id)
	must(t, err)
	t.Cleanup(s.Close)
	return s
}

func names(c *catalog.Cluster) (out []string) {
	for _, x := range c.Databases() {
		out = append(out, x.Name)
	}
	return out
}

// edit changes a database's catalog in a transaction.
func edit(t testing.TB, c *Cluster, s *Store, change func(*Edit) error) {
	t.Helper()
	txn, err := table.Begin(t.Context(), c.Space(s.home), kv.TxnOptions{}, nil)
	must(t, err)
	defer txn.Close()
	must(t, change(s.Edit(t.Context(), txn, s.At(txn.At()))))
	_, err = txn.Commit(t.Context())
	must(t, err)
}

// A store of a server of one database keeps it, and gets the templates.
func TestOneDatabaseBefore(t *testing.T) {
	eng := memkv.New()
	txn, err := eng.Begin(t.Context(), kv.TxnOptions{})
	must(t, err)
	must(t, bootstrapDatabase(txn))
	must(t, writeTo(txn, kindSchema, 20001, &catalog.Schema{ID: 20001, Name: "mine"}))
	must(t, writeTo(txn, kindRole, 10, &catalog.Role{ID: 10, Name: "postgres", Super: true}))
	must(t, txn.Put(keys.AppendCatalog(nil, kindSettings, 0),
		[]byte(`{"Role":0,"Settings":null,"InDatabase":[{"Name":"work_mem","Value":"1MB"}]}`)))
	_, err = txn.Commit(t.Context())
	must(t, err)
	for range 2 { // the second time it is as any other
		c := openCluster(t, eng)
		if got := names(c.Current()); !slices.Equal(got, []string{"template1", "template0", "postgres"}) {
			t.Fatalf("databases: %v", got)
		}
		for _, x := range c.Current().Databases() {
			s, err := c.Open(t.Context(), x.ID)
			must(t, err)
			_, mine := s.Current().Schema("mine")
			if public, ok := s.Current().Schema("public"); mine != (x.Name == "postgres") || !ok || public.ID != catalog.PublicID {
				t.Errorf("%s: schema mine %v, public %v", x.Name, mine, ok)
			}
			settings := s.Current().RoleSettings(0)
			if v, _ := settings.In(catalog.DatabaseID).Get("work_mem"); v != "1MB" || len(settings.In(catalog.Template1ID)) > 0 {
				t.Errorf("settings %+v", settings)
			}
			s.Close()
		}
	}
}

// What databases share reaches every open one, also those whose own catalog changes at
// the same time; what is a database's own reaches no other.
func TestSharedAndOwn(t *testing.T) {
	c := openCluster(t, memkv.New())
	a, b := openStore(t, c, catalog.DatabaseID), openStore(t, c, catalog.Template1ID)
	txn, err := table.Begin(t.Context(), c.Space(b.home), kv.TxnOptions{}, nil)
	must(t, err)
	defer txn.Close()
	slow := b.Edit(t.Context(), txn, b.At(txn.At()))
	must(t, slow.PutSchema(&catalog.Schema{ID: 20100, Name: "of_b"}))
	edit(t, c, a, func(e *Edit) error {
		if err := e.PutRole(&catalog.Role{ID: 20101, Name: "joe"}); err != nil {
			return err
		}
		return e.PutSchema(&catalog.Schema{ID: 20102, Name: "of_a"})
	})
	_, err = txn.Commit(t.Context())
	must(t, err)
	edit(t, c, b, func(e *Edit) error { return e.PutRole(&catalog.Role{ID: 20103, Name: "jim"}) })
	for _, s := range []*Store{a, b} {
		snap := s.Current()
		for name, want := range map[string]bool{"of_a": s == a, "of_b": s == b} {
			if _, ok := snap.Schema(name); ok != want {
				t.Errorf("database %d: schema %s %v", s.home, name, ok)
			}
		}
		for _, name := range []string{"joe", "jim"} {
			if _, ok := snap.Role(name); !ok {
				t.Errorf("database %d does not know role %s", s.home, name)
			}
		}
		if snap.Home != s.home {
			t.Errorf("the catalog of %d says that it is of %d", s.home, snap.Home)
		}
	}
}

// What is made and never finished goes; what is finished stays; what is dropped goes.
func TestSweepGone(t *testing.T) {
	eng := memkv.New()
	c := openCluster(t, eng)
	count := func(id catalog.ID) (n int) {
		now, err := eng.Now(t.Context())
		must(t, err)
		view, err := c.Space(id).Snapshot(t.Context(), now)
		must(t, err)
		defer view.Close()
		it, err := view.Scan(t.Context(), kv.Range{Start: []byte{keys.Catalog}, End: []byte{keys.Catalog + 1}})
		must(t, err)
		defer it.Close()
		for it.Next() {
			n++
		}
		return n
	}
	sweep := func() {
		t.Helper()
		now, err := eng.Now(t.Context())
		must(t, err)
		must(t, c.SweepGone(t.Context(), now))
	}
	var made []*Making
	for range 3 {
		m, err := c.Make(t.Context(), 0)
		must(t, err)
		must(t, m.Copy(t.Context(), catalog.Template0ID, nil))
		made = append(made, m)
	}
	if m, err := c.Make(t.Context(), made[0].ID); m != nil || err != nil {
		t.Errorf("the OID of what is being made was given again: %v, %v", m, err)
	}
	sweep()
	for i, m := range made {
		if count(m.ID) == 0 {
			t.Fatalf("database %d went while it was being made", i)
		}
	}
	for i, m := range made[:2] {
		must(t, c.Edit(t.Context(), func(e *Edit) error {
			return m.Finish(e, &catalog.Database{ID: m.ID, Name: string(rune('a' + i))})
		}))
	}
	for _, m := range made {
		m.Done()
	}
	x, _ := c.Current().Database("b")
	must(t, c.Edit(t.Context(), func(e *Edit) error { return e.RemoveDatabase(x) }))
	if m, err := c.Make(t.Context(), x.ID); m != nil || err != nil {
		t.Errorf("the OID of what is being dropped was given again: %v, %v", m, err)
	}
	sweep()
	if got := []bool{count(made[0].ID) > 0, count(made[1].ID) > 0, count(made[2].ID) > 0}; !slices.Equal(got, []bool{true, false, false}) {
		t.Errorf("there are %v of finished, dropped, unfinished", got)
	}
	// Dropping the first database leaves what all share.
	first, _ := c.Current().Database("postgres")
	must(t, c.Edit(t.Context(), func(e *Edit) error { return e.RemoveDatabase(first) }))
	sweep()
	c = openCluster(t, eng)
	if got := names(c.Current()); !slices.Equal(got, []string{"template1", "template0", "a"}) {
		t.Errorf("databases: %v", got)
	}
	if _, ok := c.Current().Role("postgres"); !ok {
		t.Error("the superuser went with the first database")
	}
	if snap, err := c.Peek(t.Context(), catalog.DatabaseID); err != nil || len(snap.Schemas()) > 0 {
		t.Errorf("the first database still has schemas: %v", err)
	}
}
