package pebblekv

import "github.com/cockroachdb/pebble/v2/vfs"

// logCategory is what Pebble calls the files of its write-ahead log.
const logCategory vfs.DiskWriteCategory = "pebble-wal"

// logFS gives the files of the write-ahead log their size before they are written.
// Pebble reserves their blocks and lets the size grow with each record, so that each
// fsync of one has to write the file's inode by the file system's journal, too. Readers
// of a log take zeros for its end, as they do with logs that are used again.
type logFS struct{ vfs.FS }

func (fs logFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return sizedLog(c)(fs.FS.Create(name, c))
}

func (fs logFS) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return sizedLog(c)(fs.FS.ReuseForWrite(oldname, newname, c))
}

func (fs logFS) Unwrap() vfs.FS { return fs.FS }

func sizedLog(c vfs.DiskWriteCategory) func(vfs.File, error) (vfs.File, error) {
	return func(f vfs.File, err error) (vfs.File, error) {
		if err != nil || c != logCategory || f.Fd() == vfs.InvalidFd {
			return f, err
		}
		return logFile{f}, nil
	}
}

// logFile is a file of the log on a disk.
type logFile struct{ vfs.File }

// Preallocate reserves blocks and makes them part of the file; where the file system
// cannot, the file grows as Pebble has it.
func (f logFile) Preallocate(offset, length int64) error {
	if extend(f.Fd(), offset, length) == nil {
		return nil
	}
	return f.File.Preallocate(offset, length)
}
