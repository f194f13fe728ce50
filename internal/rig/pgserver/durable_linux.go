package pgserver

// Durable keeps PostgreSQL's defaults, with which commits survive a power cut. After a
// crash the server syncs its data before it recovers: here with one call for the file
// system, and by default with one for each of some thousand files, each of which waits
// for the disk.
var Durable = Settings{"recovery_init_sync_method": "syncfs"}
