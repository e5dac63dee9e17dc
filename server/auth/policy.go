package auth

import (
	"fmt"
	"net"
	"strings"
)

// Method is how a client must prove itself.
type Method uint8

const (
	// SCRAM asks for the password; a role without one is refused like a wrong password.
	SCRAM Method = iota
	// Trust asks for nothing.
	Trust
)

// Choose applies the one rule: a password may be missing only on a connection
// from this machine, to a role that has none, while the superuser has none either.
func Choose(loopback, superuserHasPassword, roleHasPassword bool) Method {
	if loopback && !superuserHasPassword && !roleHasPassword {
		return Trust
	}
	return SCRAM
}

// Loopback reports whether the peer is on this machine: a loopback address or a
// Unix-domain socket.
func Loopback(a net.Addr) bool {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.IP.IsLoopback()
	case *net.UnixAddr:
		return true
	}
	return false
}

// CheckListen refuses an address that other machines can reach while the
// superuser has no password. address is host:port; a name counts as reachable
// unless every address behind it is loopback.
func CheckListen(address string, superuserHasPassword bool) error {
	if superuserHasPassword {
		return nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen address %q is not HOST:PORT: %w", address, err)
	}
	if loopbackHost(host) {
		return nil
	}
	return fmt.Errorf("refusing to listen on %s without a password: anyone who reaches this address "+
		"could read and change all data. Set the superuser's password with the environment variable "+
		"LOXODB_PASSWORD or with --password-file FILE, or listen on 127.0.0.1", address)
}

func loopbackHost(host string) bool {
	if ip := net.ParseIP(strings.Trim(host, "[]")); ip != nil {
		return ip.IsLoopback()
	}
	if host == "" {
		return false
	}
	ips, err := net.LookupIP(host)
	if err != nil || len(ips) == 0 {
		return false
	}
	for _, ip := range ips {
		if !ip.IsLoopback() {
			return false
		}
	}
	return true
}
