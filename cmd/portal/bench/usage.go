package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// usage is what the portal has used so far.
type usage struct {
	portal     time.Duration // CPU of the portal's process
	postgresql time.Duration // CPU of the private server's processes
	statements float64       // requests to PostgreSQL
}

// clockTick is the unit of /proc/<pid>/stat: USER_HZ, which is 100 on every Linux that Go runs on.
const clockTick = time.Second / 100

func (p *portal) usage(ctx context.Context) (usage, error) {
	statements, err := p.statements(ctx)
	if err != nil {
		return usage{}, err
	}
	processes, err := readProcesses()
	if err != nil {
		return usage{}, err
	}
	server, err := p.server()
	if err != nil {
		return usage{}, err
	}
	u := usage{statements: statements}
	for pid, process := range processes {
		switch {
		case pid == p.command.Process.Pid:
			u.portal = process.own
		case pid == server:
			u.postgresql += process.own + process.children
		case process.parent == server:
			u.postgresql += process.own
		}
	}
	return u, nil
}

// statements reads the portal's own count of queries, batches and copies.
func (p *portal) statements(ctx context.Context) (total float64, err error) {
	text, err := get(ctx, "http://"+p.admin+"/metrics")
	if err != nil {
		return 0, fmt.Errorf("read the metrics: %w", err)
	}
	for line := range bytes.Lines(text) {
		rest, ok := bytes.CutPrefix(line, []byte("db_client_operation_duration_seconds_count{"))
		if !ok || !isStatement(rest) {
			continue
		}
		fields := bytes.Fields(rest)
		count, err := strconv.ParseFloat(string(fields[len(fields)-1]), 64)
		if err != nil {
			return 0, fmt.Errorf("read the metrics: %w", err)
		}
		total += count
	}
	return total, nil
}

func isStatement(labels []byte) bool {
	for _, kind := range []string{"query", "batch", "copy"} {
		if bytes.Contains(labels, fmt.Appendf(nil, "pgx_operation_type=%q", kind)) {
			return true
		}
	}
	return false
}

// server is the process id of the private PostgreSQL.
func (p *portal) server() (int, error) {
	text, err := os.ReadFile(filepath.Join(p.data, "postgres", "cluster", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(first)
}

// process is what /proc/<pid>/stat tells of one.
type process struct {
	parent        int
	own, children time.Duration
}

// readProcesses reads all processes. Those that end meanwhile are left out: their parent has their time.
func readProcesses() (map[int]process, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("the CPU time of processes is read from /proc, which is not there: %w", err)
	}
	all := make(map[int]process, len(files))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err == nil {
			all[pid] = parseProcess(string(text))
		}
	}
	return all, nil
}

// parseProcess reads the fields after the name, which may hold anything: state, ppid, …, utime (12th), stime, cutime,
// cstime.
func parseProcess(stat string) process {
	fields := strings.Fields(stat[strings.LastIndex(stat, ")")+1:])
	ticks := func(i int) time.Duration {
		n, _ := strconv.ParseInt(fields[i], 10, 64)
		return time.Duration(n) * clockTick
	}
	if len(fields) < 15 {
		return process{}
	}
	parent, _ := strconv.Atoi(fields[1])
	return process{parent: parent, own: ticks(11) + ticks(12), children: ticks(13) + ticks(14)}
}
