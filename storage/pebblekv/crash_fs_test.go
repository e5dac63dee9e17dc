package pebblekv

import (
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// crashFS is a file system in memory whose crashes can be simulated at any moment.
// vfs.MemFS takes its lock twice for reading in Link, which a clone that waits for
// the lock in between would never get past; so no clone is made during a Link.
type crashFS struct {
	*vfs.MemFS
	links *sync.RWMutex
}

func newCrashFS() crashFS { return crashFS{vfs.NewCrashableMem(), new(sync.RWMutex)} }

func (f crashFS) Link(oldname, newname string) error {
	f.links.RLock()
	defer f.links.RUnlock()
	return f.MemFS.Link(oldname, newname)
}

// CrashClone is what is left after a crash now.
func (f crashFS) CrashClone(cfg vfs.CrashCloneCfg) *vfs.MemFS {
	f.links.Lock()
	defer f.links.Unlock()
	return f.MemFS.CrashClone(cfg)
}
