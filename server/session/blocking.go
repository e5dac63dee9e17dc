package session

import (
	"slices"

	"github.com/loxodb/loxodb/storage/kv"
)

// BlockingPIDs are the processes of the sessions that the session of a process waits for,
// in order.
func (s *Session) BlockingPIDs(pid int32) (pids []int32) {
	sessions := map[*kv.Waiting]int32{}
	var of *Session
	s.db.c.eachSession(func(x *Session) {
		sessions[&x.waiting] = x.pid
		if x.pid == pid {
			of = x
		}
	})
	if of == nil {
		return nil
	}
	for _, w := range of.waiting.On() {
		if p, ok := sessions[w]; ok {
			pids = append(pids, p)
		}
	}
	slices.Sort(pids)
	return slices.Compact(pids)
}
