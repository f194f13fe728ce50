// Package recipes reads the commands below the headings of an operator's documents, so
// that tests run the commands that the documents show operators.
package recipes
