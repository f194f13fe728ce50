package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

const membersPath = "/v1/owners/{ownerId}/members"

func (s *server) registerMembers() {
	register(s, huma.Operation{
		OperationID: "get-self", Method: http.MethodGet, Path: "/v1/self", Tags: []string{tagMembers},
		Summary: "Who the caller is", Description: "The caller's number in Yeyak, and the organisations for which the caller " +
			"acts.",
		Responses: s.problems(booking.Unavailable),
	}, s.getSelf)
	register(s, huma.Operation{
		OperationID: "list-members", Method: http.MethodGet, Path: membersPath, Tags: []string{tagMembers},
		Summary:     "List the members of an owner's organisation",
		Description: "By number. The owner with whom the organisation began is a member, but not listed.",
		Responses:   s.problems(booking.NotFound, booking.Invalid, booking.InvalidCursor, booking.Unavailable),
	}, s.listMembers)
	register(s, huma.Operation{
		OperationID: "put-member", Method: http.MethodPut, Path: membersPath + "/{personId}", Tags: []string{tagMembers},
		Summary: "Add a member, or change what a member may do",
		Description: "Replaces all memberships of a person in the organisation with these. `owner` may do everything, `staff` " +
			"decides on orders and sets stock; with a place, only there. The person has to have called before: `GET /v1/self` " +
			"answers their number. It takes effect at once in the process that answers, and within five seconds in others.",
		Responses: s.problems(booking.NotFound, booking.Invalid, booking.Unavailable),
	}, s.putMember)
	register(s, huma.Operation{
		OperationID: "remove-member", Method: http.MethodDelete, Path: membersPath + "/{personId}", Tags: []string{tagMembers},
		Summary: "Remove a member", DefaultStatus: http.StatusNoContent,
		Description: "Removes the member from every place. Each member may remove themselves. It takes effect at once in the " +
			"process that answers, and within five seconds in others.",
		Responses: s.problems(booking.NotFound, booking.Invalid, booking.Unavailable),
	}, s.removeMember)
}

// selfView is the caller of a request.
type selfView struct {
	ID          string           `json:"id" doc:"The caller's number in Yeyak; empty while authentication is off" example:"1024"`
	Name        string           `json:"name,omitempty" doc:"The caller's name in the token" example:"Alice"`
	Roles       []booking.Role   `json:"roles" nullable:"false"`
	Scopes      []booking.Scope  `json:"scopes" nullable:"false"`
	Memberships []membershipView `json:"memberships" nullable:"false" doc:"The organisations of which the caller is a member"`
}

// membershipView is a person's part in an organisation. (Huma finds what is embedded
// only if it is exported.)
type membershipView struct {
	OwnerID string              `json:"ownerId" doc:"The organisation" example:"1025"`
	Place   string              `json:"place,omitempty" doc:"The place, menu or drink to which the membership is limited; absent for all"`
	Level   booking.MemberLevel `json:"level" enum:"owner,staff"`
}

func showMembership(m booking.Membership) membershipView {
	return membershipView{OwnerID: m.OwnerID, Place: m.Place, Level: m.Level}
}

type selfAnswer struct{ Body selfView }

func (s *server) getSelf(ctx context.Context, _ *struct{}) (*selfAnswer, error) {
	c := CallerOf(ctx)
	return &selfAnswer{Body: selfView{
		ID: c.ID, Name: c.Name, Roles: each(c.Roles, same[booking.Role]), Scopes: each(c.Scopes, same[booking.Scope]),
		Memberships: each(c.Memberships, showMembership),
	}}, nil
}

func same[T any](v T) T { return v }

// memberView is a member as the API shows them.
type memberView struct {
	PersonID string              `json:"personId" example:"1031"`
	Place    string              `json:"place,omitempty" doc:"The place, menu or drink to which the membership is limited; absent for all"`
	Level    booking.MemberLevel `json:"level" enum:"owner,staff"`
	By       string              `json:"by,omitempty" doc:"Who added the member" example:"1025"`
	At       time.Time           `json:"at" doc:"When the member was added"`
}

func showMember(m booking.Member) memberView {
	return memberView{PersonID: m.PersonID, Place: m.Place, Level: m.Level, By: m.By, At: m.At.UTC()}
}

type membersOf struct {
	Strict
	Paging
	OwnerID name `path:"ownerId" doc:"The organisation"`
}

type putMemberInput struct {
	OwnerID  name `path:"ownerId" doc:"The organisation"`
	PersonID name `path:"personId" doc:"The member's number"`
	Body     struct {
		Parts []memberPart `json:"parts" minItems:"1" maxItems:"50" nullable:"false" doc:"All memberships of this person: at most one for each place, menu or drink, and one for everything"`
	} `nameHint:"MemberChange"`
}

// memberPart is one part of a member in the organisation.
type memberPart struct {
	Level booking.MemberLevel `json:"level" enum:"owner,staff" example:"staff"`
	Place name                `json:"place,omitempty" doc:"The place, menu or drink to which the membership is limited; by default all" example:"place-0m5w3k1v8t2z6r4q"`
}

// Resolve validates what the schema cannot.
func (in *putMemberInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	had := map[name]bool{}
	for i, part := range in.Body.Parts {
		if had[part.Place] {
			f.add(fmt.Sprintf("body.parts[%d].place", i), "is given twice")
		}
		had[part.Place] = true
	}
	return f
}

type memberByID struct {
	Strict
	OwnerID  name `path:"ownerId" doc:"The organisation"`
	PersonID name `path:"personId" doc:"The member's number"`
}

// ofOrganisation is everything of an organisation.
func ofOrganisation(ownerID name) booking.Thing { return booking.Thing{OwnerID: string(ownerID)} }

func (s *server) listMembers(ctx context.Context, in *membersOf) (*list[memberView], error) {
	if err := may(ctx, booking.ReadMembers, ofOrganisation(in.OwnerID)); err != nil {
		return nil, err
	}
	members, next, err := s.Members.Members(ctx, string(in.OwnerID), in.page())
	return &list[memberView]{Body: partOf(each(members, showMember), next)}, err
}

func (s *server) putMember(ctx context.Context, in *putMemberInput) (*list[memberView], error) {
	if err := may(ctx, booking.ChangeMembers, ofOrganisation(in.OwnerID)); err != nil {
		return nil, err
	}
	if err := s.mustHaveCalled(ctx, in.PersonID); err != nil {
		return nil, err
	}
	owner, person := string(in.OwnerID), string(in.PersonID)
	by, at := CallerOf(ctx).ID, s.Now().UTC().Truncate(time.Microsecond)
	parts := each(in.Body.Parts, func(p memberPart) booking.Member {
		is := booking.Membership{OwnerID: owner, Place: string(p.Place), Level: p.Level}
		return booking.Member{PersonID: person, Membership: is, By: by, At: at}
	})
	err := s.Members.PutMember(ctx, owner, person, parts)
	s.Memberships.Forget(person) // after an error, too: the change may have been committed
	if err != nil {
		return nil, err
	}
	s.noteChange(ctx, "member put", zap.String("owner", owner), zap.String("person", person))
	return &list[memberView]{Body: partOf(each(parts, showMember), "")}, nil
}

// mustHaveCalled refuses a number without a known caller: the next person with that
// number would unintentionally be a member or a cleaner. If authentication is off,
// every number is accepted.
func (s *server) mustHaveCalled(ctx context.Context, personID name) error {
	if CallerOf(ctx).Unchecked {
		return nil
	}
	known, err := s.People.Known(ctx, string(personID))
	if err == nil && !known {
		err = booking.Faulty([]booking.Fault{{Field: "personId", Words: "is the number of no person who has called yet"}})
	}
	return err
}

func (s *server) removeMember(ctx context.Context, in *memberByID) (*struct{}, error) {
	owner, person := string(in.OwnerID), string(in.PersonID)
	if err := may(ctx, booking.RemoveMember, booking.Thing{OwnerID: owner, PersonID: person}); err != nil {
		return nil, err
	}
	err := s.Members.RemoveMember(ctx, owner, person)
	s.Memberships.Forget(person)
	if err == nil {
		s.noteChange(ctx, "member removed", zap.String("owner", owner), zap.String("person", person))
	}
	return nil, err
}
