package identity

import (
	"context"

	"github.com/yeyak/yeyak/booking"
)

// Kind is the kind of a person's id. A person who orders and owns a shop has two ids.
type Kind string

// All kinds.
const (
	// CustomerKind is for people, whatever their roles: each of them can be a customer.
	CustomerKind Kind = "customer"
	// OwnerKind is for organisations that offer something to order.
	OwnerKind Kind = "owner"
	// ServiceKind is for programs with an API key.
	ServiceKind Kind = "service"
)

// Person is an issuer's subject, as one of the kinds.
type Person struct {
	Issuer, Subject string
	Kind            Kind
}

// People stores the persons that Yeyak knows, and their ids.
type People interface {
	// Find returns the person's id, "" for an unknown person.
	Find(context.Context, Person) (string, error)
	// Add stores the person under the id, unless they are known, and returns the stored
	// id: "" if another person of their kind has it.
	Add(ctx context.Context, p Person, id string) (string, error)
	// Next returns a number that was not returned before.
	Next(context.Context) (string, error)
}

// IDs knows which ids of customers and owners are in use.
type IDs interface {
	// InUse reports whether any record has the id of the customer or owner.
	InUse(ctx context.Context, kind Kind, id string) (bool, error)
}

// addPerson stores an unknown person. Orders and places from before tokens carry the name
// that the client gave the person: a person with such a name keeps it as their id.
// Any other person gets a number that no record carries. The system is no person,
// even if a record carries its id.
func (c *Callers) addPerson(ctx context.Context, p Person, former string) (string, error) {
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
		id, err := c.freeID(ctx)
		if err != nil {
			return "", err
		}
		if id, err = c.People.Add(ctx, p, id); err != nil || id != "" {
			return id, err
		}
	}
}

// freeID is a number that no record carries.
func (c *Callers) freeID(ctx context.Context) (string, error) {
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
		if carried, err := carrier.InUse(ctx, kind, id); carried || err != nil {
			return carried, err
		}
	}
	return false, nil
}
