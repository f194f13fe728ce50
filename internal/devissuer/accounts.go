package devissuer

import "github.com/yeyak/yeyak/booking"

// Account is a demonstration account.
type Account struct {
	ID, Name string
	Role     booking.Role
}

// Accounts returns all accounts.
func Accounts() []Account {
	return []Account{
		{"alice", "Alice", booking.CustomerRole},
		{"minho", "Minho", booking.CustomerRole},
		{"bora", "Bora", booking.OwnerRole},
		{"cora", "Cora", booking.OwnerRole},
		{"dana", "Dana", booking.CourierRole},
		{"kim", "Kim", booking.CleanerRole},
		{"olga", "Olga", booking.OperatorRole},
	}
}

func accountOf(id string) (Account, bool) {
	for _, a := range Accounts() {
		if a.ID == id {
			return a, true
		}
	}
	return Account{}, false
}
