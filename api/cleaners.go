package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

const cleanersPath = "/v1/cleaning/cleaners"

func (s *server) registerCleaners() {
	register(s, huma.Operation{
		OperationID: "add-cleaner", Method: http.MethodPost, Path: cleanersPath, Tags: []string{tagCleaning},
		Summary: "Register a cleaner", DefaultStatus: http.StatusCreated,
		Description: "A call that waits for a cleaner is given this one at once: the one that has waited longest.",
		Responses:   s.problems(validationFailed, unavailable),
	}, s.addCleaner)
	register(s, huma.Operation{
		OperationID: "list-cleaners", Method: http.MethodGet, Path: cleanersPath, Tags: []string{tagCleaning},
		Summary: "List the cleaners, with what each is doing", Responses: s.problems(validationFailed, booking.InvalidCursor, unavailable),
	}, s.listCleaners)
}

type addCleanerInput struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"200" example:"Min-jun"`
	} `nameHint:"NewCleaner"`
}

// Resolve finds what the schema cannot.
func (in *addCleanerInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	f.checkName(&in.Body.Name)
	return f
}

// cleanerView is a cleaner as the API shows them.
type cleanerView struct {
	ID      string `json:"id" example:"cleaner-0m5w3k1v8t2z6r4q"`
	Name    string `json:"name" example:"Min-jun"`
	Status  string `json:"status" enum:"free,busy"`
	OrderID string `json:"orderId,omitempty" doc:"The call that they are assigned to" example:"cleaning-06gzvfahhdv2qeq77vmrpjqcg8"`
}

func showCleaner(c booking.CleanerAtWork) cleanerView {
	v := cleanerView{ID: c.ID, Name: c.Name, Status: "free", OrderID: c.OrderID}
	if c.OrderID != "" {
		v.Status = "busy"
	}
	return v
}

type cleanerAnswer struct {
	Body cleanerView
}

type cleanerList struct {
	Strict
	Paging
}

func (s *server) addCleaner(ctx context.Context, in *addCleanerInput) (*cleanerAnswer, error) {
	cleaner := booking.Cleaner{ID: newID("cleaner"), Name: in.Body.Name}
	atWork, err := s.Cleaners.AddCleaner(ctx, cleaner)
	if err != nil {
		return nil, err
	}
	if atWork.OrderID != "" {
		s.tellAssigned(ctx)
	}
	return &cleanerAnswer{Body: showCleaner(atWork)}, nil
}

// tellAssigned tells the call that may have waited for a cleaner. A repair
// tells it later when that fails.
func (s *server) tellAssigned(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.ReplyBudget)
	defer cancel()
	if err := s.TellAssigned(ctx); err != nil {
		s.Logger.Warn("calls are told of their cleaner later", zap.Error(err))
	}
}

func (s *server) listCleaners(ctx context.Context, in *cleanerList) (*list[cleanerView], error) {
	cleaners, next, err := s.Cleaners.Cleaners(ctx, in.page())
	if err != nil {
		return nil, err
	}
	return &list[cleanerView]{Body: partOf(each(cleaners, showCleaner), next)}, nil
}
