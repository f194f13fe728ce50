package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

const menusPath = "/v1/food/menus"

func (s *server) registerMenus() {
	register(s, huma.Operation{
		OperationID: "add-menu", Method: http.MethodPost, Path: menusPath, Tags: []string{tagFood},
		Summary: "Register a menu", DefaultStatus: http.StatusCreated,
		Responses: s.problems(booking.Invalid, booking.Unavailable),
	}, s.addMenu)
	register(s, huma.Operation{
		OperationID: "list-menus", Method: http.MethodGet, Path: menusPath, Tags: []string{tagFood},
		Summary: "List the menus", Description: "Newest first.", Responses: s.problems(booking.Invalid, booking.InvalidCursor, booking.Unavailable),
	}, s.listMenus)
	register(s, huma.Operation{
		OperationID: "get-menu", Method: http.MethodGet, Path: menusPath + "/{id}", Tags: []string{tagFood},
		Summary: "Read a menu", Responses: s.problems(booking.NotFound, booking.Unavailable),
	}, s.getMenu)
	register(s, huma.Operation{
		OperationID: "change-menu", Method: http.MethodPatch, Path: menusPath + "/{id}", Tags: []string{tagFood},
		Summary: "Change or withdraw a menu",
		Description: "Fields that are left out do not change. Orders keep the menu as it was when they were placed. A menu that " +
			"is withdrawn accepts no new orders, and its present orders go on; it can be brought back.",
		Responses: s.problems(booking.NotFound, booking.Invalid, booking.Unavailable),
	}, s.changeMenu)
}

type addMenuInput struct {
	Body struct {
		Name    title `json:"name" example:"Bibimbap"`
		OwnerID name  `json:"ownerId,omitempty" doc:"The shop; by default the caller's organisation, if there is only one" example:"sara"`
		Price   money `json:"price" doc:"Price of one portion"`

		Cancellation *statusPolicy `json:"cancellation,omitempty" doc:"How much is refunded to customers who cancel; by default everything"`
	} `nameHint:"NewMenu"`

	cancellation policyEdit
}

// Resolve validates what the schema cannot.
func (in *addMenuInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	f.ownOwner(ctx, "body.ownerId", &in.Body.OwnerID)
	f.checkName(&in.Body.Name)
	f.checkPrice(ctx, &in.Body.Price)
	in.cancellation = f.statusPolicy(booking.Food, in.Body.Cancellation)
	return f
}

type changeMenuInput struct {
	ID   string `path:"id" doc:"The menu's id"`
	Body struct {
		Name      *title `json:"name,omitempty"`
		OwnerID   *name  `json:"ownerId,omitempty" doc:"The shop"`
		Price     *money `json:"price,omitempty" doc:"Price of one portion, for orders from now on"`
		Withdrawn *bool  `json:"withdrawn,omitempty" doc:"Whether it accepts no new orders"`

		Cancellation *statusPolicy `json:"cancellation,omitempty" doc:"The whole policy, for orders from now on; {} refunds everything"`
	} `nameHint:"MenuChange"`

	cancellation policyEdit
}

// Resolve validates what the schema cannot.
func (in *changeMenuInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	if in.Body.Name != nil {
		f.checkName(in.Body.Name)
	}
	f.checkPrice(ctx, in.Body.Price)
	in.cancellation = f.statusPolicy(booking.Food, in.Body.Cancellation)
	return f
}

func (in *changeMenuInput) edit(m *booking.Menu) {
	set(&m.Name, (*string)(in.Body.Name))
	set(&m.Withdrawn, in.Body.Withdrawn)
	in.cancellation.edit(&m.Cancellation)
	if in.Body.OwnerID != nil {
		m.OwnerID = string(*in.Body.OwnerID)
	}
	if in.Body.Price != nil {
		m.Price = in.Body.Price.value()
	}
}

// menuView is a menu as the API shows it.
type menuView struct {
	ID      string        `json:"id" example:"menu-0m5w3k1v8t2z6r4q"`
	Name    string        `json:"name" example:"Bibimbap"`
	OwnerID string        `json:"ownerId" doc:"The shop" example:"sara"`
	Price   booking.Money `json:"price" doc:"Price of one portion"`
	// Cancellation is nil for a menu whose customers get everything back.
	Cancellation *booking.CancellationPolicy `json:"cancellation,omitempty" doc:"How much is refunded to customers who cancel; by default everything"`
	Withdrawn    bool                        `json:"withdrawn" doc:"Whether it accepts no new orders"`
}

func showMenu(m booking.Menu) menuView { return menuView(m) }

type menuAnswer struct {
	Location string `header:"Location" doc:"The new menu's address"`
	Body     menuView
}

type menuByID struct {
	Strict
	ID string `path:"id" doc:"The menu's id"`
}

type menuList struct {
	Strict
	Paging
	Counted
	Selection
}

func (s *server) addMenu(ctx context.Context, in *addMenuInput) (*menuAnswer, error) {
	menu := booking.Menu{
		ID: newID("menu"), Name: string(in.Body.Name), OwnerID: string(in.Body.OwnerID), Price: in.Body.Price.value(),
		Cancellation: in.cancellation.policy,
	}
	if err := may(ctx, booking.ChangeCatalogue, booking.Thing{OwnerID: menu.OwnerID}); err != nil {
		return nil, err
	}
	if err := s.Catalogue.AddMenu(ctx, CallerOf(ctx).ID, menu); err != nil {
		return nil, err
	}
	s.noteChange(ctx, "menu added", zap.String("item", menu.ID), zap.String("owner", menu.OwnerID))
	return &menuAnswer{Location: menusPath + "/" + menu.ID, Body: showMenu(menu)}, nil
}

func (s *server) listMenus(ctx context.Context, in *menuList) (*list[menuView], error) {
	menus, next, err := s.Catalogue.Menus(ctx, in.filter(), in.page())
	if err != nil {
		return nil, err
	}
	body, err := totalled(ctx, in.Counted, partOf(each(menus, showMenu), next), in.filter(), s.Catalogue.CountMenus)
	return &list[menuView]{Body: body}, err
}

func (s *server) getMenu(ctx context.Context, in *menuByID) (*menuAnswer, error) {
	menu, err := s.menu(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &menuAnswer{Body: showMenu(menu)}, nil
}

func (s *server) changeMenu(ctx context.Context, in *changeMenuInput) (*menuAnswer, error) {
	menu, err := known(ctx, "menu", in.ID, func(ctx context.Context, id string) (booking.Menu, error) {
		return s.Catalogue.ChangeMenu(ctx, CallerOf(ctx).ID, id, func(m *booking.Menu) error {
			if err := mayChange(ctx, m.ID, m.OwnerID, in.Body.OwnerID); err != nil {
				return err
			}
			in.edit(m)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	s.noteChange(ctx, "menu changed", zap.String("item", menu.ID), zap.String("owner", menu.OwnerID))
	return &menuAnswer{Body: showMenu(menu)}, nil
}

func (s *server) menu(ctx context.Context, id string) (booking.Menu, error) {
	return known(ctx, "menu", id, s.Catalogue.Menu)
}
