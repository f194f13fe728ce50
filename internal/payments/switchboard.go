package payments

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// SwitchboardPath is where the sandbox is told how to behave.
const SwitchboardPath = "/sandbox/payments"

// switches is a Behaviour as JSON, with what the sandbox has done so far.
type switches struct {
	Latency     string `json:"latency"` // Go's notation, "450ms"
	Down        bool   `json:"down"`
	LoseAnswers bool   `json:"loseAnswers"`
	Charged     int64  `json:"charged"`  // minor units, all orders
	Refunded    int64  `json:"refunded"` // minor units, all orders
}

// Switchboard mounts GET and PUT of the sandbox's behaviour. It is for tests
// and demonstrations: who reaches it decides whether payments work.
func (s *Sandbox) Switchboard(r gin.IRouter) {
	r.GET(SwitchboardPath, s.show)
	r.PUT(SwitchboardPath, func(c *gin.Context) {
		var in switches
		if err := c.ShouldBindJSON(&in); err != nil {
			c.JSON(http.StatusBadRequest, gin.H{"code": "malformed_json", "detail": err.Error()})
			return
		}
		if in.Latency == "" {
			in.Latency = "0s"
		}
		latency, err := time.ParseDuration(in.Latency)
		if err != nil || latency < 0 {
			c.JSON(http.StatusUnprocessableEntity, gin.H{"code": "validation_failed", "detail": "latency: a duration such as 450ms is wanted"})
			return
		}
		s.Behave(Behaviour{Latency: latency, Down: in.Down, LoseAnswers: in.LoseAnswers})
		s.show(c)
	})
}

func (s *Sandbox) show(c *gin.Context) {
	charged, refunded, err := s.memory.Totals(c.Request.Context())
	if err != nil {
		c.JSON(http.StatusServiceUnavailable, gin.H{"code": "unavailable", "detail": "the sandbox's memory cannot be read"})
		return
	}
	b := s.Behaviour()
	c.JSON(http.StatusOK, switches{b.Latency.String(), b.Down, b.LoseAnswers, charged, refunded})
}
