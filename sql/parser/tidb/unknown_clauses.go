package tidb

import (
	"slices"
	"strings"
	"sync"
)

// clauses are what the grammar has no rule for within statements that it knows, one a line: words and
// signs around the place where it stops, which a bar marks; * is any word, and what stands before …
// are the first words of the statement. The clause begins with the first word, and has those words as
// its name or what follows =>.
const clauses = `sounds |like
|sounds like
not |secondary
|returning => RETURNING
returning |
|for portion of
for |system_time
|for system_time
with system |versioning
add system |versioning
drop system |versioning
|without system versioning
period |for => PERIOD FOR SYSTEM_TIME
|procedure analyse
into |dumpfile => SELECT ... INTO DUMPFILE
|exclude ties
|exclude group
|exclude current row
|exclude no others
filter |( => FILTER
within group |( => WITHIN GROUP
qualify |
group by rollup |( => GROUP BY ROLLUP (...)
full |outer join
|at time zone
|rows examined
|with ties
create or replace |table
create user … |random password
alter user … |random password
set password … |replace
set password … |random => RANDOM PASSWORD
alter user … |replace
alter user … |retain current password
set password … |retain current password
alter user … |discard old password
alter user … |add * factor => ADD FACTOR
alter user … |modify * factor => MODIFY FACTOR
alter user … |drop * factor => DROP FACTOR
create user … |and identified
create user … |initial authentication
grant … |with admin option
grant … |as * with role => AS ... WITH ROLE
revoke |if exists
revoke … |ignore unknown user
create table … |start transaction
|engine_attribute
create table … |invisible
alter table … |invisible
set |invisible
set |visible
create table … |compressed
|m = => M of a vector index
|distance = => DISTANCE of a vector index
explain extended |
explain partitions |
describe extended |
describe partitions |
secondary_load partition |( => SECONDARY_LOAD PARTITION
secondary_unload partition |( => SECONDARY_UNLOAD PARTITION
show extended |index
show extended |indexes
show extended |keys
as |point ) => type point
as |linestring ) => type linestring
as |polygon ) => type polygon
as |multipoint ) => type multipoint
as |multilinestring ) => type multilinestring
as |multipolygon ) => type multipolygon
as |geometrycollection ) => type geometrycollection
) * |( => AS ... (columns)
) as * |( => AS ... (columns)
convert |partition
convert |table
alter |online table
alter |offline table
alter database … |read only
alter schema … |read only
create database … |read only
add |period
rename |tables
alter table … |upgrade partitioning
partition by |system_time`

// clausePattern is a line of clauses.
type clausePattern struct {
	head, before, after []string
	name                string
}

var clausePatterns = sync.OnceValue(func() []clausePattern {
	var list []clausePattern
	for line := range strings.SplitSeq(clauses, "\n") {
		var p clausePattern
		words, name, named := strings.Cut(line, " => ")
		if head, rest, ok := strings.Cut(words, " … "); ok {
			p.head, words = strings.Fields(head), rest
		}
		before, after, _ := strings.Cut(words, "|")
		p.before, p.after = strings.Fields(before), strings.Fields(after)
		if p.name = name; !named {
			p.name = strings.ToUpper(strings.Join(append(p.before, p.after...), " "))
		}
		list = append(list, p)
	}
	return list
})

// clauseAt is the name of the clause of that list around the place where the grammar stopped, and where
// it begins; "" if there is none.
func clauseAt(query string, at int) (name string, start int) {
	begin := 0
	for next := 0; next >= 0 && next <= at; next = nextStatement(query, next) {
		begin = next
	}
	before, after := wordsAndSigns(query, begin, at), wordsAndSigns(query, at, min(len(query), at+100))
	head := headWords(query, begin)
	for _, p := range clausePatterns() {
		n := len(before) - len(p.before)
		if n < 0 || !like(before[n:], p.before) || !like(after, p.after) || len(head) < len(p.head) || !slices.Equal(head[:len(p.head)], p.head) {
			continue
		}
		if start = at; len(p.before) > 0 {
			start = before[n].at
		}
		return p.name, start
	}
	return "", 0
}

// like reports whether tokens begin with the words of a pattern.
func like(tokens []placed, pattern []string) bool {
	if len(tokens) < len(pattern) {
		return false
	}
	for i, w := range pattern {
		if w != "*" && w != tokens[i].name {
			return false
		}
	}
	return true
}

// wordsAndSigns are the tokens of a part of a text: words in lower case, and single signs.
func wordsAndSigns(s string, from, to int) []placed {
	var out []placed
	for i := from; i < to; {
		end := skipToken(s, i)
		switch {
		case end > i:
			if strings.IndexByte("'\"`", s[i]) >= 0 {
				out = append(out, placed{name: s[i : i+1], at: i})
			}
		case isWordByte(s[i]):
			end = wordEnd(s, i)
			out = append(out, placed{name: fold(s[i:end]), at: i})
		default:
			if end = i + 1; !isSpace(s[i]) {
				out = append(out, placed{name: s[i:end], at: i})
			}
		}
		i = end
	}
	return out
}
