package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/temporalio/ui-server/v2/server/version"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/headers"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
	"go.uber.org/zap"
)

// devOptions are the flags of `server start-dev`: those of the flags of Temporal's CLI that
// are of use here.
type devOptions struct {
	ip           string
	port, uiPort int
	headless     bool
	file         string // "" keeps everything in memory
	pragmas      repeated
	logLevel     string
	namespaces   repeated
	attributes   repeated
	dynamic      repeated
}

// repeated is a flag that may be set several times.
type repeated []string

func (r *repeated) String() string { return strings.Join(*r, ",") }

// Set implements flag.Value.
func (r *repeated) Set(value string) error {
	*r = append(*r, value)
	return nil
}

// uiOffset is the default distance of the web UI's port from the frontend's.
const uiOffset = 1000

func parseDev(args []string) (o devOptions, err error) {
	flags := flag.NewFlagSet("server start-dev", flag.ContinueOnError)
	flags.StringVar(&o.ip, "ip", "127.0.0.1", "`address` to listen on")
	flags.IntVar(&o.port, "port", 7233, "port of the frontend")
	flags.IntVar(&o.uiPort, "ui-port", 0, "port of the web UI; by default 1000 more than the frontend's")
	flags.BoolVar(&o.headless, "headless", false, "no web UI")
	flags.StringVar(&o.file, "db-filename", "", "SQLite `file`, made when it is missing; by default everything is in memory")
	flags.Var(&o.pragmas, "sqlite-pragma", "SQLite pragma, `name=value`")
	flags.StringVar(&o.logLevel, "log-level", "warn", "what is logged: debug, info, warn, error")
	flags.Var(&o.namespaces, "namespace", "namespace to make, besides default")
	flags.Var(&o.attributes, "search-attribute", "search attribute of new namespaces, `name=type`")
	flags.Var(&o.dynamic, "dynamic-config-value", "dynamic configuration, `key=JSON`")
	flags.String("color", "", "accepted and ignored, for the CLI has it")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.uiPort == 0 {
		o.uiPort = o.port + uiOffset
	}
	return o, nil
}

// startDev runs the server and its web UI until the process gets a signal to end.
func startDev(args []string) error {
	o, err := parseDev(args)
	if err != nil {
		return err
	}
	dynamic, err := o.dynamicConfig()
	if err != nil {
		return err
	}
	store, err := o.store()
	if err != nil {
		return err
	}
	c, hosts, err := o.config(store)
	if err != nil {
		return err
	}
	// Without stack traces, which are pages long.
	logger := log.NewZapLogger(log.BuildZapLogger(log.Config{Stdout: true, Level: o.logLevel}).WithOptions(zap.AddStacktrace(zap.DPanicLevel)))
	s, err := newServer(c, logger,
		temporal.WithStaticHosts(hosts), temporal.WithDynamicConfigClient(dynamic), temporal.InterruptOn(temporal.InterruptCh()))
	if err != nil {
		return err
	}
	if !o.headless {
		ui := uiOptions{ip: o.ip, port: o.uiPort, frontend: o.address(o.port)}.server()
		go func() { _ = ui.Start() }() // ends the process if it cannot listen
		defer ui.Stop()
	}
	fmt.Printf("Temporal server %s, UI %s\nServer: %s\n", headers.ServerVersion, version.UIVersion, o.address(o.port))
	return s.Start()
}

func (o devOptions) address(port int) string { return net.JoinHostPort(o.ip, strconv.Itoa(port)) }

// defaults is the dynamic configuration of Temporal's CLI.
var defaults = map[string]any{
	"history.hostLevelCacheMaxSize":                  8096,
	"frontend.namespaceRPS.visibility":               100,
	"system.forceSearchAttributesCacheRefreshOnRead": true,
	"frontend.persistenceMaxQPS":                     10000,
	"history.persistenceMaxQPS":                      45000,
}

func (o devOptions) dynamicConfig() (dynamicconfig.StaticClient, error) {
	all := dynamicconfig.StaticClient{}
	for key, value := range defaults {
		all[dynamicconfig.MakeKey(key)] = value
	}
	for _, setting := range o.dynamic {
		key, text, found := strings.Cut(setting, "=")
		if !found {
			return nil, fmt.Errorf("dynamic configuration %q: want key=JSON", setting)
		}
		value, err := parseValue(text)
		if err != nil {
			return nil, fmt.Errorf("dynamic configuration %s: %w", key, err)
		}
		all[dynamicconfig.MakeKey(key)] = value
	}
	return all, nil
}

// parseValue reads JSON as the server needs it: integers have the type int.
func parseValue(text string) (value any, err error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	number, is := value.(json.Number)
	if !is {
		return value, nil
	}
	if whole, err := number.Int64(); err == nil {
		return int(whole), nil
	}
	return number.Float64()
}

// clusterName is the name of the only cluster.
const clusterName = "active"

// config is the configuration of a server whose four services are one process. It finds them
// by their ports and needs no ring of members.
func (o devOptions) config(store *config.SQL) (*config.Config, map[primitives.ServiceName]static.Hosts, error) {
	ports, err := freePorts(o.ip, len(temporal.DefaultServices)-1)
	if err != nil {
		return nil, nil, err
	}
	c := &config.Config{
		Persistence: config.Persistence{
			DefaultStore: "sqlite", VisibilityStore: "sqlite", NumHistoryShards: 1,
			DataStores: map[string]config.DataStore{"sqlite": {SQL: store}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10, MasterClusterName: clusterName, CurrentClusterName: clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {
				Enabled: true, InitialFailoverVersion: 1, RPCAddress: o.address(o.port), ClusterID: uuid.NewString(),
			}},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            map[string]config.Service{},
		PublicClient:        config.PublicClient{HostPort: o.address(o.port)},
	}
	c.Global.Membership = config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: o.ip}
	c.Archival.History.State, c.Archival.Visibility.State = "disabled", "disabled"
	c.NamespaceDefaults.Archival.History.State, c.NamespaceDefaults.Archival.Visibility.State = "disabled", "disabled"
	hosts := map[primitives.ServiceName]static.Hosts{}
	for _, name := range temporal.DefaultServices {
		port := o.port
		if primitives.ServiceName(name) != primitives.FrontendService {
			port, ports = ports[0], ports[1:]
		}
		c.Services[name] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: o.ip}}
		hosts[primitives.ServiceName(name)] = static.SingleLocalHost(o.address(port))
	}
	return c, hosts, nil
}
