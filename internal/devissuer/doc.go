// Package devissuer is the OIDC issuer of `yeyak dev`: demonstration accounts, on
// loopback, with what it has to keep in the data folder. It is for one machine and
// its one user: whoever reads the folder gets a token of any account.
package devissuer
