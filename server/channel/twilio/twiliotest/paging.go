package twiliotest

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
)

// paging is one page of a list: items[start:end], and the queries of the pages around it. A page token names the last
// item before the page, so that what is added meanwhile moves nothing.
type paging struct {
	page, size           int
	start, end           int
	first, this          string
	next, previous       string
	hasNext, hasPrevious bool
}

// paginate reads PageSize, Page and PageToken. Without ok they are not what Twilio takes.
func paginate(query url.Values, sids []string) (p paging, ok bool) {
	p.size, ok = number(query, "PageSize", 50)
	if !ok || p.size < 1 || p.size > 1000 {
		return p, false
	}
	if p.page, ok = number(query, "Page", 0); !ok || p.page < 0 {
		return p, false
	}
	if token := query.Get("PageToken"); len(token) > 2 {
		p.start = slices.Index(sids, token[2:]) + 1
	} else if p.page > 0 {
		p.start = min(p.page*p.size, len(sids))
	}
	p.end = min(p.start+p.size, len(sids))
	p.hasNext, p.hasPrevious = p.end < len(sids), p.start > 0
	p.first, p.this = p.query(query, 0, 0, sids), p.query(query, p.page, p.start, sids)
	p.next, p.previous = p.query(query, p.page+1, p.end, sids), p.query(query, max(p.page-1, 0), max(p.start-p.size, 0), sids)
	return p, true
}

func (p paging) query(asked url.Values, page, start int, sids []string) string {
	q := maps.Clone(asked)
	q.Set("PageSize", strconv.Itoa(p.size))
	q.Set("Page", strconv.Itoa(page))
	q.Del("PageToken")
	if start > 0 {
		q.Set("PageToken", "PA"+sids[start-1])
	}
	return q.Encode()
}

func number(query url.Values, name string, otherwise int) (int, bool) {
	if !query.Has(name) {
		return otherwise, true
	}
	n, err := strconv.Atoi(query.Get(name))
	return n, err == nil
}

// list is the envelope of lists in the API of 2010.
func (p paging) list(path, key string, items any) map[string]any {
	uri := func(query string, there bool) *string {
		if !there {
			return nil
		}
		return orNull(path + "?" + query)
	}
	return map[string]any{
		key: items, "page": p.page, "page_size": p.size, "start": p.start, "end": max(p.end-1, 0),
		"uri": uri(p.this, true), "first_page_uri": uri(p.first, true),
		"next_page_uri": uri(p.next, p.hasNext), "previous_page_uri": uri(p.previous, p.hasPrevious),
	}
}

// meta is the envelope of lists in the newer APIs. Its addresses are whole ones.
func (p paging) meta(address, key string, items any) map[string]any {
	link := func(query string, there bool) *string {
		if !there {
			return nil
		}
		return orNull(address + "?" + query)
	}
	return map[string]any{key: items, "meta": map[string]any{
		"key": key, "page": p.page, "page_size": p.size,
		"url": link(p.this, true), "first_page_url": link(p.first, true),
		"next_page_url": link(p.next, p.hasNext), "previous_page_url": link(p.previous, p.hasPrevious),
	}}
}

func badPage() answer { return refuse(400, 20006, "Page size or page is invalid") }
