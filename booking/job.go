package booking

import "time"

// JobStatus is the status of a delivery or production.
type JobStatus string

// The statuses of deliveries (started, delivered) and productions (started, completed).
const (
	JobWaiting   JobStatus = "waiting" // the service does not know it yet
	JobStarted   JobStatus = "started"
	JobDelivered JobStatus = "delivered"
	JobCompleted JobStatus = "completed"
	JobCancelled JobStatus = "cancelled"
)

// JobStatuses lists every status of jobs.
func JobStatuses() []JobStatus {
	return []JobStatus{JobWaiting, JobStarted, JobDelivered, JobCompleted, JobCancelled}
}

// Job is the work for an order: its delivery or its production. An order has at most one of
// each.
type Job struct {
	OrderID  string   `json:"orderId"`
	OwnerID  string   `json:"ownerId"`
	Item     Item     `json:"item"`
	Quantity int      `json:"quantity"`
	Address  Personal `json:"address,omitempty"` // the destination of a delivery
	Late     bool     `json:"late,omitempty"`    // it is too late to begin
	Reason   Reason   `json:"why,omitempty"`     // why it is cancelled or not begun; set on the undo, or when it is late
}

// JobChange requests another quantity of a job that has begun, once under its Key.
type JobChange struct {
	Job
	Key string `json:"key"` // of the change
}

// JobState is a job with its status.
type JobState struct {
	Job
	Status JobStatus
	At     time.Time // of the last change
}
