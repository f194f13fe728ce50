package workflows_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/yeyak/yeyak/booking"
)

// requireText checks that a message, in whichever run of a saga and after whichever fault it is
// sent, has a text for its recipient in every language, and that the text uses all of the
// message's data: a message carries no data that its recipient is not shown.
func requireText(t testing.TB, m booking.Message) {
	for _, l := range booking.Languages() {
		all := m.Words(l)
		assert.NotEqual(t, string(m.Type), all, "%s has no words in %s for a %s", m.Key, l, m.Data.For)
		assert.Empty(t, m.Text, "%s brings words of its own", m.Key)
		data := reflect.ValueOf(&m.Data).Elem()
		for i := range data.NumField() {
			field := data.Type().Field(i).Name
			if data.Field(i).IsZero() || field == "Kind" || field == "For" { // these two select the text
				continue
			}
			without := m
			reflect.ValueOf(&without.Data).Elem().Field(i).SetZero()
			assert.NotEqual(t, all, without.Words(l), "%s carries %s, which its words in %s do not need", m.Key, field, l)
		}
	}
}
