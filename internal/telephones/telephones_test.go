package telephones_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/telephones"
)

// TestRead_WhatOrdersAccept: every accepted number is accepted by orders, too, in the
// digits of any script.
func TestRead_WhatOrdersAccept(t *testing.T) {
	t.Parallel()
	for _, zero := range []rune{'0', '０', '٠', '۰', '०', '০', '๐', '᠐', '𝟎', '𝟘'} {
		in := func(text string) string {
			return strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' {
					return zero + r - '0'
				}
				return r
			}, text)
		}
		for written, want := range map[string]booking.Personal{
			"02-123-4567": "+8221234567", "+82 2-123-4567": "+8221234567",
			"02-123-4567 ext. 12": "+8221234567;ext=12", "+8221234567;ext=12": "+8221234567;ext=12", "02-123-4567 #3": "+8221234567;ext=3",
			"02-123-4567 ext. 012345": "+8221234567;ext=012345",
		} {
			tel, ok := telephones.Read(in(written), "KR")
			require.True(t, ok, in(written))
			require.Equal(t, want, tel, in(written))
			require.True(t, booking.IsTelephone(tel), tel)
		}
	}
}

func TestRead_Refused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "ext. 12", "02-123-4567 ext. " + strings.Repeat("1", 21), "ring 02-123-4567", "112"} {
		tel, ok := telephones.Read(text, "KR")
		require.False(t, ok, "%q: %s", text, tel)
	}
}
