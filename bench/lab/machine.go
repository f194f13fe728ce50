package lab

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"

	"go.temporal.io/api/workflowservice/v1"

	"github.com/yeyak/yeyak/internal/rig/fullserver"
	"github.com/yeyak/yeyak/internal/visibility"
)

// Machine describes the machine and its settings.
type Machine struct {
	Cores      int    `json:"cores"`
	CPU        string `json:"cpu"`
	MemoryMiB  int    `json:"memoryMiB"`
	System     string `json:"system"`
	Go         string `json:"go"`
	Temporal   string `json:"temporal"`
	PostgreSQL string `json:"postgresql"`
	// Visibility is the form of the indexes of Temporal's visibility table.
	Visibility visibility.Form `json:"visibilityIndexes"`
	// The settings of Temporal that differ from its defaults, its shards, and the settings
	// of PostgreSQL that say how durable it is.
	TemporalSettings   map[string]any    `json:"temporalSettings"`
	PostgreSQLSettings map[string]string `json:"postgresqlSettings"`
}

// reported are the settings of PostgreSQL in a report.
var reported = []string{
	"fsync", "synchronous_commit", "full_page_writes", "wal_sync_method", "shared_buffers", "max_connections", "max_wal_size",
}

// Describe describes the world's machine.
func (w *World) Describe(ctx context.Context) (Machine, error) {
	m := Machine{
		Cores: runtime.NumCPU(), CPU: procField("/proc/cpuinfo", "model name"), System: runtime.GOOS + "/" + runtime.GOARCH,
		Go: runtime.Version(), Visibility: w.Visibility, TemporalSettings: fullserver.Settings(), PostgreSQLSettings: map[string]string{},
	}
	m.TemporalSettings["numHistoryShards"] = fullserver.Shards
	if kib, err := strconv.Atoi(strings.TrimSuffix(procField("/proc/meminfo", "MemTotal"), " kB")); err == nil {
		m.MemoryMiB = kib / 1024
	}
	info, err := w.client.WorkflowService().GetClusterInfo(ctx, &workflowservice.GetClusterInfoRequest{})
	if err != nil {
		return m, err
	}
	m.Temporal = info.GetServerVersion()
	db, err := sql.Open("pg", w.Postgres.URL())
	if err != nil {
		return m, err
	}
	defer db.Close()
	if err := db.QueryRowContext(ctx, "SHOW server_version").Scan(&m.PostgreSQL); err != nil {
		return m, err
	}
	for _, name := range reported {
		var value string
		if err := db.QueryRowContext(ctx, "SELECT current_setting($1)", name).Scan(&value); err != nil {
			return m, err
		}
		m.PostgreSQLSettings[name] = value
	}
	return m, nil
}

// procField is the first value of a name in one of the kernel's lists.
func procField(file, name string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if field, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(field) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// Title describes the machine in one line.
func (m Machine) Title() string {
	return fmt.Sprintf("%d cores, %s, %d MiB, %s; %s, Temporal %s, PostgreSQL %s, %s visibility store",
		m.Cores, m.CPU, m.MemoryMiB, m.System, m.Go, m.Temporal, m.PostgreSQL, m.Visibility)
}

// Print prints the machine and its settings.
func (m Machine) Print(out io.Writer) {
	fmt.Fprintf(out, "\n%s\n", m.Title())
	fmt.Fprintln(out, "\nTemporal's settings that differ from its defaults, and PostgreSQL's that say how durable it is (defaults):")
	for _, name := range Sorted(m.TemporalSettings) {
		fmt.Fprintf(out, "  %s = %v\n", name, m.TemporalSettings[name])
	}
	for _, name := range Sorted(m.PostgreSQLSettings) {
		fmt.Fprintf(out, "  postgresql %s = %s\n", name, m.PostgreSQLSettings[name])
	}
}
