package child

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// Loopback is the only address that children listen on.
const Loopback = "127.0.0.1"

// Ports are chosen from below those that kernels hand out by themselves, so
// that none is given out between its choice and its use. Temporal keeps the
// ports of its members in PostgreSQL as signed numbers of 16 bits, too.
const (
	lowestPort  = 10000
	highestPort = 32000
	attempts    = 1000
)

// FreePorts finds n ports that nothing listens on. Until this process ends, no other
// process that looks for ports in this way is given one of them, or tries it.
func FreePorts(n int) ([]int, error) {
	ports := make([]int, 0, n)
	for range attempts {
		if len(ports) == n {
			return ports, nil
		}
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		switch mine, err := reserve(port); {
		case err != nil:
			return nil, err
		case !mine:
			continue
		}
		if l, err := net.Listen("tcp", Address(port)); err == nil {
			_ = l.Close() // nothing was sent
			ports = append(ports, port)
		}
	}
	return nil, errors.New("no free ports")
}

// Address is a port on the loopback address, host:port.
func Address(port int) string { return net.JoinHostPort(Loopback, strconv.Itoa(port)) }
