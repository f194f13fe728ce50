package workers_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/workers"
)
