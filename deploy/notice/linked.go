package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// platforms are the platforms of the images. The linked modules differ a little.
var platforms = []string{"amd64", "arm64"}

// module is a module of which packages are linked.
type module struct {
	path, version, dir string
	folders            map[string]bool // of its linked packages
	binaries           map[string]bool
}

// standard is Go itself, whose version is the build's.
const standard = "Go's standard library"

// linked lists the modules in the binaries of the module at root.
func linked(root string) ([]*module, error) {
	commands, err := os.ReadDir(filepath.Join(root, "cmd"))
	if err != nil {
		return nil, err
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	all := map[string]*module{standard: {path: standard, dir: string(bytes.TrimSpace(goroot)), folders: map[string]bool{}, binaries: map[string]bool{}}}
	for _, command := range commands {
		all[standard].binaries[command.Name()] = true
		for _, platform := range platforms {
			if err := link(root, command.Name(), platform, all); err != nil {
				return nil, err
			}
		}
	}
	return slices.SortedFunc(maps.Values(all), func(a, b *module) int { return cmp.Compare(a.path, b.path) }), nil
}

// link adds the modules that are linked into a binary on a platform.
func link(root, binary, platform string, all map[string]*module) error {
	cmd := exec.Command("go", "list", "-deps", "-json=Dir,Module", "./cmd/"+binary)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+platform, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("go list %s: %w", binary, err)
	}
	for decoder := json.NewDecoder(bytes.NewReader(out)); decoder.More(); {
		var p struct {
			Dir    string
			Module *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := decoder.Decode(&p); err != nil {
			return err
		}
		if p.Module == nil || p.Module.Main {
			continue
		}
		m := all[p.Module.Path]
		if m == nil {
			m = &module{path: p.Module.Path, version: p.Module.Version, dir: p.Module.Dir, folders: map[string]bool{}, binaries: map[string]bool{}}
			all[m.path] = m
		}
		m.folders[p.Dir], m.binaries[binary] = true, true
	}
	return nil
}
