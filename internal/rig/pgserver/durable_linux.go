package pgserver

// Durable keeps PostgreSQL's defaults, whose commits survive a power cut. After
// a crash the server syncs all that it has before it recovers: one call for the
// file system, where by default it is one for each of some thousand files, of
// which each waits for the disk.
var Durable = Settings{"recovery_init_sync_method": "syncfs"}
