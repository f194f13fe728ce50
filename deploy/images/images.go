package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// named matches the lines that name an image, in a Dockerfile, a compose file and a
// manifest.
var named = regexp.MustCompile(
	`(?m)^(\s*(?:FROM (?:--platform=\S+ )?|(?:- )?image: ))([a-z0-9][a-z0-9./-]*:[\w.-]+)(@sha256:[0-9a-f]{64})?([ \t].*)?$`)

// files are the files that may name images.
func files(root string) ([]string, error) {
	all := []string{"docker-compose.yml", "deploy/Dockerfile", "subscribers/messages/Dockerfile"}
	err := filepath.WalkDir(filepath.Join(root, "deploy", "kubernetes"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		file, err := filepath.Rel(root, path)
		all = append(all, file)
		return err
	})
	return all, err
}

// foreign reports whether an image is not one of ours, which our releases build.
func foreign(image string) bool {
	name, _, _ := strings.Cut(image, ":")
	return name != "yeyak" && !strings.HasPrefix(name, "yeyak-")
}

// each calls f for every foreign image, with its digest, "" for none, and writes the digest
// that f returns.
func each(root string, f func(file, image, digest string) (string, error)) error {
	all, err := files(root)
	if err != nil {
		return err
	}
	for _, file := range all {
		path := filepath.Join(root, file)
		before, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var failed error
		after := named.ReplaceAllStringFunc(string(before), func(line string) string {
			of := named.FindStringSubmatch(line)
			if !foreign(of[2]) {
				return line
			}
			digest, err := f(file, of[2], strings.TrimPrefix(of[3], "@"))
			failed = errors.Join(failed, err)
			if digest == "" {
				return of[1] + of[2] + of[4]
			}
			return of[1] + of[2] + "@" + digest + of[4]
		})
		if failed != nil {
			return failed
		}
		if after == string(before) {
			continue
		}
		if err := os.WriteFile(path, []byte(after), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// missing fails for every image that has no digest, or several.
func missing(root string) error {
	digests := map[string]map[string]bool{}
	err := each(root, func(_, image, digest string) (string, error) {
		if digests[image] == nil {
			digests[image] = map[string]bool{}
		}
		digests[image][digest] = true
		return digest, nil
	})
	var wrong []error
	for _, image := range slices.Sorted(maps.Keys(digests)) {
		switch {
		case digests[image][""]:
			wrong = append(wrong, fmt.Errorf("%s has no digest: run `make digests`", image))
		case len(digests[image]) > 1:
			wrong = append(wrong, fmt.Errorf("%s has several digests: run `make digests`", image))
		}
	}
	return errors.Join(err, errors.Join(wrong...))
}

// pin writes the current digests of the tags. It writes nothing if one cannot be fetched.
func pin(ctx context.Context, root string, from registry) error {
	digests := map[string]string{}
	err := each(root, func(_, image, digest string) (string, error) {
		if digests[image] == "" {
			found, err := from.digest(ctx, image)
			if err != nil {
				return digest, fmt.Errorf("%s: %w", image, err)
			}
			digests[image] = found
		}
		return digest, nil
	})
	if err != nil {
		return err
	}
	return each(root, func(_, image, _ string) (string, error) { return digests[image], nil })
}

// registry is the source of digests.
type registry struct{ mirror string }

// digest is the digest of an image for all platforms.
func (r registry) digest(ctx context.Context, image string) (string, error) {
	reference, err := name.ParseReference(image)
	if err != nil {
		return "", err
	}
	if r.mirror != "" {
		mirrored := r.mirror + "/" + reference.Context().RepositoryStr() + ":" + reference.Identifier()
		if reference, err = name.ParseReference(mirrored, name.Insecure); err != nil {
			return "", err
		}
	}
	found, err := remote.Head(reference, remote.WithContext(ctx))
	if err != nil {
		return "", err
	}
	return found.Digest.String(), nil
}
