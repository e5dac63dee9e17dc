package builtin

import (
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// aclLetters are the privileges of an access control list, in PostgreSQL's order.
var aclLetters = []struct {
	letter byte
	name   string
}{
	{'a', "INSERT"}, {'r', "SELECT"}, {'w', "UPDATE"}, {'d', "DELETE"}, {'D', "TRUNCATE"}, {'x', "REFERENCES"},
	{'t', "TRIGGER"}, {'X', "EXECUTE"}, {'U', "USAGE"}, {'C', "CREATE"}, {'T', "TEMPORARY"}, {'c', "CONNECT"},
	{'s', "SET"}, {'A', "ALTER SYSTEM"},
}

// aclFuncs registers acldefault and aclexplode.
func aclFuncs(r *registrar) {
	owners := map[byte]string{
		'c': "", 'r': "arwdDxt", 's': "rwU", 'd': "CTc", 'f': "X", 'l': "U", 'n': "UC", 't': "C", 'T': "U",
		'p': "sA", 'F': "U", 'S': "U", 'L': "rw",
	}
	world := map[byte]string{'d': "Tc", 'f': "X", 'l': "U", 'T': "U"}
	r.eval("acldefault_sql", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		k := byte(a[0].Int())
		rights, ok := owners[k]
		if !ok {
			return types.Datum{}, pgerr.Newf(pgerrcode.InternalError, "unrecognized objtype abbreviation: %c", k)
		}
		owner := fmt.Sprint(a[1].Int())
		if x, ok := s.Catalog().RoleByID(uint32(a[1].Int())); ok {
			owner = QuoteIdent(x.Name)
		}
		var b types.ArrayBuilder
		b.Reset(types.ACLItemOID)
		if w := world[k]; w != "" {
			b.Append(types.String("=" + w + "/" + owner))
		}
		if rights != "" {
			b.Append(types.String(owner + "=" + rights + "/" + owner))
		}
		return b.Array(), nil
	}))
	for _, name := range []string{"aclinsert", "aclremove"} {
		r.eval(name, func(*Ctx, []types.Datum) (types.Datum, error) {
			return types.Datum{}, pgerr.Newf(pgerrcode.FeatureNotSupported, "%s is no longer supported", name)
		})
	}
	r.eval("aclcontains", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		if err := checkACL(a[0]); err != nil {
			return types.Datum{}, err
		}
		for _, d := range elements(a[0]) {
			if grants(d.Text(), a[1].Text()) {
				return types.Bool(true), nil
			}
		}
		return types.Bool(false), nil
	})
	r.rows("aclexplode", func(c *Ctx, a []types.Datum) (RowIter, error) {
		s, err := session(c)
		if err == nil {
			err = checkACL(a[0])
		}
		if err != nil {
			return nil, err
		}
		id := func(name string) types.Datum {
			if x, ok := s.Catalog().Role(strings.Trim(name, `"`)); ok {
				return types.Int(int64(x.ID))
			}
			return types.Int(0)
		}
		t := &tableRows{}
		for _, d := range elements(a[0]) {
			grantee, rights, grantor := aclParts(d.Text())
			for _, l := range aclLetters {
				at := strings.IndexByte(rights, l.letter)
				if at < 0 {
					continue
				}
				grantable := at+1 < len(rights) && rights[at+1] == '*'
				t.rows = append(t.rows, []types.Datum{id(grantor), id(grantee), types.String(l.name), types.Bool(grantable)})
			}
		}
		return t, nil
	})
}

// checkACL refuses arrays that are no access control lists (check_acl). Empty ones have no
// dimensions here, those of PostgreSQL's catalogs have one.
func checkACL(d types.Datum) error {
	if types.ArrayNDims(d) > 1 {
		return pgerr.New(pgerrcode.InvalidParameterValue, "ACL arrays must be one-dimensional")
	}
	if types.ArrayHasNull(d) {
		return pgerr.New(pgerrcode.NullValueNotAllowedDataException, "ACL arrays must not contain null values")
	}
	return nil
}

// grants reports that an item has the rights of another, with the options to grant them, of
// the same grantor for the same grantee.
func grants(item, other string) bool {
	grantee, rights, grantor := aclParts(item)
	grantee2, rights2, grantor2 := aclParts(other)
	if grantee != grantee2 || grantor != grantor2 {
		return false
	}
	for i := range len(rights2) {
		if rights2[i] == '*' {
			continue
		}
		option := i+1 < len(rights2) && rights2[i+1] == '*'
		at := strings.IndexByte(rights, rights2[i])
		if at < 0 || option && (at+1 == len(rights) || rights[at+1] != '*') {
			return false
		}
	}
	return true
}

// aclParts takes an item apart, which shows as grantee=rights/grantor.
func aclParts(item string) (grantee, rights, grantor string) {
	grantee, rest, _ := strings.Cut(item, "=")
	rights, grantor, _ = strings.Cut(rest, "/")
	return grantee, rights, grantor
}
