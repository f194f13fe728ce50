// Package config holds every setting there is, filled by kong from flags and
// environment variables. Settings come in small groups; each command offers
// the groups it needs, and all of them come down to one Config.
//
// Parse reports every mistake at once, each with the flag, its variable, what
// was given and what is wanted. A logged Config shows no password.
//
// What concerns the connection to Temporal is not here: it is read from
// Temporal's own variables (TEMPORAL_ADDRESS, …), which operators know.
package config
