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
// that nobody is given one between its choice and its use. Temporal keeps the
// ports of its members in PostgreSQL as signed numbers of 16 bits, too.
const (
	lowestPort  = 10000
	highestPort = 32000
	attempts    = 1000
)

// FreePorts finds n ports that nobody listens on. They are free and not
// reserved: use them soon.
func FreePorts(n int) ([]int, error) {
	ports := make([]int, 0, n)
	for range attempts {
		if len(ports) == n {
			return ports, nil
		}
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		// All are listened on until the last is found, so that they differ.
		if l, err := net.Listen("tcp", Address(port)); err == nil {
			defer l.Close()
			ports = append(ports, port)
		}
	}
	return nil, errors.New("no free ports")
}

// Address is a port on the loopback address, host:port.
func Address(port int) string { return net.JoinHostPort(Loopback, strconv.Itoa(port)) }
