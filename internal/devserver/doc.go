// Package devserver runs the Temporal development server as a child process on a data
// folder, and prepares a namespace for our orders.
//
// The folder has two locks. The kernel holds both, so they end with their holder, however
// it died:
//
//	lock            held by this process (LockDir): one yeyak per folder
//	temporal.lock   held by the child, through a descriptor that it inherits
//
// If the second is held although the first was free, the child of a killed yeyak is still
// alive, with our ports and our database. Start ends it. On Linux the kernel kills the
// child together with this process.
//
// A third file, env, contains the addresses of the running process: see Announcement.
package devserver
