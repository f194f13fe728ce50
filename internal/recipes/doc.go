// Package recipes reads an operator's document: the commands that stand under
// its headings, so that tests type what operators are told to type.
package recipes
