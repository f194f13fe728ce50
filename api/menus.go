package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
)

const menusPath = "/v1/food/menus"

func (s *server) registerMenus() {
	register(s, huma.Operation{
		OperationID: "add-menu", Method: http.MethodPost, Path: menusPath, Tags: []string{tagFood},
		Summary: "Register a menu", DefaultStatus: http.StatusCreated,
		Responses: s.problems(validationFailed, unavailable),
	}, s.addMenu)
	register(s, huma.Operation{
		OperationID: "list-menus", Method: http.MethodGet, Path: menusPath, Tags: []string{tagFood},
		Summary: "List the menus", Responses: s.problems(validationFailed, booking.InvalidCursor, unavailable),
	}, s.listMenus)
	register(s, huma.Operation{
		OperationID: "get-menu", Method: http.MethodGet, Path: menusPath + "/{id}", Tags: []string{tagFood},
		Summary: "Look at a menu", Responses: s.problems(notFound, unavailable),
	}, s.getMenu)
}

type addMenuInput struct {
	Body struct {
		Name    string `json:"name" minLength:"1" maxLength:"200" example:"Bibimbap"`
		OwnerID name   `json:"ownerId" doc:"The shop" example:"sara"`
		Price   money  `json:"price" doc:"Of one portion"`
	} `nameHint:"NewMenu"`
}

// Resolve finds what the schema cannot.
func (in *addMenuInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	f.checkName(in.Body.Name)
	f.checkPrice(ctx, &in.Body.Price)
	return f
}

// menuView is a menu as the API shows it.
type menuView struct {
	ID      string        `json:"id" example:"menu-0m5w3k1v8t2z6r4q"`
	Name    string        `json:"name" example:"Bibimbap"`
	OwnerID string        `json:"ownerId" doc:"The shop" example:"sara"`
	Price   booking.Money `json:"price" doc:"Of one portion"`
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
}

func (s *server) addMenu(ctx context.Context, in *addMenuInput) (*menuAnswer, error) {
	menu := booking.Menu{ID: newID("menu"), Name: in.Body.Name, OwnerID: string(in.Body.OwnerID), Price: in.Body.Price.value()}
	if err := s.Catalogue.AddMenu(ctx, menu); err != nil {
		return nil, err
	}
	return &menuAnswer{Location: menusPath + "/" + menu.ID, Body: showMenu(menu)}, nil
}

func (s *server) listMenus(ctx context.Context, in *menuList) (*list[menuView], error) {
	menus, next, err := s.Catalogue.Menus(ctx, in.page())
	if err != nil {
		return nil, err
	}
	return &list[menuView]{Body: partOf(each(menus, showMenu), next)}, nil
}

func (s *server) getMenu(ctx context.Context, in *menuByID) (*menuAnswer, error) {
	menu, err := s.menu(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &menuAnswer{Body: showMenu(menu)}, nil
}

func (s *server) menu(ctx context.Context, id string) (booking.Menu, error) {
	return known(ctx, "menu", id, s.Catalogue.Menu)
}
