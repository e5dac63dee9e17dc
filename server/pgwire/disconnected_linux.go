package pgwire

import (
	"net"

	"golang.org/x/sys/unix"
)

// disconnected asks the kernel, without reading, whether the peer has closed.
func disconnected(nc net.Conn) bool {
	s, ok := nc.(*socket)
	return ok && s.disconnected()
}

func (s *socket) disconnected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return false
	case s.polled == nil:
		return hungUp(s.fd)
	}
	raw, err := s.polled.SyscallConn()
	gone := false
	if err == nil {
		err = raw.Control(func(fd uintptr) { gone = hungUp(int(fd)) })
	}
	return err == nil && gone
}

func hungUp(fd int) bool {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	n, err := unix.Poll(p, 0)
	return err == nil && n > 0 && p[0].Revents&(unix.POLLRDHUP|unix.POLLHUP|unix.POLLERR) != 0
}
