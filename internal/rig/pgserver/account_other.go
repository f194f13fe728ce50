//go:build !linux

package pgserver

import "syscall"

// account is the user that a server runs as: the user of the tests.
type account struct{}

func serverAccount() (*account, error) { return nil, nil }

func (a *account) own(string) error { return nil }

func (a *account) attributes() *syscall.SysProcAttr { return nil }
