package session

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
)

// Locks implements syscat.Live: what is held, gathered when somebody looks, so that
// statements do not pay for it. Readers hold no locks on tables here. Locks on rows are
// not listed, as in PostgreSQL, but who waits for one waits for its holder's transaction.
func (x system) Locks() []syscat.Lock {
	var out []syscat.Lock
	numbers := x.s.db.xids.owners()
	sessions := map[*kv.Waiting]*Session{}
	x.s.db.c.eachSession(func(s *Session) {
		sessions[&s.waiting] = s
		v := s.virtualXID()
		if s.inTransaction() {
			out = append(out, syscat.Lock{Type: "virtualxid", Virtual: v, PID: s.pid, Mode: "ExclusiveLock", Granted: true})
		}
		if n := numbers[s]; n != 0 {
			out = append(out, syscat.Lock{Type: "transactionid", Transaction: uint32(n), Virtual: v, PID: s.pid, Mode: "ExclusiveLock", Granted: true})
		}
	})
	for _, d := range x.s.db.c.opened() {
		for _, l := range d.advisory.list() {
			l.Database = d.id
			out = append(out, l)
		}
		list, ok := d.eng.(kv.LockLister)
		if !ok {
			continue
		}
		list.Locks(func(l kv.LockInfo) {
			s := sessions[l.By]
			if s == nil || s.db != d {
				return
			}
			row := syscat.Lock{Database: d.id, Virtual: s.virtualXID(), PID: s.pid, Granted: l.Granted}
			if id, ok := keys.LockedTable(l.Key); ok {
				row.Type, row.Relation = "relation", id
				for _, row.Mode = range s.lockModesOf(id, l, numbers[s] != 0) {
					out = append(out, row)
				}
			} else if holder := sessions[l.For]; !l.Granted && holder != nil {
				row.Type, row.Transaction, row.Mode = "transactionid", uint32(numbers[holder]), "ShareLock"
				out = append(out, row)
			}
		})
	}
	return out
}

// lockModesOf are PostgreSQL's names for a lock on a table: what LOCK TABLE called it, or else
// the mode of the statements that take such a lock: those that write, or SELECT … FOR UPDATE.
func (s *Session) lockModesOf(id catalog.ID, l kv.LockInfo, wrote bool) []string {
	s.activity.mu.Lock()
	names, query := slices.Clone(s.activity.lockModes[id]), s.activity.query
	s.activity.mu.Unlock()
	switch {
	case len(names) > 0 && l.Granted:
		return names
	case l.Mode == kv.Exclusive:
		return []string{"AccessExclusiveLock"}
	case !wrote && len(query) >= 6 && strings.EqualFold(query[:6], "SELECT"):
		return []string{"RowShareLock"}
	}
	return []string{"RowExclusiveLock"}
}

// noteLockMode remembers what LOCK TABLE calls a lock until the transaction's end.
func (s *Session) noteLockMode(id catalog.ID, name string) {
	s.activity.mu.Lock()
	defer s.activity.mu.Unlock()
	if s.activity.lockModes == nil {
		s.activity.lockModes = map[catalog.ID][]string{}
	}
	if !slices.Contains(s.activity.lockModes[id], name) {
		s.activity.lockModes[id] = append(s.activity.lockModes[id], name)
	}
	s.lockModesNoted = true
}

// forgetLockModes is called at each transaction's end.
func (s *Session) forgetLockModes() {
	if !s.lockModesNoted {
		return
	}
	s.activity.mu.Lock()
	defer s.activity.mu.Unlock()
	s.activity.lockModes, s.lockModesNoted = nil, false
}

func (s *Session) inTransaction() bool {
	s.activity.mu.Lock()
	defer s.activity.mu.Unlock()
	return !s.activity.xactStart.IsZero()
}

// virtualXID names the session's transaction in pg_locks: by its process and the
// microsecond in which it began.
func (s *Session) virtualXID() string {
	s.activity.mu.Lock()
	defer s.activity.mu.Unlock()
	n := int64(0)
	if at := s.activity.xactStart; !at.IsZero() {
		n = at.UnixMicro() & 0x7fffffff
	}
	return fmt.Sprintf("%d/%d", s.pid, n)
}
