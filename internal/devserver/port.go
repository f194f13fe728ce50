package devserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
	"time"
)

// portWithin is how long the kernel may take to free a killed server's port.
const portWithin = 2 * time.Second

// choosePort makes sure that port can be listened on, or finds one if it is 0. The
// error names the port's purpose and its setting. With orphan, the port may have been
// in use until a moment ago.
func choosePort(ctx context.Context, port int, orphan bool, purpose, setting string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, portWithin)
	defer cancel()
	for {
		chosen, err := listenable(ctx, port)
		if err == nil {
			return chosen, nil
		}
		if orphan && errors.Is(err, syscall.EADDRINUSE) && pause(ctx) == nil {
			continue
		}
		if errors.Is(err, syscall.EADDRINUSE) {
			return 0, fmt.Errorf("port %d, meant for %s, is in use by another program: stop that, or choose another port with %s", port, purpose, setting)
		}
		return 0, fmt.Errorf("port %d, meant for %s, cannot be used, choose another with %s: %w", port, purpose, setting, err)
	}
}

// listenable listens on the port for a moment and returns its number.
func listenable(ctx context.Context, port int) (int, error) {
	var config net.ListenConfig
	listener, err := config.Listen(context.WithoutCancel(ctx), "tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	if port != 0 {
		return port, nil
	}
	return listener.Addr().(*net.TCPAddr).Port, reserve(ctx, listener)
}

// reserve prevents that the kernel assigns a free port, which it has just assigned to us, to
// another process: it leaves a connection behind that its server has closed, which blocks the
// port for a minute. Listening on the port by its number is still possible.
func reserve(ctx context.Context, listener net.Listener) error {
	var dialer net.Dialer
	near, err := dialer.DialContext(ctx, "tcp", listener.Addr().String())
	if err != nil {
		return err
	}
	defer near.Close()
	far, err := listener.Accept()
	if err != nil {
		return err
	}
	return far.Close() // first, so that it is the side that lingers
}
