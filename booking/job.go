package booking

import "time"

// JobStatus is where a delivery or production stands.
type JobStatus string

// Where deliveries (started, delivered) and productions (started, completed)
// stand.
const (
	JobWaiting   JobStatus = "waiting" // its service has not been told yet
	JobStarted   JobStatus = "started"
	JobDelivered JobStatus = "delivered"
	JobCompleted JobStatus = "completed"
	JobCancelled JobStatus = "cancelled"
)

// JobStatuses lists every status of jobs.
func JobStatuses() []JobStatus {
	return []JobStatus{JobWaiting, JobStarted, JobDelivered, JobCompleted, JobCancelled}
}

// Job is the work for an order: its delivery, or its production. There is one of
// a sort for an order.
type Job struct {
	OrderID  string   `json:"orderId"`
	OwnerID  string   `json:"ownerId"`
	Item     Item     `json:"item"`
	Quantity int      `json:"quantity"`
	Address  Personal `json:"address,omitempty"` // where to, for deliveries
	Late     bool     `json:"late,omitempty"`    // it is too late to begin with it
	Why      Reason   `json:"why,omitempty"`     // it is cancelled, or not begun with; set on the undo, or when it is late
}

// JobChange asks for another quantity of a job that has begun, once under its Key.
type JobChange struct {
	Job
	Key string `json:"key"` // of the change
}

// JobState is a job with where it stands.
type JobState struct {
	Job
	Status JobStatus
	At     time.Time // of the last change
}
