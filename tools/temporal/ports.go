package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports below the range that systems use for outgoing connections. Those below 20000 are
// chosen by the programs that start this server.
const lowestPort, highestPort = 20000, 32000

// freePorts finds ports on which no process listens. They are reserved until this process
// ends: another server that starts meanwhile gets others.
func freePorts(ip string, n int) ([]int, error) {
	var ports []int
	for range 100 * n {
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
		if l, err := net.Listen("tcp", net.JoinHostPort(ip, strconv.Itoa(port))); err == nil {
			if err := l.Close(); err != nil {
				return nil, fmt.Errorf("free port %d: %w", port, err)
			}
			ports = append(ports, port)
		}
	}
	return nil, errors.New("no free ports on " + ip)
}
