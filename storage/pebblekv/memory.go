package pebblekv

// Memory is what all parts of the process share. What is promised counts as taken until it is
// given back, when it has become part of the heap, or is gone.
type Memory interface {
	Promise(bytes int64) error
	Promised(bytes int64)
}

type endless struct{}

func (endless) Promise(int64) error { return nil }
func (endless) Promised(int64)      {}

// longValue is from how many bytes on a value asks for the memory that writing it takes.
const longValue = mib

// headRoom is what the header of a provisional value takes at most.
const headRoom = 1 + 8 + 10

// batchCopies are what a commit has of its writes beside the buffer: the batch, and the log's blocks
// that have not been written.
const batchCopies = 2

// roomToKeep asks for so many bytes, if they are many; free is called once they are taken.
func (e *Engine) roomToKeep(bytes int) (free func(), err error) {
	if bytes < longValue {
		return nothing, nil
	}
	if err := e.opts.Memory.Promise(int64(bytes)); err != nil {
		return nil, err
	}
	return func() { e.opts.Memory.Promised(int64(bytes)) }, nil
}

// roomToWrite waits for the others that write tables with long values, and asks for what the longest
// takes: its block, and the block compressed, which can be a sixth longer. So much it is in each table
// that is being written, so one is written at a time.
func (e *Engine) roomToWrite(longest int) (free func(), err error) {
	if longest < longValue {
		return nothing, nil
	}
	e.long.Lock()
	given, err := e.roomToKeep(longest*2 + longest/6)
	if err != nil {
		e.long.Unlock()
		return nil, err
	}
	return func() { given(); e.long.Unlock() }, nil
}

func nothing() {}
