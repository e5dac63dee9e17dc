package table

import (
	"context"
	"encoding/binary"
	"sync"

	"github.com/loxodb/loxodb/storage/keys"
	"github.com/loxodb/loxodb/storage/kv"
)

// lease is how many numbers are reserved with one write.
const lease = 1 << 20

// Counter hands out ever larger numbers, reserving them in blocks in a row of
// its own so that none is used twice, even after a crash. Safe for concurrent use.
type Counter struct {
	eng   kv.Engine
	key   []byte
	block uint64
	mu    sync.Mutex
	next  uint64
	limit uint64
}

// NewCounter returns the counter kept under the name; block is the lease size.
func NewCounter(eng kv.Engine, name string, first, block uint64) *Counter {
	return &Counter{eng: eng, key: append([]byte{keys.Meta}, name...), block: block, next: first}
}

// NewRowNumbers is the counter of hidden row numbers and vector epochs.
func NewRowNumbers(eng kv.Engine) *Counter { return NewCounter(eng, "rows", 1, lease) }

// NewTxnNumbers is the counter of transactions that write; the first number is one that
// PostgreSQL, too, gives to no transaction of its own.
func NewTxnNumbers(eng kv.Engine) *Counter { return NewCounter(eng, "transactions", 1000, 4096) }

// Next returns a number never returned before.
func (c *Counter) Next(ctx context.Context) (uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next >= c.limit {
		if err := c.renew(ctx); err != nil {
			return 0, err
		}
	}
	n := c.next
	c.next++
	return n, nil
}

// Peek is the number that Next returns next.
func (c *Counter) Peek(ctx context.Context) (uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next >= c.limit {
		if err := c.renew(ctx); err != nil {
			return 0, err
		}
	}
	return c.next, nil
}

// renew reserves the next block in a transaction of its own.
func (c *Counter) renew(ctx context.Context) error {
	t, err := c.eng.Begin(ctx, kv.TxnOptions{})
	if err != nil {
		return err
	}
	defer t.Close()
	if changed, err := t.Lock(ctx, c.key, kv.Exclusive, kv.WaitBlock); err != nil {
		return err
	} else if changed {
		if err := t.Refresh(ctx); err != nil {
			return err
		}
	}
	first := c.next
	if val, ok, err := t.Get(ctx, c.key); err != nil {
		return err
	} else if ok && len(val) == 8 {
		first = max(first, binary.BigEndian.Uint64(val))
	}
	if err := t.Put(c.key, binary.BigEndian.AppendUint64(nil, first+c.block)); err != nil {
		return err
	}
	if _, err := t.Commit(ctx); err != nil {
		return err
	}
	c.next, c.limit = first, first+c.block
	return nil
}
