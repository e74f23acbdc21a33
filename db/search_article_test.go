package db_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/livedesk/livedesk/db"
	"github.com/livedesk/livedesk/model"
)

// fill writes the articles that the questions below are about.
func (s *shelf) fill() {
	s.t.Helper()
	for _, a := range [][3]string{
		{"Refunds", "# Refund policy\n\nWe refund unused items within 30 days of purchase. The money goes back to the card that you paid with, in five to ten business days.\n\n# Damaged goods\n\nSend us a photo of the damage. We replace the item or give the money back.", "en"},
		{"Delivery and tracking", "Parcels leave our warehouse within one business day. You receive a tracking number by e-mail.\n\n## International shipping\n\nCustoms duties are paid by the recipient. Shipping abroad takes 7 to 14 days.", "en"},
		{"Changing your password", "Open Settings, then Security, and choose Change password. If you forgot it, use the link on the sign-in page.", "en"},
		{"Opening hours of our shops", "Our shops are open from Monday to Saturday, 9:00 to 18:00. On public holidays they are closed.", "en"},
		{"Guarantee", "Every bicycle has a guarantee of two years. Tyres and brake pads wear out and are excluded.", "en"},
		{"返金について", "ご購入から30日以内であれば返金いたします。返金は元のお支払い方法に5営業日以内に行われます。", "ja"},
		{"配送状況の確認", "ご注文の配送状況は、マイページの注文履歴から確認できます。追跡番号はメールでお送りします。", "ja"},
		{"パスワードの変更", "設定画面でパスワードを変更できます。忘れた場合はログイン画面から再設定してください。", "ja"},
		{"如何申请退款", "购买后30天内可以申请退款。退款将在五个工作日内退回到原支付账户。", "zh"},
		{"物流查询", "您可以在我的订单页面查看物流信息和快递单号。", "zh"},
		{"환불 안내", "구매 후 30일 이내에 환불을 신청할 수 있습니다. 환불은 영업일 기준 5일 안에 처리됩니다.", "ko"},
		{"นโยบายการคืนเงิน", "ลูกค้าสามารถขอคืนเงินได้ภายใน 30 วันหลังจากซื้อสินค้า เงินจะถูกโอนกลับไปยังบัตรเดิม", "th"},
		{"Rückgaberecht", "Sie können Artikel innerhalb von 14 Tagen zurücksenden. Die Rücksendekosten für Gutscheine übernehmen wir.", "de"},
		{"Cómo cambiar la dirección", "Puede cambiar la dirección de envío de sus pedidos antes de que salgan de nuestro almacén.", "es"},
		{"Возврат товара", "Вы можете вернуть товары в течение четырнадцати дней. Деньги возвращаются на карту.", "ru"},
	} {
		s.write(a[0], a[1], a[2])
	}
}

// What is asked in any script, in other forms of the words, misspelled or in a long message finds its article first.
func TestSearchArticles(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.fill()
	for question, want := range map[string]string{
		"How do refunds work?":                 "Refunds",
		"I want my money back please":          "Refunds",
		"REFUND":                               "Refunds",
		"refnud":                               "Refunds",
		"can i get a reffund":                  "Refunds",
		"where is my parcel":                   "Delivery and tracking",
		"trackng number":                       "Delivery and tracking",
		"do you ship internationally?":         "Delivery and tracking",
		"I forgot my pasword":                  "Changing your password",
		"are you open on saturdays":            "Opening hours of our shops",
		"garantee bicycle":                     "Guarantee",
		"how long is the guarentee on my bike": "Guarantee",
		"返金":                                   "返金について",
		"返金してほしいのですが":                          "返金について",
		"お金を返してください":                           "返金について",
		"配送状況":                                 "配送状況の確認",
		"荷物の配送状況を教えてください":                      "配送状況の確認",
		"ﾊﾟｽﾜｰﾄﾞを忘れました":                        "パスワードの変更",
		"退款":         "如何申请退款",
		"请问怎么申请退款":   "如何申请退款",
		"我想查一下物流":    "物流查询",
		"환불":         "환불 안내",
		"환불은 언제 되나요": "환불 안내",
		"คืนเงิน":    "นโยบายการคืนเงิน",
		"อยากขอคืนเงินค่ะ": "นโยบายการคืนเงิน",
		"ภาษาไทย คืนเงิน":  "นโยบายการคืนเงิน",
		"Rückgabe":                             "Rückgaberecht",
		"Was kostet die Rücksendung Gutschein": "Rückgaberecht",
		"RÜCKGABERECHT":                        "Rückgaberecht",
		"cambio de direccion":                  "Cómo cambiar la dirección",
		"como puedo cambiar mi dirección":      "Cómo cambiar la dirección",
		"Как вернуть товар?":                   "Возврат товара",
		"ВОЗВРАТ":                              "Возврат товара",
		"Hi there! I bought a jacket from you last week and the size does not fit, can I get a refund for it? Thanks a lot, Maria": "Refunds",
	} {
		found := s.search(question, 8)
		if len(found) == 0 || found[0].Title != want {
			t.Errorf("%q finds %v, want %s", question, titlesOf(found), want)
		}
	}
}

func titlesOf(found []model.Found) (list []string) {
	for _, f := range found {
		list = append(list, fmt.Sprintf("%s/%s#%d %.2f", f.Title, f.Heading, f.Position, f.Score))
	}
	return list
}

// What no article is about finds nothing: no article, no invention.
func TestUnrelatedQuestionsFindNothing(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.fill()
	for _, question := range []string{
		"What is the weather in Paris tomorrow?", "Who won the football match yesterday?", "Tell me a joke", "Can you write a poem about the sea?",
		"What is the capital of Australia?", "My dog is ill, what shall I feed it?", "Do you hire software engineers?", "hello", "thanks", "how are you?",
		"明日の東京の天気はどうですか", "おすすめのレストランはありますか", "こんにちは", "今天北京天气怎么样", "你好", "오늘 날씨 어때요", "พรุ่งนี้ฝนจะตกไหม", "สวัสดี",
		"Wie wird das Wetter morgen?", "¿Quién ganó el partido?", "Какая завтра погода?", "", "?!", "👍", "a", "the of and",
	} {
		if found := s.search(question, 8); len(found) != 0 {
			t.Errorf("%q finds %v", question, titlesOf(found))
		}
	}
}

func TestSearchKeepsToItsAccountAndLimit(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.fill()
	other := s.another()
	for n := range 12 {
		s.put(&model.Article{AccountID: other, Title: fmt.Sprint("Refunds of shop ", n), Body: "We refund within a year.", Enabled: true})
	}
	for _, f := range s.search("refund", 8) {
		if !strings.HasPrefix(f.Title, "Refunds") || strings.Contains(f.Title, "shop") {
			t.Error("another account's article is found:", f)
		}
	}
	for limit, want := range map[int]int{0: 0, -1: 0, 1: 1, 8: 8, 100: db.MaxFound} {
		found, err := s.SearchArticles(t.Context(), other, "refund", limit)
		if err != nil || len(found) != want {
			t.Errorf("%d are found of at most %d: %v", len(found), limit, err)
		}
	}
	if found := s.search("damaged item", 1); len(found) != 1 || found[0].Heading != "Refund policy" || !strings.Contains(found[0].Text, "# Damaged goods") || found[0].Position != 1 {
		t.Error(found)
	}
}

// A search reads the indexes, however many articles there are: no step goes through a table.
func TestSearchUsesItsIndexes(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.library(400)
	conn, err := s.Pool().Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	sql, args := db.SearchArticlesSQL(s.account, "where is the wofila of my refnud", 8)
	var text []byte
	if err := conn.QueryRow(t.Context(), "EXPLAIN (FORMAT JSON) "+sql, args...).Scan(&text); err != nil {
		t.Fatal(err)
	}
	var plan any
	if err := json.Unmarshal(text, &plan); err != nil {
		t.Fatal(err)
	}
	read := map[string]bool{}
	eachNode(plan, func(node map[string]any) {
		if node["Node Type"] == "Seq Scan" && node["Relation Name"] != "article_counts" {
			t.Errorf("%v is read from end to end", node["Relation Name"])
		}
		if name, ok := node["Index Name"].(string); ok {
			read[name] = true
		}
	})
	for _, index := range []string{"article_parts_terms", "article_parts_pkey", "article_terms_pkey", "articles_pkey"} {
		if !read[index] {
			t.Errorf("%s is not read, but %v", index, read)
		}
	}
}

func eachNode(plan any, do func(map[string]any)) {
	switch p := plan.(type) {
	case []any:
		for _, x := range p {
			eachNode(x, do)
		}
	case map[string]any:
		if p["Node Type"] != nil {
			do(p)
		}
		for _, x := range p {
			eachNode(x, do)
		}
	}
}
