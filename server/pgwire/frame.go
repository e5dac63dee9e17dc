package pgwire

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

const (
	// headerLen is a frame's type byte and its 32-bit length, which counts itself.
	headerLen = 5
	// maxAuthMessage bounds a message before login (PG_MAX_AUTH_TOKEN_LENGTH).
	maxAuthMessage = 65535
	// maxSmallMessage bounds messages that are short by nature (PQ_SMALL_MESSAGE_LIMIT).
	maxSmallMessage = 10000
	// bufferSize is what a connection's read and write buffers start with and return to.
	bufferSize = 16 << 10
	// chunkSize is how much of a large message is read, and how much output is gathered, at a time.
	chunkSize = 64 << 10
)

// errIdle is returned by reader.next when the read deadline passed before the
// first byte of a frame: nothing was lost and next may be called again.
var errIdle = errors.New("pgwire: no message before the deadline")

// reader splits a byte stream into the frames of protocol 3. It trusts nothing:
// the type and the length are checked before memory is taken for the body, and
// memory grows only with bytes that really arrived.
type reader struct {
	src  io.Reader
	buf  []byte
	r, w int // buf[r:w] is read from src and not consumed yet
	max  int // longest body of a large message, in bytes
	auth bool
	// interrupted, if set, is asked what to do when a read inside a message ends at
	// its deadline: nil goes on reading. Without it the read fails.
	interrupted func() error
}

func newReader(src io.Reader) *reader {
	return &reader{src: src, buf: make([]byte, bufferSize), auth: true}
}

// bodyLimit is the longest body a message of the type may have, −1 for types
// that no client sends.
func (r *reader) bodyLimit(typ byte) int {
	switch {
	case r.auth && typ == 'p':
		return maxAuthMessage
	case r.auth:
		return -1
	}
	switch typ {
	case 'Q', 'P', 'B', 'F', 'd':
		return r.max
	case 'E', 'D', 'C', 'S', 'H', 'X', 'c', 'f', 'p':
		return maxSmallMessage
	}
	return -1
}

// next reads a frame's header and returns its type and the length of its body,
// which the caller must consume with body, stream or discard. The error is
// io.EOF at a clean end, errIdle, a FATAL *pgerr.Error, or the source's.
func (r *reader) next() (typ byte, n int, err error) {
	r.shrink()
	for r.w-r.r < headerLen {
		if r.w > r.r {
			err = r.more(headerLen)
		} else if err = r.fill(headerLen); err != nil && isTimeout(err) {
			err = errIdle
		}
		if err != nil {
			return 0, 0, err
		}
	}
	typ = r.buf[r.r]
	length := binary.BigEndian.Uint32(r.buf[r.r+1:])
	limit := r.bodyLimit(typ)
	switch {
	case limit < 0 && r.auth:
		return 0, 0, fatal(pgerrcode.ProtocolViolation, "expected password response, got message type %d", typ)
	case limit < 0:
		return 0, 0, fatal(pgerrcode.ProtocolViolation, "invalid frontend message type %d", typ)
	case length < 4:
		return 0, 0, fatal(pgerrcode.ProtocolViolation, "invalid message length")
	case uint64(length-4) > uint64(limit):
		e := fatal(pgerrcode.ProtocolViolation, "invalid message length")
		e.Detail = "The message is longer than the server accepts."
		return 0, 0, e
	}
	r.r += headerLen
	return typ, int(length - 4), nil
}

// body returns the next n bytes, borrowed until the next call of next.
func (r *reader) body(n int) ([]byte, error) {
	for r.w-r.r < n {
		if err := r.more(n); err != nil {
			return nil, err
		}
	}
	b := r.buf[r.r : r.r+n : r.r+n]
	r.r += n
	return b, nil
}

// stream hands n bytes to each in pieces of at most chunkSize, borrowed for the
// call. After an error of each, the rest is still read and dropped, so that the
// stream stays in step; that error is returned second.
func (r *reader) stream(n int, each func([]byte) error) (readErr, eachErr error) {
	for n > 0 {
		if r.w == r.r {
			if err := r.more(1); err != nil {
				return err, eachErr
			}
		}
		k := min(n, r.w-r.r, chunkSize)
		if eachErr == nil {
			eachErr = each(r.buf[r.r : r.r+k : r.r+k])
		}
		r.r += k
		n -= k
	}
	return nil, eachErr
}

// discard drops n bytes.
func (r *reader) discard(n int) error {
	err, _ := r.stream(n, func([]byte) error { return nil })
	return err
}

// buffered is how many bytes were read ahead.
func (r *reader) buffered() int { return r.w - r.r }

// fill reads once. It makes room so that want bytes from r.r on may fit in the
// end, but never more than doubles the buffer for bytes that were only promised.
func (r *reader) fill(want int) error {
	if r.r == r.w {
		r.r, r.w = 0, 0
	}
	if len(r.buf)-r.r < want {
		held := r.w - r.r
		if need := min(want, max(2*held, chunkSize)); need > len(r.buf) {
			grown := make([]byte, need)
			copy(grown, r.buf[r.r:r.w])
			r.buf, r.r, r.w = grown, 0, held
		} else if r.w == len(r.buf) || len(r.buf)-r.r < need {
			copy(r.buf, r.buf[r.r:r.w])
			r.r, r.w = 0, held
		}
	}
	for tries := 0; ; tries++ {
		n, err := r.src.Read(r.buf[r.w:])
		if n > 0 {
			r.w += n
			return nil
		}
		switch {
		case err == nil && tries < 100:
			continue
		case err == nil:
			return io.ErrNoProgress
		}
		return err
	}
}

// more is fill inside a message: a deadline that passed is not the end, and the
// end of the stream is not a clean one.
func (r *reader) more(want int) error {
	for {
		err := r.fill(want)
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		if err == nil || r.interrupted == nil || !isTimeout(err) {
			return err
		}
		if err := r.interrupted(); err != nil {
			return err
		}
	}
}

// resize gives the buffer n bytes, unless more is buffered.
func (r *reader) resize(n int) {
	if len(r.buf) != n && r.w-r.r <= n {
		buf := make([]byte, n)
		r.w = copy(buf, r.buf[r.r:r.w])
		r.r, r.buf = 0, buf
	}
}

// shrink gives back the memory of a large message once it is consumed.
func (r *reader) shrink() {
	if len(r.buf) > chunkSize && r.w-r.r < bufferSize {
		r.resize(bufferSize)
	}
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// fatal is an error that ends the connection.
func fatal(code, format string, args ...any) *pgerr.Error {
	e := pgerr.Newf(code, format, args...)
	e.Severity = pgerr.Fatal
	return e
}
