package booking

import "strings"

// currencies are those that ISO 4217 lists as in use, funds included, by the digits of
// their minor unit. Codes without a minor unit (XAU, XTS, XXX) cannot be the currency of a
// price.
var currencies = digitsOf(map[int]string{
	0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
	2: `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF
		CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL
		HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU
		MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR
		SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED
		VES WST XAD XCD XCG YER ZAR ZMW ZWG`,
	3: "BHD IQD JOD KWD LYD OMR TND",
	4: "CLF UYW",
})

func digitsOf(lists map[int]string) map[string]int {
	digits := map[string]int{}
	for n, codes := range lists {
		for _, code := range strings.Fields(codes) {
			digits[code] = n
		}
	}
	return digits
}

// Digits is the number of digits of the currency's minor unit: 2 for EUR, whose cents are
// hundredths, 0 for KRW. It is false if the code is not a currency's.
func Digits(currency string) (digits int, known bool) {
	digits, known = currencies[currency]
	return digits, known
}
