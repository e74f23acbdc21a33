package server

import (
	"strconv"
	"strings"
	"time"

	"github.com/livedesk/livedesk/model"
)

// csatText is what the page of a survey says in one language.
type csatText struct {
	lang                                    string // BCP 47
	title, comment, send, change, thanks    string
	given, until, date                      string // with the score and its name, with a time, and how that is written
	ended, endedDetail, missing, missDetail string
	choose, tooMany, broken                 string
}

var csatTexts = map[model.SurveyLanguage]csatText{
	model.SurveyEnglish: {
		lang: "en", title: "Your feedback", comment: "Would you like to add something? (optional)", send: "Send", change: "Change my answer", thanks: "Thank you for your answer.",
		given: "You gave %n of 5: %s.", until: "You can change your answer until %s.", date: "2 January 2006, 15:04 MST",
		ended: "This survey has ended.", endedDetail: "It can no longer be answered.",
		missing: "This link does not work.", missDetail: "Please check that you opened all of it.",
		choose: "Please choose a score from 1 to 5.", tooMany: "Too many attempts. Please try again in a minute.", broken: "Something broke. Please try again in a moment.",
	},
	model.SurveyJapanese: {
		lang: "ja", title: "アンケート", comment: "ご意見があればお聞かせください（任意）", send: "送信する", change: "回答を変更する", thanks: "ご回答ありがとうございました。",
		given: "評価：5段階中の%n（%s）", until: "%sまで回答を変更できます。", date: "2006年1月2日 15:04 (MST)",
		ended: "このアンケートは終了しました。", endedDetail: "現在は回答できません。",
		missing: "このリンクは使用できません。", missDetail: "リンク全体を開いているかご確認ください。",
		choose: "1から5の中から選んでください。", tooMany: "アクセスが多すぎます。1分後にもう一度お試しください。", broken: "エラーが発生しました。しばらくしてからもう一度お試しください。",
	},
	model.SurveyHans: {
		lang: "zh-Hans", title: "满意度调查", comment: "您还有什么想补充的吗？（选填）", send: "提交", change: "修改评价", thanks: "感谢您的评价。",
		given: "您的评价：%n 分（%s），满分 5 分。", until: "您可以在 %s 之前修改评价。", date: "2006年1月2日 15:04 (MST)",
		ended: "此调查已结束。", endedDetail: "现在已无法评价。",
		missing: "此链接无法使用。", missDetail: "请确认您打开的是完整的链接。",
		choose: "请选择 1 到 5 之间的分数。", tooMany: "尝试次数过多，请一分钟后再试。", broken: "出现错误，请稍后再试。",
	},
	model.SurveyHant: {
		lang: "zh-Hant", title: "滿意度調查", comment: "您還有什麼想補充的嗎？（選填）", send: "送出", change: "修改評分", thanks: "感謝您的評分。",
		given: "您的評分：%n 分（%s），滿分 5 分。", until: "您可以在 %s 之前修改評分。", date: "2006年1月2日 15:04 (MST)",
		ended: "此調查已結束。", endedDetail: "現在已無法評分。",
		missing: "此連結無法使用。", missDetail: "請確認您開啟的是完整的連結。",
		choose: "請選擇 1 到 5 之間的分數。", tooMany: "嘗試次數過多，請一分鐘後再試。", broken: "發生錯誤，請稍後再試。",
	},
}

func (t *csatText) gave(l model.SurveyLanguage, score int) string {
	return strings.NewReplacer("%n", strconv.Itoa(score), "%s", model.ScoreName(l, score)).Replace(t.given)
}

func (t *csatText) changeable(until time.Time) string {
	return strings.Replace(t.until, "%s", until.Format(t.date), 1)
}

// pageLanguage is the one that the channel sets or, if it leaves that to the customer, the first of their browser's
// that the page knows.
func pageLanguage(set model.SurveyLanguage, accept string) model.SurveyLanguage {
	if _, known := csatTexts[set]; known {
		return set
	}
	best, weight := model.SurveyEnglish, 0.0
	for _, part := range strings.Split(accept[:min(len(accept), 500)], ",") {
		tag, rest, _ := strings.Cut(strings.TrimSpace(part), ";")
		q := 1.0
		if value, ok := strings.CutPrefix(strings.TrimSpace(rest), "q="); ok {
			q, _ = strconv.ParseFloat(value, 64)
		}
		if l, known := languageOf(strings.ToLower(tag)); known && q > weight {
			best, weight = l, q
		}
	}
	return best
}

func languageOf(tag string) (model.SurveyLanguage, bool) {
	primary, rest, _ := strings.Cut(tag, "-")
	switch primary {
	case "en":
		return model.SurveyEnglish, true
	case "ja":
		return model.SurveyJapanese, true
	case "zh":
		if strings.HasPrefix(rest, "hant") || !strings.HasPrefix(rest, "hans") && (rest == "tw" || rest == "hk" || rest == "mo") {
			return model.SurveyHant, true
		}
		return model.SurveyHans, true
	}
	return "", false
}
