// Zones writes the time zones of package booking: zones.txt, their names, and zones.dat, their
// data. Both come from the tz database of the Go release that runs it. `go generate ./booking`
// runs it.
package main

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// noPlace matches names in tz databases that are not the zone of a place: the placeholder of a
// clock that was never set, the machine's own zone, the rules of TZ strings, and the copies
// with and without leap seconds.
var noPlace = regexp.MustCompile(`^(Factory|localtime|posixrules|(right|posix)/.*)$`)

var release = regexp.MustCompile(`(?m)^DATA=(\w+)$`)

func main() {
	log.SetFlags(0)
	root, err := exec.CommandContext(context.Background(), "go", "env", "GOROOT").Output()
	if err == nil {
		err = generate(filepath.Join(strings.TrimSpace(string(root)), "lib", "time"))
	}
	if err != nil {
		log.Fatal(err)
	}
}

func generate(source string) error {
	script, err := os.ReadFile(filepath.Join(source, "update.bash"))
	if err != nil {
		return err
	}
	version := release.FindSubmatch(script)
	if version == nil {
		return fmt.Errorf("%s does not say which release of the tz database it is", source)
	}
	zones, err := read(filepath.Join(source, "zoneinfo.zip"))
	if err != nil {
		return err
	}
	var index, data bytes.Buffer
	fmt.Fprintf(&index, "# Time zones of the tz database %s: name, offset and length in zones.dat.\n", version[1])
	fmt.Fprintln(&index, "# Written by tools/zones; `go generate ./booking` writes it anew.")
	for _, z := range zones {
		at := bytes.Index(data.Bytes(), z.data)
		if at < 0 { // otherwise it is another name of a known zone
			at = data.Len()
			data.Write(z.data)
		}
		fmt.Fprintf(&index, "%s %d %d\n", z.name, at, len(z.data))
	}
	if err := os.WriteFile("zones.txt", index.Bytes(), 0o644); err != nil {
		return err
	}
	return os.WriteFile("zones.dat", data.Bytes(), 0o644)
}

type zone struct {
	name string
	data []byte
}

func read(name string) (zones []zone, err error) {
	files, err := zip.OpenReader(name)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	for _, f := range files.File {
		if f.FileInfo().IsDir() || noPlace.MatchString(f.Name) {
			continue
		}
		in, err := f.Open()
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(in)
		if err != nil {
			return nil, err
		}
		zones = append(zones, zone{f.Name, data})
	}
	slices.SortFunc(zones, func(a, b zone) int { return bytes.Compare([]byte(a.name), []byte(b.name)) })
	return zones, nil
}
