package define

import (
	"cmp"
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// listed is what one DROP looks through for each object that it takes away. The catalog does
// not change until all of them are found, so it is put in order once: else each of thousands of
// partitions would look at all the others.
type listed struct {
	all, queries, policies, triggers []*catalog.Table
	sequences                        map[catalog.ID][]*catalog.Sequence // by the table that owns them
	asked                            int                                // for users, before they are sorted
	typed                            map[types.OID][]*catalog.Table     // by the types of their columns and keys
	words                            map[string][]*catalog.Table        // by the words in their stored texts
	looked                           int                                // tables that were given out
}

// sortUsersFrom is how many types are asked for before what uses them is sorted.
const sortUsersFrom = 16

func list(snap *catalog.Snapshot) *listed {
	l := &listed{all: snap.Tables(), sequences: map[catalog.ID][]*catalog.Sequence{}}
	for _, t := range l.all {
		if t.HasQuery() {
			l.queries = append(l.queries, t)
		}
		if len(t.Policies) > 0 {
			l.policies = append(l.policies, t)
		}
		if len(t.Triggers) > 0 {
			l.triggers = append(l.triggers, t)
		}
	}
	for _, q := range snap.Sequences() {
		l.sequences[q.OwnerTable] = append(l.sequences[q.OwnerTable], q)
	}
	return l
}

func (l *listed) give(tables []*catalog.Table) []*catalog.Table {
	l.looked += len(tables)
	return tables
}

// tables are those of the catalog or, while objects to drop are looked for, the part of them that
// pick takes, which is all that those who ask look at.
func (e *Env) tables(pick func(*listed) []*catalog.Table) []*catalog.Table {
	if e.listed == nil {
		return e.Catalog.Tables()
	}
	return e.listed.give(pick(e.listed))
}

func ofQueries(l *listed) []*catalog.Table  { return l.queries }
func ofPolicies(l *listed) []*catalog.Table { return l.policies }
func ofTriggers(l *listed) []*catalog.Table { return l.triggers }

// usersOf picks the tables that may use a type or the array of it.
func usersOf(x valueType) func(*listed) []*catalog.Table {
	return func(l *listed) []*catalog.Table {
		word := longestWord(x.name)
		if l.asked++; l.asked < sortUsersFrom || word == "" {
			return l.all
		}
		if l.typed == nil {
			l.sortUsers()
		}
		out := slices.Concat(l.typed[x.id], l.typed[x.array], l.words[word])
		slices.SortFunc(out, func(a, b *catalog.Table) int { return cmp.Compare(a.ID, b.ID) })
		return slices.Compact(out)
	}
}

func (l *listed) sortUsers() {
	l.typed, l.words = map[types.OID][]*catalog.Table{}, map[string][]*catalog.Table{}
	for _, t := range l.all {
		of := func(id types.OID) {
			if have := l.typed[id]; id != 0 && (len(have) == 0 || have[len(have)-1] != t) {
				l.typed[id] = append(have, t)
			}
		}
		reads := func(text string) {
			eachWord(text, func(w string) {
				if have := l.words[w]; len(have) == 0 || have[len(have)-1] != t {
					l.words[w] = append(have, t)
				}
			})
		}
		of(t.OfType)
		reads(t.ViewSQL)
		for i := range t.Columns {
			of(t.Columns[i].Type.OID)
			of(t.Columns[i].Domain)
			reads(t.Columns[i].Default)
		}
		if t.IsPartitioned() {
			for _, k := range t.Partitioning.Keys {
				reads(k.Expr)
			}
		}
		for _, k := range t.Constraints {
			reads(k.Expr)
		}
		for _, x := range t.Indexes {
			reads(x.Where)
			for _, k := range x.Keys {
				of(k.Type.OID)
				reads(k.Expr)
			}
		}
	}
}

func wordByte(b byte) bool {
	return b == '_' || b >= 0x80 || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z'
}

// eachWord calls f with the words of a text: letters, digits and underscores in a row.
func eachWord(s string, f func(string)) {
	for i := 0; i < len(s); i++ {
		start := i
		for i < len(s) && wordByte(s[i]) {
			i++
		}
		if i > start {
			f(s[start:i])
		}
	}
}

// longestWord is the longest word of a name: texts that hold the name hold it.
func longestWord(name string) (longest string) {
	eachWord(name, func(w string) {
		if len(w) > len(longest) {
			longest = w
		}
	})
	return longest
}
