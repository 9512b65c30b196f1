package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"devportal.internal/router/compose"
)

// world is the processes of one measurement.
type world struct {
	settings
	folder string
	events *os.File

	supergraph string
	commits    int
	address    string // the subgraph's
	subgraph   *process
	routers    []*process
	current    atomic.Pointer[process] // the router that subscribers are to use
}

// process is a child with its standard input, which it ends after.
type process struct {
	command *exec.Cmd
	stdin   io.Closer
	clients string // where the router serves
	admin   string
}

func newWorld(s settings) (*world, error) {
	w := &world{settings: s}
	var err error
	if w.folder, err = os.MkdirTemp("", "bench-live"); err != nil {
		return nil, fmt.Errorf("making a folder: %w", err)
	}
	if w.events, err = os.Create(filepath.Join(w.folder, "events")); err != nil {
		return nil, fmt.Errorf("making the file of events: %w", err)
	}
	if w.address, err = freeAddress(); err != nil {
		return nil, err
	}
	supergraph, errs := compose.Compose([]compose.Subgraph{{Name: "events", URL: "http://" + w.address, SDL: sdl}}, compose.Options{})
	if len(errs) > 0 {
		return nil, fmt.Errorf("composing: %v", errs)
	}
	w.supergraph = supergraph.SupergraphSDL
	if err := w.writeSupergraph(w.supergraph); err != nil {
		return nil, err
	}
	return w, errors.Join(w.startSubgraph(), w.startRouter())
}

// writeSupergraph puts another supergraph in the place of the one that routers read.
func (w *world) writeSupergraph(sdl string) error {
	path := filepath.Join(w.folder, "supergraph.graphql")
	if err := os.WriteFile(path+".new", []byte(sdl), 0o600); err != nil {
		return fmt.Errorf("writing the supergraph: %w", err)
	}
	return os.Rename(path+".new", path)
}

// freeAddress is one below the ports that systems hand out, so that it stays free while its server is away.
func freeAddress() (string, error) {
	for range 100 {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(12000+rand.IntN(20000)))
		if l, err := net.Listen("tcp", address); err == nil {
			return address, l.Close()
		}
	}
	return "", errors.New("no port is free")
}

func (w *world) startSubgraph() error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	w.subgraph, err = startProcess(exec.Command(self, "-listen", w.address, "-file", w.events.Name()))
	if err != nil {
		return err
	}
	return until(func() bool {
		conn, err := net.Dial("tcp", w.address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

// startRouter starts a router; from now on subscribers use it.
func (w *world) startRouter() error {
	command := exec.Command(w.router, "serve", "--supergraph", filepath.Join(w.folder, "supergraph.graphql"),
		"--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--log-level", "error", "--reload", "50ms", "--limits-init", "30s")
	out, err := command.StdoutPipe()
	if err != nil {
		return fmt.Errorf("starting the router: %w", err)
	}
	p, err := startProcess(command)
	if err != nil {
		return err
	}
	lines := bufio.NewReader(out)
	for _, into := range []*string{&p.clients, &p.admin} {
		line, err := lines.ReadString('\n')
		if err != nil {
			return fmt.Errorf("starting the router: %w", err)
		}
		_, url, _ := strings.Cut(line, "http://")
		*into, _, _ = strings.Cut(url, "/")
	}
	w.routers = append(w.routers, p)
	w.current.Store(p)
	return nil
}

func startProcess(command *exec.Cmd) (*process, error) {
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", command.Path, err)
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", command.Path, err)
	}
	return &process{command: command, stdin: stdin}, nil
}

func (p *process) end(signal syscall.Signal) {
	_ = p.command.Process.Signal(signal)
	_ = p.stdin.Close()
	_ = p.command.Wait()
}

func (w *world) close() error {
	w.subgraph.end(syscall.SIGKILL)
	for _, p := range w.routers {
		if p.command.ProcessState == nil {
			p.end(syscall.SIGTERM)
		}
	}
	return errors.Join(w.events.Close(), os.RemoveAll(w.folder))
}

// commit makes an event: it counts as committed once it is in the file.
func (w *world) commit(text string) error {
	if _, err := w.events.WriteString(text + "\n"); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	w.commits++
	return nil
}

// stats reads numbers of the router's page of metrics.
func (p *process) stats(name string) (float64, error) {
	resp, err := http.Get("http://" + p.admin + "/metrics")
	if err != nil {
		return 0, fmt.Errorf("asking for metrics: %w", err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, fmt.Errorf("no metric %s", name)
}

// memory is what the router holds after a garbage collection, in bytes: of its heap and stacks, and resident.
func (p *process) memory() (held, resident float64, err error) {
	for range 3 { // stacks shrink by half in each
		resp, err := http.Get("http://" + p.admin + "/debug/pprof/heap?gc=1&debug=1")
		if err != nil {
			return 0, 0, fmt.Errorf("asking for memory: %w", err)
		}
		held = 0
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			for _, name := range []string{"# HeapAlloc = ", "# Stack = "} {
				if value, ok := strings.CutPrefix(lines.Text(), name); ok {
					value, _, _ = strings.Cut(value, " ")
					n, _ := strconv.ParseFloat(value, 64)
					held += n
				}
			}
		}
		_ = resp.Body.Close()
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return held, 0, fmt.Errorf("asking for memory: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			resident = kb * 1024
		}
	}
	return held, resident, nil
}

// until waits for what must happen within a minute.
func until(happened func() bool) error {
	for deadline := time.Now().Add(time.Minute); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			return errors.New("waited for a minute in vain")
		}
	}
	return nil
}
