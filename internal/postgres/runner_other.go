//go:build !linux

package postgres

import (
	"errors"
	"os"
	"syscall"
)

func newRunner(layout, installation) (runner, error) {
	if os.Getuid() == 0 {
		return runner{}, errors.New("PostgreSQL refuses to run as root: start the portal as an ordinary user, " +
			"or set PORTAL_DATABASE_URL")
	}
	return runner{mode: asOurselves}, nil
}

func (r runner) attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func (r runner) own(string) error { return nil }
