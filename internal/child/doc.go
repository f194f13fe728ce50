// Package child runs other programs that die with this one, and keeps what they
// say in a file. Benchmarks and tests build their little clusters of it.
package child
