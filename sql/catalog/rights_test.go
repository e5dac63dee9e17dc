package catalog

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestRightsAreStored(t *testing.T) {
	for _, x := range []Rights{
		{ID: 7, Object: Object{RelationClass, 20}, ACL: ACL{{Grantee: 3, Grantor: 4, Privs: PrivSelect | PrivUpdate, Grant: PrivSelect}}},
		{ID: 7, Object: Object{SchemaClass, 20}, ACL: ACL{}}, // everything was revoked
		{ID: 7, Object: Object{RelationClass, 20}, Columns: map[int16]ACL{2: {{Grantor: 4, Privs: PrivInsert}}}},
	} {
		b, err := json.Marshal(&x)
		if err != nil {
			t.Fatal(err)
		}
		var y Rights
		if err := json.Unmarshal(b, &y); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(x, y) || (x.ACL == nil) != (y.ACL == nil) {
			t.Errorf("%s: %+v, was %+v", b, y, x)
		}
	}
}

func roles(t *testing.T) *Snapshot {
	t.Helper()
	s := NewSnapshot()
	for id, name := range map[ID]string{10: "root", 21: "a", 22: "b", 23: "c-d", 24: `q"`} {
		s.PutRole(&Role{ID: id, Name: name, Super: id == 10, Inherit: true})
	}
	return s
}

func TestACL(t *testing.T) {
	s := roles(t)
	text := func(l ACL) string { return strings.Join(l.Texts(s), " ") }
	const a, b, c, q ID = 21, 22, 23, 24
	l := DefaultACL(RelationClass, a)
	if got := text(l); got != "a=arwdDxt/a" {
		t.Error(got)
	}
	l = l.With(b, a, PrivSelect, true).With(c, b, PrivSelect, true).With(q, c, PrivSelect, false).With(Public, a, PrivInsert, false)
	if got := text(l); got != `a=arwdDxt/a b=r*/a "c-d"=r*/b "q"""=r/"c-d" =a/a` {
		t.Error(got)
	}
	if _, ok := l.Without(a, b, a, PrivSelect, false, false); ok {
		t.Error("revoked what others hold it by")
	}
	if after, ok := l.Without(a, b, a, PrivSelect, false, true); !ok || text(after) != `a=arwdDxt/a =a/a` {
		t.Error(text(after))
	}
	if after, ok := l.Without(a, b, a, PrivSelect, true, true); !ok || text(after) != `a=arwdDxt/a b=r/a =a/a` {
		t.Error(text(after))
	}
	twice := l.With(c, a, PrivSelect, true) // who has it from somebody else, too, loses nothing
	if after, ok := twice.Without(a, b, a, PrivSelect, false, true); !ok || text(after) != `a=arwdDxt/a "q"""=r/"c-d" =a/a "c-d"=r*/a` {
		t.Error(text(after))
	}
	if got := text(l.OwnedBy(a, b)); got != `b=arwdDxt*/b "c-d"=r*/b "q"""=r/"c-d" =a/b` && got != `b=ar*wdDxt/b "c-d"=r*/b "q"""=r/"c-d" =a/b` {
		t.Error(got)
	}
	if s.Held(l, a, b, PrivSelect|PrivUpdate, false) != PrivSelect || s.Held(l, a, b, PrivInsert, true) != 0 || s.Held(l, a, 10, PrivUpdate, false) == 0 {
		t.Error("held")
	}
}

func TestMemberships(t *testing.T) {
	s := roles(t)
	s.PutRole(&Role{ID: 21, Name: "a", Inherit: true, MemberOf: []Membership{{Role: 22}}})
	s.PutRole(&Role{ID: 22, Name: "b", MemberOf: []Membership{{Role: 23, Admin: true}}})
	for _, x := range []struct {
		member, role      ID
		is, inherits, may bool
	}{
		{21, 21, true, true, false}, {21, 22, true, true, false}, {21, 23, true, false, true}, {22, 23, true, false, true},
		{23, 21, false, false, false}, {10, 21, true, true, true}, {10, DatabaseOwnerID, true, true, true}, {21, DatabaseOwnerID, false, false, false},
	} {
		if is, inherits, may := s.IsMember(x.member, x.role), s.HasPrivsOf(x.member, x.role), s.IsAdmin(x.member, x.role); is != x.is || inherits != x.inherits || may != x.may {
			t.Errorf("%d in %d: %v %v %v", x.member, x.role, is, inherits, may)
		}
	}
}
