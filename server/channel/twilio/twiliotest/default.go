package twiliotest

// The account that AddDefault makes. The token is no secret: it opens nothing but emulators.
const (
	AccountSid     = "AC7e577e577e577e577e577e577e577e57"
	AuthToken      = "7e577e577e577e577e577e577e577e57"
	WhatsAppNumber = "whatsapp:+15550100100"
	SMSNumber      = "+15550100200"
	ServiceSid     = "MG7e577e577e577e577e577e577e577e57"
	ServiceNumber  = "+15550100300" // in the service's pool, for SMS and for WhatsApp
	TemplateSid    = "HX7e577e577e577e577e577e577e577e57"
)

// AddDefault adds an account with a WhatsApp number, an SMS number, a Messaging Service with a number for both, an
// approved template, and two customers to play.
func (t *Twilio) AddDefault() {
	t.AddAccount(AccountSid, AuthToken)
	for _, address := range []string{WhatsAppNumber, SMSNumber, ServiceNumber, "whatsapp:" + ServiceNumber} {
		t.AddNumber(AccountSid, address)
	}
	t.AddService(AccountSid, ServiceSid, ServiceNumber, "whatsapp:"+ServiceNumber)
	t.AddContent(AccountSid, Content{
		Sid: TemplateSid, Name: "appointment_reminder", Language: "en", Approved: true,
		Body:      "Hello {{1}}, your appointment is on {{2}}. Reply here if you want to change it.",
		Variables: map[string]string{"1": "there", "2": "Monday"},
	})
	t.AddCustomer(Customer{Address: "whatsapp:+447700900101", Name: "Ana Lima"})
	t.AddCustomer(Customer{Address: "whatsapp:+447700900102", Name: "Ben Okafor"})
}
