// Package recipes reads the commands below the headings of an operator's documents, so
// that tests run what the documents tell operators to run.
package recipes
