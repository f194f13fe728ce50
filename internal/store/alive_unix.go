//go:build unix

package store

import (
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"net"
	"syscall"
)

// checkAlive returns driver.ErrBadConn for an idle connection that the server has
// closed, or has written to, which it does before it closes one. It does not block.
func checkAlive(c net.Conn) error {
	if secured, ok := c.(*tls.Conn); ok {
		c = secured.NetConn()
	}
	socket, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return driver.ErrBadConn
	}
	quiet := false
	err = raw.Read(func(fd uintptr) bool {
		_, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK)
		quiet = errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EWOULDBLOCK)
		return true
	})
	if err != nil || !quiet {
		return driver.ErrBadConn
	}
	return nil
}
