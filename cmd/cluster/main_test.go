package main

import (
	"testing"

	"github.com/yeyak/yeyak/internal/rig/hanging"
)

func TestMain(m *testing.M) {
	hanging.Watch()
	m.Run()
}
