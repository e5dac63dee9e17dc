//go:build !linux

package pgwire

import "net"

// seats are of use on Linux.
type seats struct{}

func newSeats() *seats { return nil }

// newSocket leaves the connection as it is.
func newSocket(nc net.Conn, _ *seats) net.Conn { return nc }

// disconnected is unknown here until the server next writes.
func disconnected(net.Conn) bool { return false }
