package contract

// Names of activities that the audit searches in a history, to find out whether an order waits
// for one of them.
const (
	NotifyActivity           = "Notify"      // sends a message
	PublishActivity          = "PublishView" // publishes the order to its row in the read model
	EndStayActivity          = "EndStay"     // releases the unused nights of guests who left early
	RefundPartActivity       = "RefundPart"  // refunds a part of what was paid
	StartDeliveryActivity    = "StartDelivery"
	StopDeliveryActivity     = "StopDelivery"
	FinishDeliveryActivity   = "FinishDelivery"
	StartProductionActivity  = "StartProduction"
	FinishProductionActivity = "FinishProduction"
	AssignCleanerActivity    = "AssignCleaner"
	FinishCleaningActivity   = "FinishCleaning"
)
