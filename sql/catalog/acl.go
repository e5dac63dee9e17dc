package catalog

import (
	"slices"
	"strings"
)

// Priv is a set of privileges, as the bits of PostgreSQL's AclMode.
type Priv uint16

// The privileges, in the order in which access control lists show them.
const (
	PrivInsert Priv = 1 << iota
	PrivSelect
	PrivUpdate
	PrivDelete
	PrivTruncate
	PrivReferences
	PrivTrigger
	PrivExecute
	PrivUsage
	PrivCreate
	PrivTemp
	PrivConnect
	PrivSet
	PrivAlterSystem
)

// privWords are the privileges by bit: their letters in a list and their names.
var privWords = [...]struct {
	letter byte
	name   string
}{
	{'a', "INSERT"}, {'r', "SELECT"}, {'w', "UPDATE"}, {'d', "DELETE"}, {'D', "TRUNCATE"}, {'x', "REFERENCES"},
	{'t', "TRIGGER"}, {'X', "EXECUTE"}, {'U', "USAGE"}, {'C', "CREATE"}, {'T', "TEMPORARY"}, {'c', "CONNECT"},
	{'s', "SET"}, {'A', "ALTER SYSTEM"},
}

// PrivNamed is the privilege of a name in any case, 0 for none. TEMP is TEMPORARY.
func PrivNamed(name string) Priv {
	if strings.EqualFold(name, "temp") {
		return PrivTemp
	}
	for i, w := range privWords {
		if strings.EqualFold(w.name, name) {
			return 1 << i
		}
	}
	return 0
}

// Name is the name of a single privilege.
func (p Priv) Name() string {
	for i, w := range privWords {
		if p == 1<<i {
			return w.name
		}
	}
	return ""
}

// Each calls f with every single privilege of the set, in order.
func (p Priv) Each(f func(Priv)) {
	for i := range privWords {
		if one := Priv(1) << i; p&one != 0 {
			f(one)
		}
	}
}

// ObjClass is a kind of object: those of most kinds have an access control list.
type ObjClass byte

// The classes, by the letters of acldefault.
const (
	ColumnClass   ObjClass = 'c'
	RelationClass ObjClass = 'r'
	SequenceClass ObjClass = 's'
	DatabaseClass ObjClass = 'd'
	FunctionClass ObjClass = 'f'
	LanguageClass ObjClass = 'l'
	SchemaClass   ObjClass = 'n'
	TypeClass     ObjClass = 'T'

	// Without access control lists.
	CollationClass ObjClass = 'o'
	ExtensionClass ObjClass = 'e'
)

// All are the privileges that there are on objects of the class.
func (c ObjClass) All() Priv {
	switch c {
	case ColumnClass:
		return PrivInsert | PrivSelect | PrivUpdate | PrivReferences
	case RelationClass:
		return PrivInsert | PrivSelect | PrivUpdate | PrivDelete | PrivTruncate | PrivReferences | PrivTrigger
	case SequenceClass:
		return PrivSelect | PrivUpdate | PrivUsage
	case DatabaseClass:
		return PrivCreate | PrivTemp | PrivConnect
	case FunctionClass:
		return PrivExecute
	case LanguageClass, TypeClass:
		return PrivUsage
	case SchemaClass:
		return PrivUsage | PrivCreate
	}
	return 0
}

// World are the privileges that everybody has while nothing was granted or revoked.
func (c ObjClass) World() Priv {
	switch c {
	case DatabaseClass:
		return PrivTemp | PrivConnect
	case FunctionClass, LanguageClass, TypeClass:
		return c.All()
	}
	return 0
}

// Public is the grantee that everybody is.
const Public ID = 0

// ACLItem is what one role has granted to another. Grant are those of Privs that the
// grantee may pass on.
type ACLItem struct {
	Grantee, Grantor ID
	Privs, Grant     Priv
}

// ACL is an access control list; nil is the default of its class.
type ACL []ACLItem

// DefaultACL is what an object has while nothing was granted or revoked.
func DefaultACL(c ObjClass, owner ID) ACL {
	l := ACL{}
	if w := c.World(); w != 0 {
		l = append(l, ACLItem{Grantee: Public, Grantor: owner, Privs: w})
	}
	if all := c.All(); all != 0 && c != ColumnClass {
		l = append(l, ACLItem{Grantee: owner, Grantor: owner, Privs: all})
	}
	return l
}

// With is the list after a grant; passing says that the grantee may grant on.
func (l ACL) With(grantee, grantor ID, p Priv, passing bool) ACL {
	out := slices.Clone(l)
	i := slices.IndexFunc(out, func(x ACLItem) bool { return x.Grantee == grantee && x.Grantor == grantor })
	if i < 0 {
		out = append(out, ACLItem{Grantee: grantee, Grantor: grantor})
		i = len(out) - 1
	}
	if out[i].Privs |= p; passing {
		out[i].Grant |= p
	}
	return out
}

// Without is the list after privileges, or only the options to grant them (optionOnly),
// were taken from a grantee. What the grantee has passed on goes with it when cascade is
// set; without it ok is false if there is such a thing.
func (l ACL) Without(owner, grantee, grantor ID, p Priv, optionOnly, cascade bool) (out ACL, ok bool) {
	out = slices.Clone(l)
	i := slices.IndexFunc(out, func(x ACLItem) bool { return x.Grantee == grantee && x.Grantor == grantor })
	if i < 0 {
		return out, true
	}
	lost := out[i].Grant & p
	out[i].Grant &^= p
	if !optionOnly {
		out[i].Privs &^= p
	}
	if out[i].Privs == 0 {
		out = slices.Delete(out, i, i+1)
	}
	if lost == 0 || grantee == Public || grantee == owner {
		return out, true
	}
	return out.withoutPassed(owner, grantee, lost, cascade)
}

// withoutPassed takes away what a role has granted and may not grant any more.
func (l ACL) withoutPassed(owner, role ID, lost Priv, cascade bool) (ACL, bool) {
	still := l.grantable(role)
	if lost &^= still; lost == 0 {
		return l, true
	}
	for {
		i := slices.IndexFunc(l, func(x ACLItem) bool { return x.Grantor == role && x.Privs&lost != 0 })
		if i < 0 {
			return l, true
		}
		if !cascade {
			return l, false
		}
		var ok bool
		if l, ok = l.Without(owner, l[i].Grantee, role, l[i].Privs&lost, false, true); !ok {
			return l, false
		}
	}
}

// grantable are the privileges that were given to the role itself with the option to grant.
func (l ACL) grantable(role ID) (p Priv) {
	for _, x := range l {
		if x.Grantee == role {
			p |= x.Grant
		}
	}
	return p
}

// OwnedBy is the list when its object goes from one owner to another: the new one takes
// the old one's places.
func (l ACL) OwnedBy(old, owner ID) ACL {
	if l == nil {
		return nil
	}
	out := ACL{}
	for _, x := range l {
		if x.Grantee == old {
			x.Grantee = owner
		}
		if x.Grantor == old {
			x.Grantor = owner
		}
		i := slices.IndexFunc(out, func(y ACLItem) bool { return y.Grantee == x.Grantee && y.Grantor == x.Grantor })
		if i < 0 {
			out = append(out, x)
			continue
		}
		out[i].Privs |= x.Privs
		out[i].Grant |= x.Grant
	}
	return out
}

// Mentions reports that the role granted something or was granted something.
func (l ACL) Mentions(role ID) bool {
	return slices.ContainsFunc(l, func(x ACLItem) bool { return x.Grantee == role || x.Grantor == role })
}

// Same reports that two lists grant the same, in whatever order.
func (l ACL) Same(o ACL) bool {
	if len(l) != len(o) {
		return false
	}
	for _, x := range l {
		if !slices.Contains(o, x) {
			return false
		}
	}
	return true
}

// Texts are the items as PostgreSQL writes them: grantee=letters/grantor.
func (l ACL) Texts(s *Snapshot) []string {
	out := make([]string, len(l))
	for i, x := range l {
		out[i] = x.Text(s)
	}
	return out
}

// Text is the item as PostgreSQL writes it.
func (x ACLItem) Text(s *Snapshot) string {
	var b strings.Builder
	if x.Grantee != Public {
		b.WriteString(aclName(s, x.Grantee))
	}
	b.WriteByte('=')
	for i, w := range privWords {
		if x.Privs&(1<<i) != 0 {
			if b.WriteByte(w.letter); x.Grant&(1<<i) != 0 {
				b.WriteByte('*')
			}
		}
	}
	b.WriteByte('/')
	b.WriteString(aclName(s, x.Grantor))
	return b.String()
}

// aclName is a role's name in an item: in quotes unless all of it is letters, digits and
// underscores.
func aclName(s *Snapshot, id ID) string {
	r, ok := s.RoleByID(id)
	if !ok {
		return idText(id)
	}
	for _, c := range []byte(r.Name) {
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return `"` + strings.ReplaceAll(r.Name, `"`, `""`) + `"`
		}
	}
	return r.Name
}
