package lab

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// CPU is processor time by its user.
type CPU struct {
	Ours, Temporal, PostgreSQL time.Duration
	// Load is the time of the load generator, and Others that of the rest of the machine,
	// which shows how far a measurement was disturbed.
	Load, Others time.Duration
}

// Sub is the time between two readings.
func (c CPU) Sub(earlier CPU) CPU {
	return CPU{
		c.Ours - earlier.Ours, c.Temporal - earlier.Temporal, c.PostgreSQL - earlier.PostgreSQL,
		c.Load - earlier.Load, c.Others - earlier.Others,
	}
}

// tick is the unit of times in /proc: USER_HZ, which is 100 on every Linux.
const tick = 10 * time.Millisecond

// process is the content of /proc/<pid>/stat.
type process struct {
	pid, parent int
	// own is the process's time, ended that of its ended children.
	own, ended time.Duration
}

func readProcess(pid int) (process, error) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return process{}, err
	}
	// The second field is the program's name in parentheses, which may contain any text.
	fields := bytes.Fields(raw[bytes.LastIndexByte(raw, ')')+1:])
	if len(fields) < 15 {
		return process{}, fmt.Errorf("/proc/%d/stat: %q", pid, raw)
	}
	number := func(field int) int {
		n, _ := strconv.Atoi(string(fields[field-3])) // numbered as in proc(5); digits
		return n
	}
	return process{
		pid: pid, parent: number(4),
		own:   time.Duration(number(14)+number(15)) * tick,
		ended: time.Duration(number(16)+number(17)) * tick,
	}, nil
}

// cpuOf is the time of a process and of its children, ended ones included.
func cpuOf(pid int) (time.Duration, error) {
	root, err := readProcess(pid)
	if err != nil {
		return 0, fmt.Errorf("CPU time of process %d: %w", pid, err)
	}
	total := root.own + root.ended
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	for _, path := range all {
		pid, _ := strconv.Atoi(filepath.Base(path)) // digits
		if p, err := readProcess(pid); err == nil && p.parent == root.pid {
			total += p.own + p.ended
		}
	}
	return total, nil
}

// cpuOfAll is the busy time of the whole machine.
func cpuOfAll() (time.Duration, error) {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := bytes.Cut(raw, []byte("\n"))
	total := 0
	for i, field := range bytes.Fields(line) {
		n, _ := strconv.Atoi(string(field)) // digits, except for the name of the line
		// user, nice, system, idle, iowait, irq, softirq; later fields are contained in these, or another machine's.
		if i >= 1 && i <= 7 && i != 4 && i != 5 {
			total += n
		}
	}
	return time.Duration(total) * tick, nil
}
