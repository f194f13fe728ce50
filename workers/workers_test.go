package workers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/workflows/contract"
)

func services() Services {
	return Services{
		Payments: &activities.Payments{}, Inventory: &activities.Inventory{},
		Notifications: &activities.Notifications{}, Management: &activities.Management{},
		Deliveries: &activities.Deliveries{}, Productions: &activities.Productions{},
		Assignment: &activities.Assignment{}, Drinks: &activities.Drinks{}, Mypage: &activities.Mypage{},
	}
}

func TestServices_EveryServiceHasItsQueue(t *testing.T) {
	t.Parallel()
	s := services()
	served := map[any]string{}
	for _, queue := range contract.Queues() {
		require.NotEmpty(t, s.of(queue), "no worker would work on %s", queue)
		if queue == contract.SagasQueue {
			continue
		}
		for _, a := range s.of(queue) {
			require.Empty(t, served[a], "%T has two queues", a)
			served[a] = queue
		}
	}
	fields := reflect.ValueOf(s)
	for i := range fields.NumField() {
		name, service := fields.Type().Field(i).Name, fields.Field(i).Interface()
		require.False(t, fields.Field(i).IsNil(), "the test forgets %s", name)
		require.NotEmpty(t, served[service], "%s is done nowhere durably", name)
		require.Contains(t, s.Sagas(), service, "%s is not done in place", name)
	}
	require.Nil(t, s.of("kitchen"))
}

// Two activities of one name, or a method that is no activity, fail at registration.
func TestWorkers_ServeTheirQueues(t *testing.T) {
	t.Parallel()
	c, err := client.NewLazyClient(client.Options{})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	for _, queue := range contract.Queues() {
		require.NotPanics(t, func() {
			one := worker.New(c, queue, Options{}.of(queue))
			if queue == contract.SagasQueue {
				RegisterWorkflows(one)
			}
			for _, a := range services().of(queue) {
				one.RegisterActivity(a)
			}
		}, queue)
	}
}

func TestOptions_DeferredPaymentsComeWithPayments(t *testing.T) {
	t.Parallel()
	o := Options{Serve: []string{contract.SagasQueue, contract.MypageQueue}, DeferredPerSecond: 7}
	require.Equal(t, []string{contract.MypageQueue, contract.SagasQueue}, o.queues())
	o.Serve = []string{contract.SagasQueue, contract.PaymentsQueue}
	require.Equal(t, []string{contract.PaymentsQueue, contract.DeferredPaymentsQueue, contract.SagasQueue}, o.queues())
	require.NotEmpty(t, services().of(contract.DeferredPaymentsQueue))
	require.InDelta(t, 7, o.of(contract.DeferredPaymentsQueue).TaskQueueActivitiesPerSecond, 0)
	require.Zero(t, o.of(contract.PaymentsQueue).TaskQueueActivitiesPerSecond, "refunds do not wait in that queue")
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, queue := range contract.Queues() {
		o := Options{StopWithin: 7 * time.Second}.of(queue)
		require.Equal(t, 7*time.Second, o.WorkerStopTimeout, queue)
		require.Equal(t, queue != contract.SagasQueue, o.DisableWorkflowWorker, "sagas run on their own queue only: %s", queue)
	}
}

// registry records registrations: the function's name by the workflow's.
type registry map[string]string

func (r registry) RegisterWorkflowWithOptions(w any, o workflow.RegisterOptions) {
	name := runtime.FuncForPC(reflect.ValueOf(w).Pointer()).Name()
	r[o.Name] = name[strings.LastIndexByte(name, '.')+1:]
}

func TestRegisterWorkflows_EveryOneThereIs(t *testing.T) {
	t.Parallel()
	registered := registry{}
	RegisterWorkflows(registered)
	var names, functions []string
	for name, function := range registered {
		names, functions = append(names, name), append(functions, function)
	}
	require.ElementsMatch(t, workflowNames(t), names, "the contract's names")
	require.ElementsMatch(t, workflowFunctions(t), functions, "the workflows package's functions")
}

// TestContract_ActivitiesExist: the sagas' worker has every activity that the contract
// names.
func TestContract_ActivitiesExist(t *testing.T) {
	t.Parallel()
	has := map[string]bool{}
	for _, service := range services().Sagas() {
		methods := reflect.TypeOf(service)
		for i := range methods.NumMethod() {
			has[methods.Method(i).Name] = true
		}
	}
	for _, name := range constantsOf(t, "Activity") {
		require.True(t, has[name], "nothing does %s", name)
	}
}

// workflowNames are the values of the contract's constants …Workflow.
func workflowNames(t *testing.T) []string {
	t.Helper()
	return constantsOf(t, "Workflow")
}

// constantsOf are the values of the contract's constants with the suffix.
func constantsOf(t *testing.T, suffix string) (names []string) {
	t.Helper()
	inspect(t, "../workflows/contract", func(n ast.Node) {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return
		}
		for i, ident := range spec.Names {
			if !strings.HasSuffix(ident.Name, suffix) {
				continue
			}
			name, err := strconv.Unquote(spec.Values[i].(*ast.BasicLit).Value)
			require.NoError(t, err)
			names = append(names, name)
		}
	})
	require.NotEmpty(t, names)
	return names
}

// workflowFunctions are the exported functions with a workflow.Context.
func workflowFunctions(t *testing.T) (names []string) {
	t.Helper()
	inspect(t, "../workflows", func(n ast.Node) {
		f, ok := n.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !f.Name.IsExported() || f.Type.Params.NumFields() == 0 {
			return
		}
		first, ok := f.Type.Params.List[0].Type.(*ast.SelectorExpr)
		if ok && first.Sel.Name == "Context" && first.X.(*ast.Ident).Name == "workflow" {
			names = append(names, f.Name.Name)
		}
	})
	require.NotEmpty(t, names)
	return names
}

// inspect visits the source of the package in the folder, without tests.
func inspect(t *testing.T, dir string, visit func(ast.Node)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			visit(n)
			return true
		})
	}
}
