// Package devissuer is the OIDC issuer of `yeyak dev`: demonstration accounts, on
// loopback, with what it has to keep in the data folder. It is for one machine and
// its one user: every program on the machine gets a token of any account, as does
// a person with one click.
package devissuer
