package postgres

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

const (
	// nobodyID is the uid and gid that Linux keeps for nobody.
	nobodyID = 65534
	// capDACOverride lets a process pass the permission bits of files and folders.
	capDACOverride = 1
)

func newRunner(l layout, install installation) (runner, error) {
	_, unnamed := user.LookupId(strconv.Itoa(os.Getuid()))
	if os.Getuid() != 0 && unnamed == nil {
		return runner{mode: asOurselves}, nil
	}
	if r, ok := newNamespaced(); ok {
		return r, nil
	}
	if os.Getuid() != 0 {
		return runner{mode: asOurselves}, nil
	}
	return newOtherUser(l, install)
}

// newNamespaced lets a uid that has a name stand for ours: initdb refuses root, and a uid without a name too.
func newNamespaced() (runner, bool) {
	for _, name := range []string{"postgres", "daemon", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		if uid, gid, ok := ids(u); ok && uid != 0 {
			r := runner{mode: inUserNamespace, uid: uid, gid: gid}
			return r, r.command(context.Background(), "/bin/true").Run() == nil
		}
	}
	return runner{}, false
}

// newOtherUser picks the machine's postgres user, or nobody, and gives it the server's folder.
func newOtherUser(l layout, install installation) (runner, error) {
	r := runner{mode: asOtherUser, uid: nobodyID, gid: nobodyID}
	if u, err := user.Lookup("postgres"); err == nil {
		if uid, gid, ok := ids(u); ok {
			r.uid, r.gid = uid, gid
		}
	}
	r.override = !openToAll(l.root) || !openToAll(install.bin)
	if err := r.own(l.root); err != nil {
		return runner{}, err
	}
	return r, nil
}

// attributes make the program end when the thread that started it does: see process.run.
func (r runner) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGQUIT}
	switch r.mode {
	case asOurselves:
	case inUserNamespace:
		attr.Cloneflags = syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: r.uid, HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: r.gid, HostID: os.Getgid(), Size: 1}}
	case asOtherUser:
		attr.Credential = &syscall.Credential{Uid: uint32(r.uid), Gid: uint32(r.gid)}
		if r.override {
			attr.AmbientCaps = []uintptr{capDACOverride}
		}
	}
	return attr
}

// own gives a tree to whoever the programs run as.
func (r runner) own(root string) error {
	if r.mode != asOtherUser {
		return nil
	}
	err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, r.uid, r.gid)
	})
	if err != nil {
		return fmt.Errorf("give %s to uid %d: %w", root, r.uid, err)
	}
	return nil
}

func ids(u *user.User) (uid, gid int, ok bool) {
	uid, errUID := strconv.Atoi(u.Uid)
	gid, errGID := strconv.Atoi(u.Gid)
	return uid, gid, errUID == nil && errGID == nil
}

// openToAll reports whether anybody may pass through the folders above path.
func openToAll(path string) bool {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}
