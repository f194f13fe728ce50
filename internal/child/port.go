package child

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// Loopback is the only address that children listen on.
const Loopback = "127.0.0.1"

// Ports are chosen below the range from which kernels assign ports, so that the
// kernel assigns none of them between its choice and its use. Temporal also stores
// the ports of its members in PostgreSQL as signed numbers of 16 bits. From 20000 on our
// Temporal server chooses ports by itself, with the same reservations.
const (
	lowestPort  = 10000
	highestPort = 20000
	attempts    = 1000
)

// FreePorts finds n ports on which no process listens. They are reserved until this
// process ends: no other process that uses FreePorts gets one of them.
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

// Address is the port on the loopback address, as host:port.
func Address(port int) string { return net.JoinHostPort(Loopback, strconv.Itoa(port)) }
