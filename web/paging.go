package web

import "strconv"

// The query parameters of a part of a list: the number of lines that precede the shown ones,
// and the id of the only list that is shown.
const (
	skipParam = "skip"
	listParam = "list"
)

// paging has the addresses of the first and of the next part of a list that is sorted when it
// is shown, and so has no cursors.
type paging struct {
	first, next string // next is "" at the end
	later       bool   // this part is not the first
}

// skipped is the number of lines that precede the shown ones.
func (v *visit) skipped() int {
	n, err := strconv.Atoi(v.c.Query(skipParam))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// pageOf is the part of the lines that the visit asks for, of at most the given number. path
// is the address of the page, and list the id of the list in it, "" if there is only one: its
// next part is shown by itself. The visit's query is kept otherwise.
func pageOf[T any](v *visit, path, list string, lines []T, most int) ([]T, paging) {
	skip := v.skipped()
	if skip >= len(lines) { // what followed is done: the last part
		skip = max(len(lines)-1, 0) / most * most
	}
	end := min(skip+most, len(lines))
	p := paging{first: v.listAt(path, 0, ""), later: skip > 0}
	if end < len(lines) {
		p.next = v.listAt(path, end, list)
	}
	return lines[skip:end], p
}

// listAt is the address of a part of the list.
func (v *visit) listAt(path string, skip int, list string) string {
	query := v.c.Request.URL.Query()
	query.Del(listParam)
	query.Del(skipParam)
	query.Del(latestParam) // this part has waited for it
	if list != "" {
		query.Set(listParam, list)
	}
	if skip > 0 {
		query.Set(skipParam, strconv.Itoa(skip))
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}
