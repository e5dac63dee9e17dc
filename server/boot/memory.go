package boot

// leastMemory is the least bound that a server can be given, in MiB.
const leastMemory = 128

// leastStatement is the least that a statement's operators get, in bytes.
const leastStatement = 32 << 20

// shares are what the parts of a server get of a bound on its memory, in bytes. What is
// not given away is for the program, for statements and for what the collector has not
// found yet.
type shares struct {
	plans, rows, columns int64 // caches
	blocks               int64 // cache of the store
	memTable             int64 // one of at most four
	spill                int64 // a transaction's writes in memory
	vectors              int64 // vector indexes, with what builds and merges hold
	statement            int64 // one statement's sorts, joins and groups
	heap                 int64 // all of it but mapped files and the program
}

// share divides memory, of which five eighths are for vector indexes. Measured with 512
// MiB: an idle server takes 34, and an index of a million vectors of 128 dimensions 280.
func share(memory int64) shares {
	return shares{
		plans: memory / 64, rows: memory / 32, columns: memory / 32,
		blocks: memory / 32, memTable: max(memory/128, 1<<20), spill: memory / 64,
		vectors: memory / 8 * 5, statement: max(memory/8, leastStatement), heap: memory - memory/8,
	}
}

// smallHeap is a bound on the heap, in bytes, in which caches of the usual sizes have no room.
const smallHeap = 2 << 30

// memory is what caches, the store and statements are sized by, in bytes: the bound, if there is
// one, or what the heap is part of, where the machine is small; 0: their usual sizes.
func (o Options) memory() int64 {
	switch {
	case o.MemoryMiB > 0:
		return int64(o.MemoryMiB) << 20
	case 0 < o.heap && o.heap < smallHeap:
		return o.heap / 7 * 8
	}
	return 0
}

// within gives the caches that the command line does not size their shares of the memory.
func (o Options) within() Options {
	memory := o.memory()
	if memory == 0 {
		return o
	}
	sh := share(memory)
	for flag, to := range map[string]struct {
		mib  *int
		size int64
	}{"plan-cache": {&o.PlanCacheMiB, sh.plans}, "row-cache": {&o.RowCacheMiB, sh.rows}, "column-cache": {&o.ColumnCacheMiB, sh.columns}} {
		if !o.Flags[flag] {
			*to.mib = max(int(to.size>>20), 1)
		}
	}
	return o
}
