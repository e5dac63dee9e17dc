package kv

// LockInfo is a lock that somebody holds or waits for.
type LockInfo struct {
	Key     []byte
	By      *Waiting // of whom; never nil
	Mode    Mode
	Granted bool
	For     *Waiting // of who holds it, of a lock that is not granted; may be nil
}

// LockLister is an Engine that can say which locks there are.
type LockLister interface {
	// Locks calls each with the locks of transactions that have a name (TxnOptions.By). They
	// need not all have been held at one time.
	Locks(each func(LockInfo))
}
