// Package recipes reads an operator's documents: the commands that stand under
// their headings, so that tests type what operators are told to type.
package recipes
