package pebblekv

import (
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Logger receives what the store has to say. Fatalf is called when the log can
// no longer be trusted (a failed fsync): it must end the process, and if it
// returns, the engine ends it.
type Logger interface {
	Infof(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Options configure an Engine. The zero value is a sound default.
type Options struct {
	FS            vfs.FS // default: the disk
	CacheBytes    int64  // block cache; default 256 MiB
	MemTableBytes uint64 // one memtable, up to four exist; default 64 MiB
	// SpillBytes is how much a transaction buffers in memory before its writes go
	// to the store provisionally; default 16 MiB.
	SpillBytes int
	// TableBytes is the least run of a spill that is written as a table instead of
	// by the log; default 2 MiB.
	TableBytes int
	// RunLen tells how many bytes of a key are shared by those that it lies among:
	// the rows of one table, the entries of one index. A table that a spill writes
	// does not reach from one such range into another. Default: all are one range.
	RunLen func(key []byte) int
	// RetentionWindow keeps versions readable for so long after they were
	// superseded. 0 keeps only what open snapshots need (and a second of grace).
	RetentionWindow time.Duration
	// NoSync makes every commit return before its log record is on disk.
	NoSync bool
	// Memory is asked before long values take some; default: it has no end.
	Memory Memory
	// Compactions is how many run side by side; default 2.
	Compactions int
	Logger      Logger // default: errors to slog, information dropped

	// now replaces the wall clock in tests.
	now func() time.Time
	// grace is the least RetentionWindow: time to open a snapshot at a timestamp
	// that Now returned. Negative means none.
	grace time.Duration
	// gcPause is the pause between two batches of garbage collection.
	gcPause time.Duration
}

func (o *Options) ensureDefaults() {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.CacheBytes <= 0 {
		o.CacheBytes = 256 << 20
	}
	if o.MemTableBytes == 0 {
		o.MemTableBytes = 64 << 20
	}
	if o.SpillBytes <= 0 {
		o.SpillBytes = 16 << 20
	}
	if o.TableBytes <= 0 {
		o.TableBytes = 2 * mib
	}
	if o.Memory == nil {
		o.Memory = endless{}
	}
	if o.Compactions <= 0 {
		o.Compactions = 2
	}
	if o.Logger == nil {
		o.Logger = slogLogger{}
	}
	if o.now == nil {
		o.now = time.Now
	}
	if o.grace == 0 {
		o.grace = time.Second
	}
	if o.gcPause == 0 {
		o.gcPause = 2 * time.Millisecond
	}
}

const (
	kib = 1 << 10
	mib = 1 << 20
)

// storeOptions tunes Pebble for short rows with many point reads: small data
// blocks, a filter on the user key at every level, and few L0 files before
// compaction, since every L0 sublevel costs each read one more probe.
func (o *Options) storeOptions() *pebble.Options {
	po := &pebble.Options{
		FS:                          logFS{o.FS},
		Comparer:                    comparer,
		FormatMajorVersion:          pebble.FormatTableFormatV6,
		CacheSize:                   o.CacheBytes,
		MemTableSize:                o.MemTableBytes,
		MemTableStopWritesThreshold: 4,
		L0CompactionThreshold:       2,
		L0CompactionFileThreshold:   500,
		L0StopWritesThreshold:       24,
		LBaseMaxBytes:               64 * mib,
		MaxOpenFiles:                4096,
		BytesPerSync:                512 * kib,
		WALBytesPerSync:             mib,
		FlushDelayDeleteRange:       10 * time.Second,
		CompactionConcurrencyRange:  func() (int, int) { return 1, o.Compactions },
		Logger:                      fatalLogger{o.Logger},
	}
	po.Experimental.L0CompactionConcurrency = 4
	po.Experimental.CompactionDebtConcurrency = 512 * mib
	for i := range po.Levels {
		l := &po.Levels[i]
		l.BlockSize = 16 * kib
		l.IndexBlockSize = 128 * kib
		l.FilterPolicy = bloom.FilterPolicy(10)
		l.FilterType = pebble.TableFilter
	}
	po.TargetFileSizes[0] = 4 * mib
	po.EnsureDefaults()
	return po
}

// fatalLogger makes sure that Fatalf does not return: Pebble calls it when a
// write-ahead log fsync failed, after which nothing may be acknowledged.
type fatalLogger struct{ Logger }

func (l fatalLogger) Fatalf(format string, args ...any) {
	l.Logger.Fatalf(format, args...)
	os.Exit(1)
}

// slogLogger is the default Logger.
type slogLogger struct{}

func (slogLogger) Infof(string, ...any) {}
func (slogLogger) Errorf(format string, args ...any) {
	slog.Error("storage", "msg", fmt.Sprintf(format, args...))
}
func (slogLogger) Fatalf(format string, args ...any) {
	slog.Error("storage: fatal", "msg", fmt.Sprintf(format, args...))
	os.Exit(1)
}
