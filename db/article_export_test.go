package db

// SearchArticlesSQL is the statement of a search, with its parameters.
func SearchArticlesSQL(account int64, question string, limit int) (string, []any) {
	return searchArticles, searchArgs(account, question, limit)
}
