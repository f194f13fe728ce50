package identity

import (
	"context"

	"github.com/yeyak/yeyak/booking"
)

// Kind is as what somebody is known. A person who orders and has a shop is known
// by two ids.
type Kind string

// The kinds.
const (
	// CustomerKind is of people, whatever their roles are: each can be a customer.
	CustomerKind Kind = "customer"
	// OwnerKind is of organisations with something to order.
	OwnerKind Kind = "owner"
	// ServiceKind is of programs with an API key.
	ServiceKind Kind = "service"
)

// Person is a subject of an issuer's, as one of the kinds.
type Person struct {
	Issuer, Subject string
	Kind            Kind
}

// People are the persons that Yeyak knows, and the ids by which it does.
type People interface {
	// Find answers the person's id, "" of one who is not known.
	Find(context.Context, Person) (string, error)
	// Add makes the person known by the id, unless they are known already, and answers
	// the id that they are known by: "" when another one of their kind has it.
	Add(ctx context.Context, p Person, id string) (string, error)
	// Next answers a number that was not answered before.
	Next(context.Context) (string, error)
}

// Carrier is what carries the ids of customers or owners.
type Carrier interface {
	// Carry tells whether anything is of the customer, or owner, with the id.
	Carry(ctx context.Context, kind Kind, id string) (bool, error)
}

// meet makes a person known who is not. Orders and places of the time before
// there were tokens carry what their client called the person; such a person keeps
// that as their id. Everybody else becomes a number which nothing carries. The system
// is no person, whatever carries its id.
func (c *Callers) meet(ctx context.Context, p Person, former string) (string, error) {
	if booking.IsName(former) && former != booking.SystemID {
		switch carried, err := c.carried(ctx, p.Kind, former); {
		case err != nil:
			return "", err
		case carried:
			id, err := c.People.Add(ctx, p, former)
			if err != nil || id != "" {
				return id, err
			}
		}
	}
	for {
		id, err := c.free(ctx)
		if err != nil {
			return "", err
		}
		if id, err = c.People.Add(ctx, p, id); err != nil || id != "" {
			return id, err
		}
	}
}

// free is a number that nothing carries.
func (c *Callers) free(ctx context.Context) (string, error) {
	for {
		id, err := c.People.Next(ctx)
		if err != nil {
			return "", err
		}
		asCustomer, err := c.carried(ctx, CustomerKind, id)
		if err != nil {
			return "", err
		}
		asOwner, err := c.carried(ctx, OwnerKind, id)
		if err != nil {
			return "", err
		}
		if !asCustomer && !asOwner {
			return id, nil
		}
	}
}

func (c *Callers) carried(ctx context.Context, kind Kind, id string) (bool, error) {
	for _, carrier := range c.Carriers {
		if carried, err := carrier.Carry(ctx, kind, id); carried || err != nil {
			return carried, err
		}
	}
	return false, nil
}
