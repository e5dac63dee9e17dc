package kv

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// ErrLockTimeout: a single wait for a lock took longer than WithLockTimeout
// allows (SQLSTATE 55P03).
var ErrLockTimeout = errors.New("kv: waited too long for a lock")

type lockTimeoutKey struct{}

// WithLockTimeout returns a context under which no wait for a lock takes longer
// than d, whatever else the context allows: such a wait ends with ErrLockTimeout.
func WithLockTimeout(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, lockTimeoutKey{}, d)
}

// LockWait is for those who are about to wait for a lock: the context bounds this
// one wait. stop must be called when it is over; WaitError tells why it ended early.
func LockWait(ctx context.Context) (wait context.Context, stop context.CancelFunc) {
	d, ok := ctx.Value(lockTimeoutKey{}).(time.Duration)
	if !ok {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, d, ErrLockTimeout)
}

// WaitError is the error of a wait whose context, made by LockWait, is done.
func WaitError(wait context.Context) error {
	if context.Cause(wait) == ErrLockTimeout {
		return ErrLockTimeout
	}
	return wait.Err()
}

// Waiting tells other goroutines whether its owner waits for a lock, or for a view.
// Whoever grants the lock ends the wait, not the one who is woken: once a release has
// returned, nobody counts as waiting for what was released. The methods of a nil
// Waiting do nothing.
type Waiting struct {
	now atomic.Int32
	on  atomic.Pointer[func() []*Waiting]
}

const (
	waitsForLock = 1 + iota
	waitsForView
)

// Now reports whether the owner waits.
func (w *Waiting) Now() bool { return w != nil && w.now.Load() != 0 }

// ForView reports whether the owner waits for a view that is safe to read at.
func (w *Waiting) ForView() bool { return w != nil && w.now.Load() == waitsForView }

// Begin and End are called by lock tables, BeginView instead by who waits for a view. on
// tells whom the owner waits for, at any moment until End and by any goroutine; it may be
// nil.
func (w *Waiting) Begin(on func() []*Waiting) {
	if w != nil && on != nil {
		w.on.Store(&on)
	}
	w.set(waitsForLock)
}
func (w *Waiting) BeginView() { w.set(waitsForView) }
func (w *Waiting) End() {
	w.set(0)
	if w != nil {
		w.on.Store(nil)
	}
}

// On is whom the owner waits for now: holders of the lock and who waits before it, as far
// as they have a Waiting.
func (w *Waiting) On() []*Waiting {
	if w == nil {
		return nil
	}
	if on := w.on.Load(); on != nil {
		return (*on)()
	}
	return nil
}

func (w *Waiting) set(v int32) {
	if w != nil {
		w.now.Store(v)
	}
}

type waitingKey struct{}

// WithWaiting returns a context whose waits for locks show in w.
func WithWaiting(ctx context.Context, w *Waiting) context.Context {
	return context.WithValue(ctx, waitingKey{}, w)
}

// WaitingOf is the context's Waiting, or nil.
func WaitingOf(ctx context.Context) *Waiting {
	w, _ := ctx.Value(waitingKey{}).(*Waiting)
	return w
}
