package pg

import (
	"strings"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// The grammar decides some readings by words that are yet to come, and complains of the
// word before those where they are not the ones it looks for. PostgreSQL's complains of the
// first word after which nothing could make a statement. Whether something could is found
// by trying: a text of which some continuation gets further than its own end is the
// beginning of a statement.

// continuations are what may make a statement of the beginning of one. Each is the least
// that decides one reading.
var continuations = []string{
	"a", ")", "( a , a )", "( )", "( a )", "( a = 1 )", ". a", ". a ( )", "'a'", "1", ") as select 1", "as a",
	"atomic end", "check ( a )", "check option", "commit drop", "current row", "cycle", "data", "data wrapper a", "default",
	"delete cascade", "deferrable", "first", "grant option", "index a", "index on a ( a )", "join a on a", "key ( a )", "key", "local check option",
	"locked", "mode", "name a", "no data", "null", "option for a", "ordinality", "privileges grant select on tables to a", "range ( a )",
	"ready", "replace view a as select 1", "restrict", "schema a", "search dictionary a", "security", "statistics 1", "to a", "unbounded",
	"using a", "value 'a'", "value a", "view a", "with a", "zone 'a'", "( order by a )", "all", "from a", "function a ( )", "identity", "( select 1 ) select 1", "dictionary a", "label on table a is null", "method a", "for a from a",
	"deferred", "update cascade", "only", "write", "committed", "last", "between 1 and 2", "in ( 1 )", "like a", "time zone", "isolation level read committed", "set", "attribute a a",
}

// Bounds of the search: no more of a text than this many bytes and parentheses, in which the
// grammar is quadratic, and of a statement than this many words after the first that was
// complained of.
const (
	longestTried = 4 << 10
	mostOpened   = 64
	mostPassed   = 12
)

// further is the error of the first word after which nothing makes a statement, where the
// grammar complained of an earlier one.
func (b *blamer) further(e *pgerr.Error) *pgerr.Error {
	if !strings.HasPrefix(e.Message, "syntax error at or near") {
		return e
	}
	k := 0
	for k < len(b.tokens) && b.tokens[k].start < e.Position-1 {
		k++
	}
	first, start := k, b.inside(k)
	for k < len(b.tokens) && k < first+mostPassed && !b.misplaced(k) && b.extends(start, k) {
		k++
	}
	switch {
	case k == first:
		return e
	case k == len(b.tokens):
		return missed(b.src, len(b.src))
	}
	return missed(b.src, b.tokens[k].start)
}

// inside is where the innermost query in parentheses begins that has words before token k,
// else 0.
func (b *blamer) inside(k int) int {
	level := 0
	for i := k - 1; i >= 0; i-- {
		switch b.at(i) {
		case ")":
			level++
		case "(":
			if level--; level < 0 {
				if i+1 < k && b.begins(i+1) && !b.called(i) {
					return b.tokens[i+1].start
				}
				level = 0
			}
		}
	}
	return 0
}

// extends reports that some continuation of a text from an offset to token k gets further
// than its end. PostgreSQL looks at one more word after three, of which its grammar has two
// kinds.
func (b *blamer) extends(start, k int) bool {
	text := b.src[start:b.tokens[k].end]
	if len(text) > longestTried || strings.Count(text, "(") > mostOpened || b.at(k) == ";" {
		return false
	}
	kinds := pairs[b.at(k)]
	paired := kinds[b.at(k+1)]
	for _, more := range continuations {
		if word, _, _ := strings.Cut(more, " "); kinds != nil && kinds[word] != paired {
			continue
		}
		if e := refused(text + " " + more); e == nil || e.Position > len(text) || !strings.HasPrefix(e.Message, "syntax error") {
			return true
		}
	}
	return false
}

// pairs are the words that are another word of the grammar before some words.
var pairs = map[string]map[string]bool{
	"not":   wordSet("between in like ilike similar"),
	"nulls": wordSet("first last"),
	"with":  wordSet("time ordinality"),
}

// wordless is the error about the first half of a pair, for e about the other half.
func (b *blamer) wordless(e *pgerr.Error) *pgerr.Error {
	k := 0
	for k < len(b.tokens) && b.tokens[k].start < e.Position-1 {
		k++
	}
	if k == 0 || pairs[b.at(k-1)] == nil || b.extends(b.inside(k), k-1) {
		return e
	}
	return missed(b.src, b.tokens[k-1].start)
}
