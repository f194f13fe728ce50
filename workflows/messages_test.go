package workflows_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/yeyak/yeyak/booking"
)

// says requires of a message, in whichever life of a saga and after whichever
// fault it is sent, that it has words for its recipient in every language, and
// that they use all that it carries: so it carries nothing that its recipient is
// not told.
func says(t testing.TB, m booking.Message) {
	for _, l := range booking.Languages() {
		all := m.Words(l)
		assert.NotEqual(t, string(m.Type), all, "%s has no words in %s for a %s", m.Key, l, m.Data.For)
		assert.Empty(t, m.Text, "%s brings words of its own", m.Key)
		data := reflect.ValueOf(&m.Data).Elem()
		for i := range data.NumField() {
			field := data.Type().Field(i).Name
			if data.Field(i).IsZero() || field == "Kind" || field == "For" { // which words these are
				continue
			}
			without := m
			reflect.ValueOf(&without.Data).Elem().Field(i).SetZero()
			assert.NotEqual(t, all, without.Words(l), "%s carries %s, which its words in %s do not need", m.Key, field, l)
		}
	}
}
