package lockmgr

import "github.com/loxodb/loxodb/storage/kv"

// Each calls each with every lock that a named owner holds or waits for. A stripe at a time
// is looked at, so that what is told was true at one time or another, not all at one. each
// is called without a lock of the manager's; the key is its own.
func (m *Manager) Each(each func(kv.LockInfo)) {
	var found []kv.LockInfo
	for i := range m.stripes {
		found = m.stripes[i].list(found[:0])
		for _, l := range found {
			each(l)
		}
	}
}

func (st *stripe) list(dst []kv.LockInfo) []kv.LockInfo {
	st.mu.Lock()
	defer st.mu.Unlock()
	for key, e := range st.entries {
		for _, h := range e.holders {
			if h.owner.By != nil {
				dst = append(dst, kv.LockInfo{Key: []byte(key), By: h.owner.By, Mode: h.mode, Granted: true})
			}
		}
		for _, w := range e.queue {
			if w.owner.By == nil {
				continue
			}
			l := kv.LockInfo{Key: []byte(key), By: w.owner.By, Mode: w.mode}
			for _, h := range e.holders {
				if h.owner != w.owner && h.owner.By != nil {
					l.For = h.owner.By
					break
				}
			}
			dst = append(dst, l)
		}
	}
	return dst
}
