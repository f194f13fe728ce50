// Package devserver runs the Temporal development server as a child process
// on a data folder, and prepares a namespace for our orders.
//
// Two locks stand in the folder, both held by the kernel and so gone with
// their holder, however it died:
//
//	lock            held by this process (LockDir): one yeyak a folder
//	temporal.lock   held by the child, through a descriptor it inherits
//
// When the second is held although the first was free, the child of a killed
// yeyak is still alive, with our ports and our database. Start ends it. On
// Linux the kernel ends the child together with us to begin with.
//
// A third file, env, says where the running process is: see Announcement.
package devserver
