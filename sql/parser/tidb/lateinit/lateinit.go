//go:build gc && !go1.27

// Package lateinit initialises the packages of TiDB's grammar when the first statement
// of the dialect comes, not when the process starts: their tables (keywords, character
// sets, error names) take .7 MB and, with the code that fills them, 6 MB of the
// program's file, which a server that never hears MySQL's SQL should not pay for.
//
// Go has no word for that. What is done instead rests on three facts about its tool
// chain. A package's initialisation is a record, <path>..inittask: a state and the
// functions to run (cmd/compile/internal/pkginit); the runtime passes over a record
// whose state says done (runtime.doInit1); and of the packages whose imports are
// initialised the linker takes the first by path (cmd/link/internal/ld/inittask.go;
// the language says so too since Go 1.21, "Program initialization"). This package
// imports nothing that is initialised and github.com/loxodb is before
// github.com/pingcap, so it runs before the first package of the grammar and marks
// them all as done; Run gives the records their functions back.
//
// A test holds this to what the runtime reports (GODEBUG=inittrace=1), so a package
// that a new version of the grammar adds is noticed. Tool chains that are not known to
// keep these facts build the other file, in which everything is initialised at the
// start, as Go does.
package lateinit

import "unsafe"

// task is the head of a record of initialisation; n addresses of functions follow it.
type task struct {
	state uint32
	n     uint32
}

// The states of a record.
const (
	asleep = 0
	done   = 2
)

// The records, in an order in which imports come first.
var (
	//go:linkname formatTask github.com/pingcap/tidb/pkg/parser/format..inittask
	formatTask task
	//go:linkname mysqlTask github.com/pingcap/tidb/pkg/parser/mysql..inittask
	mysqlTask task
	//go:linkname terrorTask github.com/pingcap/tidb/pkg/parser/terror..inittask
	terrorTask task
	//go:linkname charsetTask github.com/pingcap/tidb/pkg/parser/charset..inittask
	charsetTask task
	//go:linkname grammarsTask github.com/pingcap/tidb/pkg/parser/tidb..inittask
	grammarsTask task
	//go:linkname typesTask github.com/pingcap/tidb/pkg/parser/types..inittask
	typesTask task
	//go:linkname astTask github.com/pingcap/tidb/pkg/parser/ast..inittask
	astTask task
	//go:linkname parserTask github.com/pingcap/tidb/pkg/parser..inittask
	parserTask task
	//go:linkname driverTask github.com/pingcap/tidb/pkg/parser/test_driver..inittask
	driverTask task
)

func tasks() [9]*task {
	return [...]*task{&formatTask, &mysqlTask, &terrorTask, &charsetTask, &grammarsTask, &typesTask, &astTask, &parserTask, &driverTask}
}

func init() {
	for _, t := range tasks() {
		if t.state != asleep { // initialised already: not the order that was expected
			return
		}
	}
	for _, t := range tasks() {
		t.state = done
	}
	run = runTasks
}

// run is what Run does once: nothing when the runtime has initialised the packages.
var run = func() {}

// Run initialises the grammar. It is called once, before any part of the grammar is
// used: what this package imports would run before it, so it has no sync.Once.
func Run() { run() }

func runTasks() {
	for _, t := range tasks() {
		first := unsafe.Add(unsafe.Pointer(t), unsafe.Sizeof(*t))
		for i := range uintptr(t.n) {
			fn := unsafe.Add(first, i*unsafe.Sizeof(uintptr(0)))
			(*(*func())(unsafe.Pointer(&fn)))() // a func is a pointer to the address of its code
		}
	}
}
