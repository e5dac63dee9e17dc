package tidb

import (
	"strings"
	"sync"
)

// Statements that are not supported, as words. The grammar knows some of them and not others:
// both are called by what stands in the text.

// unsupported are the first words of statements of TiDB, MySQL and MariaDB, a statement a line.
const unsupported = `admin
admin alter ddl jobs
admin cancel ddl jobs
admin capture bindings
admin check index
admin check table
admin checksum table
admin cleanup index
admin cleanup table lock
admin create workload snapshot
admin evolve bindings
admin flush bindings
admin pause ddl jobs
admin plugins
admin recover index
admin reload bindings
admin repair table
admin resume ddl jobs
admin set bdr role
admin show bdr role
admin show ddl
admin show ddl jobs
admin show ddl job queries
admin show slow
admin unset bdr role
alter event
alter function
alter instance
alter json duality view
alter json relational duality view
alter library
alter logfile group
alter package
alter procedure
alter range
alter resource group
alter server
alter tablespace
alter undo tablespace
analyze delete
analyze format
analyze insert
analyze select
analyze update
analyze with
backup
backup database
backup logs
backup stage
backup table
begin not atomic
binlog
cache index
calibrate resource
cancel br job
cancel traffic jobs
call
cancel distribution job
cancel import job
change drainer
change master
change pump
change replication filter
change replication source
check table
check view
checksum table
clone
create event
create external table
create function
create json duality view
create json relational duality view
create library
create logfile group
create package
create procedure
create resource group
create server
create spatial reference system
create tablespace
create trigger
create undo tablespace
declare
distribute table
drop event
drop function
drop library
drop logfile group
drop package
drop procedure
drop resource group
drop server
drop spatial reference system
drop tablespace
drop trigger
drop undo tablespace
execute immediate
explain explore
explain for connection
explain for database
explain for schema
desc for database
desc for schema
describe for database
describe for schema
flashback cluster
flashback database
flashback schema
flashback table
flush optimizer_costs
flush relay logs
get current diagnostics
get diagnostics
get stacked diagnostics
handler
help
import into
import table
install component
install plugin
kill
load data
load index into cache
load stats
load xml
lock instance
lock stats
plan replayer
pause backup logs
purge backup logs
purge binary logs
purge master logs
query watch add
query watch remove
recover table
recover table by job
refresh stats
repair table
reset binary logs
reset master
reset persist
reset replica
reset slave
resignal
restart
restore
restore database
restore point
restore table
resume backup logs
set default role
set persist
set persist_only
set resource group
set session_states
set statement
show affinity
show analyze for
show authors
show backup logs
show backups
show binary log status
show binary logs
show binding_cache status
show binlog events
show br job
show contributors
show create event
show create function
show create library
show create package
show create placement policy
show create procedure
show create resource group
show create sequence
show create server
show create trigger
show create user
show drainer status
show engine
show explain for
show function code
show global bindings
show import groups
show import job
show import jobs
show library status
show locales
show masking policies
show master logs
show master status
show package body status
show package status
show parse_tree
show placement for
show procedure code
show profile
show profiles
show pump status
show relaylog events
show replica status
show replicas
show session bindings
show slave hosts
show slave status
show traffic jobs
show user_statistics
shutdown
signal
split partition table
split region for partition table
split region for table
split table
start group_replication
start replica
start slave
stop backup logs
stop group_replication
stop replica
stop slave
trace
traffic cancel
traffic capture
traffic replay
uninstall component
uninstall plugin
unlock instance
unlock stats
xa
xa begin
xa commit
xa end
xa prepare
xa recover
xa rollback
xa start`

var unsupportedWords = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for line := range strings.SplitSeq(unsupported, "\n") {
		m[line] = true
	}
	return m
})

// unsupportedAt is the name of the statement of that list that begins at an offset, "" for others:
// the longest run of its first words that the list has.
func unsupportedAt(query string, at int) string {
	words := withoutOptions(headWords(query, at))
	for n := len(words); n > 0; n-- {
		if name := strings.Join(words[:n], " "); unsupportedWords()[name] {
			return strings.ToUpper(name)
		}
	}
	return ""
}

// withoutOptions leaves out what stands between CREATE and the kind of what is created.
func withoutOptions(words []string) []string {
	if len(words) == 0 || words[0] != "create" {
		return words
	}
	i := 1
	for i < len(words) && createWords[words[i]] {
		if i++; words[i-1] == "definer" {
			for i < len(words) && !programs[words[i]] {
				i++
			}
		}
	}
	return append(words[:1:1], words[i:]...)
}

var (
	createWords = setOf("or replace aggregate definer")
	programs    = setOf("trigger function procedure event package")
)

// headWords are the first words of the statement at an offset, in lower case; a quoted name or a
// text is the quotation mark.
func headWords(query string, at int) []string {
	var words []string
	for i := at; i < len(query) && len(words) < 12; {
		switch end := skipToken(query, i); {
		case end > i:
			if strings.IndexByte("'\"`", query[i]) >= 0 {
				words = append(words, query[i:i+1])
			}
			for i = end; query[end-1] == '!' && i < len(query) && query[i] >= '0' && query[i] <= '9'; {
				i++ // a conditional comment's version
			}
		case isWordByte(query[i]):
			end = wordEnd(query, i)
			words = append(words, fold(query[i:end]))
			i = end
		case query[i] == '(' || query[i] == ';':
			return words
		default:
			i++
		}
	}
	return words
}

// unknownStatement is the first statement of a text that is not supported, among those before or at the
// place where the grammar stopped, and where it begins; "" if there is none.
func unknownStatement(query string, at int) (name string, start int) {
	for i := 0; i <= at && i < len(query); {
		for i < len(query) && (isSpace(query[i]) || query[i] == ';') {
			i++
		}
		if name := unsupportedAt(query, i); name != "" {
			return name, i
		}
		if i = nextStatement(query, i); i < 0 {
			break
		}
	}
	return "", 0
}

// nextStatement is where the statement after that at an offset begins, −1 if there is none.
func nextStatement(query string, i int) int {
	for i < len(query) {
		if end := skipToken(query, i); end > i {
			i = end
			continue
		}
		if i++; query[i-1] == ';' {
			return i
		}
	}
	return -1
}
