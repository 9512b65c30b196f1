package postgres

import (
	"context"
	"os/exec"
)

// runner starts PostgreSQL's programs as somebody whom they accept: they refuse to run as root.
//
//	ordinary user         as ourselves
//	root, Linux           in a user namespace, where an ordinary uid stands for root: files stay root's
//	root, no namespaces   with the credentials of another uid, to whom the folders are given
//	uid without a name    in a user namespace too
type runner struct {
	mode runMode
	// uid and gid are whom the programs see themselves as, in the modes that change that.
	uid int
	gid int
	// override lets the other uid pass through folders that only root may enter.
	override bool
}

type runMode int

const (
	asOurselves runMode = iota
	inUserNamespace
	asOtherUser
)

// command prepares a program: in a process group of its own, so that Ctrl-C in a terminal reaches the portal alone,
// which then ends the server in its turn.
func (r runner) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	cmd.Dir = "/"
	cmd.SysProcAttr = r.attributes()
	return cmd
}
