//go:build !linux

package pgwire

import "net"

// disconnected is unknown here until the server next writes.
func disconnected(net.Conn) bool { return false }
