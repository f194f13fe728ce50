package lab

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/yeyak/yeyak/internal/child"
)

// Memory is the resident memory in MiB, by its user. Pages that processes share are
// divided among them.
type Memory struct {
	Ours       float64 `json:"ours"`
	Temporal   float64 `json:"temporal"`
	PostgreSQL float64 `json:"postgresql"`
}

// Memory is the current memory of all processes.
func (w *World) Memory(ours ...*child.Process) (m Memory, err error) {
	for _, p := range ours {
		resident, err := memoryOf(p.PID())
		if err != nil {
			return m, err
		}
		m.Ours += resident
	}
	if m.Temporal, err = memoryOf(w.Temporal.PID()); err != nil {
		return m, err
	}
	m.PostgreSQL, err = memoryOf(w.Postgres.PID())
	return m, err
}

// memoryOf is the memory of a process and its children.
func memoryOf(root int) (float64, error) {
	total, err := proportionalSet(root)
	if err != nil {
		return 0, fmt.Errorf("memory of process %d: %w", root, err)
	}
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	for _, path := range all {
		pid, _ := strconv.Atoi(filepath.Base(path)) // digits
		if p, err := readProcess(pid); err == nil && p.parent == root {
			if own, err := proportionalSet(pid); err == nil { // otherwise it has just ended
				total += own
			}
		}
	}
	return total, nil
}

// proportionalSet is the Pss of a process, in MiB: see proc(5).
func proportionalSet(pid int) (float64, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "smaps_rollup"))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(text) {
		if size, ok := bytes.CutPrefix(line, []byte("Pss:")); ok {
			kib, err := strconv.Atoi(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(size), []byte("kB")))))
			return float64(kib) / 1024, err
		}
	}
	return 0, fmt.Errorf("no Pss in %s", text)
}
