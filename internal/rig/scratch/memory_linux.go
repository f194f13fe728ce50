package scratch

import "syscall"

// memory is a file system in memory.
const memory = "/dev/shm"

// roomy reports whether memory has room for databases.
func roomy() bool {
	const enough = 2 << 30
	var fs syscall.Statfs_t
	return syscall.Statfs(memory, &fs) == nil && fs.Bavail*uint64(fs.Bsize) >= enough
}
