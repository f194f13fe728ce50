package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

const cleanersPath = "/v1/cleaning/cleaners"

func (s *server) registerCleaners() {
	register(s, huma.Operation{
		OperationID: "add-cleaner", Method: http.MethodPost, Path: cleanersPath, Tags: []string{tagCleaning},
		Summary: "Register a cleaner", DefaultStatus: http.StatusCreated,
		Description: "The cleaner is assigned at once to the call that has waited longest, if one waits.",
		Responses:   s.problems(booking.AlreadyRegistered, booking.Invalid, booking.Unavailable),
	}, s.addCleaner)
	register(s, huma.Operation{
		OperationID: "list-cleaners", Method: http.MethodGet, Path: cleanersPath, Tags: []string{tagCleaning},
		Summary: "List the cleaners, with what each is doing", Description: "Newest first.",
		Responses: s.problems(booking.Invalid, booking.InvalidCursor, booking.Unavailable),
	}, s.listCleaners)
	register(s, huma.Operation{
		OperationID: "get-cleaner", Method: http.MethodGet, Path: cleanersPath + "/{id}", Tags: []string{tagCleaning},
		Summary: "Read a cleaner", Responses: s.problems(booking.NotFound, booking.Unavailable),
	}, s.getCleaner)
	register(s, huma.Operation{
		OperationID: "change-cleaner", Method: http.MethodPatch, Path: cleanersPath + "/{id}", Tags: []string{tagCleaning},
		Summary: "Change or withdraw a cleaner",
		Description: "Fields that are left out do not change. A cleaner who is withdrawn finishes the present call and gets no " +
			"more. A cleaner who is brought back is assigned to the call that has waited longest, if one waits.",
		Responses: s.problems(booking.NotFound, booking.Invalid, booking.Unavailable),
	}, s.changeCleaner)
	register(s, huma.Operation{
		OperationID: "list-assignments", Method: http.MethodGet, Path: cleanersPath + "/{id}/assignments", Tags: []string{tagCleaning},
		Summary:     "List the assignments of a cleaner",
		Description: "The cleaner's present call, with telephone and location. A call that has ended is not listed.",
		Responses:   s.problems(booking.NotFound, booking.Invalid, booking.Unavailable),
	}, s.listAssignments)
}

type addCleanerInput struct {
	Labelled
	Body struct {
		Name     title `json:"name" example:"Min-jun"`
		PersonID name  `json:"personId,omitempty" doc:"The number of the person who is this cleaner, which becomes the cleaner's id. Without it no person can report that the cleaning is finished"`
	} `nameHint:"NewCleaner"`
}

// Resolve validates what the schema cannot.
func (in *addCleanerInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	f.checkName(&in.Body.Name)
	return f
}

type changeCleanerInput struct {
	Labelled
	ID   string `path:"id" doc:"The cleaner's id"`
	Body struct {
		Name      *title `json:"name,omitempty"`
		Withdrawn *bool  `json:"withdrawn,omitempty" doc:"Whether the cleaner gets no new calls"`
	} `nameHint:"CleanerChange"`
}

// Resolve validates what the schema cannot.
func (in *changeCleanerInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	if in.Body.Name != nil {
		f.checkName(in.Body.Name)
	}
	return f
}

// cleanerView is a cleaner as the API shows them.
type cleanerView struct {
	ID          string                `json:"id" example:"cleaner-0m5w3k1v8t2z6r4q"`
	Name        string                `json:"name" example:"Min-jun"`
	Status      booking.CleanerStatus `json:"status" enum:"free,busy,withdrawn"`
	StatusLabel string                `json:"statusLabel" doc:"The status in words, in the language of Content-Language" example:"free"`
	Withdrawn   bool                  `json:"withdrawn" doc:"Whether the cleaner gets no new calls"`
	OrderID     string                `json:"orderId,omitempty" doc:"The call that the cleaner is assigned to" example:"cleaning-06gzvfahhdv2qeq77vmrpjqcg8"`
}

func (l language) showCleaner(c booking.CleanerAtWork) cleanerView {
	return cleanerView{
		ID: c.ID, Name: c.Name, Status: c.Status(), StatusLabel: c.Status().Label(booking.Language(l)),
		Withdrawn: c.Withdrawn, OrderID: c.OrderID,
	}
}

type cleanerAnswer struct {
	Localized
	Body cleanerView
}

func (l language) answerCleaner(c booking.CleanerAtWork) *cleanerAnswer {
	return &cleanerAnswer{Localized: l.localized(), Body: l.showCleaner(c)}
}

type cleanerByID struct {
	Strict
	Labelled
	ID string `path:"id" doc:"The cleaner's id"`
}

type assignmentsOf struct {
	Strict
	ID string `path:"id" doc:"The cleaner's id"`
}

type cleanerSelection struct {
	Strict
	Labelled
	Paging
	Withdrawn bool `query:"withdrawn" doc:"true: only withdrawn cleaners; by default only cleaners who are not withdrawn"`
}

type cleanerList struct {
	Localized
	Body part[cleanerView]
}

// assignmentView is a call as its cleaner sees it.
type assignmentView struct {
	OrderID    string    `json:"orderId" example:"cleaning-06gzvfahhdv2qeq77vmrpjqcg8"`
	CustomerID string    `json:"customerId" example:"alice"`
	Tel        string    `json:"tel" doc:"Where the customer can be reached" example:"+8221234567"`
	Location   string    `json:"location" doc:"Where to clean" example:"12 Sejong-daero, Seoul"`
	At         time.Time `json:"at" doc:"When the call was assigned"`
}

// showAssignment shows an assignment under way to its cleaner.
func showAssignment(a booking.Assignment) assignmentView {
	return assignmentView{
		OrderID: a.OrderID, CustomerID: a.CustomerID, At: a.At.UTC(),
		Tel: a.Tel.Shown(booking.ReaderCleaner, booking.Telephone, true), Location: a.Location.Shown(booking.ReaderCleaner, booking.Location, true),
	}
}

func (s *server) addCleaner(ctx context.Context, in *addCleanerInput) (*cleanerAnswer, error) {
	if err := may(ctx, booking.ChangeCleaners, booking.Thing{}); err != nil {
		return nil, err
	}
	cleaner := booking.Cleaner{ID: newID("cleaner"), Name: string(in.Body.Name)}
	if person := in.Body.PersonID; person != "" {
		if err := s.mustHaveCalled(ctx, person); err != nil {
			return nil, err
		}
		cleaner.ID = string(person)
	}
	atWork, err := s.Cleaners.AddCleaner(ctx, CallerOf(ctx).ID, cleaner)
	if err != nil {
		return nil, err
	}
	s.noteChange(ctx, "cleaner added", zap.String("cleaner", cleaner.ID))
	if atWork.OrderID != "" {
		s.signalAssigned(ctx)
	}
	return in.language().answerCleaner(atWork), nil
}

// signalAssigned signals the call to which a cleaner may have been assigned. If that fails, a
// repair signals it later.
func (s *server) signalAssigned(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.ReplyBudget)
	defer cancel()
	if err := s.SignalAssignments(ctx); err != nil {
		s.Logger.Warn("calls are signalled later that they have a cleaner", zap.Error(err))
	}
}

func (s *server) listCleaners(ctx context.Context, in *cleanerSelection) (*cleanerList, error) {
	if err := may(ctx, booking.ReadCleaners, booking.Thing{}); err != nil {
		return nil, err
	}
	cleaners, next, err := s.Cleaners.Cleaners(ctx, booking.CleanerFilter{Withdrawn: in.Withdrawn}, in.page())
	if err != nil {
		return nil, err
	}
	l := in.language()
	return &cleanerList{Localized: l.localized(), Body: partOf(each(cleaners, l.showCleaner), next)}, nil
}

func (s *server) getCleaner(ctx context.Context, in *cleanerByID) (*cleanerAnswer, error) {
	if err := may(ctx, booking.ReadCleaner, booking.Thing{CleanerID: in.ID}); err != nil {
		return nil, err
	}
	cleaner, err := s.cleaner(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return in.language().answerCleaner(cleaner), nil
}

func (s *server) cleaner(ctx context.Context, id string) (booking.CleanerAtWork, error) {
	return known(ctx, "cleaner", id, s.Cleaners.Cleaner)
}

func (s *server) changeCleaner(ctx context.Context, in *changeCleanerInput) (*cleanerAnswer, error) {
	if err := may(ctx, booking.ChangeCleaners, booking.Thing{}); err != nil {
		return nil, err
	}
	change := booking.CleanerChange{Name: (*string)(in.Body.Name), Withdrawn: in.Body.Withdrawn}
	cleaner, err := known(ctx, "cleaner", in.ID, func(ctx context.Context, id string) (booking.CleanerAtWork, error) {
		return s.Cleaners.ChangeCleaner(ctx, CallerOf(ctx).ID, id, change)
	})
	if err != nil {
		return nil, err
	}
	s.noteChange(ctx, "cleaner changed", zap.String("cleaner", cleaner.ID))
	if cleaner.OrderID != "" && in.Body.Withdrawn != nil {
		s.signalAssigned(ctx)
	}
	return in.language().answerCleaner(cleaner), nil
}

func (s *server) listAssignments(ctx context.Context, in *assignmentsOf) (*list[assignmentView], error) {
	if err := may(ctx, booking.ListAssignments, booking.Thing{CleanerID: in.ID}); err != nil {
		return nil, err
	}
	cleaner, err := s.cleaner(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	assignments, err := s.Cleaners.AssignmentsOf(ctx, cleaner.ID)
	if err != nil {
		return nil, err
	}
	return &list[assignmentView]{Body: partOf(each(assignments, showAssignment), "")}, nil
}
