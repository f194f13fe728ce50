package booking

// Language is one that customers' pages are written in.
type Language string

// The languages that labels exist in.
const (
	English Language = "en"
	Korean  Language = "ko"
)

// Languages lists every language.
func Languages() []Language { return []Language{English, Korean} }

// words are a text in each language.
type words map[Language]string

// statusLabels are the statuses in the words of each business's customers.
var statusLabels = map[Kind]map[Status]words{
	Lodging: {
		Received:        {English: "received", Korean: "예약처리"},
		PaymentPending:  {English: "payment pending", Korean: "결제대기"},
		AwaitingPayment: {English: "waiting for the payment to be confirmed", Korean: "결제확인대기"},
		Paid:            {English: "paid", Korean: "결제완료"},
		AwaitingOwner:   {English: "waiting for the owner", Korean: "승인대기"},
		Confirmed:       {English: "confirmed", Korean: "예약완료"},
		Completed:       {English: "completed", Korean: "이용완료"},
		Cancelling:      {English: "being cancelled", Korean: "취소중"},
		Cancelled:       {English: "cancelled", Korean: "예약취소"},
	},
	Food: {
		Received:        {English: "received", Korean: "주문접수"},
		PaymentPending:  {English: "payment pending", Korean: "결제대기"},
		AwaitingPayment: {English: "waiting for the payment to be confirmed", Korean: "결제확인대기"},
		Paid:            {English: "ordered", Korean: "주문됨"},
		Delivering:      {English: "being delivered", Korean: "배달시작"},
		Delivered:       {English: "delivered", Korean: "배달완료"},
		Cancelling:      {English: "being cancelled", Korean: "취소중"},
		Cancelled:       {English: "cancelled", Korean: "주문취소"},
	},
	Cafe: {
		Received:        {English: "received", Korean: "주문접수"},
		PaymentPending:  {English: "payment pending", Korean: "결제대기"},
		AwaitingPayment: {English: "waiting for the payment to be confirmed", Korean: "결제확인대기"},
		Paid:            {English: "ordered", Korean: "주문완료"},
		InProduction:    {English: "being made", Korean: "제조중"},
		Completed:       {English: "ready", Korean: "제조완료"},
		Cancelling:      {English: "being cancelled", Korean: "취소중"},
		Cancelled:       {English: "cancelled", Korean: "주문취소"},
	},
	Cleaning: {
		Received:        {English: "received", Korean: "호출"},
		PaymentPending:  {English: "payment pending", Korean: "결제대기"},
		AwaitingPayment: {English: "waiting for the payment to be confirmed", Korean: "결제확인대기"},
		Calling:         {English: "calling a cleaner", Korean: "호출중"},
		Assigned:        {English: "confirmed", Korean: "호출확정"},
		Completed:       {English: "completed", Korean: "청소완료"},
		Cancelling:      {English: "being cancelled", Korean: "취소중"},
		Cancelled:       {English: "cancelled", Korean: "호출취소"},
	},
}

// Label is the status in words, for the customer's page of an order of kind k.
func (s Status) Label(k Kind, l Language) string { return statusLabels[k][s][l] }

// orderWords describe an order in one line. A name in braces stands for a field of the
// message.
var orderWords = map[Kind]words{
	Lodging:  {English: "{quantity} × {item}, {from} to {to}, for {customer}", Korean: "{item} {quantity}실, {from} ~ {to}, {customer} 님"},
	Food:     {English: "{quantity} × {item}, for {customer}", Korean: "{item} {quantity}개, {customer} 님"},
	Cafe:     {English: "{quantity} × {item} on {date}, for {customer}", Korean: "{item} {quantity}잔, {date}, {customer} 님"},
	Cleaning: {English: "cleaning, for {customer}", Korean: "청소, {customer} 님"},
}

var reasonLabels = map[Reason]words{
	PaymentDeclined:              {English: "the payment was declined", Korean: "결제거절"},
	SoldOut:                      {English: "sold out", Korean: "매진"},
	RejectedByOwner:              {English: "rejected by the owner", Korean: "점주거절"},
	OwnerTimeout:                 {English: "the owner did not answer in time", Korean: "점주응답없음"},
	TooLate:                      {English: "too late", Korean: "기한초과"},
	MenuDeleted:                  {English: "no longer sold", Korean: "강제취소"},
	CafeUnavailable:              {English: "the café could not be reached", Korean: "카페연결불가"},
	NotRegistered:                {English: "the call could not be registered", Korean: "호출등록실패"},
	Reason(InventoryUnavailable): {English: "the inventory could not be reached", Korean: "재고확인불가"},
	PaymentUnavailable:           {English: "the payment could not be made", Korean: "결제불가"},
	PaymentNotConfirmed:          {English: "the payment was not confirmed in time", Korean: "결제미확인"},
	NotProcessed:                 {English: "it could not be processed in time", Korean: "처리지연"},
	NoShow:                       {English: "the guests did not come", Korean: "노쇼"},
	ByCustomer:                   {English: "at the customer's wish", Korean: "고객취소"},
	ByOperator:                   {English: "by an operator", Korean: "운영자취소"},
}

// Label is the reason in words.
func (r Reason) Label(l Language) string { return reasonLabels[r][l] }

// jobLabels are the statuses of the deliveries and productions of each business that has
// them.
var jobLabels = map[Kind]map[JobStatus]words{
	Food: {
		JobWaiting:   {English: "waiting", Korean: "배달대기"},
		JobStarted:   {English: "started", Korean: "배달시작"},
		JobDelivered: {English: "delivered", Korean: "배달완료"},
		JobCancelled: {English: "cancelled", Korean: "배달취소"},
	},
	Cafe: {
		JobWaiting:   {English: "waiting", Korean: "제조대기"},
		JobStarted:   {English: "started", Korean: "제조중"},
		JobCompleted: {English: "completed", Korean: "제조완료"},
		JobCancelled: {English: "cancelled", Korean: "제조취소"},
	},
}

// Label is the status in words, for an order of kind k.
func (s JobStatus) Label(k Kind, l Language) string { return jobLabels[k][s][l] }

var paymentLabels = map[PaymentStatus]words{
	ChargeDeferred:  {English: "deferred", Korean: "결제대기"},
	ChargePending:   {English: "pending", Korean: "결제중"},
	ActionRequired:  {English: "to be confirmed", Korean: "결제확인필요"},
	Charged:         {English: "paid", Korean: "결제완료"},
	Declined:        {English: "declined", Korean: "결제거절"},
	RefundPending:   {English: "being refunded", Korean: "환불중"},
	Refunded:        {English: "refunded", Korean: "결제취소"},
	Retained:        {English: "kept by the policy", Korean: "환불없음"},
	Returned:        {English: "returned otherwise", Korean: "별도환급"},
	ChargePrevented: {English: "never charged", Korean: "결제안됨"},
}

// Label is the payment's status in words.
func (s PaymentStatus) Label(l Language) string { return paymentLabels[s][l] }

var refundedInPart = words{English: "refunded in part", Korean: "일부환불"}

// Label is the status of the payment with its entries in words. A partial refund does not
// read like a full one.
func (p Payment) Label(l Language) string {
	if p.Status == Refunded && len(p.Entries) > 0 && p.RefundedInAll() < p.Amount.Amount {
		return refundedInPart[l]
	}
	return p.Status.Label(l)
}

var saleLabels = map[SaleStatus]words{
	OnSale:       {English: "on sale", Korean: "판매중"},
	SaleOver:     {English: "its day has ended", Korean: "판매종료"},
	OffSale:      {English: "withdrawn", Korean: "판매중지"},
	SaleDeleting: {English: "being taken off the menu", Korean: "삭제중"},
	SaleDeleted:  {English: "taken off the menu", Korean: "삭제됨"},
}

// Label is the status of sale in words.
func (s SaleStatus) Label(l Language) string { return saleLabels[s][l] }

var cleanerLabels = map[CleanerStatus]words{
	CleanerFree:      {English: "free", Korean: "대기중"},
	CleanerBusy:      {English: "at work", Korean: "청소중"},
	CleanerWithdrawn: {English: "withdrawn", Korean: "휴무"},
}

// Label is the cleaner's status in words.
func (s CleanerStatus) Label(l Language) string { return cleanerLabels[s][l] }
