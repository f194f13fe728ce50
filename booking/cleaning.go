package booking

// Cleaner is somebody who cleans.
type Cleaner struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// CleanerAtWork is a cleaner with what they are doing.
type CleanerAtWork struct {
	Cleaner
	OrderID string // the call that they are assigned to, "" while they are free
}

// MayFinish: a cleaning ends once somebody has been assigned to it.
func MayFinish(s Status) error {
	if s == Assigned {
		return nil
	}
	return ended(s, Errorf(NotAssigned, "nobody has been assigned to the call: it is %s", s))
}
