// Package child runs other programs, which die with this process, and keeps their
// output in a file. Benchmarks and tests build their clusters of it.
package child
