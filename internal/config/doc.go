// Package config holds every setting, filled by kong from flags and environment
// variables. Settings come in small groups. Each command offers the groups that it
// needs, and each converts them to one Config.
//
// Parse reports every mistake at once, each with the flag, its variable, its value and the
// expected one. A logged Config shows no password.
//
// The connection to Temporal is not configured here: it is read from Temporal's own
// variables (TEMPORAL_ADDRESS, …), which operators know.
package config
