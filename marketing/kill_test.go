package marketing

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
)

// A service that is to be killed runs in a child of the test: the test's own binary,
// configured by its environment.
const mortalVariable = "MARKETING_TEST_MORTAL"

// liveMortally is the child's main function.
func liveMortally(encoded string) int {
	var settings Settings
	if err := json.Unmarshal([]byte(encoded), &settings); err != nil {
		panic(err)
	}
	s, err := Start(context.Background(), settings, zap.NewNop())
	if err != nil {
		panic(err)
	}
	<-s.failed
	return 1
}

// TestFollower_Killed kills the service with kill -9 at some moment after it got a
// page: before the page is written, within its transaction or after it. The store
// always has exactly the content up to its cursor.
func TestFollower_Killed(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		f := newFakeFeed(t, history(3000)...)
		pages := make(chan struct{}, 1000)
		f.serves = func() { pages <- struct{}{} }
		encoded, err := json.Marshal(Settings{Listen: "127.0.0.1:0", Feed: f.URL, DatabaseURL: databaseURL, PollEvery: pollEvery})
		require.NoError(t, err)
		s := openStore(t, databaseURL)
		deaths, reached, inVain := 0, 0, 0
		for ; reached < len(f.events); deaths++ {
			child := exec.Command(os.Args[0])
			child.Env = append(os.Environ(), mortalVariable+"="+string(encoded))
			child.Stderr = os.Stderr
			require.NoError(t, child.Start())
			select {
			case <-pages:
			case <-time.After(waitLimit):
				require.NoError(t, child.Process.Kill())
				require.FailNow(t, "the service does not read the feed")
			}
			// Sometimes too early to make progress, but not for ever.
			time.Sleep(rand.N(time.Duration(2+3*inVain) * time.Millisecond))
			require.NoError(t, child.Process.Kill())
			require.Error(t, child.Wait())
			before := reached
			reached = requireExactly(t, s, f.events)
			require.GreaterOrEqual(t, reached, before)
			if inVain++; reached > before {
				inVain = 0
			}
			for len(pages) > 0 {
				<-pages
			}
		}
		t.Log("died", deaths, "times")
	})
}
