package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// healthcheck reads another process's health: an image without a shell has no other program for
// it.
type healthcheck struct {
	URL    string        `arg:"" help:"Address to read, such as http://127.0.0.1:8080/readyz."`
	Within time.Duration `name:"within" default:"2s" help:"How long the answer may take."`
}

// Run implements the command.
func (c healthcheck) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.Within)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", c.URL, answer.Status)
	}
	return nil
}
