package contract

// Activities that are known outside of the workflows, by their names in a
// history: the audit looks whether an order waits for one of them.
const (
	RefundPartActivity       = "RefundPart"  // gives back a part of what was paid
	NotifyActivity           = "Notify"      // sends a notice
	PublishActivity          = "PublishView" // brings the order's row up to date
	EndStayActivity          = "EndStay"     // frees the nights of guests who left early
	StartDeliveryActivity    = "StartDelivery"
	StopDeliveryActivity     = "StopDelivery"
	FinishDeliveryActivity   = "FinishDelivery"
	StartProductionActivity  = "StartProduction"
	FinishProductionActivity = "FinishProduction"
	AssignCleanerActivity    = "AssignCleaner"
	FinishCleaningActivity   = "FinishCleaning"
)
