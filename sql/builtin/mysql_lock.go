package builtin

import (
	"context"
	"errors"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/loxodb/loxodb/sql/types"
)

// Named locks are advisory locks, in a space of keys of their own.

var mysqlLockFuncs = []mysqlFunc{
	{name: "get_lock", args: "tf", ret: types.Int8OID, volatility: Volatile, eval: withSession(func(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		key, err := namedLock(a[0].Text())
		if err != nil {
			return types.Datum{}, err
		}
		got, err := s.AdvisoryLock(c.Context, key, false, false, false)
		if err != nil || got || a[1].Float() == 0 {
			return types.Int(int64(bit(got))), err
		}
		ctx := c.Context
		if seconds := a[1].Float(); seconds > 0 && seconds < 1e9 {
			var stop context.CancelFunc
			ctx, stop = context.WithTimeout(ctx, time.Duration(seconds*float64(time.Second)))
			defer stop()
		}
		if got, err = s.AdvisoryLock(ctx, key, false, false, true); err != nil && c.Context.Err() == nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return types.Int(0), nil
		}
		return types.Int(int64(bit(got))), err
	})},
	{name: "release_lock", args: "t", ret: types.Int8OID, volatility: Volatile, eval: lockHolder(func(s Session, key [2]int64, holder string, own bool) types.Datum {
		switch {
		case own:
			s.AdvisoryUnlock(key, false)
			return types.Int(1)
		case holder == "":
			return types.Null
		}
		return types.Int(0)
	})},
	{name: "is_free_lock", args: "t", ret: types.Int8OID, volatility: Volatile, eval: lockHolder(func(_ Session, _ [2]int64, holder string, _ bool) types.Datum {
		return types.Int(int64(bit(holder == "")))
	})},
	{name: "is_used_lock", args: "t", ret: types.Int8OID, volatility: Volatile, eval: lockHolder(func(_ Session, _ [2]int64, holder string, _ bool) types.Datum {
		pid, err := strconv.ParseInt(holder, 10, 64)
		if err != nil {
			return types.Null
		}
		return types.Int(pid)
	})},
	{name: "release_all_locks", ret: types.Int8OID, volatility: Volatile, eval: withSession(func(_ *Ctx, s Session, _ []types.Datum) (types.Datum, error) {
		n, err := s.Engine("release_locks", strconv.FormatInt(namedLocks, 10))
		released, _ := strconv.ParseInt(n, 10, 64)
		return types.Int(released), err
	})},
}

// lockHolder is a function of a lock's name, by the number of the session that holds
// the lock; "" = nobody.
func lockHolder(f func(s Session, key [2]int64, holder string, own bool) types.Datum) Eval {
	return withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		key, err := namedLock(a[0].Text())
		if err != nil {
			return types.Datum{}, err
		}
		holder, err := s.Engine("lock_holder", strconv.FormatInt(key[0], 10), strconv.FormatInt(key[1], 10))
		if err != nil {
			return types.Datum{}, err
		}
		return f(s, key, holder, holder == strconv.Itoa(int(s.BackendPID()))), nil
	})
}

// namedLocks is the second number of the keys of all named locks.
const namedLocks = -1<<63 + 1

// namedLock is the key of a name, which compares without case.
func namedLock(name string) ([2]int64, error) {
	if name == "" || len(name) > 64*4 {
		return [2]int64{}, badParam("Incorrect user-level lock name '%s'.", name)
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.ToLower(name)))
	return [2]int64{int64(h.Sum64()), namedLocks}, nil
}
