// Package recipes reads the commands below the headings of an operator's documents, so
// that tests run what operators are told to run.
package recipes
