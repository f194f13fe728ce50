// Package devissuer is the OIDC issuer of `yeyak dev`. It has demonstration accounts,
// listens on loopback and keeps its state in the data folder. It is for one machine
// and its one user: every program on the machine can get a token of any account, and
// a person can get one with one click.
package devissuer
