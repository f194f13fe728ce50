package config

// Dev is what `yeyak dev` can be told: everything. Without a database it
// keeps its data in SQLite files in its data folder.
type Dev struct {
	Config `embed:"" set:"sandbox_control=true" set:"shutdown_grace=5s"` //nolint:staticcheck // kong reads every set of a tag
}

// Settings is the Config of the command.
func (c Dev) Settings() Config { return c.Config }

// API is what `yeyak api` can be told. It also runs a saga worker.
type API struct {
	Log       Log               `embed:""`
	Process   Process           `embed:""`
	HTTP      HTTP              `embed:""`
	Databases RequiredDatabases `embed:""`
	Orders    Orders            `embed:""`
	Worker    Worker            `embed:""`
	Sandbox   Sandbox           `embed:"" set:"sandbox_control=false"`
}

// Settings is the Config of the command.
func (c API) Settings() Config {
	return Config{
		Log: c.Log, Process: c.Process, HTTP: c.HTTP, Databases: c.Databases.Databases,
		Orders: c.Orders, Worker: c.Worker, Sandbox: c.Sandbox,
	}
}

// WorkerOnly is what `yeyak worker` can be told.
type WorkerOnly struct {
	Log       Log               `embed:""`
	Process   Process           `embed:""`
	Databases RequiredDatabases `embed:""`
	Worker    Worker            `embed:""`
}

// Settings is the Config of the command.
func (c WorkerOnly) Settings() Config {
	return Config{Log: c.Log, Process: c.Process, Databases: c.Databases.Databases, Worker: c.Worker}
}

// Migrate is what `yeyak migrate` can be told.
type Migrate struct {
	Log       Log               `embed:""`
	Databases RequiredDatabases `embed:""`
}

// Settings is the Config of the command.
func (c Migrate) Settings() Config { return Config{Log: c.Log, Databases: c.Databases.Databases} }

// RequiredDatabases is Databases where the front's must be named.
type RequiredDatabases struct {
	Databases `embed:""`
}
