package workspace

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"devportal.internal/internal/fault"
)

// Store keeps the workspaces of tasks, a folder each. It is safe for concurrent use by different tasks.
type Store struct{ folder string }

// NewStore keeps workspaces below a folder, which is made when it is first needed.
func NewStore(folder string) *Store { return &Store{folder} }

// State opens a state of a task's workspace by its name.
func (s *Store) State(taskID, name string) (*Workspace, error) {
	return Open(filepath.Join(s.folder, taskID, name))
}

// Next makes a copy of a state, or an empty one of the state "", and gives its name. It is not the current state before
// somebody writes that down.
func (s *Store) Next(taskID, before string) (next *Workspace, name string, err error) {
	const op = "workspace.Next"
	name = "state-" + strings.ToLower(rand.Text())
	folder := filepath.Join(s.folder, taskID, name)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, "", fault.Internal(op, err)
	}
	if next, err = Open(folder); err != nil || before == "" {
		return next, name, err
	}
	previous, err := s.State(taskID, before)
	if err != nil {
		return nil, "", errors.Join(err, next.Close())
	}
	if err := errors.Join(copyAll(previous, next), previous.Close()); err != nil {
		return nil, "", errors.Join(err, next.Close())
	}
	return next, name, nil
}

func copyAll(from, to *Workspace) error {
	return from.Walk(func(name string, info fs.FileInfo) error {
		body, err := from.Read(name)
		if err != nil {
			return err
		}
		return to.Write(name, body, info.Mode()&0o100 != 0)
	})
}

// Keep removes every state of a task but one.
func (s *Store) Keep(taskID, current string) error {
	entries, err := os.ReadDir(filepath.Join(s.folder, taskID))
	if err != nil {
		return fault.Internal("workspace.Keep", err)
	}
	var failures []error
	for _, entry := range entries {
		if entry.Name() != current {
			failures = append(failures, os.RemoveAll(filepath.Join(s.folder, taskID, entry.Name())))
		}
	}
	return fault.Wrap(fault.KindInternal, "workspace.Keep", errors.Join(failures...))
}

// Remove removes the workspace of a task, with all its states.
func (s *Store) Remove(taskID string) error {
	return fault.Wrap(fault.KindInternal, "workspace.Remove", os.RemoveAll(filepath.Join(s.folder, taskID)))
}

// Sweep removes the workspaces of tasks that have ended: what a process left that died, or lost its task.
func (s *Store) Sweep(ctx context.Context, running func(ctx context.Context, taskIDs []string) (map[string]bool, error)) error {
	const op = "workspace.Sweep"
	entries, err := os.ReadDir(s.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.Internal(op, err)
	}
	ids := make([]string, 0, len(entries))
	for _, entry := range entries {
		ids = append(ids, entry.Name())
	}
	alive, err := running(ctx, ids)
	if err != nil {
		return err
	}
	var failures []error
	for _, id := range ids {
		if !alive[id] {
			failures = append(failures, s.Remove(id))
		}
	}
	return errors.Join(failures...)
}
